# shellcheck shell=sh disable=SC2154
# What Packaging/test, test-boot, test-booted and test-container share; sourced by them. They set `work`, a directory to work in,
# and where they install something `root` and `packages`.

passed=0
failed=0

# Runs a command as a check with a title; what it said is shown where it failed.
check() {
  title=$1
  shift
  if "$@" >"$work/log" 2>&1; then
    passed=$((passed + 1))
    echo "ok: $title"
  else
    failed=$((failed + 1))
    echo "FAILED: $title"
    tail -n 20 "$work/log"
  fi
}

# The last line of each of them.
tell() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}

# Unpacks a bookworm: make_root DIRECTORY [PACKAGE,...]. It comes from where this machine's own packages come.
make_root() {
  mirror=$(sed -n 's,^ *\(URIs:\|deb\) *\(http[^ ]*/debian/\?\)\( .*\)\?$,\2,p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1)
  debootstrap --variant=minbase ${2:+--include="$2"} bookworm "$1" "${mirror:-http://deb.debian.org/debian}" \
    >"$work/log" 2>&1 || {
    tail -n 5 "$work/log" >&2
    exit 2
  }
  # apt is told of the network as this machine is.
  rm -f "$1/etc/resolv.conf"
  cp /etc/resolv.conf "$1/etc/resolv.conf"
  if [ -d /etc/apt/apt.conf.d ]; then cp -n /etc/apt/apt.conf.d/* "$1/etc/apt/apt.conf.d/"; fi
}

# A command in the root, where no service is started by it: RUNLEVEL=1 tells invoke-rc.d so. What TMPDIR names out here is not there.
inside() {
  chroot "$root" env -u TMPDIR DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# Installs the packages with what they need; a Swift program reads its arguments in /proc.
install_packages() {
  mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
  cp "$packages"/hallmark_*.deb "$packages"/hallmark-client_*.deb "$root/root/"
  inside sh -c 'apt-get update -q && apt-get install -q -y --no-install-recommends /root/hallmark_*.deb /root/hallmark-client_*.deb'
}

# The package of the service with a higher version, as the next release will be: repack FILE.
repack() {
  dpkg-deb -R "$packages"/hallmark_*.deb "$work/next"
  sed -i 's/^Version: .*/&+next/' "$work/next/DEBIAN/control"
  # A conffile that the operator changed and the release too is the hard case.
  echo '# from the next release' >>"$work/next/etc/hallmark/hallmarkd.yaml"
  dpkg-deb -Zgzip -z1 -b "$work/next" "$1" >/dev/null
}

# A block of code that a document marks by `<!-- recipe: NAME -->`: recipe NAME DOCUMENT.
recipe() {
  awk -v mark="<!-- recipe: $1 -->" '
    $0 == mark { found = 1; next }
    found && /^    / { print substr($0, 5); begun = 1; next }
    found && begun && !/^$/ { exit }' "$2" | sed '/^$/d'
}

# Until a command succeeds; half a minute at the most.
soon() {
  for _ in $(seq 60); do
    "$@" && return 0
    sleep 0.5
  done
  return 1
}
