"""Cursor lists, walked item by item or page by page, resumable and never endless.

A list ends when the API says so, not when a page is empty; paging that doesn't add up raises
`PaginationError` after everything that came was handed out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import frozen

from sume_ext.calls import Call, Reply, perform
from sume_ext.errors import PaginationError
from sume_ext.flow import Emit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    from sume_ext.engine import Engine
    from sume_ext.flow import Flow

T = TypeVar("T")
_MAX_PAGES = 100_000


@frozen
class Page(Generic[T]):
    """One page of a list.

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


class _Walker(Generic[T]):
    """Where a walk through a list stands, in both worlds.

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
        self._call = call
        self._kwargs = kwargs
        self._item = item
        self._cursor: str | None = (kwargs.get("params") or {}).get("cursor")
        self._seen = {self._cursor}
        self._ended = False

    @property
    def cursor(self) -> str | None:
        """Where to go on from: the cursor after the last page that was consumed whole."""
        return self._cursor

    def _fetch(self) -> Flow[Page[T]]:
        """The page at the cursor."""
        params = dict(self._kwargs.get("params") or {})
        if self._cursor is not None:
            params["cursor"] = self._cursor
        reply = yield from perform(
            self._engine.settings, self._call, {**self._kwargs, "params": params}
        )
        return self._page_of(reply)

    def _page_of(self, reply: Reply[Any]) -> Page[T]:
        make = self._item or (lambda model, _: model)
        models, raws = reply.parsed.data, reply.raw["data"]
        return Page(
            tuple(make(model, raw) for model, raw in zip(models, raws, strict=True)),
            bool(reply.raw.get("has_more")),
            reply.raw.get("next_cursor"),
            reply.request_id,
        )

    def _walk(self, expand: Callable[[Page[T]], Iterable[Any]]) -> Flow[None]:
        """Everything from the cursor on, each page expanded into what is emitted."""
        while not self._ended:
            page = yield from self._fetch()
            for event in expand(page):
                yield Emit(event)
            self._consumed(page)

    def _take(self, count: int) -> Flow[list[T]]:
        """The first items from the cursor on, at most `count`."""
        taken: list[T] = []
        while len(taken) < count and not self._ended:
            page = yield from self._fetch()
            taken += page.data[: count - len(taken)]
            if len(taken) < count:
                self._consumed(page)
        return taken

    def _consumed(self, page: Page[T]) -> None:
        """Move on after a page that was handed out whole."""
        self._ended = not page.has_more
        if self._ended:
            return
        problem = None
        if page.next_cursor is None:
            problem = "the API says there is more, but gave no cursor."
        elif page.next_cursor in self._seen:
            problem = "the API gave a cursor again that it gave before."
        elif len(self._seen) >= _MAX_PAGES:
            problem = f"the list has more than {_MAX_PAGES} pages."
        if problem:
            raise PaginationError(
                problem,
                cursor=page.next_cursor,
                operation=self._call.name,
                request_id=page.request_id,
            )
        self._seen.add(page.next_cursor)
        self._cursor = page.next_cursor

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._call.name}>"


class Pager(_Walker[T]):
    """A list to walk. Nothing is requested before the first item is asked for."""

    def __iter__(self) -> Iterator[T]:
        return self._engine.each(self._walk(iter))

    def pages(self) -> Iterator[Page[T]]:
        """Page by page."""
        return self._engine.each(self._walk(_whole))

    def page(self) -> Page[T]:
        """The page at the cursor, alone."""
        return self._engine.block(self._fetch())

    def take(self, count: int) -> list[T]:
        """The first items, at most `count`."""
        return self._engine.block(self._take(count))


class AsyncPager(_Walker[T]):
    """As `Pager`, for ``async for`` and ``await``."""

    def __aiter__(self) -> AsyncIterator[T]:
        return self._engine.aeach(self._walk(iter))

    def pages(self) -> AsyncIterator[Page[T]]:
        """As `Pager.pages`."""
        return self._engine.aeach(self._walk(_whole))

    async def page(self) -> Page[T]:
        """As `Pager.page`."""
        return await self._engine.soon(self._fetch())

    async def take(self, count: int) -> list[T]:
        """As `Pager.take`."""
        return await self._engine.soon(self._take(count))


def _whole(page: Page[T]) -> tuple[Page[T]]:
    return (page,)
