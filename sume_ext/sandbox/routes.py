"""The name of every operation, its method and path, and whether it may spend credits.

What an operation does stands in `operations`; faults and the journal need no more than this.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Route(NamedTuple):
    """Where an operation is.

    Attributes:
        method: In capitals.
        template: Its path in the document.
        spends: Whether it may spend credits.
    """

    method: str
    template: str
    spends: bool = False


ROUTES: Final[dict[str, Route]] = {
    "get_me": Route("GET", "/me"),
    "get_credits": Route("GET", "/credits"),
    "list_brands": Route("GET", "/brand"),
    "get_current_brand": Route("GET", "/brand/current"),
    "list_avatars": Route("GET", "/avatars"),
    "get_avatar": Route("GET", "/avatars/{avatarId}"),
    "list_jobs": Route("GET", "/jobs"),
    "get_job": Route("GET", "/jobs/{jobId}"),
    "get_job_result": Route("GET", "/jobs/{jobId}/result"),
    "create_image_generation": Route("POST", "/images/generations", spends=True),
    "create_video_generation": Route("POST", "/videos/generations", spends=True),
    "create_ad_video": Route("POST", "/ads/videos", spends=True),
    "create_face_swap": Route("POST", "/face-swap", spends=True),
    "create_reference_analysis": Route("POST", "/reference-analysis", spends=True),
    "presign_upload": Route("POST", "/uploads/presign"),
    "create_asset": Route("POST", "/assets"),
    "list_assets": Route("GET", "/assets"),
    "get_asset": Route("GET", "/assets/{assetId}"),
}
"""By the name that the journal and faults use."""
