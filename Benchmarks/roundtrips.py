"""A line with a delay into the lab, and the round trips that the packets on it hung on, one after the other."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import bench
import delayline

TYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 15: "MX", 16: "TXT", 28: "AAAA", 43: "DS", 48: "DNSKEY", 52: "TLSA"}
ADDRESSES = (1, 28)
# RFC 8145 section 5.1: a question of type NULL tells the root which anchor is used; nobody waits for the answer.
NULL = 10
SYN = 2
# What is sent within so many seconds of an answer may be because of it, though a later one is nearer.
ROUNDING = 0.0005


class Line:
    """The client's namespace and the line from it into the lab."""

    def __init__(self, made, rtt, log, *, counts=False):
        """log: where each packet is noted; with counts only how many there were, which costs next to nothing."""
        self.made, self.log, self.counts = made, log, counts
        self.namespace = f"hallmark-line-{os.getpid()}"
        self.place = pathlib.Path("/etc/netns") / self.namespace
        self.process = None
        self.rtt = rtt

    def __enter__(self):
        subprocess.run(["ip", "netns", "add", self.namespace], check=True)
        # `ip netns exec` lays this file over /etc/resolv.conf.
        self.place.mkdir(parents=True)
        (self.place / "resolv.conf").write_text(f"nameserver {self.made['resolver'].split('@')[0]}\n")
        argv = [sys.executable, delayline.__file__, self.namespace, str(self.rtt / 2), str(self.log)]
        argv += ["--counts"] if self.counts else []
        self.process = subprocess.Popen(bench.inside(self.made, argv), stdout=subprocess.PIPE)
        if self.process.stdout.readline() != b"ready\n":
            self.__exit__()
            bench.fail("the line could not be laid")
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            self.process.wait()
        subprocess.run(["ip", "netns", "del", self.namespace], check=True)
        shutil.rmtree(self.place, ignore_errors=True)

    def inside(self, argv):
        return ["ip", "netns", "exec", self.namespace, *map(str, argv)]

    def run(self, argv, **options):
        return subprocess.run(self.inside(argv), capture_output=True, text=True, **options)

    def counted(self):
        """DNS questions by type, and connections by port, that the client has begun so far."""
        self.process.send_signal(signal.SIGUSR1)
        return json.loads(self.process.stdout.readline())

    def measured(self):
        """The round trip in milliseconds as a connection sees it: the median of 20 that are refused."""
        code = (
            "import socket,time\n"
            "def one():\n"
            "  with socket.socket() as s:\n"
            "    t=time.monotonic(); s.connect_ex(('127.0.5.1',25)); return time.monotonic()-t\n"
            "print(sorted(one() for _ in range(20))[10]*1000)"
        )
        return float(self.run([sys.executable, "-c", code]).stdout)


def packets(path, since):
    lines = path.read_text().splitlines()
    return [packet for packet in map(json.loads, lines) if packet["at"] >= since]


def chain(seen, rtt):
    """The round trips that the last answer hung on, first to last, each with the pause before it in seconds."""
    ins = [packet for packet in seen if packet["way"] == "in" and is_answer(packet)]
    outs = [packet for packet in seen if packet["way"] == "out"]
    trips, answer = [], ins[-1] if ins else None
    while answer:
        sent = asked(answer, outs, rtt)
        if sent is None:
            break
        before = [packet for packet in ins if packet["at"] <= sent["at"] + ROUNDING and packet["at"] < answer["at"]]
        before = causes(sent, before)
        cause = before[-1] if before else None
        trips.append((name(sent), max(0.0, sent["at"] - cause["at"]) if cause else 0.0))
        answer = cause
    return trips[::-1]


def causes(sent, before):
    """Those of the answers that the packet may have waited for."""
    if sent["kind"] == "udp":
        return [packet for packet in before if packet["kind"] == "udp"]
    if not sent["flags"] & SYN:
        return [packet for packet in before if packet["from"] == sent["to"] and packet["to"] == sent["from"]]
    # A server is asked by one connection at a time; the first waits for its address.
    earlier = [packet for packet in before if packet["from"] == sent["to"]]
    return earlier or [packet for packet in before if packet["kind"] == "udp" and packet["dns"][2] in ADDRESSES]


def is_answer(packet):
    if packet["kind"] == "udp":
        return packet["dns"][2] != NULL
    return packet["length"] > 0 or packet["flags"] & SYN


def asked(answer, outs, rtt):
    """The packet that the answer is an answer to: the last of the same connection that had the time to get there."""
    same = [packet for packet in outs if packet["to"] == answer["from"] and packet["from"] == answer["to"]]
    if answer["kind"] == "udp":
        same = [packet for packet in same if packet.get("dns") == answer["dns"]]
    latest = answer["at"] - rtt / 1000 * 0.95
    return next((packet for packet in reversed(same) if packet["at"] <= latest), None)


def name(packet):
    if packet["kind"] == "udp":
        return f"{packet['dns'][1]} {TYPES.get(packet['dns'][2], packet['dns'][2])}"
    return f"{packet['to']}"


def show(trips):
    """Steps of one connection on one line."""
    at = 0
    while at < len(trips):
        end = at
        while end + 1 < len(trips) and trips[end + 1][0] == trips[at][0] and ":" in trips[at][0]:
            end += 1
        pause = sum(trip[1] for trip in trips[at : end + 1]) * 1000
        print(f"  {end - at + 1:3d}  {trips[at][0]}   (pauses of {pause:.1f} ms)")
        at = end + 1
