"""How a call that a callable can't take is explained: which argument it is, and what it takes.

Names of parameters and of types are told, values never; a name that is a secret is not told either.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sume_ext.errors import InvalidArgumentError
from sume_ext.secrecy.quoting import quoted

if TYPE_CHECKING:
    import inspect


def explained(
    name: str,
    signature: inspect.Signature,
    error: Exception,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> InvalidArgumentError:
    """Our error for arguments that a callable can't take, saying which and what it takes."""
    known = signature.parameters
    by_position = [n for n, p in known.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    named = [p for p in known.values() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    required = [p.name for p in named if p.default is p.empty]
    takes = f"It takes: {', '.join(known) or 'nothing'}."
    if unknown := [argument for argument in kwargs if argument not in known]:
        near = get_close_matches(unknown[0], known, n=1)
        what = f"there is no parameter {quoted(unknown[0])}."
        takes = f"Did you mean {near[0]!r}?" if near else takes
    elif len(args) > len(by_position):
        ids = f", but for {', '.join(by_position)}" if by_position else ""
        what = f"positional arguments are refused{ids}."
    elif missing := [n for n in required if n not in kwargs and n not in by_position[: len(args)]]:
        what = f"missing: {', '.join(missing)}."
    else:
        what = f"an argument is of the wrong type or given twice ({type(error).__name__})."
    return InvalidArgumentError(f"{name}: {what}", hint=takes, operation=name)
