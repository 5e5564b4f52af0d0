"""`make drift`: what the live schema changed since the pinned one, and what that means here.

Exits 0 when nothing changed, 1 when what changed is compatible, 2 when it breaks something, and 3
when that could not be told.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Never

from scripts import (
    compare,
    consequences,
    facts,
    fetch,
    names,
    overlay,
    read_document,
    redocly,
    second_opinion,
    strict,
)
from scripts import report as reports
from scripts.compare import Change, Rating
from scripts.consequences import Consequences
from scripts.document import Json
from scripts.fetch import Fetched
from scripts.redocly import CannotAskError
from scripts.shapes import Contract
from scripts.stops import Exit, Stop

ROOT = Path(__file__).parent.parent
COULD_NOT_TELL = 3


@dataclass(slots=True)
class Drift:
    """All that is to be told."""

    rating: Rating
    changes: list[Change]
    consequences: Consequences
    checked_by: str
    pinned: Json


def drift(pinned: Fetched, live: Fetched, root: Path = ROOT, *, plain: bool = False) -> Drift:
    """Compare two raw documents.

    Args:
        pinned: the document that the committed code was made from.
        live: the one to compare it with.
        root: the working tree.
        plain: do not ask redocly.

    Raises:
        Stop: one of them can't be read.
    """
    table = names.load(root / "openapi" / "names.yaml")
    old, new = (_contract(document, table, root) for document in (pinned, live))
    was, now = facts.table(old), facts.table(new)
    changes = compare.compare(was, now)
    weighed = consequences.weigh(old, new, changes, table, root)
    weighed.inferred = consequences.guesses(was, now, changes)
    checked_by, verdicts = _ask(strict.document(old), strict.document(new), plain=plain)
    doubts = second_opinion.unseen(verdicts, changes, strict.document(old), strict.document(new))
    changes += second_opinion.as_changes(doubts)
    grave = max((change.rating for change in changes), default=Rating.NOTHING)
    rating = max(grave, consequences.rating(weighed))
    lock = json.loads((root / "openapi" / "upstream.lock").read_text(encoding="utf-8"))
    return Drift(rating, changes, weighed, checked_by, lock)


def _contract(fetched: Fetched, table: names.Names, root: Path) -> Contract:
    patched = overlay.apply(fetched.document, root / "openapi" / "patches.yaml", demanding=False)
    return read_document.read(patched, table)


def _ask(old: Json, new: Json, *, plain: bool) -> tuple[str, list[redocly.Verdict]]:
    if plain:
        return "the plain check alone, as asked", []
    try:
        return f"redocly {redocly.VERSION} and our own rules", redocly.ask(old, new)
    except CannotAskError as error:
        return f"the plain check alone: {error}", []


def told(found: Drift) -> Json:
    """A drift as plain data."""
    meaning = asdict(found.consequences)
    return reports.told(found.rating, meaning, found.changes, found.checked_by, found.pinned)


class _Parser(argparse.ArgumentParser):
    """A wrong option is no breaking change."""

    def error(self, message: str) -> Never:
        self.print_usage(sys.stderr)
        self.exit(COULD_NOT_TELL, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = _Parser(prog="python -m scripts.drift", description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--schema", type=Path, metavar="PATH", help="compare with a file")
    source.add_argument("--url", help="compare with what is served there")
    parser.add_argument("--format", choices=sorted(reports.FORMATS), default="text")
    parser.add_argument("--plain", action="store_true", help="do not ask redocly")
    options = parser.parse_args(arguments)
    try:
        live = fetch.from_url(options.url) if options.url else fetch.from_file(options.schema)
        pinned = fetch.from_file(ROOT / "openapi" / "upstream.json")
        found = drift(pinned, live, plain=options.plain)
    except Stop as stop:
        print(reports.unknown(str(stop), options.format))
        return COULD_NOT_TELL
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    print(reports.FORMATS[options.format](told(found)))
    return int(found.rating)


if __name__ == "__main__":
    sys.exit(main())
