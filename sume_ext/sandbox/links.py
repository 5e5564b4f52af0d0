"""Media URLs, and the bytes behind them.

A private link is signed and ends; the same link is given again for a while, as a cache would.
Public ones (avatars, brand images) need no signature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sume_ext.sandbox.files import PICTURES, packaged

if TYPE_CHECKING:
    from sume_ext.sandbox.records import Content
    from sume_ext.sandbox.signing import LinkSigner
    from sume_ext.sandbox.world import World

PUBLIC: Final = ("avatars", "brands")


class Links:
    """Makes and resolves media URLs.

    Args:
        world: What they lead to.
        origin: Scheme, host and port of the media origin.
        signer: Signs the private ones.
    """

    def __init__(self, world: World, origin: str, signer: LinkSigner) -> None:
        self._world = world
        self._origin = origin
        self._signer = signer

    def public(self, path: str) -> str:
        """A URL that needs no signature and never ends."""
        return self._origin + path

    def private(self, path: str, *, expired: bool = False) -> str:
        """A signed URL, good for the configured time and at most a quarter longer."""
        clock, markers = self._world.clock, self._world.markers
        lifetime = self._world.settings.link_lifetime * max(1.0, clock.speed)
        step = max(1, int(lifetime / 4))
        expires = int(clock.now() + lifetime) // step * step + step
        if expired:
            expires = int(clock.now()) - 1
        signature = self._signer.sign(path, expires)
        markers.note("signature", signature)
        url = f"{self._origin}{path}?expires={expires}&signature={signature}"
        return markers.note("private_media_url", url)

    def refusal(self, path: str, query: str) -> str | None:
        """Why a link isn't good, or None."""
        if path.removeprefix("/").partition("/")[0] in PUBLIC:
            return None
        return self._signer.refusal(path, query, now=self._world.clock.now())

    def content(self, path: str) -> Content | None:
        """The bytes that a path leads to, or None."""
        _, group, identifier, name = (*path.split("/"), "", "", "", "")[:4]
        if group == "uploads":
            upload = self._world.uploads_by_id.get(identifier)
            return upload.content if upload else None
        file = self._file(group, identifier, name)
        return packaged(file) if file else None

    def _file(self, group: str, identifier: str, name: str) -> str | None:
        world = self._world
        if group == "results" and (job := world.jobs.get(identifier)):
            return _output(job.outputs, name)
        if group == "scenes" and (scene := world.scenes.get(identifier)):
            return {"clip.mp4": scene.clip, "thumbnail.png": scene.thumbnail}.get(name)
        if group == "avatars" and identifier in world.avatars:
            files = {"preview.mp4": "video-9x16.mp4", "thumbnail.png": "image-1x1.png"}
            return files.get(name)
        if group == "brands" and identifier in world.brands:
            return "image-1x1.png" if name == "1.png" else None
        return None


def _output(outputs: tuple[str, ...], name: str) -> str | None:
    number, _, rest = name.partition("-" if "-" in name else ".")
    if not number.isdecimal() or int(number) >= len(outputs):
        return None
    output = outputs[int(number)]
    if rest == "thumbnail.png":
        return PICTURES[output].thumbnail
    return output if output.endswith(f".{rest}") else None
