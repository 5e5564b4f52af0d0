"""`Sandbox`: an embedded Sume API, a stand-in that says so in every id it makes.

It answers what the OpenAPI document says and nothing it doesn't, unless a fault was asked for.
"""

from __future__ import annotations

import secrets as system_secrets
import threading
from typing import TYPE_CHECKING, Any, Final, Self

from sume_ext.sandbox.clock import Clock, ClockMode
from sume_ext.sandbox.contract import contract
from sume_ext.sandbox.engine import Engine
from sume_ext.sandbox.extras import require
from sume_ext.sandbox.faults import Fault, Faults
from sume_ext.sandbox.hooks import Jobs
from sume_ext.sandbox.journal import Journal
from sume_ext.sandbox.links import Links
from sume_ext.sandbox.markers import Markers
from sume_ext.sandbox.records import Limits, Settings, Workspace
from sume_ext.sandbox.signing import LinkSigner, Signer
from sume_ext.sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from sume_ext.sandbox.inprocess import AsyncSandboxTransport, SandboxTransport
    from sume_ext.sandbox.server import Server
    from sume_ext.sandbox.store import Store

HOME: Final = "sandbox"
BUCKET: Final = "sume-sandbox-uploads"
NOWHERE: Final = {
    "api": "http://127.0.0.1:1",
    "storage": "http://127.0.0.1:2",
    "media": "http://127.0.0.1:3",
}
"""The origins as long as there are no sockets."""


class Sandbox:
    """A Sume API of your own, on loopback.

        with Sandbox() as sandbox:
            sume = Sume(api_key=sandbox.api_key, base_url=sandbox.base_url)

    Every id and key it makes carries ``sandbox``. It needs the extra ``sume-ext[sandbox]``.

    Args:
        speed: Seconds of sandbox time per real second. At 1 an image takes 2 s, a video 5 s.
        clock: ``"running"``; ``"manual"``, when time passes only by `advance`; or a callable that
            returns seconds.
        credits: Credits of every workspace.
        seed: The same seed gives the same ids in the same order.
        active_limit: Paid jobs of a workspace under way at once (429 beyond); None for any.
        rate_limit: Requests per key and minute (429 beyond); None for any.
        scenes: Scenes in the first workspace's library at the start.
        durations: Seconds by job type, as in ``{"video_generation": 120}``.
        faults: Faults in force from the start, as `Fault` or text.
        secrets: Whether answers also carry secrets where a careless server may let them slip (error
            messages and details, provider payloads), for tests that nothing leaks. The secrets that
            belong into answers are marked always; see `markers`.
        store: A real S3-compatible store for uploads, instead of the sandbox's own.
        upload_lifetime: Seconds an upload URL is good for.
        link_lifetime: Seconds a media URL is good for, at least.
        limits: Bounds on what is kept.
        host: The loopback address to listen on.
        ports: Ports of API, storage and media; 0 for any that is free.
    """

    def __init__(
        self,
        *,
        speed: float = 1.0,
        clock: ClockMode = "running",
        credits: float = 1000,  # noqa: A002  (the API's word)
        seed: int = 0,
        active_limit: int | None = 100,
        rate_limit: int | None = None,
        scenes: int = 6,
        durations: Mapping[str, float] | None = None,
        faults: Iterable[Fault | str] = (),
        secrets: bool = False,
        store: Store | None = None,
        upload_lifetime: float = 900,
        link_lifetime: float = 3600,
        limits: Limits | None = None,
        host: str = "127.0.0.1",
        ports: tuple[int, int, int] = (0, 0, 0),
    ) -> None:
        require("jsonschema_rs")
        self._settings = Settings(
            credits=credits,
            active_limit=active_limit,
            rate_limit=rate_limit,
            scenes=scenes,
            durations=durations,
            secrets=secrets,
            upload_lifetime=upload_lifetime,
            link_lifetime=link_lifetime,
        )
        self._options: dict[str, Any] = {"speed": speed, "clock": clock, "seed": seed}
        self._limits = limits or Limits()
        self._store = store
        self._address = (host, ports)
        self._server: Server | None = None
        self._lock = threading.RLock()
        self._urls = dict(NOWHERE)
        self.faults = Faults()
        """What should go wrong; see `Faults.add` and `Fault`."""
        self.requests = Journal()
        """What was received, oldest first; see `Journal.count`."""
        self._first_faults = tuple(faults)
        self._build()

    # --- life ------------------------------------------------------------------------------------

    def start(self) -> Sandbox:
        """Listen on loopback; done by ``with``. Starting twice changes nothing."""
        if self._server is None:
            from sume_ext.sandbox.server import Server  # noqa: PLC0415  (brings the event loop)

            self._server = Server(*self._address)
            self._urls = self._server.urls
            self._engine = self._new_engine()
            self._server.start(self._engine)
        return self

    def close(self) -> None:
        """Stop listening and let go of everything; closing twice changes nothing."""
        if self._server is not None:
            self._server.close()
            self._server = None
        with self._lock:
            self._world.close()

    def reset(self, **settings: Any) -> None:
        """Forget everything and start afresh at the same addresses, with a new key.

        Args:
            **settings: What should differ from the sandbox's own settings this time:
                ``speed``, ``clock``, ``seed``, ``credits``, ``active_limit``, ``rate_limit``,
                ``scenes``, ``durations``, ``secrets``, ``upload_lifetime``, ``link_lifetime``.
        """
        with self._lock:
            self._world.close()
            self.faults.clear()
            self.requests.clear()
            self._build(**settings)
            if self._server is not None:
                self._server.engine = self._engine

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Sandbox {self.base_url}{'' if self._server else ', not listening'}>"

    # --- what an app needs -----------------------------------------------------------------------

    @property
    def api_key(self) -> str:
        """A key of the first workspace."""
        return self._key

    @property
    def base_url(self) -> str:
        """Where the API is, the prefix included."""
        return self._urls["api"] + self._engine.contract.prefix

    @property
    def storage_url(self) -> str:
        """Where uploads go."""
        return self._store.endpoint if self._store else self._urls["storage"]

    @property
    def media_url(self) -> str:
        """Where results come from."""
        return self._urls["media"]

    def transport(self) -> SandboxTransport:
        """Carries a client's requests here without sockets, as in ``Sume(transport=…)``.

        The sandbox need not be started for it.
        """
        from sume_ext.sandbox.inprocess import SandboxTransport  # noqa: PLC0415  (rarely needed)

        return SandboxTransport(lambda: self._engine, self._hosts())

    def async_transport(self) -> AsyncSandboxTransport:
        """The same for ``AsyncSume(transport=…)``."""
        from sume_ext.sandbox.inprocess import AsyncSandboxTransport  # noqa: PLC0415

        return AsyncSandboxTransport(lambda: self._engine, self._hosts())

    # --- what a test needs -----------------------------------------------------------------------

    @property
    def clock(self) -> Clock:
        """Sandbox time; its ``speed`` may be set."""
        return self._world.clock

    def advance(self, seconds: float) -> None:
        """Let this much sandbox time pass at once."""
        with self._lock:
            self._world.clock.advance(seconds)
            self._world.jobs.settle()

    @property
    def jobs(self) -> Jobs:
        """The jobs, to look at and to meddle with."""
        return Jobs(self._world, self._lock, self._world.workspaces[HOME])

    def new_key(self, *, workspace: str | None = None) -> str:
        """A new API key.

        Args:
            workspace: The workspace's name; a new name makes a new one. The first by default.
        """
        with self._lock:
            return self._world.new_key(self._workspace(workspace)).value

    def revoke(self, key: str) -> None:
        """Make a key stop working (401)."""
        with self._lock:
            self._world.keys[key].revoked = True

    def set_access(self, access: bool, *, workspace: str | None = None) -> None:
        """Take API access from a workspace (403), or give it back."""
        with self._lock:
            self._workspace(workspace).access = access

    def credits(self, *, workspace: str | None = None) -> float:
        """What a workspace has left, reservations taken off."""
        with self._lock:
            self._world.jobs.settle()
            return self._workspace(workspace).credits

    def set_credits(self, amount: float, *, workspace: str | None = None) -> None:
        """Give a workspace exactly so many credits."""
        with self._lock:
            self._workspace(workspace).credits = amount

    def add_scenes(
        self, count: int, *, source_type: str = "generated", workspace: str | None = None
    ) -> list[str]:
        """Put scenes into a workspace's library; gives their ids."""
        with self._lock:
            return self._world.scenes.seed(self._workspace(workspace), count, source_type)

    def markers(self) -> dict[str, list[str]]:
        """Every secret handed out so far, by kind; each value is found nowhere else.

        The kinds are ``api_key``, ``api_key_id``, ``email``, ``user_id``, ``workspace_id``,
        ``object_key``, ``upload_url``, ``signature``, ``required_header``, ``private_media_url``
        and ``provider_payload`` (with ``secrets=True`` only).
        """
        with self._lock:
            return self._markers.as_dict()

    # --- inside ----------------------------------------------------------------------------------

    def _hosts(self) -> dict[str, str]:
        return {url.removeprefix("http://"): name for name, url in self._urls.items()}

    def _workspace(self, name: str | None) -> Workspace:
        return self._world.workspace(HOME if name is None else name)

    def _build(self, **changed: Any) -> None:
        options = {**self._options, **changed}
        names = Settings.__slots__
        settings = {name: changed.get(name, getattr(self._settings, name)) for name in names}
        if unknown := changed.keys() - self._options.keys() - settings.keys():
            raise TypeError(f"the sandbox has no setting {', '.join(sorted(unknown))}")
        self._markers = Markers(options["seed"])
        self._world = World(
            clock=Clock(speed=options["speed"], mode=options["clock"]),
            markers=self._markers,
            settings=Settings(**settings),
            limits=self._limits,
        )
        home = self._world.workspace(HOME)
        self._world.scenes.seed(home, settings["scenes"])
        self._key = self._world.new_key(home).value
        self._engine = self._new_engine()
        for fault in self._first_faults:
            self.faults.add(fault)

    def _new_engine(self) -> Engine:
        token = system_secrets.token_hex(20)
        own = Signer(self._urls["storage"], BUCKET, "SANDBOXACCESSKEY0000", token)
        return Engine(
            contract=contract(),
            world=self._world,
            links=Links(self._world, self._urls["media"], LinkSigner(token.encode())),
            signer=self._store.signer() if self._store else own,
            store=self._store,
            faults=self.faults,
            journal=self.requests,
            lock=self._lock,
        )
