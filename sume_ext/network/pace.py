"""How slowly bytes may move before the other side may as well have gone."""

from __future__ import annotations


class Pace:
    """Says when bytes come so slowly that the other side may as well have gone.

    Args:
        now: When it begins, in seconds.
        least: Bytes that must move within each window.
        window: Its length, in seconds.
    """

    def __init__(self, now: float, least: int = 32 * 1024, window: float = 30.0) -> None:
        self._began = now
        self._moved = 0
        self._least = least
        self._window = window

    def too_slow(self, moved: int, now: float) -> bool:
        """Whether the window that ends now saw too little; more time begins a new one."""
        self._moved += moved
        if now - self._began < self._window:
            return False
        slow = self._moved < self._least
        self._began, self._moved = now, 0
        return slow
