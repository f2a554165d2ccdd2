#!/bin/sh
# Tests of Clients/hallmark against stub_server.py, under every shell of the machine that it must work in.
# Prints a TAP line a case, last `N passed, N failed`; exits 1 where any failed. Needs curl, jq and python3.
# usage: run.sh [CLIENT]

set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
client=${1:-$here/../../Clients/hallmark}
work=$(mktemp -d)
passed=0
failed=0
stub=''
shell=''

main() {
  trap 'stop' EXIT
  trap 'exit 1' HUP INT TERM
  unset HALLMARK_TOKEN HALLMARK_SERVER http_proxy https_proxy all_proxy || :
  start_stub
  for shell in dash 'busybox sh' 'bash --posix'; do
    if command -v "${shell%% *}" >/dev/null 2>&1; then
      all_cases
    else
      printf '# %s is not installed; skipped\n' "${shell%% *}"
    fi
  done
  printf '%s passed, %s failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ]
}

start_stub() {
  : >"$work/log"
  python3 "$here/stub_server.py" "$work/port" "$work/log" 2>"$work/stub-errors" &
  stub=$!
  tries=0
  until [ -s "$work/port" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || { echo 'the stub did not start' >&2; exit 1; }
    sleep 0.1
  done
  url=http://127.0.0.1:$(cat "$work/port")
}

stop() {
  [ -z "$stub" ] || kill "$stub" 2>/dev/null || :
  rm -rf "$work"
}

# Runs the client; leaves out, err and the exit status in status.
hallmark() {
  status=0
  # shellcheck disable=SC2086 # `busybox sh` and `bash --posix` are two words each
  TMPDIR=$work/tmp $shell "$client" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
}

result() { # ok or not, description
  if [ "$1" = ok ]; then
    passed=$((passed + 1))
    printf 'ok %s - %s: %s\n' $((passed + failed)) "$shell" "$2"
  else
    failed=$((failed + 1))
    printf 'not ok %s - %s: %s\n' $((passed + failed)) "$shell" "$2"
    sed 's/^/#   out: /' "$work/out" | cat -v
    sed 's/^/#   err: /' "$work/err" | cat -v
    printf '#   status: %s\n' "$status"
  fi
}

# exits STATUS DESCRIPTION ARGUMENTS...: runs the client and compares its status.
exits() {
  wanted=$1 description=$2
  shift 2
  hallmark "$@"
  if [ "$status" -eq "$wanted" ]; then result ok "$description"; else result no "$description (wanted $wanted)"; fi
}

prints() { # TEXT: standard output holds it
  if grep -qF -e "$1" "$work/out"; then result ok "prints $1"; else result no "prints $1"; fi
}

complains() { # TEXT: standard error holds it
  if grep -qF -e "$1" "$work/err"; then result ok "says $1"; else result no "says $1"; fi
}

holds() { # DESCRIPTION COMMAND...: the command succeeds
  description=$1
  shift
  if "$@" >/dev/null 2>&1; then result ok "$description"; else result no "$description"; fi
}

logged() { # DESCRIPTION, FILTER of jq over the requests so far
  holds "$1" jq -es "$2" "$work/log"
}

forget() {
  : >"$work/log"
}

some_names() { # COUNT
  awk -v count="$1" 'BEGIN { for (i = 1; i <= count; i++) print "n" i ".example" }'
}

all_cases() {
  rm -rf "$work/tmp" "$work/here"
  mkdir "$work/tmp" "$work/here"
  usage_cases
  check_cases
  pair_cases
  failure_cases
  token_cases
  hostile_cases
  whitelist_cases
  domains_cases
  watch_cases
  sync_cases
  impact_cases
  terminal_cases
  holds 'leaves nothing behind' rmdir "$work/tmp"
}

usage_cases() {
  exits 0 '--help' --help
  prints 'usage: hallmark'
  exits 0 '--version' --version
  exits 2 'no command'
  exits 2 'unknown command' frobnicate
  exits 2 'unknown option' --frobnicate check a.example
  complains 'no such option: --frobnicate'
  exits 2 'an option of another command' check --format txt a.example
  exits 2 'an option without its value' check a.example --max-age
  exits 2 'an option that is no number' check --max-age=soon a.example
  exits 2 'check without domains' check
  exits 2 'pair with one name' pair a.example
  exits 2 'pair with three names' pair a.example b.example c.example
  exits 2 'an empty argument' check ''
  exits 2 'no URL' --server ftp://127.0.0.1 check a.example
  exits 2 'a URL that is config of curl' --server 'http://h" -o x' check a.example
  exits 2 'unknown format' whitelist --format xml
  exits 2 'a line break in an argument' check "a.example
b.example"
}

check_cases() {
  exits 0 'secure' --server "$url" check secure.example
  prints 'secure.example: secure by the standard baseline'
  exits 0 'no-mail' --server "$url" check no-mail.example
  exits 1 'insecure' --server "$url" check insecure.example
  prints 'error: mx1.example: no STARTTLS [no-starttls; baseline 1]'
  prints 'remedy: Turn STARTTLS on.'
  prints '_dmarc.example TXT v=DMARC1; p=reject'
  exits 3 'unknown' --server "$url" check unknown.example
  exits 2 'an unheard-of verdict' --server "$url" check odd.example
  exits 2 'an error' --server "$url" check invalid.example
  complains 'invalid.example: Give a domain name.'
  exits 3 'the deadline passed' --server "$url" check late.example
  exits 2 'no answer' --server "$url" check silent.example
  exits 2 'no answer for one' --server "$url" check silent.example secure.example
  complains 'silent.example: the server gave no answer'
  prints 'secure.example: secure'
  exits 3 'the worst of 0 and 3' --server "$url" check secure.example unknown.example
  exits 1 'the worst of 0, 3 and 1' --server "$url" check unknown.example insecure.example secure.example
  exits 2 'the worst of 1, 2 and 3' --server "$url" check insecure.example invalid.example unknown.example
  holds 'in the order asked' sh -c "grep -n verdict= '$work/out'; grep -m1 '^[a-z]' '$work/out' | grep '^insecure'"
  forget
  exits 0 'options after the command' check --server="$url" secure.example --max-age 0 --selectors s1,s2 \
    --standard uk-gov
  logged 'and their params' '.[0].body.params
    == {domain: "secure.example", maxAge: 0, selectors: ["s1", "s2"], standard: "uk-gov"}'
  logged 'with a deadline' '.[0].headers["grpc-timeout"] == "75S"'
  logged 'as one call' '.[0].body.method == "checkDomain" and .[0].path == "/rpc"
    and .[0].headers["content-type"] == "application/json"'
  exits 1 '--json' --server "$url" --json check secure.example insecure.example
  holds 'one record a line' sh -c "[ \$(wc -l <'$work/out') -eq 2 ]"
  holds 'untouched' jq -es '.[0].note == "é \u009b" and .[1].findings[0].remedy.record.type == "TXT"' "$work/out"
  { echo '# watched'; echo ' secure.example # ours'; echo; some_names 44; } >"$work/here/names"
  forget
  exits 0 '--from a file' --server "$url" check --from "$work/here/names"
  logged 'in batches' 'map(.body | length) == [16, 16, 13]'
  exits 2 '--from a file that is not there' --server "$url" check --from "$work/here/none"
  HALLMARK_SERVER=$url
  export HALLMARK_SERVER
  exits 0 'HALLMARK_SERVER' check -- secure.example
  unset HALLMARK_SERVER
}

pair_cases() {
  exits 0 'a secure pair' --server "$url" pair us.example dane.example
  prints 'us.example to dane.example: secure by the standard baseline'
  prints 'transport authenticated by dane, TLSv1.3 (why T)'
  exits 1 'not secure' --server "$url" pair us.example plaintext.example
  exits 3 'not determined' --server "$url" pair us.example unknown.example
  exits 2 'a wrong name' --server "$url" pair us.example invalid.example
  exits 1 '--json' --server "$url" --json pair weak.example dane.example
  holds 'the record' jq -es 'length == 1 and .[0].secure == false and .[0].verification.grade == "monitored"' \
    "$work/out"
}

failure_cases() {
  exits 2 'no server' --server http://127.0.0.1:1 check secure.example
  complains 'no server answers at http://127.0.0.1:1: is hallmarkd running there?'
  exits 2 'a server that has no address' --server http://nowhere.invalid check secure.example
  exits 2 'a slow server' --server "$url/slow" --timeout 1 whitelist
  complains 'did not answer in time'
  for code in 401 403 404 413 429 500 503; do
    exits 2 "HTTP $code" --server "$url/status-$code" check secure.example
    complains "$code"
    complains "The server's word."
  done
  complains 'try again in 7 s'
  exits 2 'Retry-After' --server "$url/retry-header" check secure.example
  complains 'try again in 9 s: Come back later.[1m'
  exits 2 'HTML instead of JSON' --server "$url/html" check secure.example
  complains 'does not speak JSON-RPC'
  exits 2 'a redirect' --server "$url/redirect" check secure.example
  exits 2 'a broken connection' --server "$url/cut" check secure.example
  exits 2 'a refused batch' --server "$url/refused-batch" check a.example b.example
  complains 'Invalid Request'
  exits 2 'an internal error' --server "$url" check broken.example
}

token_cases() {
  printf 'abc.DEF-123_~+/==\n' >"$work/here/token"
  forget
  exits 0 'a token file' --server "$url" --token-file "$work/here/token" check secure.example
  logged 'sent as a bearer token' '.[0].headers.authorization == "Bearer abc.DEF-123_~+/=="'
  HALLMARK_TOKEN=from-the-environment
  export HALLMARK_TOKEN
  forget
  exits 0 'HALLMARK_TOKEN' --server "$url" check secure.example
  logged 'sent too' '.[0].headers.authorization == "Bearer from-the-environment"'
  HALLMARK_TOKEN='x"
url = "http://elsewhere'
  exits 2 'a token that is config of curl' --server "$url" check secure.example
  unset HALLMARK_TOKEN
  forget
  exits 0 'no token' --server "$url" check secure.example
  logged 'nothing sent' '.[0].headers | has("authorization") | not'
  printf 'reader me 0123abcd\n' >"$work/here/server-tokens"
  exits 2 'the token file of a server' --server "$url" --token-file "$work/here/server-tokens" check secure.example
  : >"$work/here/empty"
  exits 2 'an empty token file' --server "$url" --token-file "$work/here/empty" check secure.example
  exits 2 'no token file' --server "$url" --token-file "$work/here/none" check secure.example
  # A curl that records how it was called.
  mkdir "$work/here/bin"
  real_curl=$(command -v curl)
  printf '#!/bin/sh\nprintf "%%s\\n" "$*" >>"%s"\nexec "%s" "$@"\n' "$work/here/argv" "$real_curl" \
    >"$work/here/bin/curl"
  chmod +x "$work/here/bin/curl"
  old_path=$PATH
  PATH=$work/here/bin:$PATH
  exits 0 'a token through a recording curl' --server "$url" --token-file "$work/here/token" check secure.example
  PATH=$old_path
  holds 'curl was recorded' grep -q -- '--config -' "$work/here/argv"
  if grep -q 'abc.DEF' "$work/here/argv"; then result no 'no token on a command line'; else
    result ok 'no token on a command line'
  fi
}

no_controls() { # FILE
  if LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')" "$1" || grep -q "$(printf '\302\233')" "$1" ||
    grep -q "$(printf '\342\200\256')" "$1"; then
    result no "no control character on standard ${1##*/}"
  else
    result ok "no control character on standard ${1##*/}"
  fi
}

hostile_cases() {
  exits 0 'a hostile finding' --server "$url" check hostile.example
  prints 'red [31m title ]0;owned C1 2J bidi  back  new line'
  no_controls "$work/out"
  exits 2 'a hostile error' --server "$url" check hostile-error.example
  complains 'red [31m title'
  no_controls "$work/err"
  exits 2 'hostile text of a refusal' --server "$url/status-403" check secure.example
  no_controls "$work/err"
  exits 0 'a hostile whitelist' --server "$url/hostile" whitelist
  no_controls "$work/out"
  exits 2 'a hostile argument' --server "$url" check "invalid.$(printf '\033[31m')example"
  no_controls "$work/err"
}

whitelist_cases() {
  exits 0 'whitelist' --server "$url" whitelist
  prints 'format txt'
  for format in json ndjson csv rspamd; do
    exits 0 "whitelist --format $format" --server "$url" whitelist --format "$format"
    prints "format $format"
  done
  exits 0 'whitelist --format postfix' --server "$url" whitelist --format postfix
  prints 'sts.example secure match=mx1.sts.example:.mail.sts.example servername=hostname'
  exits 0 'whitelist --json' --server "$url" --json whitelist
  prints 'format ndjson'
  exits 2 '--json and another format' --server "$url" --json whitelist --format csv
  status=0
  # shellcheck disable=SC2086
  TMPDIR=$work/tmp $shell "$client" --server "$url" whitelist >/dev/full 2>"$work/err" || status=$?
  holds 'a full disk is a failure, not a verdict' test "$status" -eq 2
  exits 2 'half a whitelist' --server "$url/cut" whitelist
  holds 'is not printed' test ! -s "$work/out"
  exits 0 '--since' --server "$url" whitelist --since 12
  printf -- '- gone.example\n+ new0.example\n+ new1.example\n+ new2.example\n# revision 17\n' >"$work/here/want"
  holds 'what came and left' cmp "$work/here/want" "$work/out"
  exits 0 '--since --json' --server "$url" --json whitelist --since 12
  holds 'a page a line' jq -es 'length == 2 and .[0].removed == ["gone.example"] and .[1].revision == 17' "$work/out"
  exits 2 '--since that is too old' --server "$url" whitelist --since 1
  complains 'Fetch the whole whitelist.'
  exits 2 '--since with a format without removals' --server "$url" whitelist --since 12 --format postfix
  exits 2 'pages without end' --server "$url/same-page" whitelist --since 12
}

domains_cases() {
  forget
  exits 0 'domains' --server "$url" domains --organisation 'Ministry of Works'
  holds 'all pages' sh -c "[ \$(wc -l <'$work/out') -eq 5 ]"
  logged 'of the organisation' 'length == 3 and all(.[]; .body.params.organisation == "Ministry of Works")'
  exits 0 'domains --json' --server "$url" --json domains
  holds 'a domain a line' jq -es 'length == 5 and .[4].domain == "d4.example"' "$work/out"
}

watch_cases() {
  exits 0 'watch' --server "$url" watch a.example b.example --organisation O
  prints 'added 2, already watched 1'
  exits 0 'unwatch' --server "$url" unwatch a.example
  prints 'removed 1, not watched 2'
  some_names 2500 >"$work/here/many"
  forget
  exits 0 'watch many' --server "$url" watch --from "$work/here/many"
  prints 'added 2500, already watched 3'
  logged 'in portions' 'map(.body.params.domains | length) == [1000, 1000, 500]'
  exits 0 'watch --json' --server "$url" --json watch a.example
  holds 'the result' jq -e '. == {added: 1, unchanged: 1}' "$work/out"
  exits 2 'watch without the role' --server "$url/status-403" watch a.example
}

sync_cases() {
  file=$work/here/policy
  exits 0 'sync-postfix' --server "$url" sync-postfix "$file"
  prints 'replaced, 2 domains'
  holds 'the policies' grep -q '^dane.example dane-only$' "$file"
  holds 'readable by Postfix' sh -c "ls -l '$file' | grep -q '^-rw-r--r--'"
  holds 'the ETag beside it' grep -q '^"r[0-9]*"$' "$file.etag"
  chmod 640 "$file"
  before=$(ls -i "$file")
  forget
  exits 0 'sync-postfix again' --server "$url" sync-postfix "$file"
  prints 'unchanged'
  logged 'conditionally' '.[0].headers["if-none-match"] | test("^\"r[0-9]+\"$")'
  holds 'the same file' test "$before" = "$(ls -i "$file")"
  exits 0 'without an ETag' --server "$url/no-etag" sync-postfix "$file"
  prints 'unchanged'
  holds 'still the same file' test "$before" = "$(ls -i "$file")"
  ln "$file" "$work/here/linked"
  cp "$file" "$work/here/earlier"
  exits 0 'changed' --server "$url/changed" sync-postfix "$file"
  prints 'replaced, 3 domains'
  holds 'a new file' test "$before" != "$(ls -i "$file")"
  holds 'nothing was written into the old' cmp "$work/here/linked" "$work/here/earlier"
  holds 'with the mode of the old' sh -c "ls -l '$file' | grep -q '^-rw-r-----'"
  sleep 1.1 # some find counts whole seconds
  echo 'tampered.example dane-only' >>"$file"
  exits 0 'a file that someone changed' --server "$url/changed" sync-postfix "$file"
  prints 'replaced, 3 domains'
  cp "$file" "$work/here/kept"
  for mode in bad-policy html cut no-line-break hostile status-503 status-404; do
    exits 2 "sync-postfix: $mode" --server "$url/$mode" sync-postfix "$file"
    holds 'the file stays' cmp "$file" "$work/here/kept"
  done
  exits 2 'server down' --server http://127.0.0.1:1 sync-postfix "$file"
  holds 'the file stays' cmp "$file" "$work/here/kept"
  exits 2 'a directory' --server "$url" sync-postfix "$work/here"
  ln -s policy "$work/here/link"
  exits 2 'a symbolic link' --server "$url" sync-postfix "$work/here/link"
  exits 2 'a directory that is not there' --server "$url" sync-postfix "$work/none/policy"
  holds 'no leftovers' sh -c "! ls '$work/here' | grep -q new"
}

impact_cases() {
  printf '%s\n' dane.example encrypted.example '# a comment' plaintext.example Monitored.Example. none.example \
    us.example forbidden-by-policy.example weak.example unknown.example invalid.example >"$work/here/list"
  exits 1 'impact' --server "$url" impact us.example "$work/here/list"
  prints '9 correspondents of us.example: 5 would be lost'
  prints '4 would no longer be reached'
  prints '3 could no longer reach it'
  prints '2 could not be determined'
  prints '1 cannot be written to today either'
  holds 'worst first' sh -c "grep '^lost' '$work/out' | cut -d ' ' -f 2 | tr -d ':\n' | tr -s ' ' |
    grep -q '^plaintext.exampleweak.exampleforbidden-by-policy.exampleencrypted.examplemonitored.example$'"
  prints 'open invalid.example: Give a domain name.'
  exits 1 'impact --json' --server "$url" --json impact us.example "$work/here/list"
  holds 'a correspondent a line' jq -es 'length == 9 and .[0].lost == ["to", "from"]
    and .[0].to.transport.reason == "why T"' "$work/out"
  printf '%s\n' itself.example itself-by-policy.example no-address.example >"$work/here/list"
  exits 1 'undeliverable of several kinds' --server "$url" impact us.example "$work/here/list"
  prints '1 would no longer be reached'
  prints 'lost itself-by-policy.example'
  prints '2 cannot be written to today either'
  echo dane.example >"$work/here/good"
  exits 0 'nobody lost' --server "$url" impact us.example "$work/here/good"
  exits 0 'ourselves not ready' --server "$url" impact weak-us.example "$work/here/good"
  prints 'note: mail to weak-us.example itself is not authenticated: weak'
  echo unknown.example >>"$work/here/good"
  exits 3 'undetermined' --server "$url" impact us.example "$work/here/good"
  echo "once.$(printf %s "$shell" | tr -d ' -').example" >"$work/here/late"
  echo dane.example >"$work/here/one"
  exits 0 'busy the first time' --server "$url/busy-${shell%% *}" impact us.example "$work/here/one"
  exits 0 'late the first time' --server "$url" impact us.example "$work/here/late"
  echo late.example >"$work/here/late"
  exits 3 'late every time' --server "$url" impact us.example "$work/here/late"
  exits 2 'a sender that is no name' --server "$url" impact invalid.example "$work/here/good"
  exits 2 'no file' --server "$url" impact us.example "$work/here/none"
  exits 2 'an empty file' --server "$url" impact us.example "$work/here/empty"
  exits 2 'server down' --server http://127.0.0.1:1 impact us.example "$work/here/good"
  some_names 120 >"$work/here/many"
  forget
  exits 0 'many' --server "$url" impact us.example "$work/here/many"
  logged 'at most 100 calls a batch' 'map(.body | length) == [100, 100, 40]'
  log_cases
}

log_cases() {
  cat >"$work/here/mail.log" <<'LOG'
Jul  1 12:00:01 mx postfix/smtpd[1]: connect from mail.dane.example[192.0.2.1]
Jul  1 12:00:01 mx postfix/qmgr[2]: A1: from=<bob@us.example>, size=1, nrcpt=2 (queue active)
Jul  1 12:00:02 mx postfix/smtp[3]: A1: to=<al@plaintext.example>, orig_to=<x@else.example>, relay=mx[192.0.2.2]:25
Jul  1 12:00:02 mx postfix/smtp[3]: A1: to=<bo@Plaintext.example>, relay=mx.example[192.0.2.2]:25, status=sent
Jul  1 12:00:03 mx postfix/smtp[3]: A1: to=<bo@Plaintext.example>, relay=none, delay=9, status=deferred (again)
Jul  1 12:00:03 mx postfix/pickup[5]: A2: uid=0 from=<"a@b"@monitored.example>
Jul  1 12:00:04 mx postfix/qmgr[2]: A2: from=<"a@b"@monitored.example>, size=1, nrcpt=1 (queue active)
Jul  1 12:00:03 mx postfix-out/smtp[3]: A1: to=<cy@dane.example>, relay=mx.dane.example[192.0.2.3]:25, status=sent
Jul  1 12:00:04 mx postfix/qmgr[2]: A2: from=<"a@b"@monitored.example>, size=1, nrcpt=1 (queue active)
Jul  1 12:00:05 mx postfix/local[4]: A2: to=<bob@ours.example>, relay=local, status=sent (delivered to mailbox)
Jul  1 12:00:06 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from x[::1]: 554; from=<a@weak.example> to=<b@us.example>
Jul  1 12:00:07 mx postfix/qmgr[2]: A3: from=<>, size=1, nrcpt=1 (queue active)
Jul  1 12:00:08 mx postfix/qmgr[2]: A4: from=<root>, size=1, nrcpt=1 (queue active)
Jul  1 12:00:09 mx postfix/smtp[3]: A4: to=<a@[192.0.2.7]>, relay=none, status=deferred
LOG
  exits 1 'impact of a log' --server "$url" --json impact us.example "$work/here/mail.log"
  holds 'its correspondents' jq -es 'map({(.domain): .messages}) | add
    == {"plaintext.example": 2, "dane.example": 1, "monitored.example": 1}' "$work/out"
  status=0
  # shellcheck disable=SC2086
  TMPDIR=$work/tmp $shell "$client" --server "$url" impact us.example - <"$work/here/mail.log" >"$work/out" \
    2>"$work/err" || status=$?
  holds 'from standard input' test "$status" -eq 1
  prints 'lost plaintext.example, 2 messages: not reached: plaintext (why T); cannot reach us.example'
  printf 'a.example\nnot a domain\n' >"$work/here/odd"
  exits 0 'a line that is neither' --server "$url" impact us.example "$work/here/odd"
  complains '1 lines are neither'
}

# Colours and escaped JSON on a terminal alone.
terminal_cases() {
  on_terminal check insecure.example
  holds 'colours on a terminal' grep -q "$(printf '\033\\[31minsecure')" "$work/out"
  NO_COLOR=1 on_terminal check insecure.example
  holds 'no colours with NO_COLOR' sh -c "! grep -q '$(printf '\033\\[31m')' '$work/out'"
  on_terminal --json check secure.example
  holds 'JSON is ASCII on a terminal' grep -q '\\u009b' "$work/out"
  exits 1 'no terminal' --server "$url" check insecure.example
  no_controls "$work/out"
}

on_terminal() {
  # shellcheck disable=SC2086
  TERM=xterm TMPDIR=$work/tmp python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' \
    $shell "$client" --server "$url" "$@" </dev/null >"$work/out" 2>"$work/err" || :
}

main "$@"
