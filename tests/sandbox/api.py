"""A plain HTTP client for the sandbox's tests, so that nothing of ours judges our own work."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import httpx

from sume_ext.sandbox import sample_video

if TYPE_CHECKING:
    from sume_ext.sandbox import Sandbox

# Loading the system's certificates takes longer than a whole test, and nothing here speaks TLS.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Api(httpx.Client):
    """Speaks to a sandbox with one key."""

    def __init__(
        self, sandbox: Sandbox, key: str | None = None, *, base_url: str | None = None
    ) -> None:
        super().__init__(
            base_url=base_url or sandbox.base_url,
            headers={"authorization": f"Bearer {key or sandbox.api_key}"},
            timeout=10,
            trust_env=False,
            verify=NO_TLS,
        )

    def ok(self, method: str, path: str, **kwargs: Any) -> dict[str, Any]:
        """The answer's JSON; an assertion fails unless the call succeeded."""
        answer = self.request(method, path, **kwargs)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def refused(self, status: int, method: str, path: str, **kwargs: Any) -> dict[str, Any]:
        """The envelope's error; an assertion fails unless this status was answered."""
        answer = self.request(method, path, **kwargs)
        assert answer.status_code == status, answer.text
        envelope = answer.json()
        assert envelope["request_id"].startswith("req_sandbox_")
        found: dict[str, Any] = envelope["error"]
        return found

    def video(self, **fields: Any) -> str:
        """The id of a new video job."""
        body = {"prompt": "A jar on a shelf", **fields}
        job: str = self.ok("POST", "/videos/generations", json=body)["job_id"]
        return job

    def job(self, identifier: str) -> dict[str, Any]:
        """A job."""
        return self.ok("GET", f"/jobs/{identifier}")

    def presign(self, purpose: str = "asset_library_video", **fields: Any) -> dict[str, Any]:
        """A place for the sample video."""
        body = {
            "file_name": "sample.mp4",
            "content_type": "video/mp4",
            "size_bytes": sample_video().stat().st_size,
            "purpose": purpose,
            **fields,
        }
        return self.ok("POST", "/uploads/presign", json=body)

    def uploaded(self, purpose: str = "asset_library_video") -> dict[str, Any]:
        """A place with the sample video in it."""
        place = self.presign(purpose)
        assert put(place).status_code == httpx.codes.OK
        return place

    def ingest(self) -> str:
        """The id of a new ingest of the sample video."""
        key = self.uploaded()["object_key"]
        job: str = self.ok("POST", "/assets", json={"object_key": key})["job_id"]
        return job


def put(
    place: dict[str, Any], content: bytes | None = None, headers: dict[str, str] | None = None
) -> httpx.Response:
    """Send bytes, the sample video's by default, with what headers are required, or these."""
    return httpx.put(
        place["upload_url"],
        content=sample_video().read_bytes() if content is None else content,
        headers=place["required_headers"] if headers is None else headers,
        timeout=10,
        trust_env=False,
        verify=NO_TLS,
    )


def fetch(url: str, **headers: str) -> httpx.Response:
    """Get a media URL with nothing but these headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.get(url, headers=named, timeout=10, trust_env=False, verify=NO_TLS)
