# Completion of hallmark(1) for fish.

set -l commands check pair whitelist domains watch unwatch sync-postfix impact
set -l standards baseline uk-gov uk-gov-non-sending us-bod-18-01 nl-internet de-bsi-tr-03108 m3aawg-parked
set -l none "not __fish_seen_subcommand_from $commands"

complete -c hallmark -f
complete -c hallmark -l server -x -d 'Where the server is'
complete -c hallmark -l token-file -r -F -d 'File with the access token'
complete -c hallmark -l json -d 'Print the JSON of the server'
complete -c hallmark -l timeout -x -d 'Seconds that a check may take'
complete -c hallmark -l help -d 'Print a summary'
complete -c hallmark -l version -d 'Print the version'

complete -c hallmark -n "$none" -a check -d 'Is a domain secure?'
complete -c hallmark -n "$none" -a pair -d 'Would a message between two domains be?'
complete -c hallmark -n "$none" -a whitelist -d 'Print the secure domains'
complete -c hallmark -n "$none" -a domains -d 'Print the watched domains'
complete -c hallmark -n "$none" -a watch -d 'Have domains watched'
complete -c hallmark -n "$none" -a unwatch -d 'Have domains watched no longer'
complete -c hallmark -n "$none" -a sync-postfix -d 'Keep a Postfix table up to date'
complete -c hallmark -n "$none" -a impact -d 'Who would be lost if a sender insisted?'

complete -c hallmark -n '__fish_seen_subcommand_from check watch unwatch' -l from -r -F -d 'File of domains'
complete -c hallmark -n '__fish_seen_subcommand_from check watch' -l selectors -x -d 'DKIM selectors'
complete -c hallmark -n '__fish_seen_subcommand_from check pair impact' -l max-age -x -d 'How old in seconds'
complete -c hallmark -n '__fish_seen_subcommand_from check pair impact' -l standard -x -a "$standards"
complete -c hallmark -n '__fish_seen_subcommand_from whitelist' -l format -x -a 'txt json ndjson csv postfix rspamd'
complete -c hallmark -n '__fish_seen_subcommand_from whitelist' -l since -x -d 'Revision'
complete -c hallmark -n '__fish_seen_subcommand_from domains watch unwatch' -l organisation -x -d 'Whose domains'
complete -c hallmark -n '__fish_seen_subcommand_from domains' -l verdict -x -a 'secure insecure unknown no-mail'
complete -c hallmark -n '__fish_seen_subcommand_from sync-postfix impact' -F
