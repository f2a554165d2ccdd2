"""Holds the lab against its own description with other people's programs, so that what fails later is not the lab."""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess

from . import model, policies

WORKERS = 4
COMMAND_TIME = 120
VERSIONS = {"TLSv1": "-tls1", "TLSv1.1": "-tls1_1", "TLSv1.2": "-tls1_2", "TLSv1.3": "-tls1_3"}


class Tests:
    def __init__(self, made):
        self.made = made
        self.directory = pathlib.Path(made["directory"])
        self.environment = os.environ | {"OPENSSL_CONF": made["opensslConf"]}

    def output(self, *argv, data=b""):
        """What a command says inside the namespace, on both of its outputs."""
        done = subprocess.run(
            ["ip", "netns", "exec", self.made["namespace"], *argv],
            input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self.environment, timeout=COMMAND_TIME,
        )
        return done.stdout.decode(errors="replace")

    def all(self):
        yield from ((f"zone {name or '.'} is {state}", self.zone, name, state) for name, state in self.made["zones"].items())
        yield from ((f"peer {name}: {peer['why']}", self.peer, peer) for name, peer in self.made["peers"].items())
        yield from ((f"policy at {host}", self.policy, host, policy) for host, policy in self.made["policies"].items())

    # Name servers: delv validates from the root's anchor, as any validating resolver does.

    def zone(self, name, state):
        shown = self.output(
            "delv", "@" + model.RESOLVER, "-a", str(self.directory / "delv.keys"), "+root=.", f"{name}.", "SOA"
        )
        match state:
            case "secure":
                held = "; fully validated" in shown
            case "insecure":
                held = "; unsigned answer" in shown
            case "bogus":
                held = "resolution failed" in shown and self.status(name, "SOA", "+cd") == "NOERROR"
            case _:
                held = self.status(name, "SOA") == "SERVFAIL"
        return "" if held else shown

    def status(self, name, kind, *options):
        shown = self.output("dig", "@" + model.RESOLVER, "+tries=1", "+time=30", *options, f"{name}.", kind)
        found = re.search(r"status: (\w+)", shown)
        return found[1] if found else "none"

    # Mail servers.

    def peer(self, peer):
        shows = peer["shows"]
        wrong = []
        for address in peer["addresses"]:
            if "greeting" in shows:
                wrong += self.greeting(address, shows["greeting"])
            if shows.get("starttls") is not None and "script" not in peer:
                wrong += self.session(address, shows, peer)
        return "; ".join(wrong)

    def greeting(self, address, code):
        shown = self.output("curl", "-sS", "--max-time", "30", f"telnet://{bracketed(address)}:25", data=b"QUIT\r\n")
        return [] if shown.startswith(code) else [f"{address} greets with {shown[:80]!r}"]

    def session(self, address, shows, peer):
        versions = [name for name, flag in VERSIONS.items() if self.handshake(address, flag)]
        if not shows["starttls"]:
            return [f"{address} offers {versions}"] if versions else []
        wrong = []
        if versions != shows.get("versions", ["TLSv1.2", "TLSv1.3"]):
            wrong.append(f"{address} offers {versions}")
        if "verify" in shows:
            name = shows.get("as", peer["names"][0])
            shown = self.handshake(address, VERSIONS[versions[-1]], "-servername", name, "-verify_hostname", name)
            expected = "Verification: OK" if shows["verify"] == "ok" else f"Verification error: {shows['verify']}"
            if expected.lower() not in shown.lower():
                wrong.append(f"{address} as {name}: {shown[:200]!r}")
        return wrong

    def handshake(self, address, *options):
        """What `openssl s_client` says of a session that came about; empty where none did."""
        shown = self.output(
            "openssl", "s_client", "-brief", "-starttls", "smtp", "-connect", f"{bracketed(address)}:25",
            "-CAfile", self.made["caFile"], *options,
        )
        return shown if "CONNECTION ESTABLISHED" in shown else ""

    # Policy hosts.

    def policy(self, host, policy):
        shown = self.output(
            "curl", "-sS", "--max-time", "60", "--cacert", self.made["caFile"], "-w", "%{http_code} %{size_download}",
            "-o", "/dev/null", f"https://{host}/.well-known/mta-sts.txt",
        )
        if "address" in policy:
            held = "Failed to connect" in shown
        elif policy.get("certificate") in policies.REFUSED:
            held = "SSL" in shown
        else:
            status, _, size = shown.strip().partition(" ")
            held = status == str(policy.get("status", 200)) and int(size or 0) >= policy.get("size", 0)
        return "" if held else shown


def bracketed(address):
    return f"[{address}]" if ":" in address else address


def run(made):
    """Prints what does not hold, and `N passed, N failed`; 1 where something failed."""
    missing = [program for program in ("dig", "delv", "curl", "openssl") if shutil.which(program) is None]
    if missing:
        raise ValueError("not installed: " + ", ".join(missing))
    tests = Tests(made)
    tag, algorithm, kind, digest = pathlib.Path(made["trustAnchor"]).read_text().split()[3:]
    anchor = f'trust-anchors {{ . static-ds {tag} {algorithm} {kind} "{digest}"; }};\n'
    (tests.directory / "delv.keys").write_text(anchor)
    failed = passed = 0
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        running = [(title, pool.submit(test, *rest)) for title, test, *rest in tests.all()]
        for title, each in running:
            wrong = each.result()
            failed, passed = failed + bool(wrong), passed + (not wrong)
            if wrong:
                print(f"failed: {title}: {wrong.strip()}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
