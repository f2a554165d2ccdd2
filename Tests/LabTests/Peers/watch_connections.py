#!/usr/bin/env python3
"""Notes where connections go, whoever makes them.

usage: watch_connections.py FILE

Sees every packet of the namespace's loopback, and writes `ADDRESS PORT` to FILE for each that begins a TCP connection, the
first time. It prints `ready` when it sees, and runs until it is ended.
"""
import pathlib
import socket
import struct
import sys

EVERY_PROTOCOL = 3
IPV4, IPV6 = 0x0800, 0x86DD
TCP = 6
SYN, ACK = 2, 16


def target(frame):
    """Where the packet begins a connection to; None for any other. Loopback has the header of Ethernet, 14 octets."""
    kind = struct.unpack_from("!H", frame, 12)[0]
    if kind == IPV4 and frame[23] == TCP:
        start, family, address = 14 + (frame[14] & 15) * 4, socket.AF_INET, frame[30:34]
    elif kind == IPV6 and frame[20] == TCP:
        start, family, address = 54, socket.AF_INET6, frame[38:54]
    else:
        return None
    if frame[start + 13] & (SYN | ACK) != SYN:
        return None
    return f"{socket.inet_ntop(family, address)} {struct.unpack_from('!H', frame, start + 2)[0]}"


def main():
    file = pathlib.Path(sys.argv[1])
    file.touch()
    seen = set()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERY_PROTOCOL)) as tap:
        tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        tap.bind(("lo", 0))
        print("ready", flush=True)
        while True:
            found = target(tap.recv(65_535))
            if found and found not in seen:
                seen.add(found)
                with file.open("a", encoding="ascii") as out:
                    out.write(found + "\n")


main()
