"""The configurations of Documentation/Gateways.md, as they stand there, so that what is tested is what is told."""

import pathlib
import re

DOCUMENT = pathlib.Path(__file__).resolve().parents[3] / "Documentation/Gateways.md"
# Before each block; the block is indented by four spaces, as all code is.
MARK = re.compile(r"^<!-- recipe: (?P<name>[a-z0-9-]+) -->\n\n(?P<block>(?:    .*\n|\n)+)", re.MULTILINE)


def read():
    """Name to text."""
    found = {}
    for match in MARK.finditer(DOCUMENT.read_text()):
        if match["name"] in found:
            raise ValueError(f"{DOCUMENT.name} has the recipe {match['name']} twice")
        found[match["name"]] = "".join(f"{line[4:]}\n" for line in match["block"].rstrip("\n").split("\n"))
    return found
