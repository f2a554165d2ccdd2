"""Makes the lab, and stays with it: one process inside the namespace that holds all servers and ends with its owner."""

import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys
import time

from . import model, namespace, oddities, pki, policies, real, remedies, servers, zones

START_TIME = 60.0
STOP_TIME = 5.0
STATE = "lab.json"
OWNER_ENDED = 4


def up(directory, zone_file, owner=None, remedy_file=None):
    namespace.require()
    began = time.monotonic()
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise ValueError(f"{directory} is not empty")
    # Postfix runs as a user of its own and must come through.
    directory.chmod(0o755)
    name = f"hallmark-lab-{os.getpid()}"
    made = {"namespace": name, "directory": str(directory)}
    write_state(directory, made)
    try:
        made |= prepare(directory, zone_file, remedy_file)
        write_state(directory, made)
        namespace.make(name, made["addresses6"], model.RESOLVER)
        made |= {"supervisor": start_supervisor(directory, owner)}
    except BaseException:
        down(directory, keep=True)
        raise
    made["seconds"] = round(time.monotonic() - began, 2)
    write_state(directory, made)
    return made


def prepare(directory, zone_file, remedy_file=None):
    """Everything that needs no network: keys, certificates, zones, configuration."""
    lab = model.load()
    if zone_file:
        real.add(zone_file, lab)
    if remedy_file:
        remedies.add(remedy_file, lab)
    model.bind(lab)
    authority = pki.PKI(directory / "pki")
    for peer in lab.peers.values():
        peer.names = peer.names or {f"{peer.name}.nic.uk"}
    with_tls = [peer for peer in lab.peers.values() if "certificate" in peer.data]
    wanted = {peer.name: (peer.data["certificate"], peer.names) for peer in with_tls}
    certificates = authority.issue_all(wanted | policies.certificates(lab.policies))
    zone_directory = directory / "zones"
    zone_directory.mkdir()
    writer = zones.Writer(lab, authority, zone_directory)
    commands = {"nsd": servers.write_nsd(directory / "nsd", writer.write())}
    writer.write_trust_anchor(directory / "root.ds")
    commands["unbound"] = servers.write_unbound(directory / "unbound")
    real_servers = [peer for peer in lab.peers.values() if "script" not in peer.data]
    commands["postfix"] = servers.write_postfix(directory / "postfix", real_servers, certificates)
    peers = {
        peer.name: {"addresses": peer.addresses, "names": sorted(peer.names), **peer.data} for peer in lab.peers.values()
    }
    addresses6 = [address for peer in lab.peers.values() for address in peer.addresses if ":" in address]
    return {
        "resolver": f"{model.RESOLVER}@53",
        "trustAnchor": str(directory / "root.ds"),
        "caFile": str(authority.ca_file),
        "scriptedLog": str(directory / "scripted.log"),
        "opensslConf": str(authority.directory / "openssl.cnf"),
        "allow": ["127.0.0.0/8", "fd00:1ab::/64"],
        "addresses6": [model.NAME_SERVER_6, model.DEAD_6, *addresses6],
        "commands": commands,
        "peers": peers,
        "policies": lab.policies,
        "certificates": {name: str(path) for name, path in certificates.items()},
        "zones": {zone.name: zone.state for zone in lab.zones.values()},
    }


def start_supervisor(directory, owner):
    """Starts `lab keep`, and waits until the servers that it holds answer."""
    program = str(pathlib.Path(__file__).resolve().parent.parent / "lab")
    argv = [sys.executable, program, "keep", str(directory), *(["--owner", str(owner)] if owner else [])]
    with (directory / "log").open("wb") as log:
        child = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        )
    ready, _, _ = select.select([child.stdout], [], [], START_TIME)
    line = child.stdout.readline() if ready else b""
    if line != b"ready\n":
        raise RuntimeError("the servers did not start: " + (directory / "log").read_text()[-2000:])
    return child.pid


def keep(directory, owner):
    """Runs `lab serve` inside the namespace, and clears away when the owner is gone and nobody will ask for it.

    It stays outside: what is mounted inside `ip netns exec` keeps a namespace from being removed there.
    """
    namespace.unblock()
    name = state(directory)["namespace"]
    argv = ["ip", "netns", "exec", name, sys.executable, sys.argv[0], "serve", str(directory)]
    done = subprocess.run(argv + (["--owner", str(owner)] if owner else []))
    if done.returncode == OWNER_ENDED:
        down(directory)


def serve(directory, owner):
    """Runs all servers until it is told to end, its owner ends, or one of them does; OWNER_ENDED tells the second."""
    made = state(directory)
    children = start(made)
    wait_until_ready(made, children)
    print("ready", flush=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    wakeup, other = socket.socketpair()
    other.setblocking(False)
    signal.set_wakeup_fd(other.fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    watched = [wakeup]
    if owner:
        try:
            watched.append(os.pidfd_open(owner))
        except ProcessLookupError:
            stop(children)
            return OWNER_ENDED
    while True:
        ready, _, _ = select.select(watched, [], [])
        if wakeup not in ready:
            break
        if set(wakeup.recv(64)) & {signal.SIGTERM, signal.SIGINT}:
            break
        dead = [name for name, child in children.items() if child.poll() is not None]
        if dead:
            print(f"{', '.join(dead)} ended by itself", file=sys.stderr)
            break
    stop(children)
    return 0 if wakeup in ready else OWNER_ENDED


def start(made):
    log = pathlib.Path(made["directory"]) / "log"
    environment = os.environ | {"OPENSSL_CONF": made["opensslConf"]}
    children = {}
    for name, argv in made["commands"].items():
        with log.open("ab") as out:
            children[name] = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment, start_new_session=True
            )
    oddities.start(oddities.FailingNameServer(model.LAME_SERVER))
    for name, peer in made["peers"].items():
        if "script" in peer:
            for address in peer["addresses"]:
                certificate = made["certificates"].get(name)
                log = pathlib.Path(made["scriptedLog"])
                oddities.start(oddities.ScriptedServer(name, address, peer["script"], certificate, log))
    kinds = {kind: made["certificates"][kind] for kind in policies.CERTIFICATES}
    oddities.start(policies.PolicyServer(model.POLICY_HOST, made["policies"], kinds))
    return children


def wait_until_ready(made, children):
    """Every mail server takes a connection, and the resolver answers for the root."""
    deadline = time.monotonic() + START_TIME
    places = [(address, 25) for peer in made["peers"].values() for address in peer["addresses"]]
    waiting = [lambda at=at: connects(at) for at in [*places, (model.POLICY_HOST, 443)]] + [answers]
    while waiting:
        waiting = [probe for probe in waiting if not probe()]
        dead = [name for name, child in children.items() if child.poll() is not None]
        if dead or time.monotonic() > deadline:
            stop(children)
            raise RuntimeError(f"{', '.join(dead) or 'a server'} did not start")
        if waiting:
            time.sleep(0.02)


def connects(place):
    family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
    with socket.socket(family) as client:
        return client.connect_ex(place) == 0


def answers():
    """Asks the resolver for the SOA of the root."""
    query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + b"\0" + b"\0\6\0\1"
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        try:
            client.connect((model.RESOLVER, 53))
            client.send(query)
            reply = client.recv(512)
        except OSError:
            return False
    return reply[3] & 15 == 0 and reply[7] == 1


def stop(children):
    for child in children.values():
        if child.poll() is None:
            # Each has a session of its own, so its children end with it.
            os.killpg(child.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIME
    for child in children.values():
        try:
            child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)


def down(directory, keep=False):
    """Ends the lab; what `lab up` put into the directory goes with it. May be called twice."""
    path = directory / STATE
    if not path.exists():
        return
    made = json.loads(path.read_text())
    namespace.remove(made["namespace"])
    if not keep:
        shutil.rmtree(directory, ignore_errors=True)


def state(directory):
    path = directory / STATE
    if not path.exists():
        raise ValueError(f"there is no lab in {directory}")
    return json.loads(path.read_text())


def write_state(directory, made):
    path = directory / (STATE + ".new")
    path.write_text(json.dumps(made, indent=1))
    path.rename(directory / STATE)
