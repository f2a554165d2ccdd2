# Completion of hallmark(1) for bash; source it, or install it as completions/hallmark of bash-completion.

_hallmark() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' options i
  local commands='check pair whitelist domains watch unwatch sync-postfix impact'
  for ((i = 1; i < COMP_CWORD; i++)); do
    case " $commands " in *" ${COMP_WORDS[i]} "*) command=${COMP_WORDS[i]} && break ;; esac
  done
  options='--server --token-file --json --timeout --help --version'
  case $command in
    check) options+=' --from --max-age --selectors --standard' ;;
    pair | impact) options+=' --max-age --standard' ;;
    whitelist) options+=' --format --since' ;;
    domains) options+=' --organisation --verdict' ;;
    watch) options+=' --from --organisation --selectors' ;;
    unwatch) options+=' --from --organisation' ;;
  esac
  local choices=''
  case $previous in
    --token-file | --from) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
    --format) choices='txt json ndjson csv postfix rspamd' ;;
    --verdict) choices='secure insecure unknown no-mail' ;;
    --standard) choices='baseline uk-gov uk-gov-non-sending us-bod-18-01 nl-internet de-bsi-tr-03108 m3aawg-parked' ;;
    --server | --timeout | --max-age | --selectors | --since | --organisation) return ;;
    *)
      if [[ $word == -* ]]; then
        choices=$options
      elif [[ -z $command ]]; then
        choices=$commands
      elif [[ $command == sync-postfix || $command == impact ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$word") && return
      fi
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
}

complete -o filenames -F _hallmark hallmark
