"""The small real files that stand for results: what each is, and its bytes.

They are package data, made once by ``tests/sandbox/make_media.sh``; every one opens in a player
and says that it isn't real.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sume_ext.sandbox.records import Content

DIRECTORY: Final = Path(__file__).with_name("data")


@dataclass(frozen=True, slots=True)
class Picture:
    """A packaged file."""

    name: str
    width: int
    height: int
    seconds: float | None = None
    thumbnail: str | None = None

    @property
    def content_type(self) -> str:
        """Its media type."""
        return "video/mp4" if self.name.endswith(".mp4") else "image/png"

    def described(self, url: str, thumbnail_url: str | None) -> dict[str, Any]:
        """How a job's result shows it."""
        return {
            "url": url,
            "kind": "image" if self.seconds is None else "video",
            "content_type": self.content_type,
            "width": self.width,
            "height": self.height,
            "duration_seconds": self.seconds,
            "thumbnail_url": thumbnail_url,
        }


PICTURES: Final = {
    picture.name: picture
    for picture in (
        Picture("image-1x1.png", 400, 400),
        Picture("image-4x5.png", 384, 480),
        Picture("image-9x16.png", 360, 640),
        Picture("video-1x1.mp4", 360, 360, 4.0, "image-1x1.png"),
        Picture("video-9x16.mp4", 360, 640, 4.0, "image-9x16.png"),
        Picture("video-16x9.mp4", 640, 360, 4.0, "image-1x1.png"),
        Picture("scene-1.mp4", 360, 640, 2.0, "scene-1.png"),
        Picture("scene-2.mp4", 360, 640, 2.0, "scene-2.png"),
        Picture("scene-3.mp4", 360, 640, 2.0, "scene-3.png"),
        Picture("scene-1.png", 180, 320),
        Picture("scene-2.png", 180, 320),
        Picture("scene-3.png", 180, 320),
        Picture("sample.mp4", 360, 640, 6.0, "scene-1.png"),
    )
}


def image_for(aspect_ratio: str | None) -> str:
    """The picture of this aspect ratio, or the square one."""
    name = f"image-{(aspect_ratio or '1:1').replace(':', 'x')}.png"
    return name if name in PICTURES else "image-1x1.png"


def video_for(aspect_ratio: str | None) -> str:
    """The video of this aspect ratio, or the upright one."""
    name = f"video-{(aspect_ratio or '9:16').replace(':', 'x')}.mp4"
    return name if name in PICTURES else "video-9x16.mp4"


@lru_cache(maxsize=len(PICTURES))
def packaged(name: str) -> Content:
    """The bytes of a packaged file."""
    data = (DIRECTORY / name).read_bytes()
    etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    return Content(io.BytesIO(data), len(data), etag, PICTURES[name].content_type)


def sample_video() -> Path:
    """A real MP4 of six seconds, upright, 36 KB, to try an upload with."""
    return DIRECTORY / "sample.mp4"
