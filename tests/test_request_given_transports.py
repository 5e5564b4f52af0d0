"""Guarantee: an httpx transport of one's own carries the same requests, and fails alike.

The threats: a header that httpx adds, its errors reaching the caller, a paid call sent twice.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sume_ext import AsyncSume, OutcomeUnknownError, Sume, SumeError
from tests.faults.server import JOB, FaultServer
from tests.faults.worlds import KEY, WORLDS, ask, read, spend

if TYPE_CHECKING:
    from collections.abc import Callable


def answering(request: httpx.Request) -> httpx.Response:
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert {name.lower() for name in request.headers} <= {
        "host", "accept", "accept-encoding", "user-agent", "authorization", "content-type",
        "content-length",
    }  # fmt: skip
    if request.url.path.endswith("/generations"):
        assert request.read() == b'{"prompt":"x"}'
        return httpx.Response(202, json={"object": "video_generation", "job_id": "job_1"})
    return httpx.Response(200, json=JOB)


def test_an_httpx_transport_may_be_given() -> None:
    options: dict[str, Any] = {"api_key": KEY, "base_url": "https://sume.example/v1"}
    with Sume(**options, transport=httpx.MockTransport(answering)) as sume:
        assert sume.jobs.get("job_1").id == sume.videos.generate(prompt="x").id == "job_1"

    async def go() -> str:
        transport = httpx.MockTransport(answering)
        async with AsyncSume(**options, transport=transport) as sume:
            await sume.videos.generate(prompt="x")
            return (await sume.jobs.get("job_1")).id

    assert asyncio.run(go()) == "job_1"


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("call", [read, spend])
def test_httpxs_own_transports_may_be_given(world: str, call: Callable[[Any], Any]) -> None:
    made = httpx.HTTPTransport() if world == "sync" else httpx.AsyncHTTPTransport()
    with FaultServer() as server:
        assert ask(world, server.url("ok"), call, transport=made, timeout=5).id == "job_1"


class DroppedError(httpx.ReadTimeout):
    """A failure of a kind that a transport made for itself."""


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        *((one("canary"), "ResponseLostError") for one in (
            httpx.HTTPError, httpx.RequestError, httpx.TransportError, httpx.TimeoutException,
            httpx.NetworkError, httpx.ProtocolError, httpx.DecodingError, httpx.TooManyRedirects,
            httpx.StreamError, DroppedError,
        )),
        (httpx.ConnectError("no https://sume.example?signature=canary"), "NotSentError"),
        (httpx.PoolTimeout("busy"), "NotSentError"),
        (httpx.UnsupportedProtocol("what?"), "NotSentError"),
    ],
)  # fmt: skip
def test_failures_of_a_given_transport_become_ours(
    world: str, failure: Exception, kind: str
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise failure

    with pytest.raises(SumeError) as caught:
        ask(world, "https://sume.example", read, transport=httpx.MockTransport(fail))
    assert type(caught.value).__name__ == kind
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("world", WORLDS)
def test_a_paid_call_that_a_given_transport_loses_is_unknown(world: str) -> None:
    sent: list[str] = []

    def lose(request: httpx.Request) -> httpx.Response:
        sent.append(request.method)
        raise httpx.ReadTimeout("")

    with pytest.raises(OutcomeUnknownError):
        ask(world, "https://sume.example", spend, transport=httpx.MockTransport(lose))
    assert sent == ["POST"]
