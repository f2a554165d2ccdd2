"""Many connections to a socketmap server at once, each of which asks in pieces and ahead of the answers.

Usage: socketmap_crowd.py PORT CONNECTIONS. Prints `N answered, N wrong`; exits 1 where one was.
"""

import resource
import selectors
import socket
import sys
import time

PATIENCE = 120.0
# Fragmented, pipelined, a name that is not there, and a parent domain, which Postfix asks for too.
PIECES = (b"25:whitelist observ", b"ed.gov.uk,28:whitelist ", b"nobody.example.com,", b"17:whitelist .gov.uk,")
EXPECTED = b"54:OK secure match=mx.observed.gov.uk servername=hostname,9:NOTFOUND ,9:NOTFOUND ,"


def main(port, count):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(count + 64, hard), hard))
    clients = [socket.create_connection(("127.0.0.1", port), PATIENCE) for _ in range(count)]
    # All are connected before the first asks, and all have asked before the first is read.
    for piece in PIECES:
        for client in clients:
            client.sendall(piece)
    answers = {client: b"" for client in clients}
    waiting = selectors.DefaultSelector()
    for client in clients:
        waiting.register(client, selectors.EVENT_READ)
    open_, deadline = count, time.monotonic() + PATIENCE
    while open_ and time.monotonic() < deadline:
        for key, _ in waiting.select(1.0):
            got = key.fileobj.recv(4096)
            answers[key.fileobj] += got
            if not got or len(answers[key.fileobj]) >= len(EXPECTED):
                waiting.unregister(key.fileobj)
                open_ -= 1
    wrong = sum(answer != EXPECTED for answer in answers.values())
    print(f"{count - wrong} answered, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
