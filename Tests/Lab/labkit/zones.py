"""Zone files: placeholders filled in, delegations and DS records put in place, signed by ldns-signzone."""

import base64
import concurrent.futures
import hashlib
import re
import subprocess

from . import model

HEAD = """$ORIGIN {origin}
$TTL 300
@ SOA ns.nic.uk. hostmaster.nic.uk. 1 3600 900 604800 60
@ NS ns.nic.uk.
"""


class Keys:
    """One ECDSA P-256 key signs every zone; a key file differs by its owner's name alone."""

    def __init__(self, directory):
        directory.mkdir(parents=True)
        stem = subprocess.run(
            ["ldns-keygen", "-k", "-a", "ECDSAP256SHA256", "."], cwd=directory, check=True, capture_output=True, text=True
        ).stdout.strip()
        self.directory = directory
        self.tag = int(stem.rsplit("+", 1)[1])
        self.private = (directory / f"{stem}.private").read_text()
        self.public = (directory / f"{stem}.key").read_text().split("DNSKEY", 1)[1].split(";")[0].strip()

    def stem(self, zone):
        path = self.directory / f"K{zone}.+013+{self.tag}"
        path.with_name(path.name + ".key").write_text(f"{zone}.\tIN\tDNSKEY\t{self.public}\n")
        path.with_name(path.name + ".private").write_text(self.private)
        return path

    def ds(self, zone):
        """RFC 4034 section 5.1.4: the digest of the owner's name and the DNSKEY's RDATA."""
        flags, protocol, algorithm, key = self.public.split(None, 3)
        rdata = int(flags).to_bytes(2, "big") + bytes([int(protocol), int(algorithm)])
        rdata += base64.b64decode(key.replace(" ", ""))
        digest = hashlib.sha256(wire(zone) + rdata).hexdigest()
        return f"{self.tag} 13 2 {digest}"


def wire(name):
    labels = name.lower().split(".") if name else []
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


class Writer:
    def __init__(self, lab, pki, directory):
        self.lab, self.pki, self.directory = lab, pki, directory
        self.dkim = pki.dkim_keys()
        self.keys = Keys(directory / "keys")
        self.digests = {}

    def write(self):
        """Writes every zone that is served; returns name to file."""
        self.delegate()
        served = [zone for zone in self.lab.zones.values() if zone.state != "lame"]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            return dict(zip((zone.name for zone in served), pool.map(self.write_zone, served)))

    def write_trust_anchor(self, path):
        path.write_text(f". IN DS {self.keys.ds('')}\n")

    def delegate(self):
        """Each zone's NS, and its DS where it is signed, go to the zone above it; the name servers live in `uk`."""
        zones = self.lab.zones
        for zone in list(zones.values()):
            if not zone.name:
                continue
            above = zones[model.enclosing(zone.name.partition(".")[2], zones)]
            server = "lame" if zone.state == "lame" else "ns"
            above.records.append(f"{zone.name}. NS {server}.nic.uk.")
            if zone.state in ("secure", "bogus"):
                above.records.append(f"{zone.name}. DS {self.keys.ds(zone.name)}")
        addresses = [f"ns.nic.uk. A {model.NAME_SERVER}", f"lame.nic.uk. A {model.LAME_SERVER}"]
        zones[""].records += addresses
        zones["uk"].records += addresses

    def write_zone(self, zone):
        path = self.directory / f"{zone.name or 'root'}.zone"
        lines = [self.fill(line, zone) for line in zone.records]
        path.write_text(HEAD.format(origin=f"{zone.name}.") + "\n".join(lines) + "\n")
        if zone.state == "insecure":
            return path
        signed = path.with_suffix(".signed")
        done = subprocess.run(
            ["ldns-signzone", "-o", f"{zone.name}.", "-f", signed, path, self.keys.stem(zone.name)],
            capture_output=True, text=True,
        )
        if done.returncode != 0:
            raise RuntimeError(f"ldns-signzone {zone.name}: {done.stderr}")
        if zone.state == "bogus":
            signed.write_text(spoil(signed.read_text()))
        return signed

    def fill(self, line, zone):
        """A record line with its placeholders filled in: {peer}, {spki:peer}, {cert:peer}, {dkim:kind}, {domain}.

        After a percent sign a brace is a macro of SPF.
        """
        name, kind, data = line.split(None, 2)
        data = re.sub(r"(?<!%)\{([^}]+)\}", lambda found: self.value(found[1], kind, zone), data)
        return f"{name} {kind} {split_text(data) if kind == 'TXT' else data}"

    def value(self, placeholder, kind, zone):
        what, _, name = placeholder.partition(":")
        match what:
            case "domain":
                return zone.name
            case "dkim":
                return self.dkim[name]
            case "spki" | "cert":
                if placeholder not in self.digests:
                    made = self.pki.key_digest if what == "spki" else self.pki.certificate_digest
                    self.digests[placeholder] = made(name)
                return self.digests[placeholder]
            case "dead":
                return model.DEAD_6 if kind == "AAAA" else model.DEAD
            case _:
                return self.lab.peers[what].data["address6" if kind == "AAAA" else "address"]


def split_text(data):
    """Cuts each quoted text into character-strings that fit."""

    def cut(found):
        return " ".join(f'"{piece}"' for piece in model.pieces(found[1]))

    # A text with an escape in it is left as it stands: it is cut where it comes from.
    return data if "\\" in data else re.sub(r'"([^"]*)"', cut, data)


def spoil(zone):
    """Breaks every signature but those of the keys and of what proves absence, by swapping its first characters."""

    def swap(line):
        found = re.match(r"(\S+\s+\d+\s+IN\s+RRSIG\s+)(\S+)(\s.*\s)(\S+)$", line)
        if not found or found[2] in ("DNSKEY", "NSEC"):
            return line
        signature = found[4]
        return found[1] + found[2] + found[3] + ("B" if signature[0] != "B" else "C") + signature[1:]

    return "\n".join(swap(line) for line in zone.splitlines()) + "\n"
