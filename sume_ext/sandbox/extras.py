"""What the sandbox needs beyond the package itself, and the error that names it."""

from __future__ import annotations

from importlib.util import find_spec


class MissingExtraError(ImportError):
    """The sandbox's own dependencies aren't installed."""


def require(*names: str) -> None:
    """Raise `MissingExtraError`, saying what to install, unless these modules are there."""
    missing = [name for name in names if not find_spec(name)]
    if missing:
        raise MissingExtraError(
            f'the sandbox needs {", ".join(missing)}: pip install "sume-ext[sandbox]"',
            name=missing[0],
        )
