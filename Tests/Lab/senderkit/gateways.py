"""Mail gateways inside a lab, each in a directory of its own, and what is common to them."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

from labkit import namespace, servers
from senderkit import configuration, maillog, recipes

START_TIME = 60.0
STOP_TIME = 30.0
MOUNTS = "mounts.json"


class Gateway:
    """One kind. Its files are laid over those that the documentation names, for its own processes alone."""

    kind = ""

    def __init__(self, lab):
        self.lab = lab
        self.place = pathlib.Path(lab["directory"]) / "gateways" / self.kind

    def start(self, wanted):
        """Starts it anew with these recipes; what it logged and queued before is gone."""
        self.stop()
        self.place.mkdir(parents=True)
        texts = recipes.read()
        seen = {
            "/etc/resolv.conf": str(Resolver(self.lab).start()),
            "/etc/ssl/certs/ca-certificates.crt": self.lab["caFile"],
        }
        seen |= self.configure({name.removeprefix(f"{self.kind}-"): texts[name] for name in wanted})
        (self.place / MOUNTS).write_text(json.dumps(seen))
        if argv := self.command():
            spawn(self.place, self.inside(argv), self.lab)
            wait_until(self.is_ready, f"{self.kind} did not start; see {self.place}")

    def stop(self):
        end(self.place / "pid")
        shutil.rmtree(self.place, ignore_errors=True)

    def inside(self, argv):
        """`ip netns exec` gives each command a mount namespace of its own."""
        seen = json.loads((self.place / MOUNTS).read_text())
        binds = "".join(f"mount --bind '{source}' '{target}' && " for target, source in seen.items())
        words = [str(word) for word in argv]
        return ["ip", "netns", "exec", self.lab["namespace"], "sh", "-c", f'{binds}exec "$@"', "sh", *words]

    def run(self, argv, **options):
        return subprocess.run(self.inside(argv), check=True, **options)

    def program(self):
        """Where its executable is; nothing where it is not here."""
        return shutil.which(self.kind)

    def configure(self, recipe):
        """Writes the configuration. Returns what is to be seen where: path to path."""
        raise NotImplementedError

    def command(self):
        """What runs for as long as it does; nothing, where each message has a process of its own."""
        raise NotImplementedError


class Postfix(Gateway):
    kind = "postfix"

    def configure(self, recipe):
        etc, self.daemons = servers.make_instance(self.place)
        # What is no matter of the recipes.
        main = configuration.INSTANCE.format(directory=self.place, daemons=self.daemons)
        (etc / "main.cf").write_text(main + "".join(recipe.values()))
        (etc / "master.cf").write_text(configuration.SERVICES + "smtp unix - - n - - smtp\n")
        for name in ("hallmark", "tls_exceptions"):
            (etc / name).touch()
        # Where Debian's packages say which types of tables there are.
        for source in pathlib.Path("/etc/postfix").glob("dynamicmaps.cf*"):
            (shutil.copytree if source.is_dir() else shutil.copy)(source, etc / source.name)
        servers.prepare_spool(self.place)
        return {"/etc/postfix": str(etc)}

    def command(self):
        return [f"{self.daemons}/master", "-d"]

    def is_ready(self):
        return (self.place / "spool/public/pickup").is_socket() and (self.place / "spool/pid/master.pid").exists()

    def send(self, sender, recipients, message):
        self.run(["sendmail", "-i", "-f", sender, "--", *recipients], input=message)

    def deliveries(self):
        return maillog.read(text(self.place / "log"))


class Rspamd(Gateway):
    kind = "rspamd"
    user = "_rspamd"
    files = {"multimap": "multimap.conf", "options": "options.inc"}

    def configure(self, recipe):
        local, data = self.place / "local.d", self.place / "data"
        for each in (local, data):
            each.mkdir()
            shutil.chown(each, self.user, self.user)
        for name, said in recipe.items():
            (local / self.files[name]).write_text(said)
        (local / "logging.inc").write_text('type = "console";\nlevel = "notice";\n')
        return {"/etc/rspamd/local.d": str(local), "/var/lib/rspamd": str(data)}

    def command(self):
        places = [f"--var={name}={self.place}/data" for name in ("RUNDIR", "LOGDIR")]
        return ["rspamd", "-f", "-u", self.user, "-g", self.user, *places]

    def is_ready(self):
        asked = ["curl", "-s", "-o", "/dev/null", "--max-time", "5", "http://127.0.0.1:11333/ping"]
        return subprocess.run(self.inside(asked)).returncode == 0


class Resolver:
    """The validating resolver that gateways ask; it can be made to lie, as one does that is lied to."""

    def __init__(self, lab):
        self.lab = lab
        self.place = pathlib.Path(lab["directory"]) / "gateways/resolver"

    def start(self):
        """Returns the resolv.conf of those who ask it; does nothing where it runs already."""
        file = self.place.parent / "resolv.conf"
        if not self.place.exists():
            self.place.parent.mkdir(parents=True, exist_ok=True)
            argv = servers.write_unbound(self.place, configuration.RESOLVER, self.lab["trustAnchor"])
            file.write_text(configuration.RESOLV_CONF)
            spawn(self.place, self.inside(argv), self.lab)
            wait_until(lambda: self.ask(".", "SOA"), f"the resolver did not start; see {self.place}")
        return file

    def forge(self, owner, records):
        """records: kind and data of each; the owner has these alone of their kinds. None: the truth again."""
        lies = "".join(f"  local-data: '{owner}. 60 IN {record}'\n" for record in records)
        conf = self.place / "unbound.conf"
        mark = f"# forged: {owner}\n"
        head = conf.read_text().split(mark)[0]
        server = f"{mark}server:\n  local-zone: '{owner}.' transparent\n{lies}" if records else ""
        conf.write_text(head + server)
        os.kill(int((self.place / "unbound.pid").read_text()), signal.SIGHUP)
        for kind in {record.split()[0] for record in records}:
            wanted = sorted(record.split(None, 1)[1] for record in records if record.split()[0] == kind)
            wait_until(lambda k=kind, w=wanted: sorted(self.ask(f"{owner}.", k)) == w, "the resolver tells the truth")

    def ask(self, name, kind):
        argv = ["dig", f"@{configuration.RESOLVER}", "+short", "+time=5", "+tries=1", name, kind]
        done = subprocess.run(self.inside(argv), capture_output=True, text=True)
        return done.stdout.splitlines() if done.returncode == 0 else []

    def inside(self, argv):
        return ["ip", "netns", "exec", self.lab["namespace"], *argv]


def spawn(place, argv, lab):
    """It ends with the namespace, as everything in it does."""
    environment = os.environ | {"OPENSSL_CONF": lab["opensslConf"]}
    with (place / "output").open("ab") as out:
        child = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment, start_new_session=True,
            preexec_fn=namespace.unblock,
        )
    (place / "pid").write_text(str(child.pid))


def end(file):
    """Ends what `spawn` noted, and its children: it leads a session of its own."""
    if not file.exists():
        return
    pid = int(file.read_text())
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + STOP_TIME
        while time.monotonic() < deadline and pathlib.Path(f"/proc/{pid}").exists():
            time.sleep(0.02)


def wait_until(is_so, otherwise):
    deadline = time.monotonic() + START_TIME
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(otherwise)
        time.sleep(0.05)


def text(file):
    return file.read_text(errors="replace") if file.exists() else ""
