"""Puts records that a finding's remedy names into the zones, as an owner who follows the advice would."""

import json

from . import model

# A text takes the place of the one that begins alike; other texts at the name stay.
KINDS = ("v=spf1", "v=dmarc1", "v=dkim1", "v=stsv1", "v=tlsrptv1")


def add(file, lab):
    """The file holds a list of {domain, name, type, value, mx}: mx are the hosts that a policy is to name."""
    for remedy in json.loads(file.read_text()):
        apply(remedy, lab)


def apply(remedy, lab):
    name = remedy["name"].rstrip(".").lower()
    zone = lab.zones[model.enclosing(name, lab.zones)]
    zone.records[:] = [line for line in zone.records if not replaced(line, name, zone.name, remedy)]
    zone.records.append(f"{name}. {remedy['type']} {data(remedy)}")
    domain = remedy["domain"]
    if name == f"_mta-sts.{domain}":
        serve_policy(domain, remedy["mx"], lab)


def replaced(line, name, zone, remedy):
    owner, kind, value = line.split(None, 2)
    if model.absolute(owner, zone).lower() != name or kind not in (remedy["type"], "CNAME"):
        return False
    return kind != "TXT" or version(value.strip('"')) == version(remedy["value"])


def version(text):
    plain = text.lower().replace(" ", "")
    return next((kind for kind in KINDS if plain.startswith(kind)), text)


def data(remedy):
    if remedy["type"] != "TXT":
        return remedy["value"]
    return " ".join(f'"{piece}"' for piece in model.pieces(remedy["value"]))


def serve_policy(domain, hosts, lab):
    """The advice is to serve a policy first; one in mode testing, which names the MX hosts."""
    lines = ["version: STSv1", "mode: testing", *(f"mx: {host}" for host in hosts), "max_age: 86400"]
    name = f"mta-sts.{domain}"
    zone = lab.zones[model.enclosing(name, lab.zones)]
    zone.records[:] = [line for line in zone.records if model.absolute(line.split(None, 1)[0], zone.name) != name]
    lab.policies[name] = {"body": lines}
    zone.records.append(f"{name}. A {model.POLICY_HOST}")
