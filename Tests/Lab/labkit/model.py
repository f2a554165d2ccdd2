"""The lab's description, read from the files beside it: domains, the groups of records they share, and mail servers."""

import dataclasses
import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent.parent

NAME_SERVER = "127.0.1.1"
NAME_SERVER_6 = "fd00:1ab::1:1"
LAME_SERVER = "127.0.1.9"
RESOLVER = "127.0.0.53"
POLICY_HOST = "127.0.3.1"
# Connections are refused there: nothing listens.
DEAD = "127.0.5.1"
DEAD_6 = "fd00:1ab::5:1"

# RFC 1035 section 3.3: the octets of a character-string.
STRING_LIMIT = 255

# These stand above every domain; other top-level domains are made as they are needed.
PARENTS = ("", "uk", "gov.uk", "co.uk", "org.uk")


@dataclasses.dataclass
class Zone:
    """A zone. state: secure (signed, DS above), insecure (neither), bogus (signatures broken), lame (no one serves it)."""

    name: str
    state: str = "secure"
    records: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Peer:
    """A mail server of peers.json, and the names that point at it."""

    name: str
    data: dict
    names: set = dataclasses.field(default_factory=set)

    @property
    def addresses(self):
        return [address for address in (self.data.get("address"), self.data.get("address6")) if address]


@dataclasses.dataclass
class Lab:
    zones: dict
    peers: dict
    policies: dict
    cases: list


def absolute(name, zone):
    """The name of a record line, without the final dot."""
    if name.endswith("."):
        return name[:-1]
    if name == "@":
        return zone
    return f"{name}.{zone}" if zone else name


def pieces(text):
    """Cuts text, or octets, into character-strings that fit; an empty one is one too."""
    return [text[at : at + STRING_LIMIT] for at in range(0, len(text), STRING_LIMIT)] or [text]


def enclosing(name, zones):
    """The longest of the zones that the name lies in."""
    labels = name.split(".") if name else []
    for start in range(len(labels) + 1):
        candidate = ".".join(labels[start:])
        if candidate in zones:
            return candidate
    raise ValueError(f"no zone holds {name}")


def load():
    peers = {name: Peer(name, data) for name, data in read("peers.json").items()}
    groups = read("groups.json")
    lab = Lab({name: Zone(name) for name in PARENTS}, peers, {}, [])
    for file in sorted((HERE / "domains").glob("*.json")):
        for case in json.loads(file.read_text()):
            add(case, groups, lab)
            lab.cases.append({**case, "file": file.name})
    return lab


def read(name):
    return json.loads((HERE / name).read_text())


def add(case, groups, lab):
    """One case: its zone, the zones beside it, and its policy."""
    domain = case["domain"]
    if case.get("zone") != "absent":
        records = [line for group in case.get("with", []) for line in groups[group]]
        add_zone(Zone(domain, case.get("zone", "secure"), records + case.get("records", [])), lab)
    for other in case.get("also", []):
        add_zone(Zone(other["domain"], other.get("zone", "secure"), list(other.get("records", []))), lab)
    if policy := case.get("policy"):
        lab.policies[f"mta-sts.{domain}"] = policy
        lab.zones[domain].records.append(f"mta-sts A {policy.get('address', POLICY_HOST)}")


def add_zone(zone, lab):
    if zone.name in lab.zones:
        raise ValueError(f"{zone.name} is described twice")
    lab.zones[zone.name] = zone
    top = zone.name.rsplit(".", 1)[-1]
    lab.zones.setdefault(top, Zone(top))


def bind(lab):
    """Notes which names point at which peer, directly or by an alias in the same zone: its certificate names them."""
    for zone in lab.zones.values():
        pointed = {}
        aliases = []
        for line in zone.records:
            name, kind, data = line.split(None, 2)
            if kind in ("A", "AAAA") and data.startswith("{"):
                pointed.setdefault(absolute(name, zone.name), set()).add(data.strip("{}"))
            elif kind == "CNAME":
                aliases.append((absolute(name, zone.name), absolute(data, zone.name)))
        for alias, target in aliases:
            if target in pointed:
                pointed[alias] = pointed[target]
        for name, peers in pointed.items():
            for peer in peers & lab.peers.keys():
                lab.peers[peer].names.add(name)
