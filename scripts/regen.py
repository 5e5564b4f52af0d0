"""`make regen`: from a schema to the generated client.

Everything is made and audited in a temporary folder; the working tree changes at the very end, or
not at all.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from scripts import (
    bindings,
    drift,
    emit,
    fetch,
    metadata,
    names,
    overlay,
    read_document,
    report,
    swap,
)
from scripts.audit import audit
from scripts.document import Json
from scripts.fetch import Fetched
from scripts.generate import PACKAGE, format_code, generate
from scripts.shapes import Contract
from scripts.stops import Exit, Stop

ROOT = Path(__file__).parent.parent
SHOWN = 3
SCREEN = 12
PINNED = "openapi/upstream.json"
LOCK = "openapi/upstream.lock"


@dataclass(slots=True)
class Made:
    """What a schema comes to, not yet in the working tree."""

    fetched: Fetched
    patched: Json
    contract: Contract
    effective: Json
    notes: list[str]


def describe(fetched: Fetched, root: Path) -> Made:
    """Everything up to the effective document; nothing is written.

    Args:
        fetched: the raw document.
        root: the working tree, for its tables.

    Raises:
        Stop: a patch has no effect, a name is wanted twice, or a row of the table fits nothing.
    """
    inputs = root / "openapi"
    table = names.load(inputs / "names.yaml")
    patched = overlay.apply(fetched.document, inputs / "patches.yaml")
    contract = read_document.read(patched, table)
    effective = emit.effective(contract, table)
    names.refuse_dead(effective.dead, table)
    notes = [*contract.notes, *(f"guessed, and not there: {row}" for row in effective.dead)]
    notes += bindings.check(effective.document, bindings.bound(root), bindings.roles())
    return Made(fetched, patched, contract, effective.document, notes)


def build(made: Made, folder: Path, root: Path) -> dict[str, Path]:
    """Write everything that `made` comes to into a folder; says what goes where in the tree."""
    inputs = root / "openapi"
    table = names.load(inputs / "names.yaml")
    package = folder / PACKAGE
    generated = generate(made.effective, package, inputs, table.hides)
    metadata.write(made.effective, generated, inputs / "templates" / "package")
    format_code(package)
    audit(made.patched, made.effective, package, table)
    effective = folder / "effective.json"
    effective.write_text(_text(made.effective), encoding="utf-8")
    return {
        f"generated/{PACKAGE}": package,
        "openapi/effective.json": effective,
        **_pinned(made.fetched, folder, root),
    }


def _pinned(fetched: Fetched, folder: Path, root: Path) -> dict[str, Path]:
    """Write the raw document and how it came; says what goes where in the tree."""
    texts = {PINNED: fetched.text, LOCK: lock(fetched, root / LOCK)}
    new = {place: folder / Path(place).name for place in texts}
    for place, text in texts.items():
        new[place].write_text(text, encoding="utf-8")
    return new


def lock(fetched: Fetched, path: Path) -> str:
    """What `upstream.lock` has to say: how the document came, and when it last changed.

    It stays as it is for a document that is the same, except that the first live fetch of it is
    noted.
    """
    if path.exists():
        old = json.loads(path.read_text(encoding="utf-8"))
        live = fetched.origin == "live" and old["origin"] != "live"
        if old["sha256"] == fetched.sha256 and not live:
            return path.read_text(encoding="utf-8")
    return _text(
        {
            "how": fetch.HOW[fetched.origin],
            "origin": fetched.origin,
            "sha256": fetched.sha256,
            "url": fetched.url,
            "when": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    )


def differences(root: Path, new: dict[str, Path]) -> list[str]:
    """The files that are not in the tree as they ought to be."""
    found: list[str] = []
    for place, source in new.items():
        if source.is_dir():
            ours, theirs = _files(root / place), _files(source)
            odd = {
                name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)
            }
            found += sorted(f"{place}/{name}" for name in odd)
        elif not (root / place).exists() or (root / place).read_bytes() != source.read_bytes():
            found.append(place)
    return found


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _text(value: Json) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def regenerate(fetched: Fetched, root: Path = ROOT, *, check: bool = False) -> int:
    """Regenerate the client; with `check`, only say whether that would change anything."""
    swap.recover(root)
    made = describe(fetched, root)
    with tempfile.TemporaryDirectory(prefix="sume-regen-") as folder:
        new = build(made, Path(folder), root)
        changed = differences(root, new)
        if check:
            return _tell_check(changed)
        news = _news(made, root)
        if changed:
            places = [place for place in new if any(name.startswith(place) for name in changed)]
            swap.swap(root, {place: new[place] for place in places})
    _tell(made, changed, news)
    return Exit.OK


def pin(fetched: Fetched, root: Path = ROOT) -> int:
    """Take over the raw document alone, so that the tables can be mended against it."""
    swap.recover(root)
    with tempfile.TemporaryDirectory(prefix="sume-pin-") as folder:
        new = _pinned(fetched, Path(folder), root)
        if changed := differences(root, new):
            swap.swap(root, {place: new[place] for place in changed})
    print("Pinned; next: make regen SCHEMA=openapi/upstream.json")
    return Exit.OK


def _news(made: Made, root: Path) -> str:
    """What the document says that the pinned one does not, on one screen."""
    pinned = root / PINNED
    if not pinned.exists() or (old := fetch.from_file(pinned)).text == made.fetched.text:
        return ""
    found = drift.drift(old, made.fetched, root, plain=True)
    return report.FORMATS["text"](drift.told(found))


def _tell_check(changed: list[str]) -> int:
    if not changed:
        print("generated/ is what openapi/upstream.json makes.")
        return Exit.OK
    more = len(changed) - SHOWN
    some = ", ".join(changed[:SHOWN]) + (f" and {more} more" if more > 0 else "")
    print(f"Not what openapi/upstream.json makes: {some}.", file=sys.stderr)
    print("Say: make regen SCHEMA=openapi/upstream.json", file=sys.stderr)
    return Exit.DIFFERS


def _tell(made: Made, changed: list[str], news: str) -> None:
    operations = made.contract.operations
    if news:
        print(news, end="\n\n")
    print(f"{len(operations)} operations; {len(changed) or 'no'} files changed.")
    notes = [
        f"new: {operation.method.upper()} {operation.path} is called {operation.name}"
        for operation in operations
        if not operation.known
    ]
    notes += made.notes
    for note in notes[:SCREEN]:
        print(f"  {note}")
    if len(notes) > SCREEN:
        print(f"  ... and {len(notes) - SCREEN} more")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit codes are those of `stops.Exit`."""
    parser = argparse.ArgumentParser(prog="python -m scripts.regen", description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--schema", type=Path, metavar="PATH", help="read the schema from a file")
    source.add_argument("--url", help="fetch the schema")
    source.add_argument(
        "--check",
        action="store_true",
        help="only say whether the tree is what the pinned schema makes",
    )
    parser.add_argument(
        "--pin-only", action="store_true", help="take over the raw document, generate nothing"
    )
    options = parser.parse_args(arguments)
    try:
        path = options.schema or ROOT / PINNED
        fetched = fetch.from_url(options.url) if options.url else fetch.from_file(path)
        if options.pin_only:
            return pin(fetched)
        return regenerate(fetched, check=options.check)
    except Stop as stop:
        print(stop, file=sys.stderr)
        return stop.kind
    except KeyboardInterrupt:
        swap.recover(ROOT)
        print("Interrupted; nothing was changed.", file=sys.stderr)
        return Exit.INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
