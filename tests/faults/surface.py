"""Every public callable that a client leads to, found in its table and its classes, not listed.

What is found needs arguments: they are chosen by the name of a parameter, so that a new operation
is walked by itself, and one whose parameters nobody knows fails the walk instead of escaping it.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from attrs import frozen
from sume_api.operations import get_job

import sume_ext
from sume_ext.binding.resource import Resource
from sume_ext.calling.calls import Reply
from sume_ext.errors import OutcomeUnknownError
from sume_ext.waiting.job_state import JobState
from tests.faults.worlds import WORLDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MEDIA = "https://media.example/m.mp4"
GOOD: dict[str, Any] = {
    "object": "anything",
    "id": "job_1",
    "job_id": "job_1",
    "job": {"id": "job_1", "status": "queued"},
    "jobs": [{"id": "job_1", "status": "queued"}],
    "status": "completed",
    "type": "video_generation",
    "data": [{"id": "job_1", "status": "completed"}],
    "has_more": False,
    "next_cursor": None,
    "workspace": {"id": "ws_1"},
    "credits": 3,
    "api_key": {"id": "key_1"},
    "user": {"id": "user_1"},
    "result": {"media": [{"url": MEDIA, "kind": "video"}]},
    "upload_url": "https://storage.example/put?signature=abcdef123456",
    "required_headers": {},
    "object_key": "uploads/k",
    "media_url": MEDIA,
}
"""An answer that as many operations as possible take for theirs."""

_FIRST_ITEMS = 5


@frozen
class Way:
    """A public callable, and how to get at it.

    Attributes:
        name: Its public name, as in ``jobs.get`` or ``Job.wait``.
        reach: Finds it on a client.
        takes: Its parameters.
    """

    name: str
    reach: Callable[[Any], Callable[..., Any]]
    takes: tuple[inspect.Parameter, ...]

    def arguments(self, folder: Path) -> tuple[list[Any], dict[str, Any]]:
        """Arguments that make sense: those it needs, and times that keep it short."""
        by_place: list[Any] = []
        by_name: dict[str, Any] = {}
        for one in self.takes:
            if one.kind is one.VAR_POSITIONAL and one.name == "args":
                by_place.append("job_1")
            elif one.name == "timeout" and self.name.split(".")[-1] != "with_options":
                by_name["timeout"] = 3
            elif one.default is one.empty and one.kind in (
                one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD,
            ):  # fmt: skip
                by_place.append(sample(one.name, folder))
            elif one.default is one.empty and one.kind is one.KEYWORD_ONLY:
                by_name[one.name] = sample(one.name, folder)
        if self.name == "jobs.find_recent":
            by_place = [OutcomeUnknownError("?", sent_after=1, sent_before=2)]
        return by_place, by_name


def sample(name: str, folder: Path) -> Any:
    """An argument that makes sense for a parameter of this name."""
    clip = folder / "clip.mp4"
    if not clip.exists():
        clip.write_bytes(b"\0\0\0\x18ftypmp42 a video")
    return {
        "path": folder / "outputs" / "one.mp4",
        "directory": folder / "outputs",
        "source": clip,
        "operation": get_job,
        "jobs": ["job_1", "job_2"],
        "scene": _scene(),
        "state": JobState("job_1"),
        "avatar_ids": ["avatar_1"],
        "size_bytes": 5,
        "duration": 4,
        "count": 3,
        "purpose": "asset_library_video",
        "content_type": "video/mp4",
        "url": "https://www.tiktok.com/@a/video/1",
        "source_video_url": MEDIA,
        **dict.fromkeys(
            ("job_id", "avatar_id", "asset_id", "prompt", "script", "file_name", "object_key"),
            "job_1",
        ),
    }[name]  # fmt: skip


def _scene() -> Any:
    """A scene, as a search hands it out."""
    from sume_api.models import Asset  # noqa: PLC0415  (imported on demand, like everything there)

    return Asset.from_dict({"id": "asset_1"})


def _handles(world: str) -> dict[str, Callable[[Any], Any]]:
    """How to come by an instance of each class that a client hands out."""

    def result(sume: Any) -> Any:
        return sume._engine.result(Reply(None, GOOD, None, {}), "job_1")

    def group(sume: Any) -> Any:
        return prefixed("JobGroup")(sume._engine, [sume.jobs.handle("job_1")])

    def prefixed(name: str) -> Any:
        return getattr(sume_ext, name if world == "sync" else f"Async{name}")

    found: dict[str, Callable[[Any], Any]] = {
        "Job": lambda sume: sume.jobs.handle("job_1"),
        "JobGroup": group,
        "Pager": lambda sume: sume.jobs.list(),
        "Result": result,
        "Media": lambda sume: result(sume).media[0],
        "Sume": lambda sume: sume,
    }
    return {prefixed(name).__name__: made for name, made in found.items()}


def ways(world: str) -> list[Way]:
    """Every public callable of a client of a world."""
    kind = sume_ext.Sume if world == "sync" else sume_ext.AsyncSume
    client = kind(api_key="k", base_url="http://127.0.0.1:1")
    found = [Way(name, reach, _takes(reach(client))) for name, reach in _on_resources(client)]
    for name, make in _handles(world).items():
        for method in _methods(getattr(sume_ext, name)):
            reach = _reach(make, method)
            found.append(Way(f"{name}.{method}", reach, _takes(reach(client))))
    return found


def _reach(make: Callable[[Any], Any], method: str) -> Callable[[Any], Any]:
    return lambda sume: getattr(make(sume), method)


def _on_resources(client: Any) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    def climb(path: str) -> Callable[[Any], Any]:
        def reach(sume: Any) -> Any:
            for step in path.split("."):
                sume = getattr(sume, step)
            return sume

        return reach

    def below(owner: Any, path: str) -> Iterator[str]:
        for name in dir(owner):
            if name.startswith("_") or name in ("name", "bindings"):
                continue
            inner = getattr(owner, name)
            if isinstance(inner, Resource):
                yield from below(inner, f"{path}{name}.")
            elif path and callable(inner):
                yield f"{path}{name}"

    for path in below(client, ""):
        yield path, climb(path)


def _methods(kind: type) -> list[str]:
    """The public methods of a class, and what ``for`` calls."""
    found = [n for n, _ in inspect.getmembers(kind, callable) if not n.startswith("_")]
    found = [n for n in found if n not in _FOR_FLOWS]
    return found + [n for n in ("__next__", "__anext__") if hasattr(kind, n)]


def _takes(callable_: Any) -> tuple[inspect.Parameter, ...]:
    return tuple(inspect.signature(callable_).parameters.values())


def walk(found: Any) -> Any:
    """Everything that an answer hands out when it is iterated over, for a while."""
    if inspect.isgenerator(found) or hasattr(found, "__next__"):
        for _, _ in zip(found, range(_FIRST_ITEMS), strict=False):
            pass
    return found


async def awalk(found: Any) -> Any:
    """As `walk`, awaited."""
    if inspect.isawaitable(found):
        return await found
    if hasattr(found, "__anext__"):
        left = _FIRST_ITEMS
        async for _ in found:
            left -= 1
            if not left:
                break
    return found


_FOR_FLOWS = {"learn"}
"""What a handle shows to the flows that look at its job, not to callers."""
WAYS = {world: ways(world) for world in WORLDS}
HANDED_OUT = frozenset({
    "Job", "AsyncJob", "JobGroup", "AsyncJobGroup", "Pager", "AsyncPager", "Result", "AsyncResult",
    "Media", "AsyncMedia", "Sume", "AsyncSume",
})  # fmt: skip
"""The public classes whose methods talk to the API: every other one holds values only."""
