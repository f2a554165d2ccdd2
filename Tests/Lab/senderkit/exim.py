"""Exim, which Debian lets nobody install beside Postfix: Scripts/test unpacks its package, and it runs from there."""

import os
import pathlib
import re

from senderkit import gateways

PROGRAM = pathlib.Path(__file__).resolve().parents[3] / ".build/beside/exim4-daemon-light/usr/sbin/exim4"
USER = "Debian-exim"
# Of a system user that is nobody's here; the name is seen inside the lab alone.
NUMBER = 64011

# What the package's own configuration would have said; the recipe stands between.
MAIN = """primary_hostname = sender.nic.uk
spool_directory = {place}/spool
log_file_path = {place}/log/%slog
pid_file_path = {place}/exim.pid
keep_environment =
domainlist local_domains =
message_size_limit = 1M
queue_only
log_selector = +tls_peerdn
"""
ROUTERS = """everything_else:
  driver = dnslookup
  domains = ! +local_domains
  transport = remote_smtp
"""
TRANSPORTS = """remote_smtp:
  driver = smtp
"""

LINE = re.compile(r"^\S+ \S+ (?P<queue>\S+-\S+-\S+) (?P<mark>=>|->|==|\*\*) (?P<to>\S+)(?P<rest>.*)$")
STATUS = {"=>": "sent", "->": "sent", "==": "deferred", "**": "bounced"}


class Exim(gateways.Gateway):
    kind = "exim"

    def configure(self, recipe):
        """recipe: the parts `main`, `router` and `transport` of the documentation."""
        for name in ("spool", "log"):
            (self.place / name).mkdir()
            os.chown(self.place / name, NUMBER, NUMBER)
        text = MAIN.format(place=self.place) + recipe["main"]
        text += f"begin routers\n{recipe['router']}{ROUTERS}"
        text += f"begin transports\n{recipe['transport']}{TRANSPORTS}begin retry\n* * F,1h,1m\n"
        # There is no /etc/exim4 that anything could be laid over.
        (self.place / "exim.conf").write_text(text.replace("/etc/exim4/", f"{self.place}/"))
        (self.place / "hallmark").touch()
        seen = {}
        ours = {"passwd": f"{USER}:x:{NUMBER}:{NUMBER}::/:/usr/sbin/nologin", "group": f"{USER}:x:{NUMBER}:"}
        for name, line in ours.items():
            (self.place / name).write_text(pathlib.Path("/etc", name).read_text() + line + "\n")
            seen[f"/etc/{name}"] = str(self.place / name)
        return seen

    def program(self):
        return PROGRAM if PROGRAM.exists() else None

    def command(self):
        return []

    def send(self, sender, recipients, message):
        """Accepted, and then the queue is run once: a process for each message, and it has ended when this returns."""
        exim = [PROGRAM, "-C", self.place / "exim.conf"]
        self.run([*exim, "-i", "-f", sender, "--", *recipients], input=message)
        self.run([*exim, "-qff"])

    def deliveries(self):
        """Each recipient's in order: status, and all that the log says of it."""
        found = {}
        for line in gateways.text(self.place / "log/mainlog").splitlines():
            if match := LINE.match(line):
                said = {"status": STATUS[match["mark"]], "reason": match["rest"].strip()}
                found.setdefault(match["to"], []).append(said)
        return found
