"""Everything the sandbox remembers. Who calls holds the sandbox's lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sume_ext.sandbox.course import Course
from sume_ext.sandbox.records import Avatar, Brand, Key, Workspace
from sume_ext.sandbox.scenes import Scenes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sume_ext.sandbox.clock import Clock
    from sume_ext.sandbox.markers import Markers
    from sume_ext.sandbox.records import Limits, Settings, Upload

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
        self.scenes = Scenes(clock, markers, limits.scenes)
        self.jobs = Course(clock, markers, settings, limits, self.scenes)
        self.uploads: dict[str, Upload] = {}
        self.uploads_by_id: dict[str, Upload] = {}
        self.avatars: dict[str, Avatar] = {}
        self.brands: dict[str, Brand] = {}
        self.stored_bytes = 0
        for name, capabilities in AVATARS:
            self.add_avatar(name, capabilities)

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
        avatar = Avatar(identifier, self.markers.number(), name, dict(capabilities), now, workspace)
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
        brand = Brand(
            identifier, self.markers.number(), workspace, name, domain, self.clock.now(), profile
        )
        self.brands[identifier] = brand

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
