"""How the sandbox says no: one exception, one envelope.

Whatever refuses a request raises `Problem`; it becomes the API's error envelope in one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

CODES: Final = {
    400: "bad_request",
    401: "unauthorized",
    402: "insufficient_credits",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "payload_too_large",
    422: "validation_error",
    429: "rate_limit_exceeded",
    500: "internal_error",
    502: "bad_gateway",
    503: "unavailable",
    504: "gateway_timeout",
}


class Problem(Exception):  # noqa: N818  (an answer, not a fault of the program)
    """A refusal.

    Args:
        status: The HTTP status.
        code: The API's error code.
        message: What is wrong, without secrets.
        details: The envelope's ``details``.
        headers: Further headers of the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.details = dict(details or {})
        self.headers = dict(headers or {})

    def envelope(self, request_id: str) -> dict[str, Any]:
        """The API's error envelope."""
        error = {"code": self.code, "message": str(self), "details": self.details}
        return {"error": error, "request_id": request_id}


def not_found(what: str) -> Problem:
    """404 for a record that this workspace doesn't have."""
    return Problem(404, "not_found", f"There is no such {what} in this workspace.")
