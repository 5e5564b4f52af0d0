"""Putting finished files in the place of old ones, all or none.

Everything new is complete before the first old file moves. What moves is written down first, so
that a run that is killed halfway is undone by the next one.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from scripts.stops import Exit, Stop

FOLDER = ".swap"
JOURNAL = "journal.json"
OWNER = "owner"
Pause = Callable[[str], None]


def swap(root: Path, new: Mapping[str, Path], pause: Pause | None = None) -> None:
    """Put each new file or folder where it belongs.

    Args:
        root: the working tree.
        new: what goes where, as paths relative to the root; each is on any file system.
        pause: called between steps, for tests.
    """
    recover(root)
    pause = pause or (lambda _: None)
    folder = root / FOLDER
    folder.mkdir()
    (folder / OWNER).write_text(str(os.getpid()), encoding="utf-8")
    # Nothing in here is ever committed, however this ends.
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    for number, source in enumerate(new.values()):
        _copy(source, folder / f"new-{number}")
        pause(f"copied {number}")
    _write(folder / JOURNAL, json.dumps(list(new)))
    pause("written down")
    for number, place in enumerate(new):
        if (root / place).exists():
            (root / place).replace(folder / f"old-{number}")
        pause(f"away {number}")
        (folder / f"new-{number}").replace(root / place)
        pause(f"in {number}")
    # From here on there is nothing to undo.
    (folder / JOURNAL).unlink()
    pause("done")
    shutil.rmtree(folder)


def recover(root: Path) -> bool:
    """Undo what a killed run left; returns whether there was anything."""
    folder = root / FOLDER
    if not folder.exists():
        return False
    _refuse_busy(folder)
    if (folder / JOURNAL).exists():
        for number, place in enumerate(json.loads((folder / JOURNAL).read_text(encoding="utf-8"))):
            old, new = folder / f"old-{number}", folder / f"new-{number}"
            if not new.exists() and (root / place).exists():
                (root / place).replace(new)
            if old.exists():
                old.replace(root / place)
        (folder / JOURNAL).unlink()
    shutil.rmtree(folder)
    return True


def _refuse_busy(folder: Path) -> None:
    """Leave alone what another run, still alive, is doing."""
    try:
        owner = int((folder / OWNER).read_text(encoding="utf-8"))
        os.kill(owner, 0)
    except (OSError, ValueError):
        return
    if owner != os.getpid():
        raise Stop(
            Exit.BUSY,
            f"Another regeneration (process {owner}) is putting its files in place.",
            f"Try again; if there is none, remove the folder {folder.name}.",
        )


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)


def _write(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
