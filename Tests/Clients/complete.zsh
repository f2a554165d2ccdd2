#!/usr/bin/env zsh
# Prints what zsh offers where TAB is pressed at the end of a line: complete.zsh DIRECTORY-OF-COMPLETIONS LINE
#
# A zsh of its own is given a terminal, and its compadd prints the words that match instead of showing them.
# A call of it that only fills arrays offers nothing.

zmodload zsh/zpty
zpty -b inner zsh -f -i
setup='
PS1= PS2= RPS1=
stty -echo -onlcr 2>/dev/null
fpath=('${(q)1}' $fpath)
autoload -Uz compinit && compinit -u -D
zstyle ":completion:*" list-separator ""
bindkey "^I" complete-word
compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
  local -a found
  builtin compadd -A found "$@"
  (( $#found )) && print -rl -- "<"${^found}">"
  builtin compadd "$@"
}
finished() { print -r -- "<<end>>"; exit }
comppostfuncs=(finished)
print -r -- "<<ready>>"
'
zpty -w inner $setup
zpty -r -m inner said '*<<ready>>*' || exit 2
zpty -w -n inner "$2"$'\t'
zpty -r -m inner said '*<<end>>*' || exit 2
print -r -- $said | tr -d '\r' | sed -n 's/^.*<\([^<>]*\)>$/\1/p' | sort -u
