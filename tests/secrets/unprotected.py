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
    from collections.abc import Callable

    import pytest


def _show_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Secret, "__repr__", Secret.reveal)
    monkeypatch.setattr(Secret, "__str__", Secret.reveal)


def _keep_locals(monkeypatch: pytest.MonkeyPatch) -> None:
    _everywhere(monkeypatch, "conceal", _do_nothing)
    monkeypatch.setattr(Request, "__repr__", _whole)


def _believe_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    _everywhere(monkeypatch, "redact_foreign", _as_it_is)


def _let_the_engine_talk(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in discretion._LOGGERS:
        monkeypatch.setattr(logging.getLogger(name), "filters", [])
    monkeypatch.setattr(discretion, "install", lambda: None)


def _show_models(monkeypatch: pytest.MonkeyPatch) -> None:
    for model in models():
        monkeypatch.setattr(model, "__repr__", _whole)


PROTECTIONS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "wrapped keys": _show_secrets,
    "emptied frames": _keep_locals,
    "cleaned words of servers": _believe_servers,
    "a discreet engine": _let_the_engine_talk,
    "hidden members": _show_models,
}


def switch_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show secrets, models and requests whole; keep locals, engine logs and server texts."""
    for protection in PROTECTIONS.values():
        protection(monkeypatch)


def _everywhere(monkeypatch: pytest.MonkeyPatch, function: str, instead: object) -> None:
    """Replace a function where it is and wherever it was imported by name."""
    for name in ("client", "secrecy.redaction", "secrecy.border"):
        importlib.import_module(f"sume_ext.{name}")
    for name, module in [*sys.modules.items()]:
        if name.startswith("sume_ext.") and hasattr(module, function):
            monkeypatch.setattr(module, function, instead)


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
