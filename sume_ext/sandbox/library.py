"""Scenes: what an ingest finds in a video, and how search finds it again.

The stand-in can't watch videos, so every ingest yields the same three scenes; search over them is
plain word matching, repeatable to the digit.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sume_ext.sandbox.pages import Window, page
from sume_ext.sandbox.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sume_ext.sandbox.records import Scene

SCENE_SECONDS: Final = 2.0
FOUND: Final[tuple[dict[str, Any], ...]] = (
    {
        "segment_type": "hook",
        "visual_summary": "A woman faces the camera and opens with a question: the hook.",
        "transcript": "Do you know what is really in your serum?",
        "action_labels": ["talking to camera", "opening hook"],
        "brand_mentions": ["Lumen"],
        "product_mentions": ["Vitamin C Serum"],
        "tags": ["hook", "creator", "studio"],
        "keywords": ["woman", "camera", "question", "skincare"],
        "cta_present": False,
    },
    {
        "segment_type": "product_demo",
        "visual_summary": "Hands show how the product is used, close up on a white counter.",
        "transcript": "Two drops in the morning are enough.",
        "action_labels": ["applying product", "close-up"],
        "brand_mentions": ["Lumen"],
        "product_mentions": ["Vitamin C Serum", "Moisturizer"],
        "tags": ["demo", "product", "close-up"],
        "keywords": ["serum", "hands", "counter", "best product demo"],
        "cta_present": False,
    },
    {
        "segment_type": "cta",
        "visual_summary": "The creator holds up the jar and asks viewers to order today.",
        "transcript": "Order today and get the first month for free.",
        "action_labels": ["holding product", "pointing"],
        "brand_mentions": ["Lumen", "Northwind"],
        "product_mentions": ["Moisturizer"],
        "tags": ["cta", "offer"],
        "keywords": ["jar", "order", "discount"],
        "cta_present": True,
    },
)
Render: TypeAlias = "Callable[[Scene, Mapping[str, Any] | None], dict[str, Any]]"
MENTIONS: Final = {
    "brand": "brand_mentions",
    "product": "product_mentions",
    "tag": "tags",
    "keyword": "keywords",
}


def words(text: str) -> frozenset[str]:
    """The words of a text, for matching."""
    return frozenset(re.findall(r"\w+", text.lower()))


def words_of(title: str, segment_type: str, metadata: Mapping[str, Any]) -> frozenset[str]:
    """Every word a scene can be found by."""
    lists = [metadata[name] for name in (*MENTIONS.values(), "action_labels")]
    texts = [title, segment_type.replace("_", " "), metadata["visual_summary"]]
    texts += [metadata["transcript"], *[one for group in lists for one in group]]
    return words(" ".join(texts))


def score(scene: Scene, query: str) -> float | None:
    """How well a scene fits a query, from 0 to 1; None when no word of it does."""
    wanted = words(query)
    if not wanted:
        return None
    found = len(wanted & scene.words)
    return round(0.5 + 0.48 * found / len(wanted), 2) if found else None


def _fits(scene: Scene, arguments: Mapping[str, Any]) -> bool:
    exact = ("source_type", "segment_type")
    if any(name in arguments and arguments[name] != getattr(scene, name) for name in exact):
        return False
    for name, member in MENTIONS.items():
        mentioned = [one.lower() for one in scene.metadata[member]]
        if name in arguments and arguments[name].lower() not in mentioned:
            return False
    if arguments.get("cta_present", scene.metadata["cta_present"]) != scene.metadata["cta_present"]:
        return False
    length = scene.end - scene.start
    shortest = arguments.get("min_duration_seconds", length)
    longest = arguments.get("max_duration_seconds", length)
    return bool(shortest <= length <= longest)


def _moment(arguments: Mapping[str, Any], name: str, default: float) -> float:
    if name not in arguments:
        return default
    moment = datetime.fromisoformat(arguments[name].upper())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def search(
    scenes: list[Scene], arguments: Mapping[str, Any], asked: Window, render: Render
) -> dict[str, Any]:
    """One page of the scenes that fit the arguments of ``GET /assets``.

    With ``search_mode=text`` (the default) a scene must have a word of the query; with ``auto`` the
    others follow those that have, their score null.

    Args:
        scenes: All scenes of the workspace.
        arguments: The operation's arguments.
        asked: The page asked for.
        render: A function of a scene and its ``search`` member, or None for none.
    """
    try:
        after = _moment(arguments, "created_after", float("-inf"))
        before = _moment(arguments, "created_before", float("inf"))
    except ValueError as error:
        raise Problem(422, "validation_error", "created_after or created_before is no time.") from (
            error
        )
    query, mode = arguments.get("q", ""), arguments.get("search_mode", "text")
    rows: list[tuple[Scene, float | None]] = []
    for scene in scenes:
        if after < scene.created_at < before and _fits(scene, arguments):
            found = score(scene, query)
            if not query or found is not None or mode == "auto":
                rows.append((scene, found))
    sort = arguments.get("sort", "relevance" if query else "created_at_desc")

    def place(row: tuple[Scene, float | None]) -> tuple[float, ...]:
        scene, found = row
        if sort == "relevance":
            return -(found or 0), -scene.number
        if sort == "created_at_asc":
            return scene.created_at, scene.number
        if sort == "duration_desc":
            return scene.start - scene.end, -scene.number
        return -scene.created_at, -scene.number

    def shown(row: tuple[Scene, float | None]) -> dict[str, Any]:
        scene, found = row
        echo = {"mode": "text", "score": found, "query": query} if query else None
        return render(scene, echo)

    return page(sorted(rows, key=place), place, asked, shown)
