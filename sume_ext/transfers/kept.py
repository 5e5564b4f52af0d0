"""What tells a later run what a part is a part of, so that it goes on where an earlier one stopped.

A part without a record that can be read, of another boot of the machine, or of another owner is
never gone on with. A record holds nothing secret: no URL, only a digest of the file's place.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from typing import TYPE_CHECKING, Any, Final, cast

from attrs import asdict, frozen

if TYPE_CHECKING:
    from pathlib import Path

RECORD_SUFFIX: Final = ".json"
"""What a record's name has that its part's hasn't."""
_FORMAT: Final = 1
_LONGEST: Final = 16 * 1024
_FLAGS: Final = os.O_CREAT | os.O_EXCL | os.O_WRONLY
_NO_LINKS: Final = getattr(os, "O_NOFOLLOW", 0)
_NO_WAITING: Final = getattr(os, "O_NONBLOCK", 0)
"""Whoever may write to a directory may put a pipe there, which waits for its other end."""


@frozen
class Record:
    """What is known of the file that a part will be.

    Attributes:
        of: Which file it is, see `digest_of`.
        validator: What tells this version of it from another, fit for ``If-Range``.
        total: Its length, or None when that isn't known.
        algorithm: Of the checksum that its bytes must have, ``""`` for none.
        checksum: Its value, in hex.
        changed: When it changed last, in the server's words, ``""`` when it doesn't say.
    """

    of: str
    validator: str
    total: int | None
    algorithm: str = ""
    checksum: str = ""
    changed: str = ""


def digest_of(*names: str) -> str:
    """What stands for a file in a record: the same in every run, and no way back to a name."""
    text = "\0".join(names).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()


def note(part: Path, record: Record) -> None:
    """Put a record beside a part; one from before must be gone."""
    text = json.dumps({**asdict(record), "sume_download": _FORMAT, "boot": _boot()})
    descriptor = os.open(_beside(part), _FLAGS | _NO_LINKS, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def forget(part: Path) -> None:
    """Remove the record of a part, if there is one."""
    _beside(part).unlink(missing_ok=True)


def recall(part: Path) -> Record | None:
    """The record of a part, or None when there is none that may be believed."""
    found = _read(part)
    return None if found is None else _believed(found)


def has_record(part: Path) -> bool:
    """Whether a download of this package made it, believable or not."""
    return _read(part) is not None


def _read(part: Path) -> dict[str, Any] | None:
    text = b""
    with contextlib.suppress(OSError):
        descriptor = os.open(_beside(part), os.O_RDONLY | _NO_LINKS | _NO_WAITING)
        with os.fdopen(descriptor, "rb") as file:
            seen = os.fstat(file.fileno())
            if stat.S_ISREG(seen.st_mode) and is_ours(seen):
                text = file.read(_LONGEST)
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    told = cast("dict[str, Any]", found)
    return told if told.get("sume_download") == _FORMAT else None


def _believed(found: dict[str, Any]) -> Record | None:
    """A record that is whole; bytes written before a crash of the machine may never have landed."""
    if found.get("boot") != _boot():
        return None
    total = found.get("total")
    texts = [found.get(name) for name in ("of", "validator", "algorithm", "checksum")]
    texts.append(found.get("changed", ""))  # which records of earlier versions lack
    if not all(isinstance(text, str) for text in texts) or not texts[1]:
        return None
    if not (total is None or (type(total) is int and total >= 0)):
        return None
    of, validator, algorithm, checksum, changed = cast("list[str]", texts)
    if not validator.isprintable():
        return None
    return Record(of, validator, total, algorithm, checksum, changed)


def is_ours(seen: os.stat_result) -> bool:
    """Whether this user made a file: in a shared directory another's bytes count for nothing."""
    return not hasattr(os, "geteuid") or seen.st_uid == os.geteuid()


def _beside(part: Path) -> Path:
    return part.with_name(f"{part.name}{RECORD_SUFFIX}")


def _boot() -> str:
    """Which start of the machine this is; where nothing tells, as if it had never crashed."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:  # noqa: PTH123  (no file of ours)
            return digest_of(file.read().strip())[:16]
    except OSError:
        return ""
