"""Cursor lists, walked item by item or page by page, resumable and never endless.

A list ends when the API says so, not when a page is empty; paging that doesn't add up raises
`PaginationError` after everything that came was handed out. No item is handed out twice by
one pager, and none is skipped, whatever fails between two pages; a pager serves one thread or
task at a time and refuses a second, and what the server itself lists twice comes twice.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from attrs import evolve, frozen

from sume_ext.calling.calls import Call, Reply, Settings, perform
from sume_ext.errors import InvalidArgumentError, PaginationError, SchemaMismatchError
from sume_ext.secrecy.border import bordered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sume_ext.engine import Engine
    from sume_ext.flow import Flow

T = TypeVar("T")
R = TypeVar("R")
END = "end-of-list"
"""The cursor after the last page: ``cursor=END`` lists nothing, and asks for nothing. A program
that keeps `Pager.cursor` anywhere can so go on from it without knowing where it stopped."""
MAX_PAGES = 10_000
"""Pages in a row before a walk stops to ask whether it should go on: a million items."""


@frozen
class Page(Generic[T]):
    """One page of a list; iterating over it stays within it.

    Attributes:
        data: Its items.
        has_more: Whether the API says there are more.
        next_cursor: The cursor of the next page, or None.
        request_id: The API's id of the request, or None.
    """

    data: tuple[T, ...]
    has_more: bool
    next_cursor: str | None
    request_id: str | None

    def __iter__(self) -> Iterator[T]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)


class Walk:
    """Where a walk through a list stands, and whether its next step makes sense.

    Args:
        call: The list operation.
        kwargs: Its arguments, as the generated code made them.

    Attributes:
        params: The query parameters of every page.
        cursor: The cursor of the page to fetch, or None for the first. Opaque: it only ever
            travels as a query parameter, even when it looks like a URL, and ``""`` is one.
        ended: Whether the API said there is no more.
    """

    def __init__(self, call: Call, kwargs: dict[str, Any]) -> None:
        self._call = call
        self._kwargs = kwargs
        self.params = dict(kwargs.get("params") or {})
        self.cursor: str | None = self.params.get("cursor")
        self.ended = self.cursor == END
        self._seen = {self.cursor}
        self._broken: PaginationError | None = None

    def fetch(self, settings: Settings, *, within: float | None = None) -> Flow[Reply[Any]]:
        """The answer with the page at the cursor."""
        if self._broken:
            raise self._broken
        params = self.params if self.cursor is None else {**self.params, "cursor": self.cursor}
        return (
            yield from perform(
                settings, self._call, {**self._kwargs, "params": params}, within=within
            )
        )

    def read(self, reply: Reply[Any], make: Callable[[Any, Any], T]) -> Page[T]:
        """The page in an answer.

        Args:
            reply: The answer.
            make: Makes each item from its model and its JSON.

        Raises:
            SchemaMismatchError: It isn't a page.
        """
        raw = _object(reply.raw)
        models: list[Any] | None = getattr(reply.parsed, "data", None)
        items: list[Any] | None = raw.get("data")
        if not isinstance(models, list) or not isinstance(items, list):
            raise self._mismatch("there is no list of items.", "data", reply)
        cursor, more = raw.get("next_cursor"), raw.get("has_more")
        if not isinstance(cursor, str | None):
            raise self._mismatch("the cursor is no string.", "next_cursor", reply)
        return Page(
            tuple(make(model, item) for model, item in zip(models, items, strict=True)),
            cursor is not None if more is None else bool(more),
            cursor,
            reply.request_id,
        )

    def move_on(self, page: Page[Any]) -> None:
        """Step to the next page, once everything on this one was handed out.

        Raises:
            PaginationError: There should be one, but its cursor can't be right.
        """
        self.ended = not page.has_more
        if self.ended:
            return
        if page.next_cursor is None:
            self._broken = self._error("the API says there is more, but gave no cursor.", page)
            raise self._broken
        if page.next_cursor in self._seen:
            self._broken = self._error("the API gave a cursor that it gave before.", page)
            raise self._broken
        self.cursor = page.next_cursor
        self._seen.add(self.cursor)
        if len(self._seen) > MAX_PAGES:
            self._seen = {self.cursor}
            raise self._error(f"that were {MAX_PAGES} pages; iterate on if that is right.", page)

    def _error(self, problem: str, page: Page[Any]) -> PaginationError:
        return PaginationError(
            problem, cursor=self.cursor, operation=self._call.name, request_id=page.request_id
        )

    def _mismatch(self, problem: str, place: str, reply: Reply[Any]) -> SchemaMismatchError:
        return SchemaMismatchError(
            problem, place=place, operation=self._call.name, request_id=reply.request_id
        )

    def __repr__(self) -> str:
        return f"<Walk through {self._call.name}>"


class _End(Enum):
    """What a flow answers with when there is nothing more."""

    END = "end"


class _Walker(Generic[T]):
    """What a pager has handed out so far, in both worlds.

    Args:
        engine: The client's.
        call: The list operation.
        kwargs: Its arguments, as the generated code made them.
        item: Makes each item from its model and its JSON; None hands out the model.
    """

    def __init__(
        self,
        engine: Engine,
        call: Call,
        kwargs: dict[str, Any],
        item: Callable[[Any, Any], T] | None = None,
    ) -> None:
        self._engine = engine
        self._name = call.name
        self._item = item or _model
        self._walk = Walk(call, kwargs)
        self._page: Page[T] | None = None
        self._handed = 0
        self._returned: deque[T] = deque()
        self._returned_at: str | None = None
        self._turn = Lock()

    @property
    def cursor(self) -> str | None:
        """Where another pager would go on: the cursor after the last page consumed whole.

        A page counts as consumed when its items were handed out and the next thing was asked
        for. Pass it as ``cursor=`` to the same list, today or another day: None is the start,
        and `END`, once the list has `ended`, is where nothing is left.
        """
        if self._returned:
            return self._returned_at
        return END if self._walk.ended else self._walk.cursor

    @property
    def ended(self) -> bool:
        """Whether everything was handed out, as far as the API knows."""
        return self._walk.ended and self._page is None and not self._returned

    def _alone(self, flow: Flow[R]) -> Flow[R]:
        """A flow that no other of this pager may interleave with: items would come twice."""
        if not self._turn.acquire(blocking=False):
            raise InvalidArgumentError(
                "another thread or task is reading from this pager.",
                hint="Give each a pager of its own, or let one read and hand out the items.",
            )
        try:
            return (yield from flow)
        finally:
            self._turn.release()

    def _peek(self) -> Flow[Page[T]]:
        if self._walk.ended:
            return Page((), has_more=False, next_cursor=None, request_id=None)
        return (yield from self._fetch())

    def _fetch(self) -> Flow[Page[T]]:
        reply = yield from self._walk.fetch(self._engine.settings)
        return self._walk.read(reply, self._item)

    def _current(self) -> Flow[Page[T] | None]:
        if self._page is None and not self._walk.ended:
            self._page = yield from self._fetch()
            self._handed = 0
        return self._page

    def _leave(self, page: Page[T]) -> None:
        self._page = None
        self._walk.move_on(page)

    def _next_item(self) -> Flow[T | _End]:
        while not self._returned:
            page = yield from self._current()
            if page is None:
                return _End.END
            if self._handed < len(page):
                self._handed += 1
                return page.data[self._handed - 1]
            self._leave(page)
        return self._returned.popleft()

    def _next_page(self) -> Flow[Page[T] | _End]:
        if self._returned:
            returned, self._returned = tuple(self._returned), deque()
            return Page(returned, not self._walk.ended, self._walk.cursor, None)
        if self._page is not None and self._handed >= len(self._page):
            self._leave(self._page)
        page = yield from self._current()
        if page is None:
            return _End.END
        rest, self._handed = page.data[self._handed :], len(page)
        return evolve(page, data=rest)

    def _next(self) -> Flow[Page[T] | _End]:
        return self._alone(self._next_page())

    def _take(self, count: int) -> Flow[list[T]]:
        if type(count) is not int or count < 0:
            raise InvalidArgumentError(f"can't take {count!r} items.", hint="Take 0 or more.")
        taken: list[T] = []
        began = self.cursor
        try:
            while len(taken) < count:
                item = yield from self._next_item()
                if item is _End.END:
                    break
                taken.append(item)
        except BaseException:
            # What was taken is handed out by the next call instead: nothing is lost.
            self._returned.extendleft(reversed(taken))
            self._returned_at = began
            raise
        return taken

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._name}>"


@bordered
class Pager(_Walker[T]):
    """A list to walk, once. Nothing is requested before the first item is asked for.

    Iterating goes on where the last iteration stopped, also after an error: a page that
    failed is fetched again.
    """

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        item = self._engine.block(self._alone(self._next_item()))
        if item is _End.END:
            raise StopIteration
        return item

    def pages(self) -> Pages[T]:
        """Page by page; a page begun item by item is handed out as what is left of it."""
        return Pages(self)

    def page(self) -> Page[T]:
        """The page at the cursor, alone; the walk doesn't move."""
        return self._engine.block(self._peek())

    def take(self, count: int) -> list[T]:
        """The next items, at most `count`; fewer only at the list's end.

        Args:
            count: How many; the page size is the list's own ``limit=``.
        """
        return self._engine.block(self._alone(self._take(count)))


class Pages(Generic[T]):
    """A pager seen page by page."""

    def __init__(self, pager: Pager[T]) -> None:
        self._pager = pager

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Page[T]:
        page = self._pager._engine.block(self._pager._next())  # noqa: SLF001
        if page is _End.END:
            raise StopIteration
        return page


@bordered
class AsyncPager(_Walker[T]):
    """As `Pager`, for ``async for`` and ``await``."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        item = await self._engine.soon(self._alone(self._next_item()))
        if item is _End.END:
            raise StopAsyncIteration
        return item

    def pages(self) -> AsyncPages[T]:
        """As `Pager.pages`."""
        return AsyncPages(self)

    async def page(self) -> Page[T]:
        """As `Pager.page`."""
        return await self._engine.soon(self._peek())

    async def take(self, count: int) -> list[T]:
        """As `Pager.take`."""
        return await self._engine.soon(self._alone(self._take(count)))


class AsyncPages(Generic[T]):
    """As `Pages`, for ``async for``."""

    def __init__(self, pager: AsyncPager[T]) -> None:
        self._pager = pager

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Page[T]:
        page = await self._pager._engine.soon(self._pager._next())  # noqa: SLF001
        if page is _End.END:
            raise StopAsyncIteration
        return page


def _object(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _model(model: Any, _: Any) -> Any:
    return model
