"""What the benchmarks share: the program built for release, the lab, the service in it, and the machine's facts."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAB = ROOT / "Tests" / "Lab" / "lab"
BINARY = ROOT / ".build-release" / "release" / "hallmarkd"
PORT = 8460
# How long the service may take to listen.
START_TIME = 30.0


def fail(reason):
    print(f"{pathlib.Path(sys.argv[0]).name}: {reason}", file=sys.stderr)
    sys.exit(2)


def require(*programs):
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        fail("needs " + ", ".join(missing))


def program(path):
    """The program under test; without a path it is built, once."""
    if path:
        return pathlib.Path(path).resolve()
    command = ["swift", "build", "-c", "release", "--static-swift-stdlib", "--scratch-path", ".build-release"]
    command += ["--product", "hallmarkd"]
    if subprocess.run(command, cwd=ROOT, stdout=sys.stderr).returncode != 0:
        fail("hallmarkd could not be built")
    return BINARY


def load_program(directory):
    """The client that is no limit itself (load.c), built."""
    return build(directory, "load")


def build(directory, name):
    """A program of C in this directory, built."""
    built = pathlib.Path(directory) / name
    subprocess.run(["cc", "-O2", "-o", built, ROOT / "Benchmarks" / f"{name}.c", "-lm"], check=True)
    return built


def load(program, framing, port, request, connections, seconds, mode, number, core="1"):
    """What load.c tells of one run: `rate` a second, `p50`, `p99` and `p999` in microseconds."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(request)
        file.flush()
        argv = [program, framing, port, file.name, connections, seconds, mode, number]
        done = subprocess.run(["taskset", "-c", core, *map(str, argv)], capture_output=True, text=True)
    if done.returncode != 0:
        fail(done.stderr.strip())
    return json.loads(done.stdout)


def first_line(*argv):
    done = subprocess.run(argv, capture_output=True, text=True)
    return ((done.stdout or done.stderr).splitlines() or [""])[0].strip()


def print_machine(hallmarkd):
    """The facts that a figure means nothing without."""
    cpu = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    memory = next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    system = os.uname()
    print(f"machine: {cpu[0]}, {len(cpu)} cores, {memory / 1048576:.0f} GiB, {system.sysname} {system.release}")
    print(f"load before: {os.getloadavg()[0]:.1f}")
    print(f"program: {first_line(str(hallmarkd), '--version')}, {hallmarkd.stat().st_size / 1e6:.0f} MB")


@contextlib.contextmanager
def lab(*options, program=LAB):
    """A lab of one's own, ended with the benchmark; another program may make it that makes one and more."""
    directory = tempfile.mkdtemp(prefix="hallmark-bench-")
    try:
        argv = [sys.executable, str(program), "up", directory, "--owner", str(os.getpid()), *options]
        done = subprocess.run(argv, stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            fail("the lab did not start")
        yield json.loads(done.stdout)
    finally:
        subprocess.run([sys.executable, str(LAB), "down", directory])
        shutil.rmtree(directory, ignore_errors=True)


def inside(made, argv):
    return ["ip", "netns", "exec", made["namespace"], *map(str, argv)]


def lab_options(made):
    options = ["--resolver", made["resolver"], "--trust-anchor", made["trustAnchor"], "--ca-file", made["caFile"]]
    for block in made["allow"]:
        options += ["--allow-address", block]
    return options


@contextlib.contextmanager
def service(made, argv, log):
    """Runs the service inside the lab until it listens, and ends it."""
    with open(log, "wb") as output:
        child = subprocess.Popen(inside(made, argv), stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + START_TIME
        while b"listening" not in pathlib.Path(log).read_bytes():
            if child.poll() is not None or time.monotonic() > deadline:
                fail("the service did not start: " + pathlib.Path(log).read_text()[-500:])
            time.sleep(0.05)
        # `ip netns exec` becomes the command, so that this is its process.
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()


def call(made, method, params, timeout=120):
    """One JSON-RPC call from inside the lab; its result."""
    request = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, "id": 1})
    argv = [
        "curl", "--silent", "--show-error", "--fail-with-body", "--max-time", timeout, "--header",
        "Content-Type: application/json", "--data-binary", "@-", f"http://127.0.0.1:{PORT}/rpc",
    ]  # fmt: skip
    done = subprocess.run(inside(made, argv), input=request, capture_output=True, text=True)
    if done.returncode != 0:
        fail(f"{method}: {done.stderr.strip()} {done.stdout[:300]}")
    answer = json.loads(done.stdout)
    if "error" in answer:
        fail(f"{method}: {json.dumps(answer['error'])}")
    return answer["result"]


def processor(process):
    """Seconds that a process has computed."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
