"""Clients for tests of transfers: against a stub API, with a clock that never waits."""

from __future__ import annotations

import asyncio
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sume_ext import AsyncSume, Sume
from tests.support import FakeClock
from tests.transfers.scripted import Act, Api, Scripted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from pathlib import Path

    from sume_ext.results import Result

PART = re.compile(r"\..*\.[0-9a-f]{8}\.part(\.json)?")
VIDEO = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(range(256)) * 4096
"""A megabyte that begins like a video."""


@contextmanager
def client(api: Act, **options: Any) -> Generator[tuple[Sume, Scripted]]:
    """A client of a stub API, with the stub's record."""
    with Scripted(api) as server:
        told: dict[str, Any] = {"clock": FakeClock(), **options}
        with Sume(api_key="sume_key", base_url=f"{server.url}/api/v1", **told) as sume:
            yield sume, server


@contextmanager
def result(
    *media: Act, servers: int = 1, job_id: str = "job_1", **options: Any
) -> Generator[tuple[Result, Scripted]]:
    """A result whose media files are all on one scripted server, with that server's record.

    Args:
        *media: What the media server does.
        servers: How many media files the result has.
        job_id: Whose result it is.
        **options: For the client.
    """
    with Scripted(*media) as server:
        urls = [f"{server.url}/media/{index}.mp4?signature=s" for index in range(servers)]
        with client(Api(urls), **options) as (sume, _):
            yield sume.jobs.result(job_id), server


def run_async(api: Act, work: Callable[[AsyncSume], Awaitable[Any]], **options: Any) -> Any:
    """What some work with an asynchronous client of a stub API answers."""

    async def main(base_url: str) -> Any:
        told: dict[str, Any] = {"clock": FakeClock(), **options}
        async with AsyncSume(api_key="sume_key", base_url=base_url, **told) as sume:
            return await work(sume)

    with Scripted(api) as server:
        return asyncio.run(main(f"{server.url}/api/v1"))


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file of a directory, hidden ones too."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def whole_files_in(folder: Path) -> dict[str, bytes]:
    """Every file of a directory but those that a later download goes on with."""
    return {name: text for name, text in files_in(folder).items() if not PART.fullmatch(name)}
