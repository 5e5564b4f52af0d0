"""Every operation once, with success, in the order an app would call them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sume_ext.sandbox import Sandbox
    from tests.sandbox.api import Api


def tour(api: Api, sandbox: Sandbox) -> None:
    """Call all 18 operations; a failed assertion tells which did not succeed."""
    for path in ("/me", "/credits", "/brand?domain=lumen.example", "/brand/current"):
        api.ok("GET", path)
    avatar = api.ok("GET", "/avatars?limit=1")["data"][0]["id"]
    api.ok("GET", f"/avatars/{avatar}")
    swap = api.uploaded("face_swap_source_video")["media_url"]
    paid: list[tuple[str, dict[str, Any]]] = [
        ("/images/generations", {"prompt": "A jar", "image_count": 1, "aspect_ratio": "1:1"}),
        ("/videos/generations", {"prompt": "A jar", "duration": 4, "generate_audio": False}),
        ("/ads/videos", {"prompt": "A jar", "avatar_id": avatar, "style": "talking_head"}),
        ("/face-swap", {"source_video_url": swap, "avatar_ids": [avatar]}),
        ("/reference-analysis", {"url": "https://www.tiktok.com/@creator/video/1"}),
    ]
    for path, body in paid:
        api.ok("POST", path, json=body)
    api.ingest()
    for job in sandbox.jobs.ids(status="queued"):
        api.job(job)
        sandbox.jobs.complete(job)
    cursor = api.ok("GET", "/jobs?limit=2&status=completed")["next_cursor"]
    api.ok("GET", "/jobs", params={"limit": 2, "status": "completed", "cursor": cursor})
    for job in sandbox.jobs.ids(status="completed"):
        api.ok("GET", f"/jobs/{job}/result")
    found = api.ok("GET", "/assets?q=woman%20camera%20hook&source_type=upload&sort=relevance")
    scene = found["data"][0]
    score = scene["search"]["score"]
    api.ok("GET", f"/assets/{scene['id']}?q=woman&search_mode=text&search_score={score}")
