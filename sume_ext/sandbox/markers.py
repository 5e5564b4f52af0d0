"""Ids and secrets the sandbox makes up.

Ids come from the seed, so a run can be repeated; secrets come from the system's generator, so that
each is found nowhere else. Every secret handed out is noted under its kind, for canary tests.
"""

from __future__ import annotations

import random
import secrets
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal[
    "api_key",
    "api_key_id",
    "email",
    "user_id",
    "workspace_id",
    "object_key",
    "upload_url",
    "signature",
    "required_header",
    "private_media_url",
    "provider_payload",
]
KINDS: Final[tuple[Kind, ...]] = (
    "api_key",
    "api_key_id",
    "email",
    "user_id",
    "workspace_id",
    "object_key",
    "upload_url",
    "signature",
    "required_header",
    "private_media_url",
    "provider_payload",
)
REMEMBERED: Final = 10_000
"""How many values of one kind are kept; the oldest are forgotten first."""


class Markers:
    """Makes ids and secrets and remembers which secrets it has given out."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  (ids should repeat, not be secret)
        self._number = 0
        self._given: dict[Kind, dict[str, None]] = {kind: {} for kind in KINDS}

    def identifier(self, prefix: str) -> str:
        """A new id, as in ``job_sandbox_5f0e…``; the same ones in the same order per seed."""
        return f"{prefix}_sandbox_{self._random.getrandbits(64):016x}"

    def number(self) -> int:
        """The next number; rows are ordered by it."""
        self._number += 1
        return self._number

    def token(self) -> str:
        """Twenty-four hexadecimal digits that occur nowhere else."""
        return secrets.token_hex(12)

    def junk(self) -> str:
        """What a provider may have said, that nobody should see."""
        return self.note("provider_payload", f"provider-payload-{self.token()}")

    def note(self, kind: Kind, value: str) -> str:
        """Remember a secret as given out, and give it back."""
        given = self._given[kind]
        given[value] = None
        if len(given) > REMEMBERED:
            del given[next(iter(given))]
        return value

    def as_dict(self) -> dict[str, list[str]]:
        """Every remembered secret by its kind, without repeats, in the order given out."""
        return {kind: list(values) for kind, values in self._given.items()}
