"""The ``sume_sandbox`` fixture for app developers' tests.

    def test_my_app(sume_sandbox):
        with Sume() as sume:
            assert sume.videos.generate(prompt="A jar").wait().status == "completed"
        assert sume_sandbox.requests.count(spends=True) == 1

One sandbox is started per test process and fresh for every test; nothing is imported before a
test asks for it. ``SUME_API_KEY`` and ``SUME_API_BASE_URL`` point to it while the test runs.

A job is done at the first look at it, because a client's pauses between looks are real seconds.
A test that wants to see a job on its way says how fast time goes for it,
``@pytest.mark.sume_sandbox(speed=100)``, or stops it, ``(clock="manual")``, and moves it with
``sume_sandbox.advance(seconds)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sume_ext.sandbox import Sandbox

SPEED: Final = 100.0
"""Seconds of sandbox time per real second, unless a test sets another."""
_COURSE: Final = frozenset({"clock", "durations", "speed"})
"""Settings with which a test says itself how long jobs take."""
_OURS: Final = frozenset({"sume_ext", "sume_api"})


def pytest_configure(config: pytest.Config) -> None:
    """Make the marks known."""
    config.addinivalue_line(
        "markers",
        "sume_sandbox(**settings): settings of this test's sandbox, as in credits=5",
    )
    config.addinivalue_line(
        "markers",
        "sume_faults(*faults, **fault): what should go wrong, as text ('get_job status=503 "
        "times=2'), as Fault, or one fault by its attributes",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """How two of our models differ, without what their reprs hide: pytest itself shows it all."""
    kind = type(left)
    if op != "==" or kind is not type(right) or kind.__module__.partition(".")[0] not in _OURS:
        return None
    shown = _fields(kind)
    if not shown:
        return None
    told = [f"two of {kind.__qualname__}, which differ in:"]
    for name, is_shown in shown.items():
        one, other = getattr(left, name, None), getattr(right, name, None)
        if one != other:
            told.append(f"  {name}: {one!r} != {other!r}" if is_shown else f"  {name} (not shown)")
    return told


def _fields(kind: type) -> dict[str, bool]:
    """The fields of an attrs class or dataclass, and whether its repr shows them."""
    fields = getattr(kind, "__attrs_attrs__", None)
    if fields is None:
        fields = getattr(kind, "__dataclass_fields__", {}).values()
    return {field.name: bool(field.repr) for field in fields}


@pytest.fixture(scope="session")
def _sume_sandbox_process() -> Iterator[Sandbox]:  # pyright: ignore[reportUnusedFunction]
    from sume_ext.sandbox import Sandbox  # noqa: PLC0415  (loaded by every pytest run)

    with Sandbox(speed=SPEED) as sandbox:
        yield sandbox


@pytest.fixture
def sume_sandbox(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    _sume_sandbox_process: Sandbox,
) -> Sandbox:
    """A running sandbox as good as new, whose jobs are done at the first look.

    Marks ``sume_sandbox(**settings)`` and ``sume_faults(...)`` shape it for one test.
    """
    from sume_ext.sandbox.course import DURATIONS  # noqa: PLC0415  (as above)

    sandbox = _sume_sandbox_process
    settings: dict[str, object] = {}
    for mark in reversed(list(request.node.iter_markers("sume_sandbox"))):
        if mark.args:
            pytest.fail("the mark sume_sandbox takes settings by name, as in credits=5")
        settings |= mark.kwargs
    if not settings.keys() & _COURSE:
        settings["durations"] = dict.fromkeys(DURATIONS, 0.0)
    sandbox.reset(**settings)
    for mark in request.node.iter_markers("sume_faults"):
        for fault in mark.args:
            sandbox.faults.add(fault)
        if mark.kwargs:
            sandbox.faults.add(**mark.kwargs)
    monkeypatch.setenv("SUME_API_KEY", sandbox.api_key)
    monkeypatch.setenv("SUME_API_BASE_URL", sandbox.base_url)
    return sandbox
