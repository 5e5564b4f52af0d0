"""The pipeline without its files: from a document to what decides the generated code."""

import contextlib
import importlib
import json
import sys
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Any

from scripts import audit, emit, generate, metadata, names, read_document

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


def build(document: Json, folder: Path, names_: names.Names | None = None) -> Path:
    """The whole package that a document makes, audited; returns its folder."""
    known = names_ or table()
    made = emit.effective(read_document.read(document, known), known)
    package = folder / "sume_api"
    generated = generate.generate(made.document, package, OPENAPI, known.hides)
    metadata.write(made.document, generated, OPENAPI / "templates" / "package")
    generate.format_code(package)
    audit.audit(document, made.document, package, known)
    return package


def no_names() -> names.Names:
    """A table without rows, for documents of another API."""
    return names.parse(
        {
            "base_path": "/api/v1",
            "server": "https://www.sume.so/api/v1",
            "envelope": "ErrorResponse",
            "operations": {},
            "classes": {},
            "hidden": [],
            "hidden_names": ["^secret$"],
        }
    )


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, but for what Python caches."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def small(answer: Json | None = None, **operation: Any) -> Json:
    """A document of one operation, `POST /things`, for one construct at a time."""
    good: Json = {"description": "ok"}
    if answer is not None:
        good["content"] = {"application/json": {"schema": answer}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Small", "version": "1"},
        "servers": [{"url": "https://www.sume.so/api/v1"}],
        "paths": {"/things": {"post": {"responses": {"200": good}, **operation}}},
    }


def body(schema: Json) -> Json:
    """A JSON request body."""
    return {"required": True, "content": {"application/json": {"schema": schema}}}


@contextlib.contextmanager
def importable(package: Path) -> Generator[None]:
    """Makes `import sume_api` mean the package in a folder, for a while."""
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if _ours(name)}
    sys.path.insert(0, str(package.parent))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(package.parent))
        for name in [name for name in sys.modules if _ours(name)]:
            del sys.modules[name]
        sys.modules.update(before)


def _ours(name: str) -> bool:
    return name == "sume_api" or name.startswith("sume_api.")
