"""The ways to a recipient: each MX host, and each of its addresses, by a number of its own.

Postfix tries the hosts of a domain until one takes the mail, so that what it makes of the others would never be
seen. smtp_dns_reply_filter leaves it one host and one address, and all else is its own doing.
"""

import dataclasses
import subprocess

from labkit import model


@dataclasses.dataclass
class Record:
    owner: str
    kind: str
    data: str


@dataclasses.dataclass
class Route:
    """place: the host's number among the domain's, and the address's among the host's; nothing where there is one."""

    domain: str
    host: str
    address: str
    place: tuple


class Map:
    """The MX and address records of all recipients, as the lab's resolver gives them, believed or not."""

    def __init__(self, domains, lookup):
        mx = lookup(domains, ["MX"])
        self.hosts = {domain: ranked([each for each in mx if each.owner == domain]) for domain in domains}
        # RFC 5321 section 5.1: without MX records the domain is its own host.
        targets = {domain: [host for host, _ in hosts] or [domain] for domain, hosts in self.hosts.items()}
        names = sorted({host for each in targets.values() for host in each if host})
        self.records = lookup(names, ["A", "AAAA"])
        self.targets = targets
        self.mx = mx

    def addresses(self, host):
        owner = self.canonical(host)
        return [each for each in self.records if each.owner == owner and each.kind in ("A", "AAAA")]

    def canonical(self, host):
        for each in self.records:
            if each.owner == host and each.kind == "CNAME":
                return name(each.data)
        return host

    def routes(self, domain):
        found = []
        for number, host in enumerate(self.targets[domain]):
            addresses = self.addresses(host) or [Record(host, "", "")]
            found += [Route(domain, host, each.data, (number, at)) for at, each in enumerate(addresses)]
        if len(found) == 1:
            found[0].place = ()
        return found

    def filter(self, place):
        """The table that hides every other host and every other address."""
        number, at = place
        hidden = []
        for domain, hosts in self.hosts.items():
            hidden += [each for place, (_, each) in enumerate(hosts) if place != number] if len(hosts) > 1 else []
        for host in sorted({host for each in self.targets.values() for host in each}):
            addresses = self.addresses(host)
            hidden += [each for place, each in enumerate(addresses) if place != at] if len(addresses) > 1 else []
        return "".join(f"{pattern(each)} IGNORE\n" for each in hidden)


def pattern(record):
    """The record as Postfix shows it to a filter: as a line of a zone file, in a regular expression of POSIX."""
    owner, data = (text.rstrip(".").replace(".", "[.]") for text in (record.owner, record.data))
    return f"/^{owner}[.]? +[0-9]+ +IN +{record.kind} +{data.replace(' ', ' +')}[.]?$/"


def ranked(records):
    """Host and record of each MX, the preferred first; a null MX (RFC 7505) names no host."""
    pairs = [(record.data.split(), record) for record in records if record.kind == "MX"]
    pairs.sort(key=lambda pair: (int(pair[0][0]), pair[0][1]))
    return [(name(words[1]), record) for words, record in pairs]


def name(text):
    return text.rstrip(".").lower()


def lookup(namespace):
    def ask(names, kinds):
        questions = [word for each in names for kind in kinds for word in (f"{each}.", kind)]
        shown = subprocess.run(
            ["ip", "netns", "exec", namespace, "dig", f"@{model.RESOLVER}", "+noall", "+answer", *questions],
            capture_output=True, text=True, check=True,
        ).stdout
        lines = [line.split(None, 4) for line in shown.splitlines() if line and not line.startswith(";")]
        found = {(name(line[0]), line[3], line[4]): None for line in lines if len(line) == 5}
        return [Record(*each) for each in sorted(found)]

    return ask
