#!/usr/bin/env python3
"""SPF check_host of pyspf over the public suite for RFC 7208, its own resolver replaced by the suite's zone data.

usage: pyspf_suite.py SUITE     SUITE is spf/rfc7208-typed.json

Prints how many results are right, and how many there are a second.
"""

import json
import socket
import statistics
import sys
import time

import spf

SECONDS, ROUNDS = 2.0, 5


def value(record):
    """A record's data as pyspf has them from its resolver."""
    kind = record["type"]
    if kind in ("TXT", "SPF"):
        return tuple(text.encode("latin-1", "replace") for text in record["strings"])
    if kind == "MX":
        return record["preference"], record["exchange"]
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, record["value"])
    return record["value"]


def zone(data):
    table, failing = {}, set()
    for name, records in data.items():
        name = name.lower()
        has_txt = any(record["type"] == "TXT" for record in records)
        table.setdefault(name, {})
        for record in records:
            kind = record["type"]
            if kind == "TIMEOUT":
                failing.add(name)
            elif not record.get("none"):
                kinds = ["SPF", "TXT"] if kind == "SPF" and not has_txt else [kind]
                for each in kinds:
                    table[name].setdefault(each, []).append(value(record))
    return table, failing


def lookup(table, failing):
    def answer(name, kind, strict=True, timeout=20):
        name = name.lower().rstrip(".")
        if any(len(label) > 63 for label in name.split(".")):
            raise spf.TempError("DNS label too long")
        found = table.get(name, {})
        if kind not in found and name in failing:
            raise spf.TempError("DNS timeout")
        if kind not in found and "CNAME" in found:
            return [((name, "CNAME"), found["CNAME"][0])]
        return [((name, kind), data) for data in found.get(kind, [])]

    return answer


def load(path):
    with open(path, encoding="utf-8") as file:
        for suite in json.load(file)["suites"]:
            answer = lookup(*zone(suite["zonedata"]))
            for test in suite["tests"]:
                yield answer, test["host"], test["mailfrom"], test["helo"], test["result"]


def run(tests):
    right = 0
    for answer, host, sender, helo, results in tests:
        spf.DNSLookup = answer
        query = spf.query(i=host, s=sender, h=helo, strict=True)
        right += query.check()[0] in results
    return right


def main(path):
    tests = list(load(path))
    print(f"suite by pyspf: {run(tests)} of {len(tests)}")
    rates = []
    for _ in range(ROUNDS):
        start, done = time.process_time(), 0
        while time.process_time() - start < SECONDS:
            run(tests)
            done += len(tests)
        rates.append(done / (time.process_time() - start))
    print(f"SPF check_host by pyspf: {statistics.median(rates):.0f} per second on one core")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
