"""The pipeline without its files: from a document to what decides the generated code."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from scripts import emit, names, read_document

ROOT = Path(__file__).parent.parent.parent
OPENAPI = ROOT / "openapi"
Json = dict[str, Any]


@cache
def table() -> names.Names:
    return names.load(OPENAPI / "names.yaml")


@cache
def _pinned_text() -> str:
    return (OPENAPI / "upstream.json").read_text(encoding="utf-8")


def pinned() -> Json:
    """A fresh copy of the pinned document."""
    found: Json = json.loads(_pinned_text())
    return found


def effective_text(document: Json, names_: names.Names | None = None) -> str:
    """The effective document; equal texts make equal code."""
    known = names_ or table()
    made = emit.effective(read_document.read(document, known), known)
    return json.dumps(made.document, indent=1, sort_keys=True, ensure_ascii=False)
