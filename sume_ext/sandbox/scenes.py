"""The Asset Library: every workspace's scenes, and where they come from."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sume_ext.sandbox.files import PICTURES
from sume_ext.sandbox.library import FOUND, SCENE_SECONDS, words_of
from sume_ext.sandbox.records import Scene

if TYPE_CHECKING:
    from sume_ext.sandbox.clock import Clock
    from sume_ext.sandbox.markers import Markers
    from sume_ext.sandbox.records import Job, Upload, Workspace


class Scenes:
    """All scenes of a sandbox.

    Args:
        clock: Tells the time.
        markers: Makes ids.
        limit: How many a workspace keeps.
    """

    def __init__(self, clock: Clock, markers: Markers, limit: int) -> None:
        self._clock = clock
        self._markers = markers
        self._limit = limit
        self._scenes: dict[str, Scene] = {}
        self._libraries: dict[str, deque[Scene]] = {}

    def get(self, identifier: str) -> Scene | None:
        """The scene of this id."""
        return self._scenes.get(identifier)

    def of(self, workspace: Workspace) -> deque[Scene]:
        """The scenes of a workspace, oldest first."""
        empty: deque[Scene] = deque(maxlen=self._limit)
        return self._libraries.setdefault(workspace.id, empty)

    def add(self, scene: Scene) -> Scene:
        """Put a scene into its workspace's library."""
        library = self.of(scene.workspace)
        if len(library) == library.maxlen:
            self._scenes.pop(library.popleft().id, None)
        scene.words = words_of(scene.title, scene.segment_type, scene.metadata)
        library.append(scene)
        self._scenes[scene.id] = scene
        return scene

    def seed(self, workspace: Workspace, count: int, source_type: str = "generated") -> list[str]:
        """Put scenes into a library as if they had been found long ago."""
        now = self._clock.now()
        return [
            self._scene(workspace, n % len(FOUND), now, source_type, "Sandbox library", "").id
            for n in range(count)
        ]

    def found(self, job: Job, n: int, at: float) -> Scene:
        """The n-th scene of an uploaded video, put into its library."""
        upload = job.source
        title = job.request.get("title") or (upload.file_name if upload else "Upload")
        return self._scene(job.workspace, n, at, "upload", title, job.id, upload)

    def generated(self, job: Job, at: float) -> Scene:
        """The scene that a generated video is, put into its library."""
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
        return self.add(
            Scene(
                id=self._markers.identifier("asset"),
                number=self._markers.number(),
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
                source_id=source_id or self._markers.identifier("video"),
                source_title=source_title,
                source_duration=len(FOUND) * SCENE_SECONDS,
                source=source,
            )
        )
