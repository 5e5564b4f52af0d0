"""Where the key and the base URL come from: the environment, else a file for this user only.

The file and its directory are never readable by others, and are replaced whole or not at all.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import stat
import warnings
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from sume_ext.cli.failures import AUTH, KEY_HINT, USAGE, CommandError
from sume_ext.cli.privacy import key_prefix
from sume_ext.config import DEFAULT_BASE_URL, check_base_url

KEY_VARIABLE = "SUME_API_KEY"
URL_VARIABLE = "SUME_API_BASE_URL"
DIRECTORY_VARIABLE = "SUME_CONFIG_DIR"
FILE_NAME = "config.json"
_WRITTEN = {"api_key", "base_url"}
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Setting(NamedTuple):
    """A value and where it comes from.

    Attributes:
        value: The value, or None.
        source: ``environment``, ``file``, ``default`` or ``none``.
    """

    value: str | None
    source: str


def directory() -> Setting:
    """The directory of the file: ``SUME_CONFIG_DIR``, else the platform's for this user."""
    if chosen := os.environ.get(DIRECTORY_VARIABLE):
        return Setting(str(Path(chosen).expanduser()), "environment")
    from platformdirs import user_config_path  # noqa: PLC0415

    return Setting(str(user_config_path("sume", appauthor=False)), "default")


def file_path() -> Path:
    """The file's path."""
    return Path(str(directory().value)) / FILE_NAME


def stored() -> dict[str, str]:
    """What the file holds; nothing when there is none.

    Raises:
        CommandError: The file can't be read as what `save` writes.
    """
    path = file_path()
    try:
        members = _members(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        raise CommandError(
            f"the settings in {path} can't be read.",
            code="configuration",
            hint="Run `sume logout`, then `sume setup` again.",
        ) from None
    _warn_if_readable(path)
    return members


def _members(text: str) -> dict[str, str]:
    """What `save` wrote; raises `ValueError` for anything else."""
    read: Any = json.loads(text)
    if not isinstance(read, dict):
        raise ValueError("not an object")  # noqa: TRY004  (wrong content, not a wrong call)
    members = cast("dict[str, Any]", read)
    known = {name: value for name, value in members.items() if isinstance(value, str)}
    if members.keys() & _WRITTEN - known.keys():
        raise ValueError("not text")
    return known


def _warn_if_readable(path: Path) -> None:
    if os.name == "posix" and path.stat().st_mode & _OTHERS:
        _warn(f"others can read {path}; run: {shlex.join(['chmod', '600', str(path)])}")


@cache
def _warn(text: str) -> None:
    """Say it once, however often the file is read; the command decides how and whether."""
    warnings.warn(text, stacklevel=2)


def api_key() -> Setting:
    """The key in use."""
    return _chosen(KEY_VARIABLE, "api_key", None)


def base_url() -> Setting:
    """The base URL in use."""
    return _chosen(URL_VARIABLE, "base_url", DEFAULT_BASE_URL)


def _chosen(variable: str, name: str, default: str | None) -> Setting:
    if value := os.environ.get(variable, "").strip():
        return Setting(value, "environment")
    saved = stored().get(name)
    if saved:
        return Setting(saved, "file")
    return Setting(default, "default" if default else "none")


def require_key() -> str:
    """The key in use.

    Raises:
        CommandError: There is none.
    """
    value = api_key().value
    if value is None:
        raise CommandError(
            "there is no API key.", code="missing_api_key", hint=KEY_HINT, exit_code=AUTH
        )
    return value


def all_keys() -> list[str]:
    """Every key on this machine, in use or not, for messages that must quote none of them.

    It neither fails nor warns, because it is asked in the middle of a failure.
    """
    keys = [os.environ.get(KEY_VARIABLE, "")]
    with contextlib.suppress(OSError, ValueError, RecursionError):
        keys.append(_members(file_path().read_text(encoding="utf-8")).get("api_key", ""))
    return keys


def save(changes: dict[str, str]) -> Path:
    """Write settings beside those that are stored, for this user only.

    Raises:
        CommandError: They can't be written.
    """
    from tempfile import mkstemp  # noqa: PLC0415  (only saving needs it)

    path = file_path()
    try:
        kept = {**stored(), **changes}
        _private_directory(path.parent)
        handle, name = mkstemp(dir=path.parent, prefix=".config-")  # 0600 at most
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                Path(name).chmod(0o600)  # whatever the umask takes away
                json.dump(kept, file, indent=2)
                file.write("\n")
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CommandError(
            f"can't write {path}: {error.strerror}.",
            code="configuration",
            hint=f"Set {DIRECTORY_VARIABLE} to a directory of yours, or use {KEY_VARIABLE}.",
        ) from None
    return path


def _private_directory(path: Path) -> None:
    """Make the directory for this user only; an existing one with other things in it is left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        path.chmod(0o700)  # whatever the umask takes away
    if os.name != "posix" or not path.stat().st_mode & _OTHERS:
        return
    if {entry.name for entry in path.iterdir()} <= {FILE_NAME}:
        path.chmod(0o700)
    else:
        _warn(f"others can look into {path}; the file itself is yours.")


def forget() -> bool:
    """Remove the file; tells whether there was one.

    Raises:
        CommandError: It can't be removed.
    """
    try:
        file_path().unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise CommandError(
            f"can't remove {file_path()}: {error.strerror}.",
            code="configuration",
            hint="Remove it by hand; it holds a key.",
        ) from None
    return True


def check_key(key: str) -> str:
    """A key as it can be sent.

    Raises:
        CommandError: It has characters that no key has.
    """
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable() or any(c.isspace() for c in key):
        raise CommandError(
            "that is no API key.",
            code="usage",
            hint="Copy it again from the Sume dashboard; one line, nothing else.",
            exit_code=USAGE,
        )
    return key


def checked_url(url: str) -> str:
    """A base URL that a key may be sent to.

    Raises:
        ConfigurationError: It isn't one.
    """
    return check_base_url(url)


def prefix(key: str | None) -> str | None:
    """The part of the key that may be shown."""
    return None if key is None else key_prefix(key)
