"""The same use of a client in synchronous and in asynchronous code, to compare what comes of it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol, cast

import pytest

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterable, Iterable

    from tests.models.jobs_api import ModelApi

Use = Callable[[Any], Any]


class World(Protocol):
    """One of the two."""

    def __call__(self, api: ModelApi, use: Use, rng: random.Random | None = None) -> Any:
        """What comes of a use of a client."""
        ...


def blocking(api: ModelApi, use: Use, rng: random.Random | None = None) -> Any:
    """What comes of it in code that blocks; iterators are walked to their end."""
    with api.client(rng) as sume:
        got = use(sume)
        return [*cast("Iterable[Any]", got)] if isinstance(got, Iterator) else got


def awaiting(api: ModelApi, use: Use, rng: random.Random | None = None) -> Any:
    """What comes of it in code that awaits."""

    async def main() -> Any:
        async with api.aclient(rng) as sume:
            got = use(sume)
            if isinstance(got, AsyncIterator):
                return [item async for item in cast("AsyncIterable[Any]", got)]
            return await got if inspect.isawaitable(got) else got

    return asyncio.run(main())


in_both_worlds = pytest.mark.parametrize("world", [blocking, awaiting])
