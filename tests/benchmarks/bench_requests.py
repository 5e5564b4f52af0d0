"""What a call costs beside raw httpx, requests and a peer SDK: CPU one by one, calls at fifty.

All ask one local server for the same answer, in turns within one run, and read it as they do:
httpx and requests into a dict, the SDKs into a model. A ratio is the median of those within each
round, so that a busy machine slows both sides alike. Budgets: 0.8 of httpx's CPU, 2.5 of its
throughput.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import httpx
import requests
from runwayml import AsyncRunwayML, RunwayML

from sume_ext import AsyncSume, Sume
from tests.benchmarks.answering import answering

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_ROUNDS = 25
_CALLS = 60
_AT_ONCE = 50
_ASYNC_ROUNDS = 3
_ASYNC_CALLS = 600
_ID = "17f20503-6c24-4c16-946b-35dbbce2af2f"
_HTTPX = "httpx .json()"


@dataclass(frozen=True)
class Cost:
    """What one client's calls took.

    Attributes:
        amount: The median over the rounds: microseconds of CPU a call, or calls a second.
        ratio: The median of what it is beside httpx, round by round.
        wall: Microseconds a call took, waiting included.
    """

    amount: float
    ratio: float
    wall: float = 0.0


def one_by_one(url: str) -> dict[str, Cost]:
    """CPU and time for one call, by client."""
    with ExitStack() as stack:
        raw = stack.enter_context(httpx.Client())
        session = stack.enter_context(requests.Session())
        peer = stack.enter_context(RunwayML(api_key="k", base_url=url, max_retries=0))
        sume = stack.enter_context(Sume(api_key="k", base_url=url))
        contestants: dict[str, Callable[[], object]] = {
            _HTTPX: lambda: raw.get(f"{url}/jobs/{_ID}").json(),
            "requests .json()": lambda: session.get(f"{url}/jobs/{_ID}", timeout=5).json(),
            "runwayml tasks.retrieve": lambda: peer.tasks.retrieve(_ID),
            "sume avatars.get (model)": lambda: sume.avatars.get(_ID),
            "sume jobs.get (handle)": lambda: sume.jobs.get(_ID),
        }
        seen: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
        for _ in range(_ROUNDS):
            for name, call in contestants.items():
                cpu, wall = time.process_time(), time.perf_counter()
                for _ in range(_CALLS):
                    call()
                seen[name].append((time.process_time() - cpu, time.perf_counter() - wall))
    raws = [cpu for cpu, _ in seen[_HTTPX]]
    return {
        name: Cost(
            median(cpu for cpu, _ in took) / _CALLS * 1e6,
            median(cpu / base for (cpu, _), base in zip(took, raws, strict=True)),
            median(wall for _, wall in took) / _CALLS * 1e6,
        )
        for name, took in seen.items()
    }


async def at_once(url: str) -> dict[str, Cost]:
    """Calls per second with fifty under way, by client."""
    async with AsyncExitStack() as stack:
        raw = await stack.enter_async_context(httpx.AsyncClient())
        peer = await stack.enter_async_context(
            AsyncRunwayML(api_key="k", base_url=url, max_retries=0)
        )
        sume = await stack.enter_async_context(AsyncSume(api_key="k", base_url=url))
        contestants: dict[str, Callable[[], Awaitable[object]]] = {
            _HTTPX: lambda: raw.get(f"{url}/jobs/{_ID}"),
            "runwayml tasks.retrieve": lambda: peer.tasks.retrieve(_ID),
            "sume avatars.get (model)": lambda: sume.avatars.get(_ID),
            "sume jobs.get (handle)": lambda: sume.jobs.get(_ID),
        }
        seen: dict[str, list[float]] = {name: [] for name in contestants}
        for _ in range(_ASYNC_ROUNDS):
            for name, call in contestants.items():
                seen[name].append(await _throughput(call))
    raws = seen[_HTTPX]
    return {
        name: Cost(
            median(rates), median(rate / base for rate, base in zip(rates, raws, strict=True))
        )
        for name, rates in seen.items()
    }


async def _throughput(call: Callable[[], Awaitable[object]]) -> float:
    left = iter(range(_ASYNC_CALLS))

    async def work() -> None:
        for _ in left:
            await call()

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
    return _ASYNC_CALLS / (time.perf_counter() - began)


def main() -> None:
    """Print both tables."""
    with answering() as url:
        single = one_by_one(url)
        crowd = asyncio.run(at_once(url))
    print(f"{'one call after the other':28} {'us CPU':>8} {'x httpx':>8} {'us':>8}   budget 0.80")  # noqa: T201
    for name, cost in single.items():
        print(f"{name:28} {cost.amount:8.0f} {cost.ratio:8.2f} {cost.wall:8.0f}")  # noqa: T201
    print(f"\n{_AT_ONCE} calls under way{'':11} {'calls/s':>8} {'x httpx':>8}   budget 2.5")  # noqa: T201
    for name, cost in crowd.items():
        print(f"{name:28} {cost.amount:8.0f} {cost.ratio:8.2f}")  # noqa: T201


if __name__ == "__main__":
    main()
