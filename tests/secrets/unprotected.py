"""The client with each of its protections switched off, so that the canary test proves itself."""

from __future__ import annotations

import importlib
import logging
import pkgutil
import sys
from typing import TYPE_CHECKING, Any, cast

import attrs
import sume_api.models

from sume_ext.network.wire import Request
from sume_ext.secrecy import discretion
from sume_ext.secrecy.secret import Secret

if TYPE_CHECKING:
    import pytest


def switch_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show secrets, models and requests whole; keep locals, engine logs and server texts."""
    monkeypatch.setattr(Secret, "__repr__", Secret.reveal)
    monkeypatch.setattr(Secret, "__str__", Secret.reveal)
    monkeypatch.setattr(Request, "__repr__", _whole)
    for name in ("client", "secrecy.redaction", "secrecy.border"):
        importlib.import_module(f"sume_ext.{name}")
    # Wherever they were imported by name, too.
    for name, module in [*sys.modules.items()]:
        if name.startswith("sume_ext."):
            for function, nothing in (("conceal", _do_nothing), ("redact_foreign", _as_it_is)):
                if hasattr(module, function):
                    monkeypatch.setattr(module, function, nothing)
    for name in discretion._LOGGERS:
        logger = logging.getLogger(name)
        monkeypatch.setattr(logger, "filters", [])
    monkeypatch.setattr(discretion, "install", lambda: None)
    for model in models():
        monkeypatch.setattr(model, "__repr__", _whole)


def models() -> list[type[Any]]:
    """Every generated model."""
    found: list[type[Any]] = []
    for module in pkgutil.iter_modules(sume_api.models.__path__, "sume_api.models."):
        loaded = importlib.import_module(module.name)
        found += [
            one
            for one in vars(loaded).values()
            if isinstance(one, type) and attrs.has(one) and one.__module__ == module.name
        ]
    return found


def _whole(self: Any) -> str:
    fields: Any = attrs.fields(cast("Any", type(self)))
    values = {field.name: getattr(self, field.name) for field in fields}
    return f"{type(self).__name__}({values!r})"


def _as_it_is(value: Any) -> Any:
    return value


def _do_nothing(_: BaseException) -> None:
    return
