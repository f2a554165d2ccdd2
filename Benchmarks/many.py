"""Thousands of domains in a lab, and a service that has checked them all: what several benchmarks begin with."""

import time

import bench

PARENT = "many.gov.uk"
# Lifetimes are stretched to a day, so that nothing is due once it is checked.
LIFETIME = 86_400
# How long all checks may take, for each thousand domains.
PATIENCE = 240.0


def zones(count, weak=0):
    """One unsigned zone; each domain has MX, SPF, DMARC, a DKIM key and TLS-RPT, all at one mail server. Of so many domains one has
    a DMARC policy that refuses nothing, and so is insecure; none where it is 0."""
    records = [{"name": f"mx.{PARENT}", "type": "MX", "values": [{"preference": 10, "exchange": f"mx.{PARENT}"}]}]
    for number, domain in enumerate(names(count)):
        policy = "none" if weak and number % weak == 0 else "reject"
        records += [
            {"name": domain, "type": "MX", "values": [{"preference": 10, "exchange": "mail.many-hosts.uk"}]},
            {"name": domain, "type": "TXT", "values": ["v=spf1 include:spf.many-hosts.uk -all"]},
            {"name": f"_dmarc.{domain}", "type": "TXT", "values": [f"v=DMARC1; p={policy}; rua=mailto:dmarc@{domain}"]},
            {"name": f"selector1._domainkey.{domain}", "type": "CNAME", "values": ["key.many-hosts.uk"]},
            {"name": f"_smtp._tls.{domain}", "type": "TXT", "values": [f"v=TLSRPTv1; rua=mailto:tls@{domain}"]},
        ]
    return {"zones": {PARENT: records}}


def names(count):
    return [f"d{number:05d}.{PARENT}" for number in range(count)]


def serve(made, hallmarkd, store):
    """The words of a service that keeps what it finds out for a day."""
    words = [hallmarkd, "serve", "--store", store, "--min-ttl", LIFETIME, "--max-ttl", LIFETIME]
    return words + bench.lab_options(made)


def verdicts(made):
    """How many domains have a record, and how many of each verdict."""
    found, token = {}, None
    while True:
        page = bench.call(made, "listDomains", {"pageSize": 1000} | ({"pageToken": token} if token else {}))
        for domain in page["domains"]:
            found[domain["verdict"]] = found.get(domain["verdict"], 0) + 1
        token = page.get("nextPageToken")
        if not token:
            return found


def fill(made, count, organisations=1):
    """Has them watched, in turns for so many organisations, and waits until the verifier has checked each."""
    began = time.monotonic()
    every = names(count)
    for number in range(organisations):
        owner = {"organisation": f"Department {number}"} if organisations > 1 else {}
        bench.call(made, "watchDomains", {"domains": every[number::organisations]} | owner)
    deadline = began + PATIENCE * max(1, count / 1000)
    while True:
        time.sleep(5)
        found = verdicts(made)
        checked = sum(number for verdict, number in found.items() if verdict)
        if checked >= count:
            break
        if time.monotonic() > deadline:
            bench.fail(f"only {checked} of {count} domains were checked")
    took = time.monotonic() - began
    print(f"{count} domains checked by the verifier in {took:.0f} s, {count / took:.0f}/s: {found}", flush=True)
