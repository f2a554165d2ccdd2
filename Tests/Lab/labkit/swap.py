"""A mail server that turns while the lab runs: from then on it is, at its own addresses, what another one is."""

import os
import pathlib
import signal
import time

from . import model, servers

RELOAD_TIME = 60.0
# What a master says once it has read its configuration again and told its children.
RELOADED = " reload -- version "


def swap(made, name, other):
    """other: whose options and whose certificate it goes on with; its own name makes it itself again."""
    for each in (name, other):
        if each not in made["peers"] or "script" in made["peers"][each]:
            raise ValueError(f"{each} is no real mail server of peers.json")
    made.setdefault("swapped", {})[name] = other
    place = pathlib.Path(made["directory"]) / "postfix"
    servers.write_services(place / "etc", *turned(made))
    reload(place)


def turned(made):
    """The servers and their certificates as they are after all that was swapped."""
    peers, certificates = [], {}
    for name, data in made["peers"].items():
        if "script" in data:
            continue
        shown = made["swapped"].get(name, name)
        options = made["peers"][shown].get("options", {})
        peers.append(model.Peer(name, {**data, "options": options}))
        if shown in made["certificates"]:
            certificates[name] = made["certificates"][shown]
    return peers, certificates


def reload(place):
    """Returns when nothing that was started with the old configuration is there to take another connection."""
    log, pid = place / "log", int((place / "spool/pid/master.pid").read_text())
    before, children = count(log), smtpd(pid)
    os.kill(pid, signal.SIGHUP)
    deadline = time.monotonic() + RELOAD_TIME
    while count(log) == before or children & smtpd(pid):
        if time.monotonic() > deadline:
            raise RuntimeError(f"the mail servers did not read their configuration again; see {log}")
        time.sleep(0.02)


def count(log):
    return log.read_text(errors="replace").count(RELOADED) if log.exists() else 0


def smtpd(master):
    """The process ids of its smtpd processes."""
    found = set()
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, rest = stat.read_text().rpartition(")")
        except OSError:
            continue  # It ended meanwhile.
        number, _, name = head.partition(" (")
        if name == "smtpd" and rest.split()[1] == str(master):
            found.add(int(number))
    return found
