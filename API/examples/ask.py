#!/usr/bin/env python3
"""Asks a Hallmark server with requests alone.

ask.py URL SENDER RECIPIENT: would a message between the two be secure, and is the recipient on the whitelist? Exit status 0:
yes, 1: no, 3: it could not be determined. A token, where one is wanted, is taken from HALLMARK_TOKEN.
"""

import os
import sys

import requests

PATIENCE = 60  # Seconds; a check goes on when they are over, and its outcome is there when it is asked for again.
GRACE = 5


class Refused(Exception):
    """The server's word, and its status: NOT_FOUND, DEADLINE_EXCEEDED and so on."""


def connect():
    session = requests.Session()
    session.headers["grpc-timeout"] = f"{PATIENCE}S"
    if token := os.environ.get("HALLMARK_TOKEN"):
        session.headers["Authorization"] = f"Bearer {token}"
    return session


def call(session, url, method, **params):
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    response = session.post(f"{url}/rpc", json=body, timeout=PATIENCE + GRACE)
    response.raise_for_status()
    answer = response.json()
    if error := answer.get("error"):
        data = error.get("data", {})
        raise Refused(data.get("status", error["code"]), data.get("message", error["message"]))
    return answer["result"]


def whitelist(session, url):
    """Every entry, page after page."""
    page = {}
    while True:
        answer = call(session, url, "listWhitelist", **page)
        yield from answer["entries"]
        if "nextPageToken" not in answer:
            return
        page = {"pageToken": answer["nextPageToken"]}


def main(url, sender, recipient):
    session = connect()
    try:
        pair = call(session, url, "checkPair", sender=sender, recipient=recipient)
        entry = next((each for each in whitelist(session, url) if each["domain"] == pair["recipient"]), None)
    except Refused as refusal:
        print(*refusal.args, sep=": ", file=sys.stderr)
        return 2
    transport = pair["transport"]
    print(f"{pair['sender']} to {pair['recipient']}: {transport['grade']}, by {transport['mechanism'] or 'no promise'}")
    print(f"on the whitelist: {entry['policy']}, by {entry['basis']}" if entry else "not on the whitelist")
    return {True: 0, False: 1, None: 3}[pair["secure"]]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
