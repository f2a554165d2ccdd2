"""A socketmap server whose process runs out of descriptors.

Usage: socketmap_exhausted.py PORT. Lowers the limit of the process that listens, opens more connections than it has room for,
asks on all, and ends half of those that were answered. Prints what became of it on a line; exits 1 where it is wrong.
"""

import os
import re
import resource
import socket
import subprocess
import sys
import time

PATIENCE = 60.0
# Seconds in which nothing happens while somebody waits to be taken.
QUIET = 2.0
ROOM, COUNT = 40, 60
REQUEST, ANSWER = b"17:whitelist .gov.uk,", b"9:NOTFOUND ,"


def busy(process):
    """Seconds that it has computed."""
    with open(f"/proc/{process}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def answered(clients, patience):
    """Those that get an answer in so many seconds, all in all."""
    deadline, found = time.monotonic() + patience, []
    for client in clients:
        client.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            if client.recv(64) == ANSWER:
                found.append(client)
        except OSError:
            pass
    return found


def main(port):
    listening = subprocess.run(["ss", "-Hltnp", f"sport = :{port}"], capture_output=True, text=True, check=True).stdout
    process = int(re.search(r"pid=(\d+)", listening)[1])
    limit = len(os.listdir(f"/proc/{process}/fd")) + ROOM
    before = resource.prlimit(process, resource.RLIMIT_NOFILE, (limit, resource.prlimit(process, resource.RLIMIT_NOFILE)[1]))
    try:
        clients = [socket.create_connection(("127.0.0.1", port), PATIENCE) for _ in range(COUNT)]
        for client in clients:
            client.sendall(REQUEST)
        first = answered(clients, QUIET)
        began = busy(process)
        time.sleep(QUIET)
        used = busy(process) - began
        first[0].sendall(REQUEST)
        still = answered(first[:1], PATIENCE)
        for client in first[: len(first) // 2]:
            client.close()
        later = answered([client for client in clients if client not in first], PATIENCE)
    finally:
        resource.prlimit(process, resource.RLIMIT_NOFILE, before)
    whole = len(first) + len(later) == COUNT
    right = 0 < len(first) < COUNT and whole and len(still) == 1 and used < QUIET / 4
    print(f"{len(first)} answered, then {len(later)}; {used:.2f} s of work while the rest waited" if not right else "all in the end")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
