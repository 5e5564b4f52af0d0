"""The 18 operations: what each does to the world and what it answers.

A handler gets checked arguments and a checked body and returns a status and a value, or raises
`Problem`; it knows nothing of HTTP beyond that. `HANDLERS` has every one by method and path.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import unquote

from sume_ext.sandbox import views
from sume_ext.sandbox.clock import iso
from sume_ext.sandbox.course import outputs_of
from sume_ext.sandbox.library import search
from sume_ext.sandbox.pages import page
from sume_ext.sandbox.problems import Problem, not_found
from sume_ext.sandbox.records import Avatar, Brand, Job, Scene, Upload
from sume_ext.sandbox.routes import ROUTES
from sume_ext.urls import split_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sume_ext.sandbox.call import Call


Answer: TypeAlias = tuple[int, dict[str, Any]]
IMAGE_CREDITS: Final = 2
VIDEO_CREDITS_PER_SECOND: Final = 2
AD_CREDITS_PER_SECOND: Final = 3
FACE_SWAP_CREDITS: Final = 10
ANALYSIS_CREDITS: Final = 5
DEFAULT_SECONDS: Final = 5
MAX_OUTPUTS: Final = 4
REEL_HOSTS: Final = ("tiktok.com", "instagram.com")


# --- account, brands, avatars ----------------------------------------------------------------


def get_me(call: Call) -> Answer:
    """``GET /me``: who the key belongs to."""
    workspace, key = call.workspace, call.key
    return 200, {
        "object": "account",
        "user": {"id": workspace.user_id, "email": workspace.email, "name": workspace.user_name},
        "workspace": {"id": workspace.id, "name": workspace.name},
        "api_key": {
            "id": key.id,
            "name": key.name,
            "prefix": "sume_sandbox_",
            "scopes": ["read", "generate"],
        },
    }


def get_credits(call: Call) -> Answer:
    """``GET /credits``: what is left, reservations taken off."""
    workspace = call.workspace
    limit = workspace.active_limit
    return 200, {
        "object": "credits",
        "plan": "sandbox",
        "monthly_credits": workspace.monthly_credits,
        "bonus_credits": 0,
        "remaining_credits": workspace.credits,
        "concurrency": None if limit is None else {"active": workspace.active, "limit": limit},
    }


def list_brands(call: Call) -> Answer:
    """``GET /brand``: brand profiles, of one domain if asked."""
    domain = call.arguments.get("domain")
    rows = [one for one in _brands(call) if domain in {None, one.domain}]
    return 200, page(rows, lambda row: (row.number,), call.window(), lambda b: views.brand(call, b))


def get_current_brand(call: Call) -> Answer:
    """``GET /brand/current``: the workspace's first brand."""
    for brand in _brands(call):
        return 200, views.brand(call, brand)
    raise not_found("brand")


def _brands(call: Call) -> list[Brand]:
    return [one for one in call.world.brands.values() if one.workspace is call.workspace]


def list_avatars(call: Call) -> Answer:
    """``GET /avatars``: public avatars and the workspace's own."""
    rows = [one for one in call.world.avatars.values() if one.workspace in {None, call.workspace}]
    return 200, page(
        rows, lambda row: (row.number,), call.window(), lambda a: views.avatar(call, a)
    )


def get_avatar(call: Call) -> Answer:
    """``GET /avatars/{avatarId}``."""
    return 200, views.avatar(call, _find_avatar(call, call.arguments["avatarId"]))


def _find_avatar(call: Call, identifier: str) -> Avatar:
    avatar = call.world.avatars.get(identifier)
    if avatar is None or avatar.workspace not in {None, call.workspace}:
        raise not_found("avatar")
    return avatar


# --- jobs ------------------------------------------------------------------------------------


def list_jobs(call: Call) -> Answer:
    """``GET /jobs``: newest first, by type and status if asked."""
    before = call.now - call.fault.lag if call.fault.lag else None
    return 200, call.world.jobs.shelf(call.workspace).page(
        call.window(),
        lambda job: views.job(call, job),
        created_before=before,
        type=call.arguments.get("type"),
        status=call.arguments.get("status"),
    )


def get_job(call: Call) -> Answer:
    """``GET /jobs/{jobId}``."""
    return 200, views.job(call, _find_job(call))


def get_job_result(call: Call) -> Answer:
    """``GET /jobs/{jobId}/result``: 409 until the job is completed."""
    job = _find_job(call)
    if job.status != "completed":
        message = f"The job has no result: its status is {job.status}."
        raise Problem(409, "job_not_completed", message, {"status": job.status})
    return 200, views.result(call, job)


def _find_job(call: Call) -> Job:
    job = call.world.jobs.get(call.arguments["jobId"])
    if job is None or job.workspace is not call.workspace or not call.visible(job.created_at):
        raise not_found("job")
    return job


# --- generation ------------------------------------------------------------------------------


def _submit(call: Call, kind: str, cost: float, source: Upload | None = None) -> Job:
    if call.fault.outcome is not None:
        call.world.jobs.end_next(kind, call.fault.outcome, None, 1)
    return call.world.jobs.submit(
        call.workspace,
        kind,
        cost=cost,
        outputs=outputs_of(kind, call.body, MAX_OUTPUTS),
        source=source,
        request=call.body,
    )


def _accepted(kind: str, job: Job) -> Answer:
    return 202, {"object": kind, "job_id": job.id, "status": job.status}


def create_image_generation(call: Call) -> Answer:
    """``POST /images/generations``."""
    cost = IMAGE_CREDITS * call.body.get("image_count", 1)
    call.world.jobs.afford(call.workspace, cost)
    job = _submit(call, "image_generation", cost)
    return 202, {"object": "image_generation", "job": {"id": job.id, "status": job.status}}


def create_video_generation(call: Call) -> Answer:
    """``POST /videos/generations``."""
    cost = VIDEO_CREDITS_PER_SECOND * call.body.get("duration", DEFAULT_SECONDS)
    call.world.jobs.afford(call.workspace, cost)
    return _accepted("video_generation", _submit(call, "video_generation", cost))


def create_ad_video(call: Call) -> Answer:
    """``POST /ads/videos``: 404 for an avatar that isn't there, 422 for one that can't."""
    avatar = _find_avatar(call, call.body["avatar_id"])
    style = call.body.get("style", "talking_head")
    if not avatar.capabilities.get(style):
        message = f"The avatar {avatar.name} can't do {style}; see its capabilities."
        raise Problem(422, "avatar_not_capable", message)
    cost = AD_CREDITS_PER_SECOND * call.body.get("duration", DEFAULT_SECONDS)
    call.world.jobs.afford(call.workspace, cost)
    return _accepted("ads_video", _submit(call, "ads_video", cost))


def create_face_swap(call: Call) -> Answer:
    """``POST /face-swap``: one job per avatar, on a video uploaded for it."""
    avatars = [_find_avatar(call, one) for one in call.body["avatar_ids"]]
    for avatar in avatars:
        if not avatar.capabilities["face_swap"]:
            message = f"The avatar {avatar.name} can't do face_swap; see its capabilities."
            raise Problem(422, "avatar_not_capable", message)
    source = _uploaded_video(call, call.body["source_video_url"])
    call.world.jobs.afford(call.workspace, FACE_SWAP_CREDITS * len(avatars), len(avatars))
    jobs = [_submit(call, "face_swap", FACE_SWAP_CREDITS, source) for _ in avatars]
    return 202, {
        "object": "face_swap",
        "jobs": [{"id": job.id, "status": job.status} for job in jobs],
    }


def _uploaded_video(call: Call, url: str) -> Upload:
    upload = _upload_behind(call, url.partition("?")[0])
    if upload is None or upload.workspace is not call.workspace:
        raise not_found("source video")
    if upload.purpose != "face_swap_source_video":
        message = "Presign the video with purpose face_swap_source_video."
        raise Problem(422, "wrong_purpose", message)
    if not _is_stored(call, upload):
        raise Problem(409, "upload_incomplete", "The video has not been uploaded yet.")
    return upload


def _upload_behind(call: Call, place: str) -> Upload | None:
    """The upload whose media URL, without its query, this is."""
    if call.store is not None:
        prefix = f"{call.signer.endpoint}/{call.signer.bucket}/"
        key = unquote(place.removeprefix(prefix))
        return call.world.uploads.get(key) if place.startswith(prefix) else None
    prefix = call.links.public("/uploads/")
    identifier = place.removeprefix(prefix).removesuffix("/source")
    return call.world.uploads_by_id.get(identifier) if place.startswith(prefix) else None


def create_reference_analysis(call: Call) -> Answer:
    """``POST /reference-analysis``: of a public TikTok or Instagram Reel."""
    url: str = call.body["url"]
    host = split_url(url).hostname or ""
    if not any(host == one or host.endswith(f".{one}") for one in REEL_HOSTS):
        message = "Give the URL of a public TikTok or Instagram Reel."
        raise Problem(422, "unsupported_reference", message)
    call.world.jobs.afford(call.workspace, ANALYSIS_CREDITS)
    job = _submit(call, "reference_analysis", ANALYSIS_CREDITS)
    return 202, {
        "object": "reference_analysis",
        "job_id": job.id,
        "status": job.status,
        "required_credits": ANALYSIS_CREDITS,
    }


# --- uploads and assets ----------------------------------------------------------------------


def presign_upload(call: Call) -> Answer:
    """``POST /uploads/presign``: a place for exactly these bytes, for a while."""
    world, body, markers = call.world, call.body, call.world.markers
    if body["size_bytes"] > world.limits.upload_bytes:
        message = f"At most {world.limits.upload_bytes} bytes can be uploaded."
        raise Problem(422, "file_too_large", message)
    suffix = "".join(
        c for c in body["file_name"][-40:] if c.isascii() and (c.isalnum() or c in "._-")
    )
    # The real store tells the time by the real clock.
    now = time.time() if call.store else call.now
    lifetime = world.settings.upload_lifetime * (1 if call.store else max(1, world.clock.speed))
    if call.fault.expired:
        now -= lifetime + 1
    upload = Upload(
        id=markers.token(),
        workspace=call.workspace,
        object_key=markers.note("object_key", f"sandbox/{markers.token()}/{suffix or 'file'}"),
        file_name=body["file_name"],
        content_type=body["content_type"],
        size=body["size_bytes"],
        purpose=body["purpose"],
        created_at=call.now,
        required_headers={
            "Content-Type": body["content_type"],
            "x-amz-meta-sandbox": markers.note("required_header", f"sandbox-{markers.token()}"),
        },
    )
    world.add_upload(upload)
    url = call.signer.presign(
        "PUT",
        upload.object_key,
        now=now,
        lifetime=lifetime,
        headers={**upload.required_headers, "content-length": str(upload.size)},
    )
    markers.note("upload_url", url)
    markers.note("signature", url.rpartition("=")[2])
    return 200, {
        "upload_url": url,
        "required_headers": upload.required_headers,
        "object_key": upload.object_key,
        "media_url": views.source_url(call, upload),
        "expires_at": iso(now + lifetime),
    }


def _is_stored(call: Call, upload: Upload) -> bool:
    if call.store is not None:
        return call.store.holds(upload.object_key, upload.size)
    return upload.content is not None


def create_asset(call: Call) -> Answer:
    """``POST /assets``: finalize an upload, once, and start its ingest."""
    upload = call.world.uploads.get(call.body["object_key"])
    if upload is None or upload.workspace is not call.workspace:
        raise not_found("upload")
    if upload.purpose != "asset_library_video":
        raise Problem(422, "wrong_purpose", "Presign the video with purpose asset_library_video.")
    said: dict[str, str | int] = {
        "file_name": upload.file_name,
        "content_type": upload.content_type,
        "size_bytes": upload.size,
    }
    if wrong := [name for name in said if call.body.get(name, said[name]) != said[name]]:
        message = f"Not what the upload was presigned with: {', '.join(wrong)}."
        raise Problem(422, "upload_mismatch", message)
    if upload.job_id is not None:
        message = "This upload has been finalized already."
        raise Problem(409, "already_finalized", message, {"job_id": upload.job_id})
    if not _is_stored(call, upload):
        raise Problem(409, "upload_incomplete", "The bytes have not been uploaded yet.")
    job = _submit(call, "asset_ingest", 0, upload)
    upload.job_id = job.id
    return 202, {
        "object": "asset_ingest",
        "job_id": job.id,
        "status": job.status,
        "asset": None,
    }


def list_assets(call: Call) -> Answer:
    """``GET /assets``: scenes by all filters, sorts and words."""
    scenes = [one for one in call.world.scenes.of(call.workspace) if call.visible(one.created_at)]

    def render(scene: Scene, echo: Mapping[str, Any] | None) -> dict[str, Any]:
        return views.asset(call, scene, echo)

    return 200, search(scenes, call.arguments, call.window(), render)


def get_asset(call: Call) -> Answer:
    """``GET /assets/{assetId}``; the search it came from is echoed."""
    arguments = call.arguments
    scene = call.world.scenes.get(arguments["assetId"])
    if scene is None or scene.workspace is not call.workspace or not call.visible(scene.created_at):
        raise not_found("asset")
    echo = None
    if "q" in arguments:
        echo = {
            "mode": arguments.get("search_mode", "text"),
            "score": arguments.get("search_score"),
            "query": arguments["q"],
        }
    return 200, views.asset(call, scene, echo)


@dataclass(frozen=True, slots=True)
class Handler:
    """An operation as the sandbox knows it.

    Attributes:
        name: Its name in the journal and in faults.
        run: What it does.
        spends: Whether it may spend credits.
    """

    name: str
    run: Callable[[Call], Answer]
    spends: bool = False


_RUN: Final[tuple[Callable[[Call], Answer], ...]] = (
    get_me,
    get_credits,
    list_brands,
    get_current_brand,
    list_avatars,
    get_avatar,
    list_jobs,
    get_job,
    get_job_result,
    create_image_generation,
    create_video_generation,
    create_ad_video,
    create_face_swap,
    create_reference_analysis,
    presign_upload,
    create_asset,
    list_assets,
    get_asset,
)
HANDLERS: Final[dict[tuple[str, str], Handler]] = {
    ROUTES[run.__name__][:2]: Handler(run.__name__, run, ROUTES[run.__name__].spends)
    for run in _RUN
}
