"""What scenes of the Asset Library need beyond single operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sume_ext import roles
from sume_ext.calling.calls import perform
from sume_ext.errors import InvalidArgumentError

if TYPE_CHECKING:
    from sume_api.models import Asset

    from sume_ext.engine import Engine
    from sume_ext.flow import Flow

_CONTEXT = {
    "q": roles.ASSET_QUERY,
    "search_mode": roles.ASSET_SEARCH_MODE,
    "search_score": roles.ASSET_SCORE,
}


def reopen(engine: Engine, scene: Asset) -> Flow[Asset]:
    """The scene behind a search hit, fetched anew with its match kept.

    As ``sume.assets.get(scene.id)``, but the query, mode and score of the hit are passed on.
    A score that is null stays out: it isn't 0. Source: the docs on fetching one scene.

    Args:
        engine: The client's.
        scene: An item of `assets.search` or `assets.list`.
    """
    if not hasattr(scene, "to_dict"):
        raise InvalidArgumentError(
            f"a {type(scene).__name__} is no scene.", hint="Pass an item of sume.assets.search()."
        )
    binding = engine.binding("assets.get")
    raw = scene.to_dict()
    found = {name: role.find(raw) for name, role in _CONTEXT.items()}
    context = {
        name: value
        for name, value in found.items()
        if value is not None and name in binding.signature.parameters
    }
    reply = yield from perform(
        engine.settings, binding.call, binding.arguments((scene.id,), context)
    )
    fetched: Asset = reply.parsed
    return fetched
