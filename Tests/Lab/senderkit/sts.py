"""The resolver of MTA-STS policies for Postfix: postfix-mta-sts-resolver of the package index, in a venv that stays."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

REQUIREMENT = "postfix-mta-sts-resolver==1.5.1"
INSTALL_TIME = 180


class Missing(Exception):
    """It is not here and cannot be had."""


def python():
    """The interpreter that has it; installed at the first time, which takes the network outside the lab."""
    base = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "hallmark-lab"
    kept = base / REQUIREMENT.replace("==", "-")
    if not kept.exists():
        try:
            base.mkdir(parents=True, exist_ok=True)
            install(base, kept)
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or str(error)
            raise Missing(f"{REQUIREMENT} cannot be installed: {said.strip().splitlines()[-1]}") from error
    return str(kept / "bin" / "python")


def install(base, kept):
    """Whole or not at all: made beside, and moved."""
    made = pathlib.Path(tempfile.mkdtemp(dir=base))
    try:
        run(sys.executable, "-m", "venv", made)
        pip = [made / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--timeout", "15", "--retries", "1"]
        run(*pip, "install", "-q", REQUIREMENT)
        made.rename(kept)
    except OSError:
        if not kept.exists():  # Someone else was faster.
            raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


def run(*argv):
    subprocess.run([str(word) for word in argv], check=True, capture_output=True, text=True, timeout=INSTALL_TIME)
