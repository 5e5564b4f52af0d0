"""`Sume` and `AsyncSume`: the same table and flows, for code that blocks and code that awaits."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, Self, TypeVar

from attrs import evolve

from sume_ext import operations
from sume_ext.binding.bound import Binding
from sume_ext.binding.resource import Async, Sync
from sume_ext.calling.calls import Settings, perform
from sume_ext.calling.effects import Effect
from sume_ext.clock import Clock, SystemClock
from sume_ext.config import AuthScheme, Config, check_able, resolve
from sume_ext.engine import Engine, Faces
from sume_ext.errors import InvalidArgumentError
from sume_ext.jobs import AsyncJob, AsyncJobGroup, Job, JobGroup
from sume_ext.runners.awaiting import AsyncRunner
from sume_ext.runners.blocking import Runner
from sume_ext.runners.borrowed import Borrowed
from sume_ext.secrecy.border import border

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine, Mapping
    from types import TracebackType

    from sume_ext.binding.lines import Operation
    from sume_ext.flow import Flow
    from sume_ext.network.transport import AsyncHttpTransport, HttpTransport
    from sume_ext.paging import AsyncPager, Pager
    from sume_ext.results import AsyncResult, Result
    from sume_ext.secrecy.secret import Secret
else:
    from sume_ext.later import Later

    AsyncHttpTransport = Later("sume_ext.network.transport", "AsyncHttpTransport")
    HttpTransport = Later("sume_ext.network.transport", "HttpTransport")
    AsyncPager, Pager = (Later("sume_ext.paging", name) for name in ("AsyncPager", "Pager"))
    AsyncResult, Result = (Later("sume_ext.results", name) for name in ("AsyncResult", "Result"))

P = ParamSpec("P")
T = TypeVar("T")
M = TypeVar("M")


class Client(operations.Api[M]):
    """What both clients share: their settings, options, and operations the table doesn't have."""

    _faces: ClassVar[Faces]
    _takes: ClassVar[Mapping[str, tuple[str, ...]]]

    @border
    def __init__(
        self,
        *,
        api_key: str | Secret | None = None,
        base_url: str | None = None,
        auth: AuthScheme = "bearer",
        timeout: float | None = None,
        proxy: str | None = None,
        verify: bool | ssl.SSLContext = True,
        transport: Any = None,
        clock: Clock | None = None,
        rng: random.Random | None = None,
    ) -> None:
        config = resolve(
            api_key=api_key,
            base_url=base_url,
            auth=auth,
            timeout=timeout,
            proxy=proxy,
            verify=verify,
        )
        del api_key, proxy  # whoever dumps running stacks sees locals, and imports take their time
        for name, given in (("transport", transport), ("clock", clock)):
            check_able(given, name, *self._takes[name])
        check_able(rng, "rng", "uniform")
        runner = self._runner_for(config, transport, SystemClock() if clock is None else clock)
        # The system's numbers, for those of a generator would be the same in every forked child.
        settings = Settings(config, random.SystemRandom() if rng is None else rng)
        self._begin(settings, runner, plain=transport is None and clock is None and rng is None)

    @classmethod
    def _runner_for(cls, config: Config, transport: Any, clock: Clock) -> Runner | AsyncRunner:
        """What performs the client's flows."""
        raise NotImplementedError

    def _begin(self, settings: Settings, runner: Runner | AsyncRunner, *, plain: bool) -> None:
        """Take up work; `plain` tells whether the client can be made again from its settings."""
        self._config = settings.config
        self._runner: Any = runner
        self._plain = plain
        self._connections: Any = runner
        self._engine = Engine(settings, operations.BINDINGS, runner, self._faces)
        super().__init__(self._engine)

    @border
    def with_options(
        self,
        *,
        timeout: float | None = None,
        attempts: int | None = None,
        patience: float | None = None,
        max_response_bytes: int | None = None,
    ) -> Self:
        """This client with other options, for one call or for many; it shares the connections.

        As in ``sume.with_options(timeout=5).jobs.get(job_id)``. What is None stays as it is.
        Closing it leaves the connections to this client as long as there is this client.

        Args:
            timeout: Seconds that one call may take altogether, its retries and every pause
                included: what the API asks for (Retry-After) must fit, or the call raises.
            attempts: How often a call is sent at most, where that is safe; 5 by default.
            patience: Seconds that one call waits in all because the API asks it to
                (Retry-After); asked for more, it raises. 120 by default, 0 for never.
            max_response_bytes: The most that an answer may hold, decompressed; 32 MiB by default.
                One that would take more than twice that in memory (56 MiB at least) is refused,
                too: text takes up to nine bytes for one, and each value some hundred.

        Raises:
            ConfigurationError: A value is out of range.
        """
        old = self._engine.settings
        config = old.config.with_options(timeout=timeout, max_response_bytes=max_response_bytes)
        backoff = old.backoff.with_options(attempts=attempts, patience=patience)
        twin = object.__new__(type(self))
        settings = evolve(old, config=config, backoff=backoff)
        twin._begin(settings, self._engine.runner, plain=self._plain)
        twin._connections = Borrowed(self._connections, self)
        return twin

    def _unbound(self, operation: Any, args: Any, kwargs: Any) -> Flow[Any]:
        bound, line = _line_of(operation)
        arguments = line.raw_arguments(args, kwargs)
        call = line.call
        if not bound and arguments["method"].lower() == "get":
            call = evolve(call, effect=Effect.READS)
        return (yield from perform(self._engine.settings, call, arguments)).parsed

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._config.base_url!r})"

    def __copy__(self) -> Self:
        return self.with_options()

    def __deepcopy__(self, memo: object) -> Self:
        return self.with_options()

    def __reduce__(self) -> tuple[Any, ...]:
        """Everything but the key, which the environment has to give where it is unpickled."""
        config, backoff = self._config, self._engine.settings.backoff
        proxy = None if config.proxy is None else config.proxy.reveal()
        if not self._plain or not isinstance(config.verify, bool) or "@" in (proxy or ""):
            raise TypeError(
                "a client with a transport, clock, SSL context or proxy password of its own "
                "isn't pickled; make it where it is needed"
            )
        options: dict[str, Any] = {
            "base_url": config.base_url,
            "auth": config.auth,
            "timeout": config.timeout if config.bounded else None,
            "proxy": proxy,
            "verify": config.verify,
        }
        return _rebuilt, (
            type(self),
            options,
            {
                "attempts": backoff.attempts,
                "patience": backoff.patience,
                "max_response_bytes": config.max_response_bytes,
            },
        )


def _line_of(operation: Any) -> tuple[bool, Binding]:
    """Whether the table has a generated module, and its line or one for this call alone."""
    if not hasattr(operation, "_get_kwargs"):
        raise InvalidArgumentError(
            f"a {type(operation).__name__} is no generated operation module.",
            hint="Pass a module of sume_api.api, as in sume.call(get_job, 'job_123').",
        )
    for line in operations.BINDINGS.values():
        if line.operation == operation and not line.defaults:
            return True, line
    line = Binding(operation, None, effect=Effect.SPENDS, kind="call")
    line.name = operation.__name__.rpartition(".")[2]
    return False, line


def _rebuilt(kind: type[Any], arguments: dict[str, Any], options: dict[str, Any]) -> Any:
    """A client as it was pickled, with the environment's key."""
    return kind(**arguments).with_options(**options)


def _carrier(make: Callable[[Config, Any], T], config: Config, given: Any) -> T:
    """The network, an httpx transport, or whatever carries our own requests already."""
    carrier: T = given if hasattr(given, "open") else make(config, given)
    return carrier


class Sume(Client[Sync]):
    """A client for code that blocks. Safe to share between threads; close it, or use ``with``.

    Args:
        api_key: The workspace's key; the environment's ``SUME_API_KEY`` when None.
        base_url: Where the API is; ``SUME_API_BASE_URL``, else the public address, when None.
        auth: ``bearer``, or ``x-api-key`` for legacy keys made in the dashboard.
        timeout: Seconds one call may take altogether, its retries and every pause included. When
            None, a call has 60 of its own, and pauses that the API asks for (Retry-After) come on
            top, 120 in all; see `with_options`.
        proxy: URL of a proxy; the environment's (``HTTPS_PROXY``, ``NO_PROXY``) when None. Plain
            http to this machine (the sandbox) goes through none that isn't on it, too: it would
            read the key.
        verify: True, False, or an `ssl.SSLContext`; ``SSL_CERT_FILE`` counts when True.
        transport: Carries the requests instead of the network, for tests: an httpx transport,
            or anything with `sume_ext.network.wire.Transport`'s methods.
        clock: The clock to go by, for tests.
        rng: The source of jitter, for tests.

    Raises:
        ConfigurationError: There is no key, or the base URL isn't one a key may be sent to.
    """

    _faces = Faces(Job, JobGroup, Result, Pager)
    _takes: ClassVar = {
        "transport": ("open close", "handle_request close"),
        "clock": ("monotonic time sleep",),
    }

    @classmethod
    def _runner_for(cls, config: Config, transport: Any, clock: Clock) -> Runner:
        carrier = partial(_carrier, HttpTransport, config, transport)
        return Runner(carrier(), carrier(), clock, config.connect_timeout)

    @border
    def call(self, operation: Operation[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Any generated operation module, bound or not, with its own arguments.

        What the table doesn't have and isn't a GET counts as spending: it is sent again only when
        it surely did no work.
        """
        flow = self._unbound(operation, args, kwargs)
        del args, kwargs  # whoever dumps running stacks sees locals
        parsed: T = self._engine.block(flow)
        return parsed

    @border
    def close(self) -> None:
        """Close every connection; a later call opens new ones.

        Those of a copy made by `with_options` stay open as long as there is its original.
        """
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()


class AsyncSume(Client[Async]):
    """A client for code that awaits; arguments and errors as for `Sume`."""

    _faces = Faces(AsyncJob, AsyncJobGroup, AsyncResult, AsyncPager)
    _takes: ClassVar = {
        "transport": ("open aclose", "handle_async_request aclose"),
        "clock": ("monotonic time asleep",),
    }

    @classmethod
    def _runner_for(cls, config: Config, transport: Any, clock: Clock) -> AsyncRunner:
        carrier = partial(_carrier, AsyncHttpTransport, config, transport)
        apart = None if transport is not None else partial(HttpTransport, config)
        return AsyncRunner(carrier(), carrier(), clock, config.connect_timeout, apart)

    # No coroutine of its own, because its frame would hold the arguments while it fails.
    @border
    def call(
        self, operation: Operation[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> Coroutine[Any, Any, T]:
        """As `Sume.call`."""
        return self._engine.soon(self._unbound(operation, args, kwargs))

    @border
    async def aclose(self) -> None:
        """Close every connection of this event loop, as `Sume.close` does."""
        await self._connections.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await self.aclose()
