"""Whatever pages, faults and uses come, a pager hands out every item exactly once, in order.

The threat: one of a thousand combinations of page sizes, errors and ways of iterating loses an
item or hands it out twice, and nobody notices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from sume_api.types import UNSET

from sume_ext import PaginationError, PermissionDeniedError, TransportError
from sume_ext.paging import END
from tests.models.jobs_api import LOST, Answer, Asked, ModelApi, refusal
from tests.models.worlds import awaiting, blocking
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
