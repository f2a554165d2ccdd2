"""A line between two network namespaces that holds every packet up, and notes what passed.

Kernels without netem cannot delay packets, so that this does it: one process with a tunnel device in each namespace. It
runs in the lab's namespace; the client's has no other way out, and all its packets, of IPv4 alone, take the delay once
each way. The client's address lies in 127.0.0.0/8, because the lab's resolver answers nobody else.
"""

import argparse
import collections
import fcntl
import json
import os
import select
import signal
import struct
import subprocess
import sys
import time

CLIENT = "127.9.0.2"
TUNSETIFF = 0x400454CA
IFF_TUN_WITHOUT_HEADER = 0x1001
LARGEST = 65_535
# Seconds until a signal is noticed on an idle line: a poll goes on behind it.
LONGEST_WAIT = 1.0


def run(*argv):
    subprocess.run([str(word) for word in argv], check=True, stdout=subprocess.DEVNULL)


def tunnel(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH14x", name.encode(), IFF_TUN_WITHOUT_HEADER))
    return device


def lay(client_namespace):
    """Both ends, the client's moved to its namespace; returns their descriptors."""
    near, far = tunnel("far0"), tunnel("near0")
    run("ip", "link", "set", "far0", "netns", client_namespace)
    # Loopback stays down there, so that 127.0.0.0/8 is no address of its own.
    run("ip", "-n", client_namespace, "link", "set", "far0", "up", "mtu", 1500)
    settings = ("route_localnet=1", "rp_filter=0", "accept_local=1")
    run("ip", "netns", "exec", client_namespace, "sysctl", "-q", *(f"net.ipv4.conf.far0.{one}" for one in settings))
    run("ip", "-n", client_namespace, "addr", "add", f"{CLIENT}/32", "dev", "far0")
    run("ip", "-n", client_namespace, "route", "add", "127.0.0.0/8", "dev", "far0", "src", CLIENT)
    run("ip", "link", "set", "near0", "up", "mtu", 1500)
    run("sysctl", "-q", "net.ipv4.conf.all.rp_filter=0", *(f"net.ipv4.conf.near0.{one}" for one in settings))
    # Before the table of local addresses, which holds all of 127.0.0.0/8.
    run("ip", "rule", "add", "pref", 20, "lookup", "local")
    run("ip", "rule", "add", "pref", 10, "to", f"{CLIENT}/32", "lookup", 100)
    run("ip", "rule", "del", "pref", 0, "lookup", "local")
    run("ip", "route", "add", f"{CLIENT}/32", "dev", "near0", "table", 100)
    return near, far


def take_up():
    """Gives the table of local addresses its place back; what else was laid goes with the devices."""
    run("ip", "rule", "add", "pref", 0, "lookup", "local")
    run("ip", "rule", "del", "pref", 10)
    run("ip", "rule", "del", "pref", 20)


def describe(packet):
    """What the bound is counted from; None for what is neither TCP nor UDP."""
    start = (packet[0] & 15) * 4
    protocol = packet[9]
    if packet[0] >> 4 != 4 or protocol not in (6, 17):
        return None
    ports = struct.unpack_from("!HH", packet, start)
    addresses = [".".join(map(str, packet[at : at + 4])) for at in (12, 16)]
    facts = {"from": f"{addresses[0]}:{ports[0]}", "to": f"{addresses[1]}:{ports[1]}"}
    if protocol == 17:
        return facts | {"kind": "udp", "dns": question(packet[start + 8 :])}
    offset, flags = (packet[start + 12] >> 4) * 4, packet[start + 13]
    length = struct.unpack_from("!H", packet, 2)[0] - start - offset
    return facts | {"kind": "tcp", "flags": flags, "length": length}


def question(message):
    """Identifier, name and type of the question."""
    labels, at = [], 12
    while at < len(message) and message[at]:
        labels.append(message[at + 1 : at + 1 + message[at]].decode("ascii", "replace"))
        at += message[at] + 1
    kind = struct.unpack_from("!H", message, at + 1)[0] if at + 3 <= len(message) else 0
    return [struct.unpack_from("!H", message)[0], ".".join(labels).lower() or ".", kind]


class Counts:
    """DNS questions by type and connections by port, as the client sends them, said whenever SIGUSR1 asks."""

    def __init__(self):
        self.questions, self.connections = collections.Counter(), collections.Counter()
        signal.signal(signal.SIGUSR1, self.say)

    def say(self, *_):
        print(json.dumps({"questions": self.questions, "connections": self.connections}), flush=True)

    def note(self, packet, direction, _now):
        if direction != "out" or packet[0] >> 4 != 4:
            return
        start, protocol = (packet[0] & 15) * 4, packet[9]
        port = struct.unpack_from("!H", packet, start + 2)[0]
        if protocol == 17 and port == 53:
            self.questions[question(packet[start + 8 :])[2]] += 1
        # SYN without ACK; one that is sent again counts again.
        elif protocol == 6 and packet[start + 13] & 0x12 == 2:
            self.connections[port] += 1


class Log:
    """Every packet, a line each."""

    def __init__(self, file):
        self.file = file

    def note(self, packet, direction, now):
        if facts := describe(packet):
            self.file.write(json.dumps(facts | {"at": now, "way": direction}) + "\n")
            self.file.flush()


def carry(client, lab, delay, observer):
    """Until it is told to end. A constant delay keeps the order, so a queue each way is enough."""
    other = {client: lab, lab: client}
    queues = {client: collections.deque(), lab: collections.deque()}
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    poll = select.epoll()
    for device in other:
        poll.register(device, select.EPOLLIN)

    while not ended:
        due = min((queue[0][0] for queue in queues.values() if queue), default=None)
        wait = LONGEST_WAIT if due is None else max(0.0, due - time.monotonic())
        for device, _ in poll.poll(wait):
            while packet := read(device):
                now = time.monotonic()
                queues[other[device]].append((now + delay, packet))
                if device == client:
                    observer.note(packet, "out", now)
        now = time.monotonic()
        for device, queue in queues.items():
            while queue and queue[0][0] <= now:
                packet = queue.popleft()[1]
                os.write(device, packet)
                if device == client:
                    observer.note(packet, "in", now)


def read(device):
    try:
        return os.read(device, LARGEST)
    except BlockingIOError:
        return b""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("namespace", help="the client's")
    parser.add_argument("milliseconds", type=float, help="one way")
    parser.add_argument("log", help="where each packet is noted")
    parser.add_argument("--counts", action="store_true", help="count instead, and say so at SIGUSR1")
    options = parser.parse_args()
    near, far = lay(options.namespace)
    with open(options.log, "w", encoding="ascii") as log:
        observer = Counts() if options.counts else Log(log)
        print("ready", flush=True)
        try:
            carry(near, far, options.milliseconds / 1000, observer)
        finally:
            take_up()


if __name__ == "__main__":
    main()
