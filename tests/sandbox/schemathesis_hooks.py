"""What schemathesis is told about rules that a schema can't state.

A request that fits the schema must be accepted, save for these refusals, which name their rule.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import schemathesis

BUILT_IN: Any = import_module("schemathesis.specs.openapi.checks")
RULES = frozenset(
    {
        "invalid_cursor",  # only cursors that a list has given are good
        "avatar_not_capable",  # not every avatar can do every style
        "file_too_large",  # the bound isn't part of the schema
        "unsupported_reference",  # only TikTok and Instagram are analysed
        "upload_mismatch",  # what is finalized must be what was presigned
        "wrong_purpose",  # an upload serves the purpose it was presigned for
    }
)


@schemathesis.check
def accepted_unless_a_rule_says_no(ctx: Any, response: Any, case: Any) -> bool | None:
    """The built-in check of positive data, with our rules let through."""
    if response.status_code in {400, 422} and response.json()["error"]["code"] in RULES:
        return None
    verdict: bool | None = BUILT_IN.positive_data_acceptance(ctx, response, case)
    return verdict
