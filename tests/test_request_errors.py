"""Guarantee: every failure leaves as one of our errors, which travels anywhere and holds no secret.

The threats: a library's exception in a caller's face, which no `except SumeError` catches; an
error that can't be pickled, which hangs a pool of workers; one that carries the request along.
"""

from __future__ import annotations

import ast
import copy
import inspect
import json
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sume_ext
from sume_ext import Sume, SumeError, errors
from sume_ext.errors import InvalidArgumentError, NotSentError, ResponseLostError, error_class
from sume_ext.hints import Name, respelled
from tests.faults.worlds import KEY
from tests.support import FakeClock
from tests.test_request_odd_answers import Once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sume_ext.network.wire import Request, Timeouts

KINDS = sorted(
    (
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, SumeError)
    ),
    key=lambda kind: kind.__name__,
)
EXTRAS: dict[str, Any] = {
    "status": 418,
    "code": "teapot",
    "job_id": "job_1",
    "step": "put",
    "details": {"field": ["prompt"]},
    "job_ids": ("job_1", "job_2"),
    "operation": "videos.generate",
    "request_id": "req_1",
    "cursor": "c2",
    "elapsed": 3.5,
    "sent_after": 5.0,
    "retry_after": 2.0,
    "final": True,
    "place": "data[3].id",
}


def example(kind: type[SumeError]) -> SumeError:
    takes = inspect.signature(kind).parameters
    extras = {name: value for name, value in EXTRAS.items() if name in takes}
    if issubclass(kind, errors.JobError):
        extras["status"] = "failed"
    made = kind("It broke.", **extras)
    made.add_note("A note.")
    return made


def same(one: BaseException, other: BaseException) -> bool:
    return (
        type(one) is type(other)
        and str(one) == str(other)
        and one.args == other.args
        and vars(one) == vars(other)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_survives_pickling_and_copying(kind: type[SumeError]) -> None:
    error = example(kind)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert same(pickle.loads(pickle.dumps(error, protocol)), error)
    assert same(copy.copy(error), error)
    assert same(copy.deepcopy(error), error)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_says_what_to_do_next(kind: type[SumeError]) -> None:
    error = example(kind)
    assert error.hint in str(error)
    assert "It broke." in str(error)
    if issubclass(kind, errors.TransferError):
        assert error.headline().startswith("put")


def fail_with(kind: type[SumeError]) -> None:
    raise example(kind)


def test_every_error_crosses_a_process_pool() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        failures = [pool.submit(fail_with, kind).exception(60) for kind in KINDS]
    for kind, failure in zip(KINDS, failures, strict=True):
        assert failure is not None
        assert same(failure, example(kind))


def test_every_error_is_public() -> None:
    assert {kind.__name__ for kind in KINDS} <= set(sume_ext.__all__)


@pytest.mark.parametrize(
    ("status", "code", "name"),
    [
        (400, "bad_request", "InvalidRequestError"),
        (422, "validation_error", "InvalidRequestError"),
        (401, "unauthorized", "AuthenticationError"),
        (402, "anything", "InsufficientCreditsError"),
        (400, "insufficient_credits", "InsufficientCreditsError"),
        (403, "forbidden", "PermissionDeniedError"),
        (404, "not_found", "NotFoundError"),
        (409, "job_not_completed", "ConflictError"),
        (429, "rate_limit_exceeded", "RateLimitError"),
        (500, "internal", "ServerError"),
        (599, "newer_than_us", "ServerError"),
        (418, "newer_than_us", "APIError"),
        (300, "http_300", "APIError"),
    ],
)
def test_a_status_has_its_class_and_an_unknown_code_stays_on_it(
    status: int, code: str, name: str
) -> None:
    assert error_class(status, code).__name__ == name


# -- as the library builds them -----------------------------------------------------------


RUNNING = (200, {"id": "job_1", "status": "running", "type": "x"})


class Answering:
    """A transport that answers, or fails, as it is told.

    Args:
        answers: By the end of a path; whatever else is asked for is a running job.
    """

    def __init__(self, answers: dict[str, Any]) -> None:
        self._answers = answers

    def open(self, request: Request, timeouts: Timeouts) -> Any:
        path = request.url.partition("?")[0]
        known = (answer for end, answer in self._answers.items() if path.endswith(end))
        answer: Any = next(known, RUNNING)
        if isinstance(answer, BaseException):
            raise answer
        return Answer(*answer)

    def close(self) -> None:
        """Nothing is open."""


class Answer:
    def __init__(self, status: int, body: Any) -> None:
        content = json.dumps(body).encode()
        self.status = status
        self.headers = {"content-length": str(len(content))}
        self._pieces = [b"", content]

    def read(self) -> bytes:
        return self._pieces.pop()

    def close(self) -> None:
        """Nothing is open."""


def refusal(status: int, code: str = "teapot") -> tuple[int, Any]:
    return status, {"error": {"code": code, "message": "No."}, "request_id": "req_1"}


def ended(status: str) -> dict[str, Any]:
    return {
        "jobs/job_1": (
            200,
            {"id": "job_1", "status": status, "error": {"code": "bad", "message": "No."}},
        )
    }


MEDIA = (
    200,
    {"id": "job_1", "status": "completed", "result": {"media": [{"url": "https://m.example/a"}]}},
)
BUILT: dict[str, tuple[dict[str, Any], Callable[[Any], Any]]] = {
    "InvalidArgumentError": ({}, lambda s: s.jobs.get("..")),
    "ConfigurationError": ({}, lambda s: s.with_options(timeout=-1)),
    "APIError": ({"me": refusal(418)}, lambda s: s.account.me()),
    "InvalidRequestError": ({"me": refusal(422)}, lambda s: s.account.me()),
    "AuthenticationError": ({"me": refusal(401)}, lambda s: s.account.me()),
    "InsufficientCreditsError": (
        {"generations": refusal(402)}, lambda s: s.videos.generate(prompt="x")
    ),
    "PermissionDeniedError": ({"me": refusal(403)}, lambda s: s.account.me()),
    "NotFoundError": ({"me": refusal(404)}, lambda s: s.account.me()),
    "ConflictError": ({"result": refusal(409)}, lambda s: s.jobs.result("job_1")),
    "RateLimitError": ({"me": refusal(429)}, lambda s: s.account.me()),
    "ServerError": ({"me": refusal(500)}, lambda s: s.account.me()),
    "NotSentError": ({"me": NotSentError("no connection.")}, lambda s: s.account.me()),
    "ResponseLostError": ({"me": ResponseLostError("gone.")}, lambda s: s.account.me()),
    "OutcomeUnknownError": (
        {"generations": ResponseLostError("gone.")}, lambda s: s.videos.generate(prompt="x")
    ),
    "SchemaMismatchError": ({"me": (200, [])}, lambda s: s.account.me()),
    "JobFailedError": (ended("failed"), lambda s: s.jobs.wait("job_1")),
    "JobCanceledError": (ended("canceled"), lambda s: s.jobs.wait("job_1")),
    "JobExpiredError": (ended("expired"), lambda s: s.jobs.wait("job_1")),
    "JobTimeoutError": ({}, lambda s: s.jobs.wait("job_1", timeout=3)),
    "PaginationError": (
        {"jobs": (200, {"data": [], "has_more": True, "next_cursor": None})},
        lambda s: list(s.jobs.list()),
    ),
    "UploadError": ({}, lambda s: s.uploads.asset_video("/no/such/file.mp4")),
    "DownloadError": (
        {"result": MEDIA, "a": refusal(404)},
        lambda s: s.jobs.result("job_1").media[0].download("/proc/no/such/place"),
    ),
}  # fmt: skip
FAMILIES = {"SumeError", "TransportError", "JobError", "TransferError"}
"""Classes to catch; what is raised is always one of theirs."""


def built(name: str) -> SumeError:
    answers, work = BUILT[name]
    options: dict[str, Any] = {"clock": FakeClock(), "transport": Answering(answers)}
    with Sume(api_key=KEY, base_url="http://127.0.0.1:1", **options) as sume:
        try:
            work(sume)
        except SumeError as error:
            return error
    raise AssertionError(f"no {name}")


def test_every_class_of_the_tree_is_built_here() -> None:
    assert set(BUILT) | FAMILIES == {kind.__name__ for kind in KINDS}


@pytest.mark.parametrize("name", BUILT)
def test_what_the_library_raises_says_what_to_do_next_and_travels(name: str) -> None:
    error = built(name)
    assert type(error).__name__ == name
    assert error.hint.strip().endswith((".", ")"))
    assert f"Next: {error.hint}" in str(error)
    assert same(pickle.loads(pickle.dumps(error)), error)
    assert same(copy.deepcopy(error), error)
    assert copy.deepcopy(error).hint == error.hint


def raise_built(name: str) -> None:
    raise built(name)


def test_what_the_library_raises_crosses_a_process_pool() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        failures = {name: pool.submit(raise_built, name).exception(60) for name in BUILT}
    for name, failure in failures.items():
        assert isinstance(failure, SumeError), name
        assert (type(failure).__name__, bool(failure.hint)) == (name, True)


# -- hints, written once ------------------------------------------------------------------


def hints_in_the_source() -> Iterator[tuple[str, str]]:
    """Every text of the library that is, or is part of, a hint."""
    root = Path(sume_ext.__file__).parent
    for path in sorted(root.rglob("*.py")):
        if {"cli", "sandbox"} & set(path.relative_to(root).parts):
            continue  # these speak shell
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (
                    one.value if isinstance(one, ast.Constant) else "'x'" for one in node.values
                )
                yield path.name, "".join(map(str, parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield path.name, node.value


def test_every_call_that_a_hint_names_is_there_to_be_made() -> None:
    """Advice to call what doesn't exist is worse than none; the shell spells the same names."""
    sume = Sume(api_key=KEY, base_url="http://127.0.0.1:1")
    named: set[str] = set()

    def call(name: str, args: tuple[object, ...], kwargs: dict[str, object]) -> str:
        named.add(name)
        target: Any = sume
        for step in name.split("."):
            target = getattr(target, step)
        takes = inspect.signature(target)
        takes.bind(*args, **kwargs)
        return ""

    for _, text in hints_in_the_source():
        if "``" not in text and "\n" not in text:  # which are docstrings
            respelled(text, call, lambda name: name)
    assert {"jobs.wait", "jobs.find_recent", "credits.get", "account.me"} <= named


def test_a_hint_is_spelled_anew_without_a_second_wording() -> None:
    error = errors.JobTimeoutError("late.", job_id="job_1", status="running")
    shell = respelled(
        f"{error.hint} Or pass timeout=.",
        lambda name, args, _: " ".join(("sume", *name.split("."), *map(str, args))),
        lambda name: f"--{name}",
    )
    assert shell.endswith("go on waiting with sume jobs wait job_1. Or pass --timeout.")


@given(st.text(max_size=30), st.text(max_size=10))
def test_any_id_survives_the_spelling(job_id: str, other: str) -> None:
    found: list[object] = []

    def call(name: str, args: tuple[object, ...], kwargs: dict[str, object]) -> str:
        found.extend((name, args, kwargs))
        return "it"

    hint = respelled(f"Go: sume.jobs.wait({job_id!r}, x={other!r}).", call, str)
    assert (hint, found) == ("Go: it.", ["jobs.wait", (job_id,), {"x": other}])


def test_names_of_values_stay_names() -> None:
    found: list[object] = []

    def call(name: str, args: tuple[object, ...], kwargs: dict[str, object]) -> str:
        found.extend(args)
        return name

    respelled(errors.OutcomeUnknownError("?").hint, call, str)
    assert found == [Name("error")]
    assert isinstance(found[0], Name)


def test_a_hint_knows_the_time_and_the_job() -> None:
    busy = errors.RateLimitError("no", status=429, code="x", retry_after=600)
    assert "10 minutes" in busy.hint
    created = errors.SchemaMismatchError("odd.", job_ids=("job_1", "job_2"))
    assert "sume.jobs.wait('job_1')" in created.hint
    assert "job_2" in str(created)
    html = errors.SchemaMismatchError("odd.", foreign=True)
    assert "proxy" in html.hint
    many = errors.SchemaMismatchError("odd.", job_ids=tuple(map(str, range(500))))
    assert len(str(many)) < 500


def test_a_number_that_python_cannot_write_is_refused_by_us() -> None:
    transport = Once(b"{}")
    with Sume(api_key="sk_test", base_url="http://127.0.0.1:1", transport=transport) as sume:
        for limit in (10**5000, -(10**5000)):
            with pytest.raises(InvalidArgumentError):
                sume.jobs.list(limit=limit).page()
    assert transport.sent == 0
