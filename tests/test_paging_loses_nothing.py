"""Whatever pages, faults and uses come, a pager hands out every item exactly once, in order.

The threat: one of a thousand combinations of page sizes, errors and ways of iterating loses an
item or hands it out twice, and nobody notices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from sume_api.types import UNSET

from sume_ext import APIError, PaginationError, PermissionDeniedError, TransportError
from sume_ext.paging import END
from tests.models.jobs_api import LOST, Answer, Asked, ModelApi, ModelJob, refusal
from tests.models.worlds import World, awaiting, blocking
from tests.support import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from sume_ext import Job, Pager

PAGES = st.lists(st.integers(0, 4), min_size=1, max_size=6)
USES = st.lists(
    st.sampled_from(["next", "take 0", "take 2", "take 5", "page", "pages", "peek"]), max_size=12
)


def listing(
    sizes: list[int], cursors: list[str], faulty: Callable[[], bool]
) -> tuple[ModelApi, list[str]]:
    """An API with one list of these page sizes, and all of the list's ids."""
    ids = [f"job_{n}" for n in range(sum(sizes))]
    starts = {None if n == 0 else cursors[n - 1]: n for n in range(len(sizes))}
    api = ModelApi(FakeClock())

    def answer(asked: Asked) -> Answer | Exception:
        if faulty():
            return LOST if len(api.log) % 2 else refusal(403, "no")
        number = starts[asked.query.get("cursor")]
        first = sum(sizes[:number])
        more = number + 1 < len(sizes)
        return Answer(
            200,
            {
                "object": "list",
                "data": [
                    {"id": item, "status": "completed"}
                    for item in ids[first : first + sizes[number]]
                ],
                "has_more": more,
                "next_cursor": cursors[number] if more else None,
            },
        )

    api.fault = answer
    return api, ids


def use(pager: Pager[Job], how: str) -> list[str]:
    """Take something off a pager in one of the ways there are."""
    match how.split():
        case ["next"]:
            return [job.id for job in [next(pager, None)] if job]
        case ["take", count]:
            return [job.id for job in pager.take(int(count))]
        case ["pages"]:
            return [job.id for page in [next(pager.pages(), None)] if page for job in page]
        case ["page"]:
            pager.page()  # a look that moves nothing
            return []
        case _:
            assert repr(pager.cursor)
            return []


@given(PAGES, USES, st.data())
def test_every_item_once_in_order(sizes: list[int], uses: list[str], data: st.DataObject) -> None:
    cursors = data.draw(
        st.lists(st.text(max_size=3), min_size=len(sizes), max_size=len(sizes), unique=True)
    )
    faults = data.draw(st.lists(st.booleans(), max_size=30))
    api, ids = listing(sizes, cursors, lambda: bool(faults) and faults.pop())
    got: list[str] = []
    with api.client() as sume:
        pager = sume.jobs.list()
        for how in uses:
            try:
                got += use(pager, how)
            except (TransportError, PermissionDeniedError):
                continue
        resumed, before = pager.cursor, len(got)
        while not pager.ended:
            try:
                got.extend(job.id for job in pager)
            except (TransportError, PermissionDeniedError):
                continue
    assert got == ids
    start = 0 if resumed is None else len(ids)
    if resumed is not None and resumed != END:
        start = sum(sizes[: cursors.index(resumed) + 1])
    assert start <= before
    faults.clear()
    rest = blocking(api, lambda sume: sume.jobs.list(cursor=UNSET if resumed is None else resumed))
    assert [job.id for job in rest] == ids[start:]


@given(
    st.integers(0, 12),
    st.integers(1, 4),
    st.booleans(),
    st.lists(st.sampled_from(["new", "lost", "refused", "down", "jump", "back", ""]), max_size=25),
    st.sampled_from([blocking, awaiting]),
)
def test_a_list_that_shifts_under_the_reader(
    count: int, size: int, by_offset: bool, weather: list[str], world: World
) -> None:
    """New jobs push others from page to page, pages fail, clocks jump: what was there comes.

    Once each where cursors mark a place in the list; where they count items, the server itself
    lists a job again that it pushed to the next page, and none is lost all the same.
    """
    api = ModelApi(FakeClock(), largest_page=size, by_offset=by_offset)
    api.add(*(ModelJob(f"job_{n}", born=float(n)) for n in range(count)))
    there = [*reversed(api.jobs)]

    def fault(asked: Asked) -> Answer | Exception | None:
        match weather.pop() if weather else "":
            case "new":
                api.add(ModelJob(f"new_{len(api.jobs)}", born=asked.at))
            case "lost":
                return LOST
            case "refused":
                return refusal(403, "no")
            case "down":
                return refusal(503, "down")
            case "jump":
                api.clock.advance(40)
            case "back":
                api.clock.wall -= 4000
            case _:
                pass
        return None

    api.fault = fault
    got: list[str] = []

    def walk(sume: Any) -> Any:
        return read_on(sume.jobs.list(), got) if world is blocking else aread_on(sume, got)

    world(api, walk)
    ours = [job_id for job_id in got if job_id in there]
    if by_offset:
        assert [*dict.fromkeys(ours)] == there
    else:
        assert ours == there
    assert len(api.log) <= 5 * (25 + count + 2)


def read_on(pager: Any, got: list[str]) -> None:
    """Every item of a list, whatever fails in between."""
    while not pager.ended:
        try:
            got.extend(job.id for job in pager)
        except (APIError, TransportError):
            continue


async def aread_on(sume: Any, got: list[str]) -> None:
    """As `read_on`, awaited."""
    pager = sume.jobs.list()
    while not pager.ended:
        try:
            async for job in pager:
                got.append(job.id)  # noqa: PERF401  (what came before a failure is kept)
        except (APIError, TransportError):
            continue


@given(PAGES)
def test_both_worlds_walk_alike(sizes: list[int]) -> None:
    cursors = [str(n) for n in range(len(sizes))]
    api, ids = listing(sizes, cursors, lambda: False)
    for world in (blocking, awaiting):
        assert [job.id for job in world(api, lambda sume: sume.jobs.list())] == ids


@given(st.lists(st.sampled_from([None, "A", "B", "C"]), min_size=1, max_size=20), st.data())
def test_no_server_makes_a_walk_endless(cursors: list[Any], data: st.DataObject) -> None:
    """A list that answers with whatever cursor it likes: the walk ends, or says why not."""
    size = data.draw(st.integers(0, 2))
    api = ModelApi(FakeClock())

    def answer(_: Asked) -> Answer:
        cursor = cursors[len(api.log) % len(cursors)]
        items = [{"id": f"job_{len(api.log)}_{n}", "status": "x"} for n in range(size)]
        return Answer(
            200, {"object": "list", "data": items, "has_more": True, "next_cursor": cursor}
        )

    api.fault = answer
    got: list[Any] = []
    with api.client() as sume:
        try:
            got.extend(sume.avatars.list())
        except PaginationError:
            pass
        else:
            raise AssertionError("a list that always has more has ended")
    assert len(api.log) <= 4
    assert len(got) == size * len(api.log)
