"""The same API as a TypeScript server with zod would describe it.

Everything stands inline, hardly an operation has an id, unions and constants are everywhere, and
the one recursive schema has a made-up name. It says more than the pinned document, never less.
"""

from typing import Any

from tests.schema.pipeline import pinned
from tests.schema.rewordings import holders, operations, reword

Json = dict[str, Any]
KEPT_IDS = ("listJobs", "getMe")


def zod() -> Json:
    """A fresh copy of the document."""
    document = reword(
        pinned(),
        "other_references_inlined",
        "envelope_inlined",
        "references_inlined",
        "choices_as_constants",
        "null_as_alternative",
        "security_everywhere",
        "prefix_in_paths",
        seed=7,
    )
    for holder, key in list(holders(document)):
        schema = holder[key]
        schema.pop("x-inferred", None)
        if schema.get("type") == "object" and schema.get("properties"):
            schema["additionalProperties"] = False
    for _, _, operation in operations(document):
        if operation["operationId"] not in KEPT_IDS:
            del operation["operationId"]
        operation.pop("tags")
        for response in operation["responses"].values():
            response.pop("headers", None)
    _requests(document)
    _answers(document)
    return document


def body(document: Json, path: str) -> Json:
    found: Json = document["paths"][f"/api/v1{path}"]["post"]["requestBody"]["content"]
    body_: Json = found["application/json"]
    return body_


def answer(document: Json, method: str, path: str) -> Json:
    responses = document["paths"][f"/api/v1{path}"][method]["responses"]
    good = next(status for status in responses if status.startswith("2"))
    found: Json = responses[good]["content"]["application/json"]
    return found


def _object(required: list[str], **properties: Json) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _const(value: object) -> Json:
    return {"type": "string" if isinstance(value, str) else "number", "const": value}


def _requests(document: Json) -> None:
    """Discriminated and undiscriminated unions, intersections, constants, exclusive limits."""
    text = {"type": "string", "minLength": 1, "maxLength": 4000}
    image = body(document, "/images/generations")["schema"]["properties"]
    image["image_count"] = {"anyOf": [_const(1), _const(2), _const(4)], "description": "How many."}
    image["seed"] = {"type": "integer", "exclusiveMinimum": 0, "maximum": 2**31}
    video = body(document, "/videos/generations")
    common = video["schema"]["properties"]
    video["schema"] = {
        "oneOf": [
            _object(["mode", "prompt"], **common, mode=_const("text")),
            _object(
                ["mode", "image_url"],
                **common,
                mode=_const("image"),
                image_url={"type": "string", "format": "uri"},
            ),
        ],
        "discriminator": {"propertyName": "mode"},
    }
    ad = body(document, "/ads/videos")["schema"]["properties"]
    ad["voice"] = {
        "oneOf": [
            _object(["type", "voice_id"], type=_const("preset"), voice_id=text),
            _object(
                ["type", "audio_url"],
                type=_const("upload"),
                audio_url={"type": "string", "format": "uri"},
            ),
        ]
    }
    swap = body(document, "/face-swap")
    swap["schema"] = {
        "allOf": [
            _object(["source_video_url"], source_video_url={"type": "string", "format": "uri"}),
            {
                "anyOf": [
                    _object(
                        ["avatar_ids"], avatar_ids={"type": "array", "items": text, "minItems": 1}
                    ),
                    _object(["avatar_id"], avatar_id=text),
                    _object(["face_image_url"], face_image_url={"type": "string", "format": "uri"}),
                ]
            },
        ]
    }
    presign = body(document, "/uploads/presign")["schema"]["properties"]
    presign["size_bytes"] = {"type": "integer", "exclusiveMinimum": 0, "maximum": 5 * 2**30}
    presign["checksum"] = {
        "anyOf": [{"type": "string", "pattern": "^[0-9a-f]{64}$"}, {"type": "null"}]
    }


def _answers(document: Json) -> None:
    """Tagged results, a recursive scene, mixed constants, a tuple, a map."""
    url = {"type": "string", "format": "uri"}
    result = answer(document, "get", "/jobs/{jobId}/result")["schema"]["properties"]
    media = result["result"]["properties"]["media"]
    result["result"] = {
        "oneOf": [
            _object(["kind", "media"], kind=_const("media"), media=media),
            _object(
                ["kind", "analysis"],
                kind=_const("analysis"),
                analysis={
                    "type": "object",
                    "propertyNames": {"type": "string"},
                    "additionalProperties": {},
                },
            ),
            _object(
                ["kind", "asset_ids"],
                kind=_const("ingest"),
                asset_ids={"type": "array", "items": {"type": "string"}},
                source_media_url={"anyOf": [url, {"type": "null"}]},
            ),
        ]
    }
    document.setdefault("components", {}).setdefault("schemas", {})["__schema0"] = _object(
        ["label", "children"],
        label={"type": "string"},
        children={"type": "array", "items": {"$ref": "#/components/schemas/__schema0"}},
    )
    for method, path in (("get", "/assets/{assetId}"), ("get", "/assets")):
        schema = answer(document, method, path)["schema"]
        scene = schema["properties"]["data"]["items"] if path == "/assets" else schema
        scene["properties"]["outline"] = {"$ref": "#/components/schemas/__schema0"}
        scene["properties"]["fps"] = {"anyOf": [_const(24), _const(25), _const(30)]}
        scene["properties"]["span"] = {
            "type": "array",
            "prefixItems": [{"type": "number"}, {"type": "number"}],
        }
        scene["properties"]["labels"] = {
            "type": "object",
            "propertyNames": {"type": "string"},
            "additionalProperties": {"type": "number"},
        }
        # Scenes within an ingest's answer are left as they were: a shape of their own.
    credits_ = answer(document, "get", "/credits")["schema"]["properties"]
    credits_["plan"] = {
        "anyOf": [_const("free"), _const("pro"), {"type": "string"}, {"type": "null"}]
    }
