"""Records as the API shows them: every answer's members are named here, and nowhere else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sume_ext.sandbox.clock import iso
from sume_ext.sandbox.files import PICTURES
from sume_ext.sandbox.records import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sume_ext.sandbox.call import Call
    from sume_ext.sandbox.records import Avatar, Brand, Job, Scene, Upload


def brand(call: Call, one: Brand) -> dict[str, Any]:
    """A Brand DNA profile."""
    image = {
        "reference_url": call.links.public(f"/brands/{one.id}/1.png"),
        "description": f"{one.name} product photo",
    }
    return {
        "object": "brand",
        "id": one.id,
        "name": one.name,
        "domain": one.domain,
        "images": [image],
        "created_at": iso(one.created_at),
        **one.profile,
    }


def avatar(call: Call, one: Avatar) -> dict[str, Any]:
    """An avatar with its media and what it can do."""
    return {
        "object": "avatar",
        "id": one.id,
        "name": one.name,
        "visibility": "public" if one.workspace is None else "workspace",
        "media": {
            "thumbnail_url": call.links.public(f"/avatars/{one.id}/thumbnail.png"),
            "preview_video_url": call.links.public(f"/avatars/{one.id}/preview.mp4"),
        },
        "capabilities": one.capabilities,
        "created_at": iso(one.created_at),
    }


def job(call: Call, one: Job) -> dict[str, Any]:
    """A job, its error only when it has ended."""
    error = {"code": one.error[0], "message": one.error[1]} if one.error else None
    failed = error if one.status in TERMINAL else None
    done = one.status == "completed"
    shown: dict[str, Any] = {
        "id": one.id,
        "object": "job",
        "type": one.type,
        "status": one.status,
        "created_at": iso(one.created_at),
        "updated_at": iso(one.updated_at),
        "completed_at": None if one.completed_at is None else iso(one.completed_at),
        "error": failed,
        "result_url": _media_url(call, one, 0) if done and one.outputs else None,
        "progress": _progress(call, one),
        "credits": one.cost,
    }
    if call.world.settings.secrets and failed:
        junk = call.world.markers.junk()
        link = call.links.private(f"/results/{one.id}/0.mp4")
        person = call.workspace.email
        failed["message"] += f" Provider said {junk} about {link}, ask {person}."
        shown["provider_error"] = {"payload": junk, "workspace_id": call.workspace.id}
    return shown


def result(call: Call, one: Job) -> dict[str, Any]:
    """A completed job together with what it made."""
    output: dict[str, Any] = {
        "media": [_media(call, one, n) for n in range(len(one.outputs))],
        "analysis": _analysis(one) if one.type == "reference_analysis" else None,
        "asset_ids": list(one.asset_ids) or None,
        "source_media_url": source_url(call, one.source) if one.source else None,
    }
    if call.world.settings.secrets:
        told = {"worker": {"name": call.world.markers.junk()}, "log": "done {1 of 1}"}
        output["provider_payload"] = {"seed": 7, "attempts": [told]}
    return {**job(call, one), "result": output}


def _progress(call: Call, job: Job) -> float | None:
    if job.status in TERMINAL:
        return 1.0 if job.status == "completed" else None
    return round(min(0.99, (call.now - job.created_at) / job.duration), 2)


def _media_url(call: Call, job: Job, n: int) -> str:
    kind = PICTURES[job.outputs[n]].name.rpartition(".")[2]
    return call.links.private(f"/results/{job.id}/{n}.{kind}", expired=call.fault.expired)


def _media(call: Call, job: Job, n: int) -> dict[str, Any]:
    picture = PICTURES[job.outputs[n]]
    thumbnail = None
    if picture.thumbnail:
        path = f"/results/{job.id}/{n}-thumbnail.png"
        thumbnail = call.links.private(path, expired=call.fault.expired)
    return picture.described(_media_url(call, job, n), thumbnail)


def _analysis(job: Job) -> dict[str, Any]:
    return {
        "source_url": job.request.get("url"),
        "summary": "A sandbox analysis: three scenes, a spoken hook, an offer at the end.",
        "hook": "Do you know what is really in your serum?",
        "scenes": [
            {"role": "hook", "start_time_seconds": 0, "end_time_seconds": 2},
            {"role": "product_demo", "start_time_seconds": 2, "end_time_seconds": 4},
            {"role": "cta", "start_time_seconds": 4, "end_time_seconds": 6},
        ],
        "tone": "plain-spoken",
    }


def source_url(call: Call, upload: Upload) -> str:
    """Where an upload can be fetched."""
    if call.store is not None:
        lifetime = call.world.settings.link_lifetime
        now = time.time()
        url = call.signer.presign("GET", upload.object_key, now=now, lifetime=lifetime)
        return call.world.markers.note("private_media_url", url)
    return call.links.private(f"/uploads/{upload.id}/source", expired=call.fault.expired)


def asset(call: Call, scene: Scene, echo: Mapping[str, Any] | None) -> dict[str, Any]:
    """A scene, with the search it came from when there was one."""
    expired = call.fault.expired
    clip = call.links.private(f"/scenes/{scene.id}/clip.mp4", expired=expired)
    shown: dict[str, Any] = {
        "id": scene.id,
        "object": "asset",
        "title": scene.title,
        "media_url": clip,
        "clip_url": clip,
        "thumbnail_url": call.links.private(f"/scenes/{scene.id}/thumbnail.png", expired=expired),
        "start_time_seconds": scene.start,
        "end_time_seconds": scene.end,
        "segment_type": scene.segment_type,
        "source_type": scene.source_type,
        "created_at": iso(scene.created_at),
        "metadata": scene.metadata,
        "source_video": {
            "id": scene.source_id,
            "title": scene.source_title,
            "duration_seconds": scene.source_duration,
        },
    }
    if scene.source is not None:
        shown["source_media_url"] = source_url(call, scene.source)
    if echo is not None:
        shown["search"] = echo
    return shown
