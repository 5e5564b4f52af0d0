"""Guarantee: in every bound operation an argument of a wrong type costs a message, not a request.

The threat is a check that silently judges nothing: one name that only type checkers see in one
annotation, and every argument of that operation would be sent as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest
from sume_api.types import UNSET, Unset

from sume_ext import AsyncSume, InvalidArgumentError, Sume
from sume_ext.binding.argument_types import first_misfit
from sume_ext.operations import BINDINGS, RESOURCES

if TYPE_CHECKING:
    from collections.abc import Callable

    from sume_api.models import Avatar


class Odd:
    """What no operation takes."""


class Silence:
    """A transport through which nothing may go."""

    def open(self, request: Any, timeouts: Any) -> Any:
        raise AssertionError(f"{request.method} was sent")

    def close(self) -> None:
        """Nothing is open."""


EVERY = [(name, parameter) for name, b in BINDINGS.items() for parameter in b.signature.parameters]


@pytest.mark.parametrize(("name", "parameter"), EVERY)
def test_every_argument_of_every_operation_is_judged(name: str, parameter: str) -> None:
    binding = BINDINGS[name]
    by_id = [p for p in binding.signature.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    fine: dict[str, Any] = {
        one: "x"
        for one, p in binding.signature.parameters.items()
        if p.default is p.empty and p not in by_id
    }
    ids: list[Any] = ["job_1" for _ in by_id]
    namespace, _, method = name.rpartition(".")
    with Sume(api_key="k", transport=Silence()) as sume:
        call: Any = sume
        for part in (*namespace.split("."), method):
            call = getattr(call, part)
        if parameter in {p.name for p in by_id}:
            ids = [Odd()]
        else:
            fine[parameter] = Odd()
        with pytest.raises(InvalidArgumentError):
            call(*ids, **fine)


MAKE: Any = Sume
AMAKE: Any = AsyncSume
WRONG: dict[str, Callable[[Any], Any]] = {
    "Sume: there is no parameter 'tmeout'.*Did you mean 'timeout'": lambda _: MAKE(tmeout=5),
    "AsyncSume: positional arguments are refused.*takes: api_key": lambda _: AMAKE("key"),
    "Sume.close: positional arguments are refused.*nothing": lambda sume: sume.close(5),
    "Sume.call: missing: operation": lambda sume: sume.call(),
    "Sume.with_options: .*'attempts'": lambda sume: sume.with_options(atempts=2),
    "Job.wait: .*'timeout'": lambda sume: sume.jobs.handle("job_1").wait(tmeout=3),
    "jobs.handle: .*refused, but for job_id": lambda sume: sume.jobs.handle("job_1", "job_2"),
    "Pager.take: missing: count": lambda sume: sume.jobs.list().take(),
}


@pytest.mark.parametrize("says", WRONG)
def test_a_wrong_call_is_explained_by_the_name_that_the_caller_knows(says: str) -> None:
    """Python's own words would name a class that the caller has never heard of."""
    with Sume(api_key="k", transport=Silence()) as sume:
        with pytest.raises(InvalidArgumentError, match=f"(?s)^{says}") as caught:
            WRONG[says](sume)
        assert "help(" not in str(caught.value)


def takes(
    *, actor: Avatar | str | Unset = UNSET, number: int = 0, kind: Literal["a"] = "a"
) -> None:
    """As generated code says it: models are imported for type checkers only."""
    del actor, number, kind


def test_a_model_that_only_type_checkers_see_is_known_all_the_same() -> None:
    from sume_api.models import Avatar, Job  # noqa: PLC0415

    assert first_misfit(takes, {"actor": "x", "number": "1"}) == "number"
    assert first_misfit(takes, {"actor": Avatar(id="a"), "number": 1, "kind": "new"}) is None
    assert first_misfit(takes, {"actor": Job(id="a", status="b")}) == "actor"
    assert first_misfit(takes, {"number": True}) == "number"


def test_a_name_that_nobody_has_leaves_judging_to_the_server() -> None:
    def odd(*, odd: int, number: int = 0) -> None:
        del odd, number

    odd.__annotations__["odd"] = "Nobody"
    assert first_misfit(odd, {"odd": 1, "number": "x"}) is None


def test_a_namespace_names_everything_it_can_do() -> None:
    with Sume(api_key="k", transport=Silence()) as sume:
        assert repr(sume.jobs).startswith("<jobs: as_completed, find_recent, get, handle, list,")
        for resource in RESOURCES:
            for method in resource.methods:
                assert callable(getattr(resource(sume._engine), method)), method
