"""Cursor lists, walked item by item or page by page, resumable and never endless.

A list ends when the API says so, not when a page is empty; paging that doesn't add up raises
`PaginationError` after everything that came was handed out. No item is handed out twice by
one pager, and none is skipped, whatever fails between two pages; a pager serves one thread or
task at a time and refuses a second, and what the server itself lists twice comes twice.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeVar, cast

from attrs import evolve, frozen

from sume_ext.calling.calls import Call, Reply, Settings, misfit, model_of, perform
from sume_ext.calling.ids import is_id
from sume_ext.errors import InvalidArgumentError, PaginationError, SchemaMismatchError
from sume_ext.runners.alone import Turn
from sume_ext.secrecy.border import bordered
from sume_ext.secrecy.quoting import quoted, shown_id

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
        # One item that isn't as promised must not cost its whole page, so `read` judges each.
        self._asking = evolve(call, parse=_as_it_came)
        self._kwargs = kwargs
        self.params = dict(kwargs.get("params") or {})
        self.cursor: str | None = self.params.get("cursor")
        self.ended = self.cursor == END
        self._seen = {self.cursor}

    def fetch(self, settings: Settings, *, within: float | None = None) -> Flow[Reply[Any]]:
        """The answer with the page at the cursor."""
        return self.fetch_at(self.cursor, settings, within=within)

    def fetch_at(
        self, cursor: str | None, settings: Settings, *, within: float | None = None
    ) -> Flow[Reply[Any]]:
        """The answer with the page at any cursor; the walk stays where it is."""
        params = self.params if cursor is None else {**self.params, "cursor": cursor}
        kwargs = {**self._kwargs, "params": params}
        return perform(settings, self._asking, kwargs, within=within)

    def read(self, reply: Reply[Any], make: Callable[[Any, Any], T]) -> Page[T]:
        """The page in an answer.

        Args:
            reply: The answer.
            make: Makes each item from its model and its JSON; the model is None where the item
                isn't what the schema says.

        Raises:
            SchemaMismatchError: It isn't a page.
        """
        raw = _object(reply.raw)
        items: list[Any] | None = raw.get("data")
        if not isinstance(items, list):
            raise self._mismatch("there is no list of items", "data", reply.request_id)
        models = self._models(raw)
        if models is None:
            models = [self._model(item) for item in items]
        cursor, more = raw.get("next_cursor"), raw.get("has_more")
        return Page(
            tuple(make(model, item) for model, item in zip(models, items, strict=True)),
            more if isinstance(more, bool) else cursor is not None,
            cursor if isinstance(cursor, str) else None,
            shown_id(reply.request_id),
        )

    def _models(self, page: dict[str, Any]) -> list[Any] | None:
        """The generated models of a page's items; None when one of them has none."""
        if misfit(self._call, page) is not None:
            return None
        try:
            models: list[Any] = model_of(self._call, page).data
        except Exception:  # noqa: BLE001  (generated parsers fail in many ways)
            return None
        return models

    def _model(self, item: Any) -> Any:
        return (self._models(_alone(item)) or [None])[0]

    def unreadable(self, item: Any, request_id: str | None) -> SchemaMismatchError:
        """The error for an item that has no model."""
        place = misfit(self._call, _alone(item)) or "data[0]: it can't be read"
        where, _, what = place.rpartition(": ")
        named = _object(item).get("id")
        told = f" {named}" if isinstance(named, str) and is_id(named) else ""
        error = self._mismatch(
            f"the item{told} isn't what the schema says ({what})",
            where.removeprefix("data[0]").removeprefix("."),
            request_id,
        )
        error.hint = f"Iterate on for the items behind it. {error.hint}"
        return error

    def leads_on(self, page: Page[Any]) -> bool:
        """Whether `move_on` finds nothing wrong with a page."""
        return self._problem(page) is None and len(self._seen) < MAX_PAGES

    def move_on(self, page: Page[Any]) -> None:
        """Step to the next page, once everything on this one was handed out.

        Raises:
            PaginationError: There should be one, but its cursor can't be right.
        """
        if problem := self._problem(page):
            raise self._error(problem, page, hint=_AGAIN)
        self.ended = not page.has_more
        if self.ended:
            return
        self.cursor = page.next_cursor
        self._seen.add(self.cursor)
        if len(self._seen) > MAX_PAGES:
            self._seen = {self.cursor}
            raise self._error(f"that were {MAX_PAGES} pages; iterate on if that is right.", page)

    def _problem(self, page: Page[Any]) -> str | None:
        if not page.has_more:
            return None
        if page.next_cursor is None:
            return "the API says there is more, but gave no cursor."
        if page.next_cursor in self._seen:
            return "the API gave a cursor that it gave before."
        return None

    def _error(self, problem: str, page: Page[Any], hint: str | None = None) -> PaginationError:
        return PaginationError(
            problem,
            cursor=self.cursor,
            hint=hint,
            operation=self._call.name,
            request_id=page.request_id,
        )

    def _mismatch(self, problem: str, place: str, request_id: str | None) -> SchemaMismatchError:
        return SchemaMismatchError(
            f"{problem}.", place=place, operation=self._call.name, request_id=request_id
        )

    def __repr__(self) -> str:
        return f"<Walk through {self._call.name}>"


_AGAIN = (
    "Iterate on, and that page is asked for again, without what it gave already. Another list "
    "from the error's cursor (cursor=) gives the items of that page once more."
)


class _End(Enum):
    """What a flow answers with when there is nothing more."""

    END = "end"


_Item = tuple[Any, Any]
"""An item's model, or None when it has none, and its JSON."""


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
        self._page: Page[_Item] | None = None
        self._handed = 0
        self._known = set[str]()
        self._returned: deque[T] = deque()
        self._returned_at: str | None = None
        self._turn = Turn("pager")

    @property
    def cursor(self) -> str | None:
        """Where another pager would go on: the cursor after the last page consumed whole.

        A page counts as consumed when its items were handed out and the next thing was asked
        for; by `take`, when its last item was taken. Pass it as ``cursor=`` to the same list,
        today or another day: None is the start, and `END`, once the list has `ended`, is where
        nothing is left.
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
        with self._turn:
            return (yield from flow)

    def _peek(self) -> Flow[Page[T]]:
        if self._walk.ended and not self._returned:
            return Page((), has_more=False, next_cursor=None, request_id=None)
        page = yield from self._fetch(self.cursor)
        return _with(page, tuple(self._made(item, page) for item in page))

    def _fetch(self, cursor: str | None) -> Flow[Page[_Item]]:
        reply = yield from self._walk.fetch_at(cursor, self._engine.settings)
        return self._walk.read(reply, lambda model, raw: (model, raw))

    def _made(self, item: _Item, page: Page[_Item]) -> T:
        model, raw = item
        if model is None:
            raise self._walk.unreadable(raw, page.request_id)
        return self._item(model, raw)

    def _current(self) -> Flow[Page[_Item] | None]:
        if self._page is None and not self._walk.ended:
            page = yield from self._fetch(self._walk.cursor)
            left = tuple(item for item in page if _name(item) not in self._known)
            self._page, self._handed = evolve(page, data=left), 0
        return self._page

    def _leave(self, page: Page[_Item]) -> None:
        at, self._page = self._walk.cursor, None
        try:
            self._walk.move_on(page)
        except PaginationError:
            if self._walk.cursor == at:
                # The page will be fetched again for its cursor; its items have been handed out.
                self._known.update(map(_name, page))
            raise
        finally:
            if self._walk.ended or self._walk.cursor != at:
                self._known.clear()

    def _next_item(self) -> Flow[T | _End]:
        while not self._returned:
            page = yield from self._current()
            if page is None:
                return _End.END
            if self._handed < len(page):
                self._handed += 1
                return self._made(page.data[self._handed - 1], page)
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
        rest = self._rest(page)
        if self._handed < len(page):
            return Page(rest, True, self._walk.cursor, page.request_id)
        return _with(page, rest)

    def _rest(self, page: Page[_Item]) -> tuple[T, ...]:
        """What wasn't handed out of a page yet, up to an item that can't be read."""
        rest: list[T] = []
        while self._handed < len(page):
            self._handed += 1
            try:
                rest.append(self._made(page.data[self._handed - 1], page))
            except SchemaMismatchError:
                if not rest:
                    raise
                self._handed -= 1
                break
        return tuple(rest)

    def _next(self) -> Flow[Page[T] | _End]:
        return self._alone(self._next_page())

    def _take(self, count: int) -> Flow[list[T]]:
        if type(count) is not int or count < 0:
            raise InvalidArgumentError(f"can't take {quoted(count)} items.", hint="Take 0 or more.")
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
        if taken:
            self._leave_if_used_up()
        return taken

    def _leave_if_used_up(self) -> None:
        """Count the page as consumed: who takes its last item has all of it, and asks no more."""
        page = self._page
        if page is not None and self._handed >= len(page) and self._walk.leads_on(page):
            self._leave(page)

    def __reduce__(self) -> NoReturn:
        raise InvalidArgumentError(
            "a pager belongs to its client and can't be pickled or copied.",
            hint="Keep pager.cursor, and pass it as cursor= to the same list.",
        )

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


def _as_it_came(*, client: Any, response: Any) -> Any:
    del client
    return response.json()


def _alone(item: Any) -> dict[str, Any]:
    """A page of one item."""
    return {"object": "list", "data": [item], "has_more": False, "next_cursor": None}


def _with(page: Page[Any], items: tuple[T, ...]) -> Page[T]:
    return Page(items, page.has_more, page.next_cursor, page.request_id)


def _name(item: _Item) -> str:
    """What an item is known again by: its id, or all of it where it has none."""
    raw = item[1]
    named = _object(raw).get("id")
    return named if isinstance(named, str) else repr(raw)
