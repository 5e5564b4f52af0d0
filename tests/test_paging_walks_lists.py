"""Walking a list hands out every item once, however it is paged, and never goes on for ever.

The threats: an empty page taken for the end drops the rest; a cursor that never ends loops; an
error on page seven costs pages one to six; a "cursor" that is a URL carries the key away.
"""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from sume_ext import (
    InvalidArgumentError,
    NotFoundError,
    PaginationError,
    SchemaMismatchError,
    paging,
)
from tests.models.jobs_api import Answer, Asked, AsyncWire, ModelApi, refusal
from tests.models.worlds import Use, World, awaiting, blocking, in_both_worlds
from tests.support import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from sume_ext.paging import Page

START = "start"


Pages = dict[str, tuple[list[str], bool, object]]


def a_list(pages: Pages) -> ModelApi:
    """An API whose lists are these pages: by cursor, the items, `has_more` and `next_cursor`."""
    api = ModelApi(FakeClock())

    def page(asked: Asked) -> Answer:
        items, more, cursor = pages[asked.query.get("cursor", START)]
        data = [{"id": item, "status": "completed"} for item in items]
        body = {"object": "list", "data": data, "has_more": more, "next_cursor": cursor}
        return Answer(200, body)

    api.fault = page
    return api


THREE: Pages = {
    START: (["a", "b"], True, "1"),
    "1": (["c", "d"], True, "2"),
    "2": (["e"], False, None),
}


def ids(items: list[Any]) -> list[str]:
    return [item.id for item in items]


LISTS: dict[str, Use] = {
    "jobs.list": lambda sume: sume.jobs.list(),
    "avatars.list": lambda sume: sume.avatars.list(),
    "brand.list": lambda sume: sume.brand.list(),
    "assets.list": lambda sume: sume.assets.list(),
    "assets.search": lambda sume: sume.assets.search(q="x"),
}


@pytest.mark.parametrize("name", LISTS)
@in_both_worlds
def test_every_list_is_walked_to_its_end(world: World, name: str) -> None:
    assert ids(world(a_list(THREE), LISTS[name])) == ["a", "b", "c", "d", "e"]


@in_both_worlds
def test_nothing_is_asked_before_the_first_item(world: World) -> None:
    api = a_list(THREE)
    world(api, lambda sume: str(sume.jobs.list().cursor))
    world(api, lambda sume: repr(sume.jobs.list().pages()))
    assert api.log == []


@in_both_worlds
def test_pages_are_as_the_api_gave_them(world: World) -> None:
    pages: list[Page[Any]] = world(a_list(THREE), lambda sume: sume.jobs.list().pages())
    assert [(ids([*p]), len(p), p.has_more, p.next_cursor) for p in pages] == [
        (["a", "b"], 2, True, "1"),
        (["c", "d"], 2, True, "2"),
        (["e"], 1, False, None),
    ]


@in_both_worlds
def test_one_page_alone(world: World) -> None:
    api = a_list(THREE)
    assert ids([*world(api, lambda sume: sume.jobs.list(limit=2, cursor="1").page())]) == ["c", "d"]
    assert [a.query for a in api.log] == [{"limit": "2", "cursor": "1"}]


@in_both_worlds
def test_an_empty_page_with_a_cursor_goes_on(world: World) -> None:
    """Filtered lists have such pages; several clients drop the rest there."""
    empty = list[str]()
    api = a_list({START: (empty, True, "1"), "1": (empty, True, "2"), "2": (["a"], False, None)})
    assert ids(world(api, lambda sume: sume.jobs.list())) == ["a"]


@in_both_worlds
def test_an_empty_cursor_is_a_cursor(world: World) -> None:
    api = a_list({START: (["a"], True, ""), "": (["b"], False, None)})
    assert ids(world(api, lambda sume: sume.jobs.list())) == ["a", "b"]
    assert api.log[1].query == {"cursor": ""}


@in_both_worlds
def test_has_more_false_ends_a_list_that_still_has_a_cursor(world: World) -> None:
    api = a_list({START: (["a"], False, "1")})
    assert ids(world(api, lambda sume: sume.jobs.list())) == ["a"]


@in_both_worlds
def test_a_url_is_never_followed(world: World) -> None:
    """A page that says where to go next would say where the key goes."""
    url = "https://elsewhere.example/jobs?cursor=1"
    api = a_list({START: (["a"], True, url), url: (["b"], False, None)})
    assert ids(world(api, lambda sume: sume.jobs.list())) == ["a", "b"]
    assert {asked.path for asked in api.log} == {"/jobs"}


@pytest.mark.parametrize(
    ("pages", "cursor"),
    [
        ({START: (["a"], True, "1"), "1": (["b"], True, None)}, "1"),
        ({START: (["a"], True, "1"), "1": (["b"], True, "1")}, "1"),
        (
            {START: (["a"], True, "A"), "A": (["b"], True, "B"), "B": (list[str](), True, "A")},
            "B",
        ),
    ],
    ids=["null cursor", "same cursor", "A B A"],
)
def test_paging_that_does_not_add_up_is_told_after_what_came(pages: Pages, cursor: str) -> None:
    """With the cursor to go on from; and asking again doesn't hand out items twice."""
    api = a_list(pages)
    with api.client() as sume:
        pager = sume.jobs.list()
        assert [next(pager).id, next(pager).id] == ["a", "b"]
        errors: list[PaginationError] = []
        for _ in range(2):
            with pytest.raises(PaginationError) as caught:
                next(pager)
            assert caught.value.cursor == pager.cursor == cursor
            errors.append(caught.value)
    assert errors[0] is not errors[1]  # or its traceback would grow with every try
    assert len(api.log) == len(pages) + 1
    assert "once more" in errors[0].hint  # what another pager there would give


def some(pager: Any, how: str) -> list[str]:
    """What comes next, in one of the ways there are."""
    if how == "pages":
        return ids([*next(pager.pages(), ())])
    if how == "take":
        return ids(pager.take(4))
    return ids([item for item in [next(pager, None)] if item])


EVERY_WAY = pytest.mark.parametrize("how", ["next", "pages", "take"])


@pytest.mark.parametrize("wrong", [None, "1", 5, 0], ids=repr)
@EVERY_WAY
def test_a_cursor_that_is_wrong_once_costs_nothing(wrong: object, how: str) -> None:
    """The page is asked for again: nothing comes twice, and what is new on it comes, too."""
    api = a_list(THREE)
    answer = api.fault
    item = {"id": "c", "status": "completed"}
    body = {"object": "list", "data": [item], "has_more": True, "next_cursor": wrong}
    broken = [Answer(200, body)]
    api.fault = lambda asked: broken.pop() if broken and asked.query else answer(asked)
    got: list[str] = []
    with api.client() as sume:
        pager = sume.jobs.list()
        for _ in range(2):
            with suppress(PaginationError):
                while not pager.ended:
                    got += some(pager, how)
    assert got == ["a", "b", "c", "d", "e"]
    assert [asked.query.get("cursor") for asked in api.log] == [None, "1", "1", "2"]


@pytest.mark.parametrize("cursor", [5, 0, {"a": 1}, ["a"], 1.5, True])
@in_both_worlds
def test_a_cursor_that_nobody_needs_is_not_judged(world: World, cursor: object) -> None:
    assert ids(world(a_list({START: (["a"], False, cursor)}), lambda sume: sume.jobs.list())) == [
        "a"
    ]


@pytest.mark.parametrize("more", [True, None, "yes"])
@pytest.mark.parametrize("cursor", [20, {"a": 1}, ["a"]])
def test_a_cursor_that_is_none_is_told_after_what_came(more: object, cursor: object) -> None:
    api = a_list({START: (["a"], more, cursor)})  # type: ignore[dict-item]
    with api.client() as sume:
        pager = sume.jobs.list()
        assert next(pager).id == "a"
        with pytest.raises(PaginationError):
            next(pager)


ODD = {"id": "job_odd"}  # a job without a status


@EVERY_WAY
def test_an_item_that_cannot_be_read_costs_no_other(how: str) -> None:
    """It is told when its turn comes, by its id; whoever goes on gets what is behind it."""
    api = a_list(THREE)
    answer: Callable[[Asked], Any] = api.fault

    def odd(asked: Asked) -> Any:
        said = answer(asked)
        if asked.query.get("cursor") == "1":
            said.body["data"].insert(1, ODD)
        return said

    api.fault = odd
    got: list[str] = []
    told: list[SchemaMismatchError] = []
    with api.client() as sume:
        pager = sume.jobs.list()
        while not pager.ended:
            try:
                got += some(pager, how)
            except SchemaMismatchError as error:
                told.append(error)
    assert [(error.place, "job_odd" in str(error)) for error in told] == [("status", True)]
    assert got == ["a", "b", "c", "d", "e"]


def test_what_was_taken_to_the_end_of_a_page_is_consumed() -> None:
    """A batch of a page's size, the cursor kept, and on another day the next batch: none twice."""
    api = a_list(THREE)
    with api.client() as sume:
        pager = sume.jobs.list()
        cursors: list[str | None] = []
        while not pager.ended:
            assert pager.take(2)
            cursors.append(pager.cursor)
    assert cursors == ["1", "2", paging.END]
    assert len(api.log) == 3


def test_a_batch_that_came_is_handed_out_even_where_the_list_breaks_behind_it() -> None:
    api = a_list({START: (["a", "b"], True, None)})
    with api.client() as sume:
        pager = sume.jobs.list()
        assert ids(pager.take(2)) == ["a", "b"]
        with pytest.raises(PaginationError):
            pager.take(2)


def test_the_page_at_the_cursor_is_the_one_the_cursor_tells() -> None:
    """After a `take` that failed half way, too: what it had goes back to the list."""
    api = a_list(THREE)
    answer = api.fault
    with api.client() as sume:
        pager = sume.jobs.list()
        api.fault = lambda asked: refusal(404, "gone") if asked.query else answer(asked)
        with pytest.raises(NotFoundError):
            pager.take(3)
        api.fault = answer
        assert pager.cursor is None
        assert ids([*pager.page()]) == ["a", "b"]
        assert ids(pager.take(3)) == ["a", "b", "c"]


@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_pager_says_what_to_keep_instead_of_it(copied: Callable[[object], object]) -> None:
    with (
        a_list(THREE).client() as sume,
        pytest.raises(InvalidArgumentError, match="pickled") as caught,
    ):
        copied(sume.jobs.list())
    assert "cursor" in caught.value.hint


def test_too_many_pages_stop_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never ends its list is noticed; who means it iterates on."""
    monkeypatch.setattr(paging, "MAX_PAGES", 3)
    api = a_list({START if n == 0 else str(n): ([f"j{n}"], True, str(n + 1)) for n in range(9)})
    got: list[str] = []
    cursors: list[str | None] = []
    with api.client() as sume:
        pager = sume.jobs.list()
        for _ in range(2):
            with pytest.raises(PaginationError) as caught:
                got.extend(job.id for job in pager)
            cursors.append(caught.value.cursor)
    assert got == ["j0", "j1", "j2", "j3", "j4", "j5"]
    assert cursors == ["3", "6"]


@pytest.mark.parametrize(
    "body",
    [
        {"object": "list", "data": None, "has_more": False},
        {"object": "list", "data": {"id": "a", "status": "x"}, "has_more": False},
        {"object": "list", "has_more": False},
        [],
    ],
)
@in_both_worlds
def test_what_is_no_page_is_told_as_that(world: World, body: Any) -> None:
    api = ModelApi(FakeClock())
    api.fault = lambda _: Answer(200, body)
    with pytest.raises(SchemaMismatchError):
        world(api, lambda sume: sume.jobs.list())


def test_a_page_that_failed_is_fetched_again_by_iterating_on() -> None:
    """An error on the second page costs neither the first nor the third."""
    api = a_list(THREE)
    answer, broken = api.fault, [True]

    def once(asked: Asked) -> Any:
        if asked.query.get("cursor") == "1" and broken.pop() if broken else False:
            return refusal(404, "gone")
        return answer(asked)

    api.fault = once
    got: list[str] = []
    with api.client() as sume:
        pager = sume.jobs.list()
        with pytest.raises(NotFoundError):
            got.extend(job.id for job in pager)
        got.extend(job.id for job in pager)
    assert got == ["a", "b", "c", "d", "e"]


def test_taking_goes_on_where_it_stopped_and_an_error_keeps_what_was_taken() -> None:
    api = a_list(THREE)
    answer = api.fault
    with api.client() as sume:
        pager = sume.jobs.list()
        assert ids(pager.take(0)) == []
        assert api.log == []
        assert ids(pager.take(1)) == ["a"]
        api.fault = lambda _: refusal(404, "gone")
        with pytest.raises(NotFoundError):
            pager.take(3)
        api.fault = answer
        assert ids(pager.take(3)) == ["b", "c", "d"]
        assert ids(pager.take(3)) == ["e"]
        assert pager.take(3) == []
        with pytest.raises(InvalidArgumentError):
            pager.take(-1)


def test_take_asks_for_no_page_beyond_what_it_needs() -> None:
    api = a_list(THREE)
    with api.client() as sume:
        sume.jobs.list().take(2)
    assert len(api.log) == 1


@in_both_worlds
def test_the_cursor_is_where_another_pager_goes_on(world: World) -> None:
    """A page counts as consumed once the next thing was asked for: nothing is skipped."""
    del world
    api = a_list(THREE)
    with api.client() as sume:
        pager = sume.jobs.list()
        cursors = [(job.id, pager.cursor) for job in pager]
    assert cursors == [("a", None), ("b", None), ("c", "1"), ("d", "1"), ("e", "2")]
    assert pager.ended
    assert pager.cursor == paging.END
    again = awaiting(api, lambda sume: sume.jobs.list(cursor="1"))
    assert ids(again) == ids(blocking(api, lambda sume: sume.jobs.list(cursor="1")))
    assert ids(again) == ["c", "d", "e"]


@in_both_worlds
def test_whatever_cursor_a_pager_shows_can_be_passed_on(world: World) -> None:
    """Before the first page it is None: a program that keeps it needs no special case."""
    api = a_list(THREE)
    with api.client() as sume:
        pager = sume.jobs.list()
        kept = [pager.cursor, *(pager.cursor for _ in pager), pager.cursor]
    assert kept == [None, None, None, "1", "1", "2", paging.END]
    left = [
        ids(world(api, lambda sume, at=cursor: sume.jobs.list(cursor=at)))  # type: ignore[misc]
        for cursor in (None, "1", "2", paging.END)
    ]
    assert left == [[*"abcde"], [*"cde"], ["e"], list[str]()]


@in_both_worlds
def test_after_the_end_the_cursor_says_that_nothing_is_left(world: World) -> None:
    """A loop that always goes on from where it stopped must not read the last page for ever."""
    api = a_list(THREE)
    assert world(api, lambda sume: sume.jobs.list(cursor=paging.END)) == []
    assert world(api, lambda sume: sume.assets.search(cursor=paging.END).take(3)) == []
    page: Page[Any] = world(api, lambda sume: sume.jobs.list(cursor=paging.END).page())
    assert ([*page], page.has_more, page.next_cursor) == ([], False, None)
    assert api.log == []


def test_a_pager_that_threads_share_serves_one_at_a_time() -> None:
    """Two that read the same page at once would both hand out its items, and act on them twice."""
    api = a_list(THREE)
    answer = api.fault
    inside, go_on = threading.Event(), threading.Event()

    def slow(asked: Asked) -> Any:
        inside.set()
        assert go_on.wait(30)
        return answer(asked)

    with api.client() as sume:
        pager = sume.jobs.list()
        api.fault = slow
        got: list[str] = []
        reader = threading.Thread(target=lambda: got.append(next(pager).id))
        reader.start()
        assert inside.wait(30)
        uses: list[Callable[[], object]] = [
            lambda: next(pager), lambda: pager.take(1), lambda: next(pager.pages()),
        ]  # fmt: skip
        for use in uses:
            with pytest.raises(InvalidArgumentError, match="another thread or task"):
                use()
        go_on.set()
        reader.join(30)
        got += [job.id for job in pager]
    assert got == ["a", "b", "c", "d", "e"]


def test_a_pager_that_tasks_share_serves_one_at_a_time() -> None:
    """And whoever is cancelled leaves it to the others."""
    api = a_list(THREE)

    async def main() -> list[str]:
        async with api.aclient() as sume:
            pager = sume.jobs.list()
            entered = asyncio.Event()

            async def forever(*_: object) -> Any:
                entered.set()
                await asyncio.Event().wait()

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(AsyncWire, "open", forever)
                first = asyncio.ensure_future(anext(pager))
                await entered.wait()
                for use in (lambda: anext(pager), lambda: pager.take(2)):
                    with pytest.raises(InvalidArgumentError, match="another thread or task"):
                        await use()
                first.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await first
            return [job.id async for job in pager]

    assert asyncio.run(main()) == ["a", "b", "c", "d", "e"]


def test_items_and_pages_may_be_mixed() -> None:
    """What one way has handed out, the other doesn't again."""
    with a_list(THREE).client() as sume:
        pager = sume.jobs.list()
        assert next(pager).id == "a"
        assert ids([*next(pager.pages())]) == ["b"]
        assert ids([*next(pager.pages())]) == ["c", "d"]
        assert [job.id for job in pager] == ["e"]
        assert [*pager] == []
        assert [*pager.pages()] == []
