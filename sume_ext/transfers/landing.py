"""Where the bytes of one download land: unpacked if need be, checked, and never beyond the cap.

It knows which version of the file it holds, so that bytes of two versions are never joined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from sume_ext.errors import DownloadError
from sume_ext.transfers.checksums import Check, checksums_in, strongest
from sume_ext.transfers.inflating import Inflater
from sume_ext.transfers.kept import Record
from sume_ext.transfers.partial import PartFile
from sume_ext.transfers.ranges import is_same, last_change, validator

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sume_ext.transfers.ranges import Body


@frozen
class Flaw:
    """Why a file isn't whole.

    Attributes:
        message: What is wrong.
        afresh: Whether what is here is worth nothing.
    """

    message: str
    afresh: bool


class Landing:
    """One file that comes in.

    Args:
        path: Its final name.
        max_bytes: The most it may hold.
        of: Which file it is, see `PartFile`.

    Attributes:
        part: Where it is written.
        total: Its length, or None as long as that isn't known.
        validator: What tells this version of it from another, or None when nothing does.
    """

    def __init__(self, path: Path, max_bytes: int, of: str) -> None:
        self.part = PartFile(path, of)
        self._max_bytes = max_bytes
        self._mismatched = False
        self._forget()

    def _forget(self) -> None:
        self.total: int | None = None
        self.validator: str | None = None
        self._changed = ""
        self._check: Check | None = None
        self._inflater: Inflater | None = None

    def open(self) -> None:
        """Begin, where an earlier run stopped if it left a part of this very file."""
        self.part.open()
        record = self.part.record
        if record is not None:
            try:
                self._recall(record)
            except ValueError:  # somebody wrote into the record
                self.restart()

    def _recall(self, record: Record) -> None:
        self.total, self.validator, self._changed = record.total, record.validator, record.changed
        if record.algorithm:
            self._adopt(Check(record.algorithm, bytes.fromhex(record.checksum)))

    def _adopt(self, check: Check) -> None:
        """Have all bytes checked, also those that are here already."""
        for piece in self.part.pieces():
            check.feed(piece)
        self._check = check

    @property
    def size(self) -> int:
        """How many bytes are here."""
        return self.part.size

    def restart(self) -> None:
        """Know nothing of the file any more, and hold nothing of it."""
        self._forget()
        self.part.restart()

    def expect(self, headers: Mapping[str, str], body: Body) -> None:
        """Learn of the file from the head of an answer that begins at its first byte.

        Raises:
            DownloadError: It comes in an encoding that can't be undone.
        """
        if self.size or self.part.record:
            self.part.restart()
        self._forget()
        self.total = body.total
        self._check = strongest(checksums_in(headers, partial=body.partial))
        self._changed = last_change(headers)
        if body.encoding:
            self._inflater = Inflater(body.encoding)
        else:
            self.validator = validator(headers)
        self._describe()

    def _describe(self) -> None:
        if self.validator is None:
            return
        check = self._check
        name, value = ("", "") if check is None else (check.algorithm, check.expected.hex())
        self.part.describe(
            Record(self.part.of, self.validator, self.total, name, value, self._changed)
        )

    def is_about(self, headers: Mapping[str, str]) -> bool:
        """Whether an answer may be about the version of the file that is here in part."""
        return is_same(self.validator or "", self._changed, headers)

    def goes_on(self, headers: Mapping[str, str], body: Body) -> bool:
        """Learn of the file from the head of an answer with a later part of it.

        Returns:
            Whether it is the version that is here in part, as far as anybody can tell.
        """
        if not self.is_about(headers):
            return False
        found = checksums_in(headers, partial=True)
        known = self._check
        if known is not None and found.get(known.algorithm, known.expected) != known.expected:
            return False
        new = strongest(found) if known is None else None
        if new is not None or (self.total is None and body.total is not None):
            self.total = self.total or body.total
            if new is not None:
                self._adopt(new)
            self._describe()
        return True

    def make_sure_of_room(self, more: int) -> None:
        """Refuse a file that is, or is told to be, too large.

        Raises:
            DownloadError: It is.
        """
        if max(self.size + more, self.total or 0) > self._max_bytes:
            error = self._no_good(
                f"the file is larger than {self._max_bytes:,} bytes.",
                "Raise max_bytes if that is right.",
            )
            # What an earlier run brought was within its own cap, and a later one may go on with it.
            self.part.worthless = not self.part.inherited
            raise error

    def store(self, batch: list[bytes]) -> None:
        """Take the next bytes, as they came.

        Raises:
            DownloadError: They unpack to a file that is too large.
            zlib.error: They can't be unpacked.
        """
        for chunk in batch:
            if self._check is not None:
                self._check.feed(chunk)
            if self._inflater is None:
                self.part.write(chunk)
                continue
            for piece in self._inflater.feed(chunk):
                self.make_sure_of_room(len(piece))
                self.part.write(piece)

    def flaw(self, *, framed: bool) -> Flaw | None:
        """What is wrong with the file once its bytes have ended, or None.

        Args:
            framed: Whether their end could be told from a break of the connection.

        Raises:
            DownloadError: What is wrong won't be right the next time.
        """
        if self.total is not None and self.size != self.total:
            if self.size > self.total:
                return Flaw("more bytes came than the file has.", afresh=True)
            return Flaw("the connection ended early.", afresh=False)
        if self._inflater is not None and not self._inflater.whole:
            return Flaw("the file's compression is cut short.", afresh=True)
        if not self.size:
            return Flaw("the media server sent an empty file.", afresh=True)
        if self._check is not None and not self._check.passed:
            if self._mismatched:
                raise self._no_good(
                    f"its {self._check.algorithm} isn't the one the media server offers.",
                    "Try later, and report it if it stays: the file is damaged at its source.",
                )
            self._mismatched = True
            return Flaw("the file was damaged on its way.", afresh=True)
        if self.total is None and not framed and self._check is None:
            raise self._no_good(
                "the media server doesn't say how long the file is, so a whole one can't be told "
                "from one cut short.",
                None,
            )
        return None

    def _no_good(self, message: str, hint: str | None) -> DownloadError:
        """Why nobody should go on with what is here."""
        self.part.worthless = True
        return DownloadError(message, step="get", hint=hint)
