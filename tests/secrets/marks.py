"""Secrets that an application passes: made anew each time, and remembered to be looked for.

They are made where they are used, so that no frame of the tour holds one.
"""

from __future__ import annotations

import secrets


class Marks:
    """Makes marked values.

    Attributes:
        given: What to look for, by kind.
    """

    def __init__(self) -> None:
        self.given: dict[str, list[str]] = {}

    def _token(self, kind: str) -> str:
        token = f"{secrets.randbelow(10)}{secrets.token_hex(10)}a"
        self.given.setdefault(kind, []).append(token)
        return token

    def url(self) -> str:
        """A signed URL of a store; its path is as secret as its signature."""
        path, proof = self._token("path of a signed URL"), self._token("signature")
        return f"https://b.s3.amazonaws.com/uploads/ws_9f8a7b6c/{path}.mp4?X-Amz-Signature={proof}"

    def reel(self) -> str:
        """A public page, reached by a link that is a secret."""
        proof = self._token("signature")
        return f"https://www.tiktok.com/@creator/video/7300000000000000000?signature={proof}"

    def email(self) -> str:
        """Somebody's address."""
        return f"somebody.{self._token('email')}@mail.example"

    def key(self) -> str:
        """A key."""
        return f"sume_live_{self._token('key')}"

    def object_key(self) -> str:
        """A place in a store."""
        return f"uploads/ws_9f8a7b6c/{self._token('object key')}/clip.mp4"

    def prose(self) -> str:
        """A text of somebody's, with all of it."""
        return f"A jar as in {self.url()} for {self.email()}, by {self.key()}."

    def of_kind(self, number: int) -> str:
        """One of them, in turn."""
        kinds = (self.url, self.email, self.key)
        return kinds[number % len(kinds)]()
