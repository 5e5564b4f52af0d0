"""Guarantee: whatever shape the answer to a paid call has, no id of a job in it is lost.

The threats: an answer that names two jobs of which one is handed out, and the other paid for in
vain; an id that is no id (`""`, `../x`) and breaks what is done with it next; the id of something
else taken for a job's.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sume_ext import OutcomeUnknownError, SchemaMismatchError, Sume, SumeError
from sume_ext.calling.answers import api_error, job_ids, job_ids_in, jobs_named, salvage
from sume_ext.calling.exchange import Answer
from sume_ext.calling.ids import check_id, is_id
from sume_ext.errors import InvalidArgumentError
from sume_ext.operations import BINDINGS
from tests.faults.surface import MEDIA
from tests.faults.worlds import KEY, NoJitter, SkippingClock

if TYPE_CHECKING:
    from sume_ext.network.wire import Request, Timeouts

CREATES: dict[str, dict[str, Any]] = {
    "images.generate": {"prompt": "p"},
    "videos.generate": {"prompt": "p"},
    "ads.videos.create": {"prompt": "p", "avatar_id": "a"},
    "face_swap.create": {"source_video_url": MEDIA, "avatar_ids": ["a"]},
    "reference_analysis.create": {"url": "https://www.tiktok.com/@a/video/1"},
    "assets.create": {"object_key": "k"},
}
ODD: tuple[Any, ...] = (
    None, "", " ", "job_1 ", ".", "..", "../x", "a/../b", "/x", "\ud800", "a\nb", "\x1b[2J", True,
    1.5, [], {}, "x" * 600,
)  # fmt: skip


class Once:
    """A transport with one answer, which counts how often it is asked for."""

    def __init__(self, content: bytes, status: int = 202) -> None:
        self.status = status
        self.headers = {"content-length": str(len(content))}
        self.sent = 0
        self._content = content
        self._pieces: list[bytes] = []

    def open(self, request: Request, timeouts: Timeouts) -> Once:
        self.sent += 1
        self._pieces = [b"", self._content]
        return self

    def read(self) -> bytes:
        return self._pieces.pop()

    def close(self) -> None:
        """Nothing is open."""


def create(name: str, answer: object, status: int = 202) -> tuple[set[str], SumeError | None]:
    """The ids that a caller gets hold of, and what was raised."""
    transport = Once(json.dumps(answer).encode(), status)
    options: dict[str, Any] = {"clock": SkippingClock(), "rng": NoJitter(), "transport": transport}
    error: SumeError | None = None
    made: Any = None
    with Sume(api_key=KEY, base_url="http://127.0.0.1:1", **options) as sume:
        target: Any = sume
        for step in name.split("."):
            target = getattr(target, step)
        try:
            made = target(**CREATES[name])
        except SumeError as caught:
            error = caught
    assert transport.sent == 1
    if error is not None:
        return set(error.job_ids), error
    return {job.id for job in getattr(made, "jobs", (made,))}, None


def test_every_line_that_creates_is_tried() -> None:
    assert set(CREATES) == {name for name, line in BINDINGS.items() if line.kind == "submits"}


GOOD_IDS = st.sampled_from(["job_1", "job_2", "job_3", "3f0c9c1e-0b5e-4b6e-9d43-5a4a6c1f0001"])
ANY_ID = GOOD_IDS | st.sampled_from(ODD) | st.integers(1, 9)


def members(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=values)


JOB = members(id=ANY_ID, job_id=ANY_ID, status=st.just("queued"))
ANSWERS = members(
    object=st.just("anything"),
    status=st.just("queued"),
    job_id=ANY_ID,
    job=JOB | ANY_ID,
    jobs=st.lists(JOB | ANY_ID, max_size=3) | ANY_ID,
    job_ids=st.lists(ANY_ID, max_size=3) | ANY_ID,
    data=st.lists(members(job_id=ANY_ID), max_size=2) | members(job_id=ANY_ID, job=JOB),
    result=members(job_id=ANY_ID, job=members(id=ANY_ID)),
)


def planted(answer: Any) -> set[str]:  # noqa: C901  (a place after the other)
    """Every good id where only a job's id stands, found by another way than the library's."""
    found: set[str] = set()

    def keep(value: Any) -> None:
        if isinstance(value, int) and not isinstance(value, bool):
            found.add(str(value))
        elif (isinstance(value, str) and value in ("job_1", "job_2", "job_3")) or (
            isinstance(value, str) and value.startswith("3f0c9c1e")
        ):
            found.add(value)

    def keep_all(jobs: list[Any]) -> None:
        for job in jobs:
            if isinstance(job, dict):
                keep(job.get("id"))  # pyright: ignore[reportUnknownMemberType]
                keep(job.get("job_id"))  # pyright: ignore[reportUnknownMemberType]
            keep(job)

    def listed(value: Any) -> list[Any]:
        return value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]

    keep(answer.get("job_id"))
    keep_all([*listed(answer.get("jobs")), answer.get("job")])
    for one in listed(answer.get("job_ids")):
        keep(one)
    data, result = answer.get("data"), answer.get("result")
    for one in listed(data):
        keep(one.get("job_id"))
    for one in (data, result):
        if isinstance(one, dict):
            keep(one.get("job_id"))  # pyright: ignore[reportUnknownMemberType]
            keep_all([one.get("job")])  # pyright: ignore[reportUnknownMemberType]
    return found


@given(name=st.sampled_from(sorted(CREATES)), answer=ANSWERS)
def test_no_id_is_lost_whatever_the_shape(name: str, answer: dict[str, Any]) -> None:
    got, error = create(name, answer)
    assert got == planted(answer)
    assert all(map(is_id, got))
    if not got:
        assert isinstance(error, OutcomeUnknownError)
    elif error is not None:
        assert isinstance(error, SchemaMismatchError)
        assert next(iter(error.job_ids)) in error.hint
        assert all(one in str(error) for one in got)


@pytest.mark.parametrize("name", ["videos.generate", "images.generate"])
def test_two_jobs_where_one_was_asked_for_are_both_told(name: str) -> None:
    both = {"job_id": "job_1", "job": {"id": "job_2", "status": "queued"}, "status": "queued"}
    got, error = create(name, both)
    assert got == {"job_1", "job_2"}
    assert isinstance(error, SchemaMismatchError)
    assert "several jobs" in str(error)
    twice = {"job_id": "job_1", "job": {"id": "job_1", "status": "queued"}}
    assert create(name, twice) == ({"job_1"}, None)


def test_the_ids_of_other_things_are_not_taken_for_jobs() -> None:
    """The generation, the asset, the avatar and the request have ids, too."""
    answer = {
        "object": "asset", "job_id": "job_1", "id": "gen_1", "request_id": "req_1",
        "asset": {"id": "asset_1"}, "data": [{"id": "avatar_1"}],
    }  # fmt: skip
    assert create("assets.create", answer) == ({"job_1"}, None)
    refused = {"error": {"code": "x", "message": "m", "details": {"id": "avatar_1"}}, "id": "e_1"}
    got, error = create("videos.generate", refused, 404)
    assert not got
    assert error is not None
    told = {"error": {"code": "x", "message": "m", "details": {"job_id": "job_1"}}}
    got, error = create("assets.create", told, 409)
    assert got == {"job_1"}
    assert error is not None
    assert "sume.jobs.wait('job_1')" in error.hint


def test_a_group_with_an_unreadable_job_tells_of_the_others() -> None:
    answer = {"jobs": [{"id": "job_1", "status": "queued"}, {"id": "..", "status": "queued"}]}
    got, error = create("face_swap.create", answer)
    assert got == {"job_1"}
    assert isinstance(error, SchemaMismatchError)
    assert create("videos.generate", {"job_id": "", "id": "job_7"})[0] == {"job_7"}
    assert create("videos.generate", {"job_id": "", "job": {"id": "job_1"}})[0] == {"job_1"}
    many = [{"id": f"job_{n}", "status": "queued"} for n in range(500)]
    assert len(create("face_swap.create", {"jobs": many})[0]) == 500


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: ascii(odd)[:20])
def test_what_is_no_id_is_none_from_either_side(odd: object) -> None:
    assert not is_id(odd)
    with pytest.raises(InvalidArgumentError):
        check_id(odd)
    assert jobs_named({"job_id": odd}).ids == ()
    assert jobs_named({"jobs": [{"id": odd}]}).unreadable is (odd is not None)


@given(st.text(max_size=30))
def test_an_id_is_one_printable_word(text: str) -> None:
    if is_id(text):
        assert text.split() == [text]
        assert text.isprintable()
        text.encode()
        assert not {"", ".", ".."} & set(text.replace("\\", "/").split("/"))


# -- cut answers ----------------------------------------------------------------------------


@given(ANSWERS, st.integers(0, 400))
def test_a_cut_answer_tells_no_id_that_was_not_there(answer: dict[str, Any], end: int) -> None:
    whole = json.dumps(answer).encode()
    assert set(job_ids(salvage(whole[:end]))) <= planted(answer)
    assert set(job_ids(salvage(whole))) == planted(answer)


@given(st.binary(max_size=300))
def test_anything_at_all_is_searched_without_harm(content: bytes) -> None:
    assert all(map(is_id, job_ids(salvage(content))))


def test_a_number_of_thousands_of_digits_hides_no_id() -> None:
    content = b'{"job_id": "job_1", "seed": ' + b"9" * 6000 + b"}"
    assert job_ids(salvage(content)) == ("job_1",)


ORDINARY = {
    "object": "video_generation", "request_id": "req_1", "job_id": "job_abc123",
    "prompt": 'A cat, {sitting} on [a] "mat", \\ \n in the sun', "tags": ["a,b", "{"],
    "job": {"id": "job_abc123", "status": "queued"}, "progress": {"percent": 12, "stage": None},
}  # fmt: skip


@pytest.mark.parametrize("ascii_only", [True, False])
def test_wherever_an_answer_is_cut_the_id_before_is_told(ascii_only: bool) -> None:
    whole = json.dumps(ORDINARY, ensure_ascii=ascii_only).encode()
    there = whole.index(b"job_abc123") + len("job_abc123") + 1
    for end in range(len(whole) + 1):
        assert job_ids_in(whole[:end]) == (("job_abc123",) if end >= there else ()), whole[:end]


START = b'{"object": "x", "job_id": "job_1", "status": "queued"'


@pytest.mark.parametrize(
    "answer",
    [
        START + b', "prompt": "caf\xe9"}',
        START + b', "prompt": "a\nb"}',
        START + b"}<script>[]</script>",
        b"<br>Notice: {closure}() [x], y\n" + START + b"}",
        START + b",}",
        b'{"job": {"id": "job_1", "status": "queued"},}',
        b'{"warning": "{"}' + START + b"}",
        b'{"data": {"job_id": "job_1"}}',
        b'{"data": {"job": {"id": "job_1"}}}',
        b'{"data": {"id": "job_1"}}',
        b'{"result": {"job": {"id": "job_1"}}}',
        b'{"response": {"job": {"id": "job_1"}}}',
        b'{"job": "job_1"}',
        b'{"jobs": ["job_1"]}',
        b"\xef\xbb\xbf" + START + b"}",
        json.dumps({"job_id": "job_1"}).encode("utf-16"),
        b'{"a": "' + b"x" * 300_000 + b'", "job_id": "job_1", "b": "',
        b'{"a": ' + b"[" * 50_000 + b', "job_id": "job_1"}',
        b'{"a": nothing, "job_id": "job_1"}',
    ],
    ids=lambda answer: ascii(answer[:40]),
)
def test_what_is_no_json_still_tells_its_job(answer: bytes) -> None:
    transport = Once(answer)
    options: dict[str, Any] = {"transport": transport, "clock": SkippingClock()}
    with Sume(api_key=KEY, base_url="http://127.0.0.1:1", **options) as sume:
        told: tuple[str, ...]
        try:
            told = (sume.videos.generate(prompt="p").id,)
        except SumeError as error:
            told = error.job_ids
    assert told == ("job_1",)
    assert transport.sent == 1


def test_every_document_of_several_is_heard() -> None:
    assert job_ids_in(b'{"job_id": "job_1"}\n{"job_id": "job_2"}') == ("job_1", "job_2")
    assert create("face_swap.create", {"jobs": ["job_1", "job_2"]})[0] == {"job_1", "job_2"}


def test_what_is_mangled_or_cut_inside_is_not_told_as_an_id() -> None:
    for content in (
        b'{"job_id": "job_\xe9"}', b'{"job_id": "job_12', b'{"job_id": 12', b'{"job": {"id": 1',
        b'{"avatar": {"id": "a_1"}, "prompt": "x', b'{"error": {"details": {"x": {"job_id": "a"',
    ):  # fmt: skip
        assert job_ids_in(content) == (), content


@pytest.mark.parametrize("unit", ['\\"', "\\", '"', ",", "{", "[", '{"', '{"a":', "[],", " ", "{ "])
def test_a_text_made_to_be_slow_is_read_in_a_moment(unit: str) -> None:
    """Quadratic reading took 10 s of the same text, past every timeout and on the event loop."""
    short, long = (seconds(unit, size) for size in (32_000, 256_000))
    assert long < 0.1 + 30 * short


def seconds(unit: str, size: int) -> float:
    content = b'{"a":"' + unit.encode() * (size // len(unit))
    began = time.process_time()
    job_ids_in(content)
    salvage(content)
    return time.process_time() - began


def test_of_a_refusal_only_its_beginning_is_read() -> None:
    """An error of 30 MB made of empty lists took 3 GB of memory and half a minute."""
    head = b'{"error": {"code": "busy", "message": "m", "details": {"a": ['
    answer = Answer(400, {}, head + b"[]," * 1_000_000 + b"[]]}}}")
    error = api_error(answer, "videos.generate", 0.0)
    assert error.code == "busy"
    assert len(error.details["a"]) < 100_000


def test_a_redirect_that_names_a_job_leads_to_it() -> None:
    """Not to base_url, which took the order."""
    got, error = create("videos.generate", {"job_id": "job_1"}, 302)
    assert got == {"job_1"}
    assert error is not None
    assert "sume.jobs.wait('job_1')" in str(error)
    assert "base_url" not in str(error)
    _, error = create("videos.generate", {}, 302)
    assert error is not None
    assert "base_url" in error.hint
