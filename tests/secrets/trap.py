"""A folder into which everything the client shows is written, and the search for markers in it."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import pickle
import pprint
import subprocess
import sys
import traceback
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import rich.console
import rich.pretty
import rich.traceback

from tests.secrets.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

RULES = Path(__file__).with_name("gitleaks.toml")


WAYS = (
    "shown.txt", "attributes.txt", "notes.txt", "locals.txt", "rich.txt", "log.txt", "pickles.bin",
    "warnings.txt", "out.txt", "err.txt",
)  # fmt: skip
"""The files of a trap, one for each way out."""
INTERRUPTIONS = (KeyboardInterrupt, asyncio.CancelledError)


class Trap:
    """Writes down whatever shows, each way out in a file of its own, as `WAYS` names them.

    Args:
        folder: Where to write.
        painted: Whether rich paints tracebacks, too, which takes a third of a second each; what it
            would show of the locals is written down anyway.

    Attributes:
        failures: The names of the exceptions it was shown.
        marks: Makes secrets that an application passes.
    """

    def __init__(self, folder: Path, *, painted: bool = True) -> None:
        self.folder = folder
        self.painted = painted
        self._files = {
            name: (folder / name).open("a", encoding="utf-8", errors="backslashreplace")
            for name in WAYS
            if name.endswith(".txt") and name != "log.txt"
        }
        self._pickles = (folder / "pickles.bin").open("ab")
        self.failures: list[str] = []
        self.marks = Marks()
        self._places: set[object] = set()

    def close(self) -> None:
        """Close every file."""
        for file in (*self._files.values(), self._pickles):
            file.close()

    @contextmanager
    def listening(self) -> Generator[None]:
        """Every logger at DEBUG into a file, warnings and what is printed into others."""
        handler = logging.FileHandler(self.folder / "log.txt", encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        out, error = sys.stdout, sys.stderr
        caught: list[warnings.WarningMessage] = []
        sys.stdout, sys.stderr = self._files["out.txt"], self._files["err.txt"]
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                yield
        finally:
            sys.stdout, sys.stderr = out, error
            root.removeHandler(handler)
            root.setLevel(level)
            handler.close()
            self._files["warnings.txt"].writelines(f"{one}\n" for one in caught)
            for file in (*self._files.values(), self._pickles):
                file.flush()

    def write(self, name: str, text: str) -> None:
        """Add text to a file of the folder."""
        with (self.folder / name).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)

    def show(self, thing: Any) -> None:
        """Everything that an application might do to look at a thing."""
        shown = self._files["shown.txt"]
        views: tuple[Callable[[Any], str], ...] = (
            repr, str, format, pprint.pformat, "{!r:>40}".format, "%s".__mod__, _rich, _defaulted,
        )  # fmt: skip
        for view in views:
            shown.write(f"{view((thing,) if view == '%s'.__mod__ else thing)}\n")
        logging.getLogger("app").debug("seen: %s %r", thing, thing)
        try:
            self._pickles.write(pickle.dumps(thing))
        except Exception as error:  # noqa: BLE001  (what doesn't pickle can't leak by it)
            shown.write(f"not pickled: {error!r}\n")

    def failed(self, error: BaseException) -> None:
        """Everything that an error tracker, a terminal or a log might show of an exception."""
        self.failures.append(type(error).__name__)
        self.show(error)
        self._files["notes.txt"].writelines(
            f"{type(error).__name__}: {note}\n" for note in getattr(error, "__notes__", ())
        )
        self._files["attributes.txt"].write(f"{vars(error)!r} {error.args!r}\n")
        seen: traceback.TracebackException | None
        seen = traceback.TracebackException.from_exception(error, capture_locals=True)
        while seen is not None:
            self._files["locals.txt"].writelines(seen.format())
            seen = seen.__cause__ or seen.__context__
        self._printed(error)
        logging.getLogger("app").error("failed", exc_info=error)

    def _printed(self, error: BaseException) -> None:
        """As rich shows it; in colour once for each place."""
        options: Any = {
            "show_locals": True,
            "locals_max_length": 1000,
            "locals_max_string": 100_000,
        }
        trace = rich.traceback.Traceback.extract(type(error), error, error.__traceback__, **options)
        place = (
            type(error),
            error.__traceback__ and [*traceback.walk_tb(error.__traceback__)][-1][1],
        )
        file = self._files["rich.txt"]
        if self.painted and place not in self._places:
            self._places.add(place)
            console = rich.console.Console(file=file, width=200)
            console.print(rich.traceback.Traceback(trace, **options))
        for stack in trace.stacks:
            file.write(f"{stack.exc_type} {stack.exc_value} {stack.notes}\n")
            for frame in stack.frames:
                file.writelines(f"{node}\n" for node in (frame.locals or {}).values())

    def attempt(self, work: Callable[[], Any], *interruptions: type[BaseException]) -> Any:
        """What it answers, shown; or what it raises, shown, and None.

        Args:
            work: What to do.
            *interruptions: What it may be interrupted by on purpose; the run's own Ctrl-C goes on.
        """
        try:
            answer = work()
        except BaseException as error:  # whatever it is, it must not tell
            if not isinstance(error, (Exception, *interruptions)):
                raise
            self.failed(error)
            return None
        self.show(answer)
        return answer


def _rich(thing: Any) -> str:
    return rich.pretty.pretty_repr(thing, max_depth=8)


def _defaulted(thing: Any) -> str:
    return json.dumps(thing, default=repr, skipkeys=True)


def forms(marker: str) -> Iterable[bytes]:
    """A marker as it may stand in a file: plain, escaped, and in base64 at each alignment."""
    yield marker.encode()
    yield quote(marker, safe="").encode()
    yield quote(quote(marker, safe=""), safe="").encode()
    yield json.dumps(marker)[1:-1].encode()
    yield marker.replace("/", "\\/").encode()
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + marker.encode())
        yield whole[4 if before else 0 : len(whole) - 4]


def found_in(folder: Path, markers: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """The kinds of markers that stand in any file of a folder, with the files' names."""
    found: dict[str, set[str]] = {}
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        content = path.read_bytes()
        for kind, values in markers.items():
            if any(form in content for value in values for form in forms(value)):
                found.setdefault(kind, set()).add(path.name)
    return found


def gitleaks(folder: Path, rules: Path = RULES) -> list[str]:
    """The rules of the independent scanner that find something in a folder's files."""
    return sorted({str(finding["RuleID"]) for finding in _findings(folder, rules)})


def files_found_by_gitleaks(folder: Path, rules: Path = RULES) -> set[str]:
    """The names of the files, without their endings, in which the scanner finds something."""
    return {Path(finding["File"]).stem for finding in _findings(folder, rules)}


def _findings(folder: Path, rules: Path) -> list[dict[str, Any]]:
    report = folder.parent / f"{folder.name}-gitleaks.json"
    program = Path(sys.executable).with_name("gitleaks")
    done = subprocess.run(
        [program, "dir", folder, "--no-banner", "-c", rules, "-f", "json", "-r", report],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr.decode()
    found: list[dict[str, Any]] = json.loads(report.read_text())
    return found
