"""The network namespace: nothing inside reaches beyond it, and nothing outside is touched."""

import os
import pathlib
import shutil
import signal
import subprocess
import time


class Impossible(Exception):
    """This machine cannot hold a lab."""


# What a datagram socket of AF_UNIX holds, unix(7).
DATAGRAMS = 512
PROGRAMS = ("ip", "nsd", "unbound", "postconf", "ldns-keygen", "ldns-signzone", "openssl")


def require():
    """Raises Impossible with a reason for people."""
    if os.geteuid() != 0:
        raise Impossible("it takes root to make a network namespace")
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    os.environ["PATH"] = path
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        raise Impossible("not installed: " + ", ".join(missing))


def ip(*words, namespace=None, check=True):
    argv = ["ip"] + (["-n", namespace] if namespace else []) + list(words)
    done = subprocess.run(argv, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise Impossible(f"`{' '.join(argv)}` failed: {done.stderr.strip()}")
    return done


def make(name, addresses, nameserver):
    """A namespace with loopback up. All of 127.0.0.0/8 is there by itself; addresses of IPv6 are put on loopback."""
    ip("netns", "add", name)
    # `ip netns exec` lays this file over /etc/resolv.conf.
    place = pathlib.Path("/etc/netns") / name
    place.mkdir(parents=True, exist_ok=True)
    (place / "resolv.conf").write_text(f"nameserver {nameserver}\n")
    ip("link", "set", "lo", "up", namespace=name)
    # As systemd has it on any Debian: at the kernel's own 10, a hundred processes of Postfix that log at once hold each other up.
    queue = f"echo {DATAGRAMS} >/proc/sys/net/unix/max_dgram_qlen"
    subprocess.run(["ip", "netns", "exec", name, "sh", "-c", queue], check=True)
    for address in addresses:
        ip("-6", "addr", "add", f"{address}/128", "dev", "lo", "nodad", namespace=name)


def processes(name):
    done = ip("netns", "pids", name, check=False)
    return [int(word) for word in done.stdout.split()]


def remove(name):
    """Ends what still runs inside, by process id, and removes the namespace."""
    for number, patience in ((signal.SIGTERM, 2.0), (signal.SIGKILL, 2.0)):
        deadline = time.monotonic() + patience
        for pid in processes(name):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        while processes(name) and time.monotonic() < deadline:
            time.sleep(0.02)
    ip("netns", "del", name, check=False)
    shutil.rmtree(pathlib.Path("/etc/netns") / name, ignore_errors=True)
    try:
        pathlib.Path("/etc/netns").rmdir()
    except OSError:
        pass  # Others have namespaces here.


def unblock():
    """A test runner's threads block signals, and what they start would be deaf to SIGTERM."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def execute(name, argv):
    """Becomes the command, inside the namespace."""
    unblock()
    os.execvp("ip", ["ip", "netns", "exec", name, *argv])


def delay(name, time_):
    argv = ["tc", "-n", name, "qdisc"]
    done = subprocess.run(
        [*argv, "replace", "dev", "lo", "root", "netem", "delay", time_], capture_output=True, text=True
    )
    if done.returncode != 0:
        raise Impossible(f"this kernel delays no packets: {done.stderr.strip()}")
