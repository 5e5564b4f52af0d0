"""The two origins beside the API: storage takes uploads, media gives results.

Both refuse the API's credentials outright, so a client that leaks them is found out at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sume_ext.sandbox.messages import Body, Head, Reply, Slice, xml_reply
from sume_ext.sandbox.records import Content
from sume_ext.sandbox.signing import EXPIRED

if TYPE_CHECKING:
    from sume_ext.sandbox.faults import Fault
    from sume_ext.sandbox.links import Links
    from sume_ext.sandbox.signing import Signer
    from sume_ext.sandbox.world import World

CREDENTIALS: Final = ("authorization", "x-api-key", "cookie")
RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


def _leak(head: Head) -> Reply | None:
    if leaked := [name for name in CREDENTIALS if name in head.headers]:
        message = f"Only one auth mechanism allowed; the signature is it, so send no {leaked[0]}."
        return xml_reply(400, "InvalidArgument", message)
    return None


def storage_refusal(world: World, signer: Signer, head: Head, fault: Fault) -> Reply | None:
    """Why storage refuses an upload before it reads it, or None."""
    if head.method != "PUT":
        return xml_reply(405, "MethodNotAllowed", "This origin takes PUT only.")
    if leak := _leak(head):
        return leak
    if head.declared_size is None:
        return xml_reply(411, "MissingContentLength", "Send a Content-Length; never chunked.")
    now = world.clock.now() + (1e9 if fault.expired else 0)
    if refusal := signer.refusal(head.method, head.path, head.query, head.headers, now=now):
        return xml_reply(*refusal)
    if head.declared_size > world.limits.stored_bytes - world.stored_bytes:
        return xml_reply(400, "EntityTooLarge", "The sandbox stores no more than its bound.")
    return None


def store(world: World, signer: Signer, head: Head, body: Body) -> Reply:
    """Keep the bytes of an upload that wasn't refused."""
    upload = world.uploads.get(head.path.removeprefix(f"/{signer.bucket}/"))
    if upload is None or body.file is None:
        return xml_reply(404, "NoSuchKey", "The upload has been forgotten.")
    if upload.content is not None:
        world.stored_bytes -= upload.content.size
        upload.content.close()
    etag = f'"{body.md5}"'
    upload.content = Content(body.file, body.size, etag, upload.content_type)
    body.file = None
    world.stored_bytes += body.size
    return Reply(200, {"ETag": etag})


def media(links: Links, head: Head, fault: Fault) -> Reply:
    """A media file, whole or in part."""
    content = links.content(head.path)
    if refused := _media_refusal(links, head, fault):
        return refused
    if content is None:
        return xml_reply(404, "NoSuchKey", "There is no such file.")
    headers = {
        "Content-Type": content.content_type,
        "ETag": content.etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private",
    }
    if head.headers.get("if-none-match") in {content.etag, "*"}:
        return Reply(304, headers)
    asked = None if fault.ignore_range else _range(head, content)
    if asked is None:
        return Reply(200, headers, Slice(content, 0, content.size))
    start, stop = asked
    if start >= stop:
        return Reply(416, {**headers, "Content-Range": f"bytes */{content.size}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{content.size}"
    return Reply(206, headers, Slice(content, start, stop - start))


def _media_refusal(links: Links, head: Head, fault: Fault) -> Reply | None:
    if head.method not in {"GET", "HEAD"}:
        return xml_reply(405, "MethodNotAllowed", "This origin takes GET and HEAD only.")
    if leak := _leak(head):
        return leak
    reason = EXPIRED if fault.expired else links.refusal(head.path, head.query)
    return xml_reply(403, "AccessDenied", reason) if reason else None


def _range(head: Head, content: Content) -> tuple[int, int] | None:
    """First and last-but-one offset asked for; None for everything (RFC 9110, section 14.2)."""
    match = RANGE.fullmatch(head.headers.get("range", "").replace(" ", ""))
    unchanged = head.headers.get("if-range", content.etag) == content.etag
    if match is None or not unchanged or head.method != "GET":
        return None
    first, last = match.groups()
    if not first:
        return (max(0, content.size - int(last)), content.size) if last else None
    stop = min(int(last) + 1, content.size) if last else content.size
    if last and int(last) < int(first):
        return None
    return int(first), stop
