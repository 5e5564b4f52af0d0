"""Guarantee: the canary test watches each way out, so that what leaks by one alone is found there.

The threat: a trap whose file for warnings, notes or pickles stays empty whatever happens. By each
way a marker goes out here, and must be found in the file of that way and under its kind.
"""

from __future__ import annotations

import logging
import sys
import warnings
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.secrets.trap import WAYS, Trap, found_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MARK = "zQ7wPx41RtLm/8+k"


class Shown:
    """Shows what it must not."""

    def __repr__(self) -> str:
        return f"Shown({quote(MARK, safe='')})"


class Pickled:
    """Hides it in its repr, and writes it down."""

    def __init__(self) -> None:
        self.text = MARK

    def __repr__(self) -> str:
        return "Pickled()"


def note() -> BaseException:
    error = RuntimeError("fine")
    error.add_note(f"Go on with {MARK}.")
    return error


def attribute() -> BaseException:
    error = RuntimeError("fine")
    error.__dict__["request"] = {"url": MARK}
    return error


def fail_with_a_local() -> None:
    precious = MARK
    raise RuntimeError(f"{len(precious)} signs")


LEAKS: dict[str, Callable[[Trap], object]] = {
    "shown.txt": lambda trap: trap.show(Shown()),
    "pickles.bin": lambda trap: trap.show(Pickled()),
    "notes.txt": lambda trap: trap.failed(note()),
    "attributes.txt": lambda trap: trap.failed(attribute()),
    "locals.txt": lambda trap: trap.attempt(fail_with_a_local),
    "rich.txt": lambda trap: trap.attempt(fail_with_a_local),
    "log.txt": lambda _: logging.getLogger("some.library").debug("sent %s", MARK),
    "warnings.txt": lambda _: warnings.warn(f"new: {MARK}", stacklevel=1),
    "out.txt": lambda _: sys.stdout.write(MARK),
    "err.txt": lambda _: sys.stderr.write(MARK),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_goes_out_by_one_way_is_found_there(way: str, tmp_path: Path) -> None:
    trap = Trap(tmp_path, painted=False)
    with trap.listening():
        pass
    assert found_in(tmp_path, {"kind": [MARK]}) == {}
    with trap.listening():
        LEAKS[way](trap)
    trap.close()
    found = found_in(tmp_path, {"kind": [MARK], "other": ["another marker"]})
    assert found.keys() == {"kind"}
    assert way in found["kind"]
    # What is shown may be seen by other ways, too; what isn't goes by one alone.
    alone = way in ("pickles.bin", "log.txt", "warnings.txt", "out.txt", "err.txt")
    assert not alone or found["kind"] == {way}


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_the_runs_own_interruption_is_not_swallowed(
    interruption: type[BaseException], tmp_path: Path
) -> None:
    trap = Trap(tmp_path, painted=False)

    def stop() -> None:
        raise interruption

    with pytest.raises(interruption):
        trap.attempt(stop)
    trap.attempt(stop, interruption)
    assert trap.failures == [interruption.__name__]
    trap.close()
