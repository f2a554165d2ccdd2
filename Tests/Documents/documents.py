"""Runs the commands that documents show, and holds what they print against what the documents show.

usage: documents.py LAB HALLMARKD [DOCUMENT...]     inside the laboratory's namespace

In a block of code, a line that begins with `$ ` is a command (a backslash at its end continues it), and the lines up to the next
one are what it prints; a line that is `…` alone stands for anything, and so does `…` within a line. White space counts for nothing,
since documents wrap what programs do not. The commands of one document run in one shell, one after the other, in a directory of
their own where the repository's folders are, and a service on its defaults answers at 127.0.0.1:8460 with its socketmap at 8461.

What else stands in a block and begins with a folder of the repository (`Scripts/run`, `Benchmarks/sweep`) is a command that takes
too long or too much to be run here: that it is there, and that it can be run, is checked.
"""
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ["API", "Benchmarks", "Clients", "Documentation", "Fuzz", "Packaging", "Scripts", "Tests"]
SERVICE = "http://127.0.0.1:8460"
PATIENCE = 120  # seconds: a document's commands, all together


def blocks(text):
    """The code blocks of a page of Markdown: fenced ones, and those that are indented by four."""
    fence, current = None, []
    for line in text.split("\n"):
        stripped = line.strip()
        if fence is not None:
            if stripped.startswith(fence):
                yield current
                fence, current = None, []
            else:
                current.append(line.strip() if stripped.startswith("$ ") else line)
        elif stripped.startswith("```"):
            fence, current = "```", []
        elif line.startswith("    ") or (current and not stripped):
            current.append(line[4:])
        elif current:
            yield current
            current = []
    if current:
        yield current


def commands(block):
    """The commands of a block, each with the lines that follow it."""
    found, lines = [], iter(block)
    for line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"):
                command += "\n" + next(lines, "")
            found.append((command, []))
        elif found:
            found[-1][1].append(line)
    return found


def programs(block):
    """The repository's programs that a block names and does not run."""
    for line in block:
        match = re.match(r"((?:%s|\.ci)/[A-Za-z0-9_./-]+)" % "|".join(FOLDERS), line.strip())
        if match and not line.startswith("$ "):
            yield match.group(1)


def matches(shown, printed):
    """Whether what was printed is what is shown, white space aside."""
    parts = ["".join(part.split()) for part in "\n".join(shown).split("…")]
    pattern = ".*".join(re.escape(part) for part in parts)
    return re.fullmatch(pattern, "".join(printed.split()), re.DOTALL) is not None


def run(listing, environment, directory):
    """What each command printed; the shell goes on after a command that fails, and `$?` is the last one's."""
    script = ["exec 2>&1"]
    for number, (command, _) in enumerate(listing):
        script += ["__status=$?", f"printf '\\n\\001%d\\n' {number}", "(exit $__status)", command]
    printed = subprocess.run(
        ["bash", "-c", "\n".join(script)], cwd=directory, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, timeout=PATIENCE, check=False).stdout.decode(errors="replace")
    outputs = {}
    for piece in printed.split("\x01")[1:]:
        number, _, text = piece.partition("\n")
        outputs[int(number)] = text
    return [outputs.get(number, "") for number in range(len(listing))]


def check(document, environment, directory):
    """Prints what fails, and counts."""
    text = document.read_text()
    name = document.relative_to(ROOT)
    passed = failed = 0
    listing = [command for block in blocks(text) for command in commands(block)]
    for (command, shown), printed in zip(listing, run(listing, environment, directory) if listing else []):
        if matches(shown, printed):
            passed += 1
        else:
            failed += 1
            print(f"FAILED: {name}: $ {command}\n  shown:   {' '.join(shown)[:2000]}\n  printed: {printed[:2000]}")
    for program in sorted({program for block in blocks(text) for program in programs(block)}):
        path = ROOT / program
        if path.exists():
            passed += 1
        else:
            failed += 1
            print(f"FAILED: {name} names {program}, which is not there")
    return passed, failed


def serve(hallmarkd, environment, directory):
    """A service of its own for each document, so that none leans on what another did."""
    log = open(directory / "service.log", "wb")
    service = subprocess.Popen(
        [hallmarkd, "serve", "--store", str(directory / "var/hallmark"), "--socketmap", "127.0.0.1:8461"],
        env=environment, stdout=log, stderr=log)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(SERVICE + "/health/ready", timeout=5).close()
            return service
        except OSError:
            if service.poll() is not None:
                break
            time.sleep(0.1)
    service.kill()
    sys.exit((directory / "service.log").read_text())


def main(lab, hallmarkd, *names):
    documents = [Path(name).resolve() for name in names] or sorted(
        [ROOT / "README.md", ROOT / "ARCHITECTURE.md"]
        + [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md")
           if ".build" not in str(path.relative_to(ROOT))])
    environment = dict(os.environ)
    environment.update(
        HALLMARK_RESOLVER="127.0.0.53@53", HALLMARK_TRUST_ANCHOR=f"{lab}/root.ds",
        HALLMARK_CA_FILE=f"{lab}/pki/trusted.pem", HALLMARK_ALLOW_ADDRESS="127.0.0.0/8,fd00:1ab::/64", LC_ALL="C.UTF-8",
        PATH=f"{Path(hallmarkd).parent}:{environment['PATH']}")
    passed = failed = 0
    for document in documents:
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder)
            for name in FOLDERS:
                (directory / name).symlink_to(ROOT / name)
            has_commands = any(commands(block) for block in blocks(document.read_text()))
            service = serve(hallmarkd, environment, directory) if has_commands else None
            try:
                good, bad = check(document, environment, directory)
            finally:
                if service:
                    service.terminate()
                    service.wait(timeout=30)
        passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
