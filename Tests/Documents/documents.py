"""Runs the commands that documents show, and holds what they print against what the documents show.

usage: documents.py LAB HALLMARKD [DOCUMENT...]     inside the laboratory's namespace

In a block of code, a line that begins with `$ ` is a command (a backslash at its end continues it), and the lines up to the next
one are what it prints; a line that is `…` alone stands for anything, and so does `…` within a line. White space counts for nothing,
since documents wrap what programs do not. The commands of one document run in one shell, one after the other, in a directory of
their own where the repository's folders are and where what goes to /tmp goes too, and a service on its defaults answers at
127.0.0.1:8460 with its socketmap at 8461.

No block goes unheld. One without a command of that kind is either

- a list of the repository's programs that take too long or too much to be run here (`Scripts/run`, `Packaging/build-deb`): each
  of them must be there, and one that can be run;
- marked by a comment above it. `<!-- recipe: NAME -->`: a test takes the block out of the document by that name and runs it,
  `<!-- held by: FILE -->`: that test reads the document. The test must name the recipe, or the document.
  `<!-- nothing to run -->`: a drawing, or what was printed once.

Whatever a document names of the repository is there: where its links lead, the files and folders by their paths, and the tests by
the names of their files.
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
PATIENCE = 300  # seconds: a document's commands, all together


NAMED = re.compile(r"(?<![\w./:-])(?:%s|Sources)/[\w./+-]*\w" % "|".join(FOLDERS))
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
TEST = re.compile(r"\b[A-Z]\w+Tests\b")
MARK = re.compile(r"<!-- (recipe|held by|nothing to run)(?:: (.+))? -->")


def blocks(text):
    """The code blocks of a page of Markdown: fenced ones, and those that are indented by four."""
    for _, block in marked_blocks(text):
        yield block


def marked_blocks(text):
    """Each block with the line of text before it, in which a mark may stand."""
    fence, current, before = None, [], ""
    for line in text.split("\n"):
        stripped = line.strip()
        if fence is not None:
            if stripped.startswith(fence):
                yield before, current
                fence, current = None, []
            else:
                current.append(line.strip() if stripped.startswith("$ ") else line)
        elif stripped.startswith("```"):
            fence, current = "```", []
        elif line.startswith("    ") or (current and not stripped):
            current.append(line[4:])
        elif current:
            yield before, current
            current, before = [], stripped
        elif stripped:
            before = stripped
    if current:
        yield before, current


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


def unheld(name, mark, block):
    """Why nothing holds a block that has no command; None where something does."""
    kind, what = mark.groups() if mark else (None, None)
    if kind == "nothing to run":
        return None
    if kind == "recipe":
        readers = [path for path in test_files() if what in path.read_text(errors="replace")]
        return None if readers else f"no test names the recipe {what}"
    if kind == "held by":
        named = [path for path in test_files() if str(path).endswith("/" + what)]
        return None if named and name in named[0].read_text() else f"{what} is no test that names {name}"
    lines = [line for line in block if line and not line.startswith(" ")]
    return None if lines and all(list(programs([line])) for line in lines) else "no test runs this block: " + " ".join(block)[:80]


def absent(document, text):
    """What the document names and nobody finds."""
    for link in LINK.findall(text):
        if not (document.parent / link).exists():
            yield f"the link {link} leads nowhere"
    for path in sorted(set(NAMED.findall(text))):
        if not (ROOT / path).exists():
            yield f"there is no {path}"
    tests = {path.stem for path in (ROOT / "Tests").rglob("*.swift")} | {path.name for path in (ROOT / "Tests").iterdir()}
    for name in sorted(set(TEST.findall(text)) - tests):
        yield f"there is no test {name}"


def test_files():
    """What may take a block out of a document."""
    for folder in ("Tests", "Packaging"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix in ("", ".swift", ".py") and path != Path(__file__):
                yield path


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
        own = command.replace("/tmp/", f"{directory}/tmp/")
        script += ["__status=$?", f"printf '\\n\\001%d\\n' {number}", "(exit $__status)", own]
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
        if path.is_dir() or os.access(path, os.X_OK):
            passed += 1
        else:
            failed += 1
            print(f"FAILED: {name} names {program}, which is not there or cannot be run")
    strays = list(absent(document, text))
    passed, failed = passed + (not strays), failed + len(strays)
    for stray in strays:
        print(f"FAILED: {name}: {stray}")
    for before, block in marked_blocks(text):
        if not commands(block):
            reason = unheld(document.name, MARK.fullmatch(before), block)
            passed, failed = passed + (reason is None), failed + (reason is not None)
            if reason:
                print(f"FAILED: {name}: {reason}")
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
        PATH=f"{Path(hallmarkd).parent}:{ROOT / 'Clients'}:{environment['PATH']}")
    passed = failed = 0
    for document in documents:
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder)
            # A laboratory's servers run by users of their own.
            directory.chmod(0o711)
            (directory / "tmp").mkdir()
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
