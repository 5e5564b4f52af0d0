"""Guarantee: only our errors leave a public callable, whatever fails and whatever it is given.

The threats: a library's exception in a caller's face, which no `except SumeError` catches; a new
callable that no test walks; half a character that is sent, and paid for, as a prompt.
"""

from __future__ import annotations

import asyncio
import copy
import inspect
import json
import math
import pickle
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sume_ext
from sume_ext import AsyncSume, InvalidArgumentError, Sume, SumeError
from sume_ext.errors import NotSentError, ResponseLostError
from sume_ext.operations import BINDINGS
from tests.faults.server import LAST, PLAIN, FaultServer
from tests.faults.surface import GOOD, HANDED_OUT, WAYS, Way, awalk, walk
from tests.faults.worlds import KEY, WORLDS, NoJitter, SkippingClock
from tests.thoroughness import one_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sume_ext.network.wire import Request, Timeouts

pytestmark = pytest.mark.filterwarnings("ignore:job status:UserWarning")

GOOD_BYTES = json.dumps(GOOD).encode()
ALIKE = {"bomb", *map(str, range(521, 529))}
"""Slow, or nothing new here; on real sockets they all have their turn."""
CANNED: dict[str, bytes | BaseException] = {
    "never sent": NotSentError("no connection."),
    "certificate refused": NotSentError("no TLS.", final=True),
    "lost": ResponseLostError("gone."),
    **{name: make(GOOD_BYTES) for name, make in {**PLAIN, **LAST}.items() if name not in ALIKE},
}


FINE = {
    "ok",
    "identity",
    "accepted",
    "wrong-type",
    "big-header",
    "utf-16",
    "packed",
    "packed-twice",
}


class Scripted:
    """A transport whose exchanges with one side end in one way, and well with the other.

    Args:
        how: An answer, or what is raised.
        storage: Whether it is storage and media that fail, not the API.
    """

    def __init__(self, how: bytes | BaseException, *, storage: bool = False) -> None:
        self._how = how
        self._storage = storage
        self.sent: list[str] = []

    def open(self, request: Request, timeouts: Timeouts) -> Any:
        self.sent.append(f"{request.method} {request.url}")
        if request.content is not None and not isinstance(request.content, bytes):
            for piece in request.content.chunks():
                if tell := request.content.sent(len(piece)):
                    tell()
        if self._storage != (".example/" in request.url):
            return Canned(PLAIN["ok"](GOOD_BYTES))
        if isinstance(self._how, BaseException):
            raise copy.copy(self._how)
        return Canned(self._how)

    def close(self) -> None:
        """Nothing is open."""


class AsyncScripted(Scripted):
    async def open(self, request: Request, timeouts: Timeouts) -> Any:
        return super().open(request, timeouts)

    async def aclose(self) -> None:
        """Nothing is open."""


class Canned:
    """An answer that was written down, read by blocking and by awaiting."""

    def __init__(self, answer: bytes) -> None:
        head, _, body = answer.partition(b"\r\n\r\n")
        line, *headers = head.decode().split("\r\n")
        self.status = int(line.split(" ")[1]) if line.startswith("HTTP/") else 500
        self.headers = {
            name.lower(): value.strip()
            for name, _, value in (one.partition(":") for one in headers)
        }
        self._pieces = [body]

    def read(self) -> Any:
        return Pieces(self._pieces.pop() if self._pieces else b"")

    def close(self) -> Any:
        return Pieces(b"")

    aclose = close


class Pieces(bytes):
    """Bytes that may be awaited, too."""

    def __await__(self) -> Any:
        yield from ()
        return self


def perform(world: str, way: Way, given: tuple[list[Any], dict[str, Any]], **options: Any) -> Any:
    """Call one callable of a new client, and walk through what it answers with."""
    options = {
        "api_key": KEY, "base_url": "http://127.0.0.1:1", "clock": SkippingClock(),
        "rng": NoJitter(), **options,
    }  # fmt: skip
    by_place, by_name = given
    if world == "sync":
        with Sume(**options) as sume:
            return walk(way.reach(sume.with_options(attempts=2))(*by_place, **by_name))

    async def go() -> Any:
        async with AsyncSume(**options) as sume:
            return await awalk(way.reach(sume.with_options(attempts=2))(*by_place, **by_name))

    return asyncio.run(go())


def only_ours(what: str, work: Callable[[], object]) -> SumeError | None:
    """What work raised, which must be ours, travel anywhere, and show no secret."""
    try:
        work()
    except SumeError as error:
        _check(error, what)
        return error
    except Exception as error:  # noqa: BLE001  (this is what must not happen)
        pytest.fail(f"{what}: {''.join(traceback.format_exception(error))}")
    return None


def _check(error: SumeError, what: str) -> None:
    assert error.hint.strip(), what
    copied = pickle.loads(pickle.dumps(error))
    assert (type(copied), str(copied), vars(copied)) == (type(error), str(error), vars(error))
    assert str(copy.deepcopy(error)) == str(error)
    assert KEY not in "".join(traceback.format_exception(error)), what
    assert error.__cause__ is None or isinstance(error.__cause__, SumeError), what


# -- nothing escapes the walk -------------------------------------------------------------


@pytest.mark.parametrize("world", WORLDS)
def test_the_walk_is_over_everything_public(world: str, tmp_path: Path) -> None:
    """A class that is handed out, or a line of the table, can't be forgotten here."""
    walked = {way.name for way in WAYS[world]}
    assert set(BINDINGS) <= walked
    assert {"jobs.wait_many", "uploads.asset_video"} <= walked
    for name in sume_ext.__all__:
        public: Any = getattr(sume_ext, name)
        if (isinstance(public, type) and hasattr(public, "_engine")) or name.endswith("Sume"):
            assert name in HANDED_OUT, name
    for way in WAYS[world]:
        way.arguments(tmp_path)


def test_what_is_walked_can_go_well(tmp_path: Path) -> None:
    """A walk in which every call fails at once would prove nothing."""
    fine = {
        way.name
        for way in WAYS["sync"]
        if only_ours(
            way.name,
            lambda way=way: perform(  # type: ignore[misc]
                "sync", way, way.arguments(tmp_path), transport=Scripted(PLAIN["ok"](GOOD_BYTES))
            ),
        )
        is None
    }
    assert fine >= set(BINDINGS) - {"account.me", "credits.get"}
    assert fine >= {"Result.download", "uploads.asset_video", "Job.wait", "jobs.wait_many"}


# -- whatever fails -----------------------------------------------------------------------


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("fault", one_in(3, CANNED))
def test_only_our_errors_leave_when_the_api_fails(fault: str, world: str, tmp_path: Path) -> None:
    failed = _walk_all(fault, world, tmp_path, storage=False)
    assert failed or fault in FINE


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("fault", one_in(3, CANNED))
def test_only_our_errors_leave_when_storage_fails(fault: str, world: str, tmp_path: Path) -> None:
    _walk_all(fault, world, tmp_path, storage=True)


MOVERS = ("download", "asset_video", "face_swap_video")


def _walk_all(fault: str, world: str, folder: Path, *, storage: bool) -> int:
    failed = 0
    for way in WAYS[world]:
        if storage and fault == "to-nowhere":
            continue
        if storage and way.name.rpartition(".")[2] not in MOVERS:
            continue
        kind = Scripted if world == "sync" else AsyncScripted
        transport = kind(CANNED[fault], storage=storage)
        where = folder / way.name
        where.mkdir()
        failed += None is not only_ours(
            f"{fault}, {way.name}",
            lambda way=way, where=where, transport=transport: perform(  # type: ignore[misc]
                world, way, way.arguments(where), transport=transport
            ),
        )
    return failed


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as one:
        yield one


ON_THE_WIRE = (
    *PLAIN, *LAST, "reset", "reset-in-body", "close", "hang", "hang-in-body", "drip-head",
    "drip-body", "race", "gone-here", "gone-elsewhere",
)  # fmt: skip


def _on_the_wire(server: FaultServer, world: str, way: Way, fault: str, folder: Path) -> None:
    server.elsewhere = "http://127.0.0.2:1"
    where = folder / f"{way.name}-{fault}"
    where.mkdir(exist_ok=True)
    only_ours(
        f"{fault}, {way.name}",
        lambda: perform(world, way, way.arguments(where), base_url=server.url(fault), timeout=0.05),
    )


@pytest.mark.parametrize("world", WORLDS)
def test_only_our_errors_leave_on_real_sockets(
    server: FaultServer, world: str, tmp_path: Path
) -> None:
    """Every callable, and every fault, each with the other's next one in turn."""
    everything = WAYS[world]
    for turn, fault in enumerate(ON_THE_WIRE):
        _on_the_wire(server, world, everything[turn % len(everything)], fault, tmp_path)
    for turn, way in enumerate(everything):
        fault = ON_THE_WIRE[(turn * 7 + 3) % len(ON_THE_WIRE)]
        _on_the_wire(server, world, way, fault, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("fault", ON_THE_WIRE)
def test_only_our_errors_leave_whatever_meets_whatever(
    server: FaultServer, world: str, fault: str, tmp_path: Path
) -> None:
    for way in WAYS[world]:
        _on_the_wire(server, world, way, fault, tmp_path)


# -- whatever it is given -------------------------------------------------------------------


class Thing:
    """Something that no parameter takes."""


JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 5, 10**400, 1e300, math.nan, math.inf, "", " ", ".", "../x", "\ud800",
    "job\n1", "\0", "x" * 100_000, b"", b"x", [], [None], ["\ud800"], (), {}, {"a": "\ud800"},
    Thing(), Thing, 1j, range(3), frozenset({1}),
)  # fmt: skip


def _junk(one: object) -> str:
    return "a huge number" if isinstance(one, int) and one > _HUGE else ascii(one)[:30]


_HUGE = 10**300


@pytest.mark.parametrize("world", ["sync", pytest.param("async", marks=pytest.mark.slow)])
@pytest.mark.parametrize("junk", JUNK, ids=_junk)
def test_junk_in_any_parameter_is_refused_or_taken(
    junk: object, world: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")  # junk may be a fine name for a directory
    for way in WAYS[world]:
        if way.name.endswith(".call"):
            continue  # takes whatever a generated module takes
        for one in way.takes:
            where = tmp_path / f"{way.name}-{one.name}"
            where.mkdir()
            _give(world, way, {one.name: junk}, where)


@pytest.mark.parametrize("name", sorted(BINDINGS))
def test_junk_for_a_raw_operation_is_refused_or_taken(name: str) -> None:
    """`Sume.call` takes the arguments of a generated module itself, a body as a whole included."""
    module = BINDINGS[name].operation
    takes = inspect.signature(module._get_kwargs).parameters
    needed = {one: "job_1" for one, p in takes.items() if p.default is p.empty}
    transport = Scripted(PLAIN["ok"](GOOD_BYTES))
    options: dict[str, Any] = {"transport": transport, "clock": SkippingClock()}
    with Sume(api_key=KEY, base_url="http://127.0.0.1:1", **options) as sume:
        for one in takes:
            for junk in JUNK:
                given = {**needed, one: junk}
                only_ours(
                    f"call({name}, {one}={_junk(junk)})",
                    lambda given=given: sume.call(module, **given),  # type: ignore[misc]
                )


@pytest.mark.parametrize("kind", [Sume, AsyncSume])
@pytest.mark.parametrize("junk", JUNK, ids=_junk)
def test_junk_makes_no_client_or_one_that_works(junk: object, kind: Callable[..., Any]) -> None:
    fine: dict[str, Any] = {"api_key": KEY, "base_url": "http://127.0.0.1:1"}
    for name in inspect.signature(kind).parameters:
        only_ours(f"{kind.__name__}({name}=)", lambda name=name: kind(**{**fine, name: junk}))  # type: ignore[misc]


@pytest.mark.parametrize("name", ["Secret", "redact", "install_log_redaction"])
@pytest.mark.parametrize("junk", JUNK, ids=_junk)
def test_junk_is_refused_by_what_needs_no_client(junk: object, name: str) -> None:
    only_ours(f"{name}(…)", lambda: getattr(sume_ext, name)(junk))


@pytest.mark.parametrize("world", WORLDS)
def test_arguments_that_nobody_takes_are_refused(world: str, tmp_path: Path) -> None:
    for way in WAYS[world]:
        by_place, by_name = way.arguments(tmp_path)
        if way.name.endswith("__"):
            continue  # ``for`` calls it, and right
        if not any(one.kind is one.VAR_POSITIONAL for one in way.takes):
            _refused(world, way, ([*by_place, *range(9)], by_name))
        if not any(one.kind is one.VAR_KEYWORD for one in way.takes):
            _refused(world, way, (by_place, {**by_name, "no_such_thing": 1}))
        if by_place and way.takes[0].kind is not inspect.Parameter.VAR_POSITIONAL:
            _refused(world, way, ([], by_name))


def _refused(world: str, way: Way, arguments: tuple[list[Any], dict[str, Any]]) -> None:
    kind = Scripted if world == "sync" else AsyncScripted
    transport = kind(PLAIN["ok"](GOOD_BYTES))
    error = only_ours(way.name, lambda: perform(world, way, arguments, transport=transport))
    assert isinstance(error, InvalidArgumentError), way.name
    assert not transport.sent


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_anything_in_any_parameters_is_refused_or_taken(
    data: st.DataObject, tmp_path: Path
) -> None:
    world = data.draw(st.sampled_from(WORLDS))
    way = data.draw(st.sampled_from(WAYS[world]))
    anything = st.one_of(
        st.sampled_from(JUNK), st.text(max_size=20), st.binary(max_size=9), st.integers(),
        st.floats(), st.datetimes(), st.lists(st.none() | st.text(max_size=5), max_size=3),
    )  # fmt: skip
    names = [one.name for one in way.takes if one.kind is not one.VAR_KEYWORD]
    names = [name for name in names if name not in ("directory", "path")]  # any text is one
    if way.name.endswith(".call") or not names:
        return
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    _give(world, way, {name: data.draw(anything) for name in chosen}, tmp_path)


def _give(world: str, way: Way, junk: dict[str, Any], folder: Path) -> None:
    if any(callable(value) and name.startswith("on_") for name, value in junk.items()):
        return  # what a listener raises is its own
    by_place, by_name = way.arguments(folder)
    places = [one.name for one in way.takes if one.kind is one.POSITIONAL_OR_KEYWORD]
    by_place = [junk.get(n, v) for n, v in zip(places, by_place, strict=False)]
    by_name |= {name: value for name, value in junk.items() if name not in places[: len(by_place)]}
    kind = Scripted if world == "sync" else AsyncScripted
    transport = kind(PLAIN["ok"](GOOD_BYTES))
    shown = ", ".join(f"{n}={_junk(v)}" for n, v in junk.items())
    what = f"{way.name}({shown})"
    only_ours(what, lambda: perform(world, way, (by_place, by_name), transport=transport))
    for sent in transport.sent:
        assert sent.isprintable(), what
