"""What a Postfix's log says of deliveries."""

import re

# Month, day, time and host; then the transport's name, or `postfix`, the program and its process.
LINE = re.compile(r"^\S+ +\S+ +\S+ +\S+ [a-z0-9-]+/\w+\[(?P<pid>\d+)\]: (?P<text>.*)$")
TLS = re.compile(
    r"^(?P<trust>Anonymous|Untrusted|Trusted|Verified) TLS connection established to "
    r"(?P<host>[^\[]+)\[(?P<address>[^\]]+)\](?::\d+)?: (?P<version>\S+) with cipher (?P<cipher>\S+)"
)
LOST = re.compile(r"^\w+: (?:lost connection|conversation) with [^\[]+\[(?P<address>[^\]]+)\]")
STATUS = re.compile(
    r"^(?P<queue>\w+): to=<(?P<to>[^>]*)>, relay=(?P<relay>\S+), .*?"
    r"dsn=(?P<dsn>\S+), status=(?P<status>\w+) \((?P<reason>.*)\)$"
)


def read(text):
    """Each recipient's deliveries in order: status, relay, reason, and the TLS sessions that came before it.

    A delivery agent works at one delivery at a time, so that what it logs up to a status is of that delivery. A session
    that was lost carried no mail: level `may` goes on to the same server in the clear.
    """
    deliveries, sessions = {}, {}
    for line in text.splitlines():
        found = LINE.match(line)
        if not found:
            continue
        pid, said = found["pid"], found["text"]
        if tls := TLS.match(said):
            sessions.setdefault(pid, []).append(tls.groupdict())
        elif lost := LOST.match(said):
            sessions[pid] = [each for each in sessions.get(pid, []) if each["address"] != lost["address"]]
        elif status := STATUS.match(said):
            delivery = {"tls": sessions.pop(pid, []), **status.groupdict()}
            deliveries.setdefault(status["to"], []).append(delivery)
    return deliveries
