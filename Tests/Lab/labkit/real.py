"""Real zones, served as they are published, with the little of the rest of the world that they lean on.

Unsigned, since their keys are not ours. Names outside that they point at are made up, plainly:
  an MX host            an address of one of the `provider` mail servers, whose certificate names it
  a target of include:  `v=spf1 ip4:192.0.2.0/24 -all`
  a target of a: or mx: an address of documentation (RFC 5737)
  an alias's target below _domainkey   a DKIM key
  an _mta-sts record    a policy of mode enforce that names the zone's own MX hosts
Nothing else exists, so a name that the file does not hold is NXDOMAIN.
"""

import json
import zlib

from . import model

PROVIDERS = ("provider1", "provider2", "provider3")


def add(path, lab):
    zones = json.loads(path.read_text())["zones"]
    for name in zones:
        if name not in lab.zones:
            model.add_zone(model.Zone(name, "insecure"), lab)
    owners = set()
    for name, records in zones.items():
        for record in records:
            owners.add(clean(record["name"]))
            lab.zones[name].records += [line(record, value) for value in record["values"]]
    outside = World(lab, owners)
    for records in zones.values():
        for record in records:
            outside.follow(record)
    for name, records in zones.items():
        add_policies(name, records, lab, owners)


def clean(name):
    return name.rstrip(".").lower()


def line(record, value):
    match record["type"]:
        case "MX":
            data = f"{value['preference']} {value['exchange'].rstrip('.')}."
        case "TXT":
            data = quoted(value)
        case "A" | "AAAA":
            data = value
        case _:
            data = f"{value.rstrip('.')}."
    return f"{record['name'].rstrip('.')}. {record['type']} {data}"


def quoted(text):
    # A brace would be a placeholder, and is escaped in decimal (RFC 1035 section 5.1).

    def one(octet):
        special = octet in b'"\\{}' or not 32 <= octet < 127
        return f"\\{octet:03d}" if special else chr(octet)

    return " ".join('"' + "".join(map(one, piece)) + '"' for piece in model.pieces(text.encode()))


class World:
    """The names outside, each put once into the zone that encloses it."""

    def __init__(self, lab, owners):
        self.lab, self.owners = lab, owners

    def put(self, name, record):
        name = clean(name)
        if name in self.owners or "%" in name or not name:
            return
        self.owners.add(name)
        top = name.rsplit(".", 1)[-1]
        self.lab.zones.setdefault(top, model.Zone(top))
        self.lab.zones[model.enclosing(name, self.lab.zones)].records.append(f"{name}. {record}")

    def follow(self, record):
        for value in record["values"]:
            if record["type"] == "MX" and value["exchange"] != ".":
                host = clean(value["exchange"])
                self.put(host, f"A {{{PROVIDERS[zlib.crc32(host.encode()) % len(PROVIDERS)]}}}")
            elif record["type"] == "CNAME" and "_domainkey" in record["name"]:
                self.put(value, 'TXT "v=DKIM1; k=rsa; p={dkim:rsa2048}"')
            elif record["type"] == "TXT" and value.lower().startswith("v=spf1"):
                self.follow_spf(value)

    def follow_spf(self, text):
        for term in text.split():
            name, _, target = term.lstrip("+-~?").replace("=", ":", 1).partition(":")
            target = target.split("/")[0]
            if name in ("include", "redirect"):
                self.put(target, 'TXT "v=spf1 ip4:192.0.2.0/24 -all"')
            elif name in ("a", "mx") and target:
                self.put(target, "A 192.0.2.1")


def add_policies(name, records, lab, owners):
    for record in records:
        domain = clean(record["name"])
        host = f"mta-sts.{domain.removeprefix('_mta-sts.')}"
        if record["type"] != "TXT" or not domain.startswith("_mta-sts.") or host in owners:
            continue
        domain = domain.removeprefix("_mta-sts.")
        exchangers = [
            clean(value["exchange"])
            for each in records
            if each["type"] == "MX" and clean(each["name"]) == domain
            for value in each["values"]
        ]
        body = ["version: STSv1", "mode: enforce", *(f"mx: {mx}" for mx in exchangers if mx), "max_age: 604800"]
        lab.policies[host] = {"body": body}
        lab.zones[name].records.append(f"{host}. A {model.POLICY_HOST}")
