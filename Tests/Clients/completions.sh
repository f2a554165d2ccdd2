#!/bin/sh
# Tests of what stands around Clients/hallmark: the completions, asked of the shells themselves, and the manual page,
# each held against what the client itself takes. Prints a TAP line a case, last `N passed, N failed`.

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
clients=$here/../../Clients
passed=0
failed=0
general='--help --json --server --timeout --token-file --version'
formats='csv json ndjson postfix rspamd txt'
verdicts='insecure no-mail secure unknown'

main() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  touch "$work/list"
  describe_client >"$work/commands"
  standards=$(find "$clients/../API/standards" -name '*.json' ! -name schema.json -exec basename {} .json \; | in_line)
  for shell in bash zsh; do
    if command -v "$shell" >/dev/null 2>&1; then completion_cases; else printf '# %s is not installed\n' "$shell"; fi
  done
  if command -v mandoc >/dev/null 2>&1; then manual_cases; else printf '# mandoc is not installed\n'; fi
  printf '%s passed, %s failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ]
}

# `COMMAND OPTION...` a line, from the client's own table of what each command allows.
describe_client() {
  sed -n 's/^ *\([a-z| -]*\)) allow\(.*\) ;;$/\1:\2/p; s/^ *\([a-z-]*\)) allow ;;$/\1:/p' "$clients/hallmark" |
    awk -F : '{ count = split($1, names, / *[|] */); for (i = 1; i <= count; i++) print names[i] $2 }' | sort -u
}

in_line() {
  sort -u | tr '\n' ' ' | sed 's/ $//'
}

is() { # DESCRIPTION, WANTED, FOUND
  if [ "$2" = "$3" ]; then
    passed=$((passed + 1))
    printf 'ok %s - %s\n' $((passed + failed)) "$1"
  else
    failed=$((failed + 1))
    printf 'not ok %s - %s\n#   wanted: %s\n#   found:  %s\n' $((passed + failed)) "$1" "$2" "$3"
  fi
}

# What the shell offers at the end of the line. The dollars are bash's.
# shellcheck disable=SC2016
offers() { # LINE
  case $shell in
    zsh) (cd "$work" && zsh -f "$here/complete.zsh" "$clients/completions" "$1") ;;
    bash) (cd "$work" && bash --norc -c '. "$0" && IFS=" " read -ra COMP_WORDS <<<"$1"
      [[ $1 == *" " ]] && COMP_WORDS+=("")
      COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) && COMPREPLY=() && _hallmark
      printf "%s\n" "${COMPREPLY[@]}"' "$clients/completions/hallmark.bash" "$1") ;;
  esac | sed '/^$/d' | in_line
}

completion_cases() {
  is "$shell: the commands" "$(cut -d ' ' -f 1 "$work/commands" | in_line)" "$(offers 'hallmark ')"
  is "$shell: what is begun" 'sync-postfix' "$(offers 'hallmark sy')"
  is "$shell: general options" "$general" "$(offers 'hallmark --')"
  while read -r command options; do
    # shellcheck disable=SC2086
    is "$shell: options of $command" "$(printf '%s\n' $general $options | in_line)" "$(offers "hallmark $command --")"
  done <"$work/commands"
  is "$shell: formats" "$formats" "$(offers 'hallmark whitelist --format ')"
  is "$shell: verdicts" "$verdicts" "$(offers 'hallmark domains --verdict ')"
  is "$shell: standards" "$standards" "$(offers 'hallmark check --standard ')"
  is "$shell: a file" 'list' "$(offers 'hallmark impact example.gov.uk li')"
  is "$shell: a file of an option" 'list' "$(offers 'hallmark watch --from li')"
}

manual_cases() {
  # What it refers to need not be installed here.
  is 'the manual page has no fault' '' \
    "$(mandoc -T lint -W style "$clients/hallmark.1" 2>/dev/null | grep -v 'referenced manual not found' || :)"
  mandoc -T ascii "$clients/hallmark.1" 2>/dev/null | sed "s/.$(printf '\b')//g" >"$work/manual"
  while read -r command options; do
    is "the manual page tells of $command" yes "$(grep -q "^ *hallmark .*$command" "$work/manual" && echo yes || echo no)"
    for option in $options; do
      is "the manual page tells of $option" yes "$(grep -q -e "^ *$option " "$work/manual" && echo yes || echo no)"
    done
  done <"$work/commands"
}

main "$@"
