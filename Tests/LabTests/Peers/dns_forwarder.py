#!/usr/bin/env python3
"""A resolver that hands questions on, but for those that a file of rules answers.

usage: dns_forwarder.py ADDRESS UPSTREAM RULES

Listens on port 53 of ADDRESS, over UDP and TCP. RULES is read for every question, a rule a line, and the first that
fits wins: `NAME TYPE text TEXT` answers with a TXT record that lives a second, `NAME A turns ADDRESS ADDRESS...` with
one address after the other, each for no time at all, `NAME TYPE servfail` with SERVFAIL; `*` fits every name or type.
"""
import itertools
import pathlib
import socket
import socketserver
import struct
import sys
import threading

TYPES = {"A": 1, "MX": 15, "TXT": 16, "AAAA": 28, "TLSA": 52}
PATIENCE = 5.0
TURNS = itertools.count()


def question(query):
    """The name, the type, and where the question ends (RFC 1035 section 4.1.2)."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii", "replace").lower())
        at += 1 + query[at]
    return ".".join(labels), struct.unpack_from("!H", query, at + 1)[0], at + 5


def rule(path, name, kind):
    for line in pathlib.Path(path).read_text().splitlines():
        words = line.split(None, 3)
        if len(words) > 2 and words[0] in ("*", name) and (words[1] == "*" or TYPES[words[1]] == kind):
            return words[2:]
    return None


def answer(query, rules):
    """What a rule says of the query; None where it is to be handed on."""
    name, kind, end = question(query)
    found = rule(rules, name, kind)
    if found is None:
        return None
    record = b""
    if found[0] == "text":
        text = found[1].encode()
        record = struct.pack("!HHHIHB", 0xC00C, kind, 1, 1, len(text) + 1, len(text)) + text
    elif found[0] == "turns":
        addresses = found[1].split()
        address = socket.inet_aton(addresses[next(TURNS) % len(addresses)])
        record = struct.pack("!HHHIH", 0xC00C, kind, 1, 0, len(address)) + address
    flags = bytes([0x84 | (query[2] & 1), 0x80 | (0 if record else 2)])
    return query[:2] + flags + struct.pack("!HHHH", 1, 1 if record else 0, 0, 0) + query[12:end] + record


class Datagram(socketserver.BaseRequestHandler):
    def handle(self):
        query, server = self.request
        reply = answer(query, self.server.rules)
        if reply is None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as upstream:
                upstream.settimeout(PATIENCE)
                upstream.sendto(query, (self.server.upstream, 53))
                reply = upstream.recv(65535)
        server.sendto(reply, self.client_address)


class Stream(socketserver.StreamRequestHandler):
    def handle(self):
        while head := self.rfile.read(2):
            query = self.rfile.read(struct.unpack("!H", head)[0])
            reply = answer(query, self.server.rules)
            if reply is None:
                with socket.create_connection((self.server.upstream, 53), PATIENCE) as upstream:
                    upstream.sendall(head + query)
                    file = upstream.makefile("rb")
                    reply = file.read(struct.unpack("!H", file.read(2))[0])
            self.wfile.write(struct.pack("!H", len(reply)) + reply)


class UDP(socketserver.ThreadingUDPServer):
    daemon_threads = allow_reuse_address = True


class TCP(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True


def main():
    address, upstream, rules = sys.argv[1:]
    servers = [UDP((address, 53), Datagram), TCP((address, 53), Stream)]
    for server in servers:
        server.upstream, server.rules = upstream, rules
        server.handle_error = lambda *_: None  # Whoever asked went away, or the upstream did not answer.
    threading.Thread(target=servers[0].serve_forever, daemon=True).start()
    servers[1].serve_forever()


if __name__ == "__main__":
    main()
