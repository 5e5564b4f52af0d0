"""`Sume` and `AsyncSume`: the same table and flows, for code that blocks and code that awaits."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar, cast

from sume_ext import operations
from sume_ext.binding import Async, Operation, Sync
from sume_ext.border import border
from sume_ext.calls import Call, Settings, perform
from sume_ext.clock import Clock, SystemClock
from sume_ext.config import AuthScheme, Config, resolve
from sume_ext.effects import Effect
from sume_ext.engine import Engine, Faces
from sume_ext.jobs import AsyncJob, AsyncJobGroup, Job, JobGroup
from sume_ext.paging import AsyncPager, Pager
from sume_ext.results import AsyncResult, Result
from sume_ext.runners import AsyncRunner, Runner

if TYPE_CHECKING:
    import ssl
    from collections.abc import Coroutine
    from types import TracebackType

    from sume_ext.flow import Flow
    from sume_ext.secret import Secret
    from sume_ext.wire import AsyncTransport, Transport

P = ParamSpec("P")
T = TypeVar("T")


class _Client:
    """What both clients share: configuration, and operations the table doesn't have."""

    _engine: Engine
    _config: Config

    def _unbound(self, operation: Any, args: Any, kwargs: Any) -> Flow[Any]:
        arguments = operation._get_kwargs(*args, **kwargs)  # noqa: SLF001
        effect = Effect.READS if arguments["method"].lower() == "get" else Effect.SPENDS
        name = operation.__name__.rpartition(".")[2]
        call = Call(name, effect, operation._get_kwargs, operation._parse_response)  # noqa: SLF001
        return (yield from perform(self._engine.settings, call, arguments)).parsed

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._config.base_url!r})"


def _carrier(config: Config, given: Any) -> Transport:
    """The network, an httpx transport, or whatever carries our own requests already."""
    if hasattr(given, "open"):
        return cast("Transport", given)
    from sume_ext.transport import HttpTransport  # noqa: PLC0415  (brings httpcore)

    return HttpTransport(config, given)


def _async_carrier(config: Config, given: Any) -> AsyncTransport:
    """As `_carrier`."""
    if hasattr(given, "open"):
        return cast("AsyncTransport", given)
    from sume_ext.transport import AsyncHttpTransport  # noqa: PLC0415  (as above)

    return AsyncHttpTransport(config, given)


class Sume(operations.Api[Sync], _Client):
    """A client for code that blocks. Safe to share between threads; close it, or use ``with``.

    Args:
        api_key: The workspace's key; the environment's ``SUME_API_KEY`` when None.
        base_url: Where the API is; ``SUME_API_BASE_URL``, else the public address, when None.
        auth: ``bearer``, or ``x-api-key`` for legacy keys made in the dashboard.
        timeout: Seconds one call may take altogether, its retries included.
        proxy: URL of a proxy; the environment's when None.
        verify: True, False, or an `ssl.SSLContext`.
        transport: Carries the requests instead of the network, for tests.
        clock: The clock to go by, for tests.
        rng: The source of jitter, for tests.

    Raises:
        ConfigurationError: There is no key, or the base URL isn't one a key may be sent to.
    """

    @border
    def __init__(
        self,
        *,
        api_key: str | Secret | None = None,
        base_url: str | None = None,
        auth: AuthScheme = "bearer",
        timeout: float = 60.0,
        proxy: str | None = None,
        verify: bool | ssl.SSLContext = True,
        transport: Any = None,
        clock: Clock | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self._config = resolve(
            api_key=api_key,
            base_url=base_url,
            auth=auth,
            timeout=timeout,
            proxy=proxy,
            verify=verify,
        )
        self._runner = Runner(
            _carrier(self._config, transport),
            _carrier(self._config, transport),
            clock or SystemClock(),
            self._config.connect_timeout,
        )
        self._engine = Engine(
            Settings(self._config, rng or random.Random()),  # noqa: S311  (jitter is no secret)
            operations.BINDINGS,
            self._runner,
            Faces(Job, JobGroup, Result, Pager),
        )
        super().__init__(self._engine)

    @border
    def call(self, operation: Operation[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Any generated operation module, bound or not, with its own arguments.

        What isn't a GET counts as spending, so it is never sent twice.
        """
        parsed: T = self._engine.block(self._unbound(operation, args, kwargs))
        return parsed

    def close(self) -> None:
        """Close every connection."""
        self._runner.transport.close()
        self._runner.storage.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()


class AsyncSume(operations.Api[Async], _Client):
    """A client for code that awaits; arguments and errors as for `Sume`."""

    @border
    def __init__(
        self,
        *,
        api_key: str | Secret | None = None,
        base_url: str | None = None,
        auth: AuthScheme = "bearer",
        timeout: float = 60.0,
        proxy: str | None = None,
        verify: bool | ssl.SSLContext = True,
        transport: Any = None,
        clock: Clock | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self._config = resolve(
            api_key=api_key,
            base_url=base_url,
            auth=auth,
            timeout=timeout,
            proxy=proxy,
            verify=verify,
        )
        self._runner = AsyncRunner(
            _async_carrier(self._config, transport),
            _async_carrier(self._config, transport),
            clock or SystemClock(),
            self._config.connect_timeout,
        )
        self._engine = Engine(
            Settings(self._config, rng or random.Random()),  # noqa: S311  (jitter is no secret)
            operations.BINDINGS,
            self._runner,
            Faces(AsyncJob, AsyncJobGroup, AsyncResult, AsyncPager),
        )
        super().__init__(self._engine)

    # No coroutine of its own, because its frame would hold the arguments while it fails.
    @border
    def call(
        self, operation: Operation[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> Coroutine[Any, Any, T]:
        """As `Sume.call`."""
        return self._engine.soon(self._unbound(operation, args, kwargs))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._runner.transport.aclose()
        await self._runner.storage.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await self.aclose()
