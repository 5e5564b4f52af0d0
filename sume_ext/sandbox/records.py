"""The things the sandbox keeps: plain records, no behaviour.

Times are seconds since the epoch on the sandbox's clock. `Limits` names every bound on what is
kept; nothing here grows past it. What may hold a secret has no telling repr.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ACTIVE: Final = ("queued", "running", "processing")
TERMINAL: Final = ("completed", "failed", "canceled", "expired")

PAID_JOBS: Final = (
    "image_generation",
    "video_generation",
    "ads_video",
    "face_swap",
    "reference_analysis",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one sandbox.

    Attributes:
        jobs: Jobs kept; beyond it the oldest ended ones are forgotten.
        scenes: Scenes kept per workspace; beyond it the oldest are forgotten.
        uploads: Presigned uploads kept; beyond it the oldest are forgotten.
        stored_bytes: Uploaded bytes kept; beyond it storage refuses.
        upload_bytes: The largest upload.
        body_bytes: The largest body of an API request.
        workspaces: Workspaces.
    """

    jobs: int = 200_000
    scenes: int = 100_000
    uploads: int = 10_000
    stored_bytes: int = 8 << 30
    upload_bytes: int = 5 << 30
    body_bytes: int = 1 << 20
    workspaces: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a sandbox starts with.

    Attributes:
        credits: Credits of every workspace.
        active_limit: How many paid jobs of a workspace may be under way at once; None for any.
        scenes: Scenes already in the first workspace's library.
        durations: Seconds a job of a type takes, where it isn't the default.
        rate_limit: Requests per key and minute; None for any.
        upload_lifetime: Seconds a presigned upload is good for.
        link_lifetime: Seconds a signed media link is good for, at least.
        secrets: Whether secrets slip into error messages and details, and provider payloads into
            answers, to see that they go nowhere.
    """

    credits: float = 1000
    active_limit: int | None = 100
    scenes: int = 6
    durations: Mapping[str, float] | None = None
    rate_limit: int | None = None
    upload_lifetime: float = 900
    link_lifetime: float = 3600
    secrets: bool = False

    def __post_init__(self) -> None:
        """Refuse numbers that no API could go by; raises `ValueError` naming the setting."""
        counts = ("credits", "active_limit", "scenes", "rate_limit")
        for name in (*counts, "upload_lifetime", "link_lifetime"):
            _check_number(name, getattr(self, name))
        for kind, seconds in (self.durations or {}).items():
            _check_number(f"the duration of {kind}", seconds)


def _check_number(name: str, value: float | None) -> None:
    if value is not None and not 0 <= value < math.inf:
        raise ValueError(f"{name} must be 0 or more, not {value}")


@dataclass(slots=True, eq=False, repr=False)
class Workspace:
    """A workspace with its one user and its credits."""

    id: str
    name: str
    user_id: str
    user_name: str
    email: str
    credits: float
    monthly_credits: float
    active_limit: int | None
    access: bool = True
    active: int = 0
    spent: float = 0


@dataclass(slots=True, eq=False, repr=False)
class Key:
    """An API key of a workspace."""

    value: str
    id: str
    name: str
    workspace: Workspace
    revoked: bool = False
    window: int = 0
    used: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Job:
    """A job, paid or not."""

    id: str
    number: int
    type: str
    workspace: Workspace
    created_at: float
    duration: float
    cost: float
    status: str = "queued"
    updated_at: float = 0
    completed_at: float | None = None
    ending: str = "completed"
    error: tuple[str, str] | None = None
    outputs: tuple[str, ...] = ()
    asset_ids: list[str] = field(default_factory=list[str])
    source: Upload | None = None
    request: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True, eq=False, repr=False)
class Upload:
    """A presigned upload, and its bytes once they are stored."""

    id: str
    workspace: Workspace
    object_key: str
    file_name: str
    content_type: str
    size: int
    purpose: str
    created_at: float
    required_headers: dict[str, str]
    content: Content | None = None
    job_id: str | None = None


@dataclass(slots=True, eq=False, repr=False)
class Scene:
    """A searchable scene of the Asset Library."""

    id: str
    number: int
    workspace: Workspace
    created_at: float
    title: str
    segment_type: str
    source_type: str
    start: float
    end: float
    metadata: dict[str, Any]
    clip: str
    thumbnail: str
    source_id: str
    source_title: str
    source_duration: float
    source: Upload | None = None
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Avatar:
    """An avatar; public when it has no workspace."""

    id: str
    number: int
    name: str
    capabilities: dict[str, bool]
    created_at: float
    workspace: Workspace | None = None


@dataclass(frozen=True, slots=True)
class Brand:
    """A Brand DNA profile."""

    id: str
    number: int
    workspace: Workspace
    name: str
    domain: str
    created_at: float
    profile: dict[str, Any]


class Content:
    """Bytes that can be read at any offset, by several readers at once.

    Args:
        file: Where they are; this object closes it.
        size: How many they are.
        etag: Their strong entity tag, quotes included.
        content_type: Their media type.
    """

    def __init__(self, file: IO[bytes], size: int, etag: str, content_type: str) -> None:
        self._file = file
        self._lock = threading.Lock()
        self.size = size
        self.etag = etag
        self.content_type = content_type

    def read(self, offset: int, size: int) -> bytes:
        """At most ``size`` bytes from ``offset``."""
        with self._lock:
            self._file.seek(offset)
            return self._file.read(size)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
