#!/bin/sh
# Runs the commands that the documents show: Tests/Documents/run.sh [DOCUMENT...]
#
# They run in the laboratory, beside a service, and what they print is held against what the document shows; see documents.py.
# Takes root; without it says so. The last line is `N passed, N failed`; the exit status is 1 where anything failed.
set -eu

main() {
  cd "$(dirname "$0")/../.."
  if [ "$(id -u)" -ne 0 ]; then
    echo "skipped: the documents' commands (the laboratory takes root)"
    echo "0 passed, 0 failed"
    exit 0
  fi
  programs=$(swift build --show-bin-path)
  work=$(mktemp -d)
  # The mail servers run by users of their own.
  chmod 711 "$work"
  trap 'python3 Tests/Lab/lab down "$work/lab" >/dev/null 2>&1 || :; rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM
  python3 Tests/Lab/lab up "$work/lab" --owner $$ >"$work/log" 2>&1 || {
    cat "$work/log"
    exit 1
  }
  python3 Tests/Lab/lab exec "$work/lab" -- python3 Tests/Documents/documents.py "$work/lab" "$programs/hallmarkd" "$@"
}

main "$@"
