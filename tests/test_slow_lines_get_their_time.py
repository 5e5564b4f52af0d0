"""Guarantee: a line that is slow, but moves, is given time for each piece and not for the whole.

The threat is one large write under one timeout: a phone's uplink that takes 100 kB a second would
be given up in the middle of a megabyte, while the server is still reading.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from sume_ext.network.deadlines import AsyncBoundedStream, BoundedStream

BODY = bytes(range(256)) * 4096
MOST = {"blocking": 256 * 1024, "awaiting": 64 * 1024}
"""Bytes that may go under one pause."""


class Patience:
    """What an exchange goes by: counts how often time for a piece was asked for."""

    began = False

    def __init__(self) -> None:
        self.asked = 0

    def writing(self) -> float:
        self.asked += 1
        return 30.0

    def uses(self, cut: object) -> None:
        """Nobody ends this exchange early."""


class Line:
    """A network stream, and its socket, that takes half of what it is given at once."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def settimeout(self, seconds: float) -> None:
        assert seconds == 30.0

    def send(self, piece: memoryview) -> int:
        self.pieces.append(bytes(piece[: len(piece) // 2 + 1]))
        return len(self.pieces[-1])

    def get_extra_info(self, info: str) -> Any:
        return self if info == "socket" else None


class AwaitedLine(Line):
    """The same for asynchronous code, where all is taken that is given."""

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        assert timeout == 30.0
        self.pieces.append(bytes(buffer))


def sent_blocking(patience: Any) -> Line:
    line = Line()
    BoundedStream(cast("Any", line)).write(BODY, patience)
    return line


def sent_awaiting(patience: Any) -> Line:
    line = AwaitedLine()
    asyncio.run(AsyncBoundedStream(cast("Any", line)).write(BODY, patience))
    return line


@pytest.mark.parametrize("world", MOST)
def test_each_piece_of_a_body_has_time_of_its_own(world: str) -> None:
    patience = Patience()
    line = (sent_blocking if world == "blocking" else sent_awaiting)(patience)
    assert b"".join(line.pieces) == BODY
    assert max(map(len, line.pieces)) <= MOST[world]
    assert patience.asked == len(line.pieces) > 1
    assert patience.began, "whoever loses this answer must know that the request may have arrived"
