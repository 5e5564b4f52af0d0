"""Reads a list to its end, without sockets."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sume_ext.network.wire import Request, Timeouts

if TYPE_CHECKING:
    from sume_ext.sandbox import Sandbox

OK = HTTPStatus.OK


def walk(sandbox: Sandbox, path: str, params: dict[str, Any]) -> list[str]:
    """The ids on all pages, read without sockets."""
    headers = {"authorization": f"Bearer {sandbox.api_key}"}
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        url = f"{sandbox.base_url}{path}?{urlencode({**params, **cursor})}"
        stream = sandbox.transport().open(Request("GET", url, headers), Timeouts(1, 1, 1, 1))
        page = json.loads(stream.read())
        assert stream.status == OK, page
        assert len(page["data"]) <= params["limit"]
        seen += [row["id"] for row in page["data"]]
        assert page["has_more"] == (page["next_cursor"] is not None)
        if not page["has_more"]:
            return seen
        cursor = {"cursor": page["next_cursor"]}
