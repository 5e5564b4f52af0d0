"""Everything the sandbox remembers, and how it changes as time passes.

Jobs end, credits come back and scenes appear when somebody looks, at the times they were due. Who
calls holds the sandbox's lock.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sume_ext.sandbox.files import PICTURES, image_for, video_for
from sume_ext.sandbox.library import FOUND, SCENE_SECONDS, words_of
from sume_ext.sandbox.problems import Problem
from sume_ext.sandbox.records import (
    ACTIVE,
    PAID_JOBS,
    TERMINAL,
    Avatar,
    Brand,
    Job,
    Key,
    Limits,
    Scene,
    Upload,
    Workspace,
)
from sume_ext.sandbox.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sume_ext.sandbox.clock import Clock
    from sume_ext.sandbox.markers import Markers

DURATIONS: Final[dict[str, float]] = {
    "image_generation": 2.0,
    "video_generation": 5.0,
    "ads_video": 6.0,
    "face_swap": 6.0,
    "reference_analysis": 3.0,
    "asset_ingest": 3.0,
}
"""How long a job takes, in seconds of sandbox time."""
COURSE: Final = ((0.15, "running"), (0.5, "processing"))
"""When a job's status changes, as a share of its duration."""
ERRORS: Final = {
    "failed": ("generation_failed", "The sandbox was asked to let this job fail."),
    "canceled": ("canceled", "The sandbox was asked to cancel this job."),
    "expired": ("expired", "The sandbox was asked to let this job expire."),
}
AVATARS: Final = (
    ("Maya", {"talking_head": True, "ugc": True, "face_swap": True}),
    ("Theo", {"talking_head": True, "ugc": False, "face_swap": True}),
    ("Ines", {"talking_head": False, "ugc": True, "face_swap": True}),
    ("Sam", {"talking_head": True, "ugc": True, "face_swap": False}),
)
BRANDS: Final = (
    ("Lumen", "lumen.example", "warm, plain-spoken", ["Brighter skin in four weeks"], "#F4C95D"),
    ("Northwind", "northwind.example", "crisp, outdoorsy", ["Made from kelp"], "#1F4E79"),
)


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
        secrets: Whether answers carry marked junk such as provider payloads besides what they
            should, to see that it goes nowhere.
    """

    credits: float = 1000
    active_limit: int | None = 100
    scenes: int = 6
    durations: Mapping[str, float] | None = None
    rate_limit: int | None = None
    upload_lifetime: float = 900
    link_lifetime: float = 3600
    secrets: bool = False


class World:
    """The state of one sandbox."""

    def __init__(
        self, *, clock: Clock, markers: Markers, settings: Settings, limits: Limits
    ) -> None:
        self.clock = clock
        self.markers = markers
        self.settings = settings
        self.limits = limits
        self.keys: dict[str, Key] = {}
        self.workspaces: dict[str, Workspace] = {}
        self.jobs: dict[str, Job] = {}
        self.uploads: dict[str, Upload] = {}
        self.uploads_by_id: dict[str, Upload] = {}
        self.scenes: dict[str, Scene] = {}
        self.avatars: dict[str, Avatar] = {}
        self.brands: dict[str, Brand] = {}
        self.stored_bytes = 0
        self._shelves: dict[str, Shelf] = {}
        self._libraries: dict[str, deque[Scene]] = {}
        self._due: list[tuple[float, int, str, str]] = []
        self._ended: deque[str] = deque()
        self._next_ending: deque[tuple[str | None, str, tuple[str, str] | None]] = deque()
        self._number = 0
        for name, capabilities in AVATARS:
            self.add_avatar(name, capabilities)

    def number(self) -> int:
        """The next number of a row; rows are ordered by it."""
        self._number += 1
        return self._number

    # --- workspaces and keys -------------------------------------------------------------------

    def workspace(self, name: str) -> Workspace:
        """The workspace of this name, made when it is new."""
        if name in self.workspaces:
            return self.workspaces[name]
        if len(self.workspaces) >= self.limits.workspaces:
            raise ValueError(f"the sandbox holds at most {self.limits.workspaces} workspaces")
        markers = self.markers
        workspace = Workspace(
            id=markers.note("workspace_id", f"ws_sandbox_{markers.token()}"),
            name=name,
            user_id=markers.note("user_id", f"user_sandbox_{markers.token()}"),
            user_name="Sandbox User",
            email=markers.note("email", f"person.{markers.token()}@sandbox.example"),
            credits=self.settings.credits,
            monthly_credits=self.settings.credits,
            active_limit=self.settings.active_limit,
        )
        self.workspaces[name] = workspace
        self._shelves[workspace.id] = Shelf()
        self._libraries[workspace.id] = deque(maxlen=self.limits.scenes)
        self.add_avatar(f"{name}'s own", dict(AVATARS[0][1]), workspace)
        for brand in BRANDS:
            self._add_brand(workspace, *brand)
        return workspace

    def new_key(self, workspace: Workspace, name: str = "sandbox key") -> Key:
        """A new API key of a workspace."""
        markers = self.markers
        key = Key(
            value=markers.note("api_key", f"sume_sandbox_{markers.token()}"),
            id=markers.note("api_key_id", f"key_sandbox_{markers.token()}"),
            name=name,
            workspace=workspace,
        )
        self.keys[key.value] = key
        return key

    def add_avatar(
        self, name: str, capabilities: Mapping[str, bool], workspace: Workspace | None = None
    ) -> Avatar:
        """A new avatar, public when no workspace is given."""
        identifier = self.markers.identifier("avatar")
        now = self.clock.now()
        avatar = Avatar(identifier, self.number(), name, dict(capabilities), now, workspace)
        self.avatars[identifier] = avatar
        return avatar

    def _add_brand(
        self, workspace: Workspace, name: str, domain: str, tone: str, claims: list[str], color: str
    ) -> None:
        profile = {
            "tone": tone,
            "description": f"{name} is a made-up brand of the sandbox.",
            "product_claims": claims,
            "colors": [color],
        }
        identifier = self.markers.identifier("brand")
        brand = Brand(identifier, self.number(), workspace, name, domain, self.clock.now(), profile)
        self.brands[identifier] = brand

    # --- jobs ----------------------------------------------------------------------------------

    def shelf(self, workspace: Workspace) -> Shelf:
        """The jobs of a workspace."""
        return self._shelves[workspace.id]

    def submit(
        self,
        workspace: Workspace,
        kind: str,
        *,
        cost: float = 0,
        outputs: tuple[str, ...] = (),
        source: Upload | None = None,
        request: Mapping[str, Any] | None = None,
    ) -> Job:
        """Create a job, reserve its credits and set its course."""
        self._make_room()
        now = self.clock.now()
        durations = {**DURATIONS, **(self.settings.durations or {})}
        job = Job(
            id=self.markers.identifier("job"),
            number=self.number(),
            type=kind,
            workspace=workspace,
            created_at=now,
            updated_at=now,
            duration=durations[kind],
            cost=cost,
            outputs=outputs,
            source=source,
            request=dict(request or {}),
        )
        job.ending, job.error = self._ending(kind)
        workspace.credits -= cost
        workspace.active += kind in PAID_JOBS
        self.jobs[job.id] = job
        self.shelf(workspace).add(job)
        if job.ending != "stuck":
            for share, status in (*COURSE, (1.0, job.ending)):
                self._plan(job, now + share * job.duration, status)
        return job

    def afford(self, workspace: Workspace, cost: float, jobs: int = 1) -> None:
        """Refuse jobs that the workspace hasn't the credits or the capacity for."""
        limit = workspace.active_limit
        if limit is not None and workspace.active + jobs > limit:
            wait = max(1, round(self._next_ended_in(workspace) / self.clock.speed + 0.5))
            raise Problem(
                429,
                "active_job_limit_exceeded",
                f"At most {limit} jobs of this workspace may be active at once.",
                {"active": workspace.active, "limit": limit},
                {"Retry-After": str(wait)},
            )
        if workspace.credits < cost:
            raise Problem(
                402,
                "insufficient_credits",
                "Not enough credits for this request.",
                {"required_credits": cost, "remaining_credits": workspace.credits},
            )

    def end_next(
        self, kind: str | None, ending: str, error: tuple[str, str] | None, count: int
    ) -> None:
        """Decide beforehand how the next jobs (of a type) end."""
        self._next_ending.extend([(kind, ending, error)] * count)

    def set_ending(self, job: Job, ending: str, error: tuple[str, str] | None = None) -> None:
        """Decide how a job that is under way will end, when its time has come."""
        job.ending, job.error = ending, error or ERRORS.get(ending)
        if ending != "stuck":
            self._plan(job, job.created_at + job.duration, ending)

    def settle(self) -> float:
        """Let everything happen that was due, each at its time; gives the time back."""
        now = self.clock.now()
        while self._due and self._due[0][0] <= now:
            due, _, identifier, status = heapq.heappop(self._due)
            job = self.jobs.get(identifier)
            if job is not None and job.status in ACTIVE:
                if status in TERMINAL and status == job.ending:
                    self.end(job, status, due)
                elif status not in TERMINAL:
                    self._move(job, status, due)
        return now

    def end(self, job: Job, status: str, at: float, error: tuple[str, str] | None = None) -> None:
        """End a job: spend or return its credits, and make what it made."""
        if job.status in TERMINAL:
            raise ValueError(f"{job.id} has already ended: {job.status}")
        self._move(job, status, at)
        job.completed_at = at
        job.workspace.active -= job.type in PAID_JOBS
        self._ended.append(job.id)
        if status != "completed":
            job.error = error or job.error or ERRORS[status]
            job.workspace.credits += job.cost
            job.cost = 0
            return
        job.error = None
        job.workspace.spent += job.cost
        if job.type == "asset_ingest":
            job.asset_ids = [self._found(job, n, at).id for n in range(len(FOUND))]
        elif job.type in {"video_generation", "ads_video"}:
            job.asset_ids = [self._generated(job, at).id]

    def set_status(self, job: Job, status: str) -> None:
        """Put a job into any status, one that nobody knows included; it stays there."""
        if job.status in TERMINAL:
            raise ValueError(f"{job.id} has already ended: {job.status}")
        job.ending = "stuck"
        self._move(job, status, self.clock.now())

    def seed_jobs(self, workspace: Workspace, count: int, kind: str, status: str) -> list[str]:
        """Put jobs on the shelf that never took time nor credits."""
        now = self.clock.now()
        shelf = self.shelf(workspace)
        made: list[str] = []
        for _ in range(count):
            self._make_room()
            ended = status in TERMINAL
            job = Job(
                id=self.markers.identifier("job"),
                number=self.number(),
                type=kind,
                workspace=workspace,
                created_at=now,
                updated_at=now,
                completed_at=now if ended else None,
                duration=DURATIONS.get(kind, 1.0),
                cost=0,
                status=status,
                ending=status if ended else "stuck",
                error=ERRORS.get(status),
                outputs=("video-9x16.mp4",) if status == "completed" else (),
            )
            self.jobs[job.id] = job
            shelf.add(job)
            if ended:
                self._ended.append(job.id)
            else:
                workspace.active += kind in PAID_JOBS
            made.append(job.id)
        return made

    def _ending(self, kind: str) -> tuple[str, tuple[str, str] | None]:
        for planned in self._next_ending:
            wanted, ending, error = planned
            if wanted in {None, kind}:
                self._next_ending.remove(planned)
                return ending, error or ERRORS.get(ending)
        return "completed", None

    def _plan(self, job: Job, at: float, status: str) -> None:
        heapq.heappush(self._due, (at, self.number(), job.id, status))

    def _move(self, job: Job, status: str, at: float) -> None:
        self.shelf(job.workspace).move(job, status)
        job.updated_at = at

    def _next_ended_in(self, workspace: Workspace) -> float:
        now = self.clock.now()
        for due, _, identifier, status in sorted(self._due):
            job = self.jobs.get(identifier)
            if job is not None and job.workspace is workspace and status == job.ending:
                return due - now
        return 60.0

    def _make_room(self) -> None:
        while len(self.jobs) >= self.limits.jobs:
            if not self._ended:
                raise Problem(503, "sandbox_full", "The sandbox holds no more active jobs.")
            job = self.jobs.pop(self._ended.popleft())
            self.shelf(job.workspace).remove(job)

    # --- scenes --------------------------------------------------------------------------------

    def library(self, workspace: Workspace) -> deque[Scene]:
        """The scenes of a workspace, oldest first."""
        return self._libraries[workspace.id]

    def add_scene(self, scene: Scene) -> Scene:
        """Put a scene into its workspace's library."""
        library = self.library(scene.workspace)
        if len(library) == library.maxlen:
            self.scenes.pop(library.popleft().id, None)
        scene.words = words_of(scene.title, scene.segment_type, scene.metadata)
        library.append(scene)
        self.scenes[scene.id] = scene
        return scene

    def seed_scenes(
        self, workspace: Workspace, count: int, source_type: str = "generated"
    ) -> list[str]:
        """Put scenes into a library as if they had been found long ago."""
        now = self.clock.now()
        return [
            self._scene(workspace, n % len(FOUND), now, source_type, "Sandbox library", "").id
            for n in range(count)
        ]

    def _found(self, job: Job, n: int, at: float) -> Scene:
        upload = job.source
        title = job.request.get("title") or (upload.file_name if upload else "Upload")
        return self._scene(job.workspace, n, at, "upload", title, job.id, upload)

    def _generated(self, job: Job, at: float) -> Scene:
        title = str(job.request.get("prompt", "Generated video"))[:60]
        scene = self._scene(job.workspace, job.number % len(FOUND), at, "generated", title, job.id)
        picture = PICTURES[job.outputs[0]]
        scene.clip, scene.thumbnail = picture.name, picture.thumbnail or scene.thumbnail
        scene.start, scene.end = 0.0, picture.seconds or 0.0
        scene.source_duration = scene.end
        scene.words |= words_of(title, scene.segment_type, scene.metadata)
        return scene

    def _scene(
        self,
        workspace: Workspace,
        n: int,
        at: float,
        source_type: str,
        source_title: str,
        source_id: str,
        source: Upload | None = None,
    ) -> Scene:
        metadata = dict(FOUND[n])
        return self.add_scene(
            Scene(
                id=self.markers.identifier("asset"),
                number=self.number(),
                workspace=workspace,
                created_at=at,
                title=f"Scene {n + 1}",
                segment_type=metadata.pop("segment_type"),
                source_type=source_type,
                start=n * SCENE_SECONDS,
                end=(n + 1) * SCENE_SECONDS,
                metadata=metadata,
                clip=f"scene-{n + 1}.mp4",
                thumbnail=f"scene-{n + 1}.png",
                source_id=source_id or self.markers.identifier("video"),
                source_title=source_title,
                source_duration=len(FOUND) * SCENE_SECONDS,
                source=source,
            )
        )

    # --- uploads -------------------------------------------------------------------------------

    def add_upload(self, upload: Upload) -> None:
        """Remember a presigned upload, forgetting the oldest beyond the bound."""
        while len(self.uploads) >= self.limits.uploads:
            self._forget(next(iter(self.uploads.values())))
        self.uploads[upload.object_key] = upload
        self.uploads_by_id[upload.id] = upload

    def _forget(self, upload: Upload) -> None:
        del self.uploads[upload.object_key], self.uploads_by_id[upload.id]
        if upload.content is not None:
            self.stored_bytes -= upload.content.size
            upload.content.close()

    def close(self) -> None:
        """Let go of every stored file."""
        for upload in list(self.uploads.values()):
            self._forget(upload)


def outputs_of(kind: str, request: Mapping[str, Any], most: int) -> tuple[str, ...]:
    """The packaged files that a job of this type and request makes, at most so many."""
    if kind in {"reference_analysis", "asset_ingest"}:
        return ()
    if kind == "image_generation":
        return (image_for(request.get("aspect_ratio")),) * min(request.get("image_count", 1), most)
    return (video_for(request.get("aspect_ratio")),)
