"""Meanings whose field names the docs leave open, each listed once with its candidate names.

Answers are read, and request bodies filled, through these roles, so that a server which says
`job.id` where another says `job_id` needs no code. The schema pipeline checks every role
against the schema, so that a maintainer learns of a new name before a user does.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, cast

from attrs import Factory, field, frozen

from sume_ext.errors import SchemaMismatchError

if TYPE_CHECKING:
    from collections.abc import Mapping

Way: TypeAlias = tuple[str, ...]
"""The names on the way to a place, ``[]`` for each of a list's items."""


class _Attribute(Protocol):
    name: str
    init: bool


class _Attrs(Protocol):
    __attrs_attrs__: tuple[_Attribute, ...]


@frozen
class Role:
    """One meaning.

    Attributes:
        name: What this package calls it.
        meaning: What it is, for messages.
        side: ``response`` (read from JSON) or ``request`` (a field of a generated body class).
        operations: The operations it is for, by generated module name.
        candidates: Places in order of preference: names joined by dots, ``[]`` after a list.
        optional: Whether an answer may lack it.
    """

    name: str
    meaning: str
    side: Literal["request", "response"]
    operations: tuple[str, ...]
    candidates: tuple[str, ...]
    optional: bool = False
    _ways: tuple[tuple[str, Way], ...] = field(
        default=Factory(lambda role: _ways(role.candidates), takes_self=True),
        init=False,
        repr=False,
        eq=False,
    )

    def find_all(self, data: object) -> tuple[Any, ...]:
        """Every value at the first candidate place that has any; null counts as absent."""
        if isinstance(data, dict):
            for first, rest in self._ways:
                # Most candidates are absent, which this tells at a glance.
                if first in data and (found := _walk([cast("Any", data)[first]], rest)):
                    return found
        return ()

    def at(self, data: object, place: str) -> tuple[Any, ...]:
        """Every value at one of the candidate places; null counts as absent."""
        return _walk([data], _way(place))

    def find(self, data: object) -> Any:
        """The first value, or None."""
        found = self.find_all(data)
        return found[0] if found else None

    def require(self, data: object, operation: str) -> Any:
        """The first value.

        Raises:
            SchemaMismatchError: No candidate place has one.
        """
        value = self.find(data)
        if value is None:
            there = type(data).__name__
            if isinstance(data, dict):
                there = ", ".join(sorted(map(str, cast("dict[object, object]", data))))
            raise SchemaMismatchError(
                f"no {self.meaning}: looked for {' or '.join(self.candidates)}, found {there}.",
                place=self.candidates[0],
                operation=operation,
            )
        return value

    def field_of(self, body: type, operation: str) -> str:
        """The parameter of a generated request class that has this meaning.

        Raises:
            SchemaMismatchError: The class has none of the candidates.
        """
        # Not attrs.fields(): the class may be a stand-in that imports it only now.
        there = [a.name for a in cast("_Attrs", body).__attrs_attrs__ if a.init]
        for name in self.candidates:
            if name in there:
                return name
        raise SchemaMismatchError(
            f"the request has no {self.meaning}: looked for {' or '.join(self.candidates)}, "
            f"found {', '.join(there)}.",
            place=self.candidates[0],
            operation=operation,
        )


def _ways(places: tuple[str, ...]) -> tuple[tuple[str, Way], ...]:
    """The way to each place: the first name on it, and the rest."""
    return tuple((way[0], way[1:]) for way in map(_way, places))


@cache
def _way(place: str) -> Way:
    return tuple(place.replace("[]", ".[]").split("."))


def _walk(here: list[Any], way: Way) -> tuple[Any, ...]:
    for step in way:
        if step == "[]":
            here = [item for one in here if isinstance(one, list) for item in cast("Any", one)]
        else:
            here = [cast("Any", one).get(step) for one in here if isinstance(one, dict)]
    return tuple([one for one in here if one is not None] if None in here else here)


def fill(operation: str, body: type, values: Mapping[Role, object]) -> dict[str, object]:
    """Arguments for a generated request class, from values by role."""
    return {role.field_of(body, operation): value for role, value in values.items()}


_CREATES = (
    "create_image_generation",
    "create_video_generation",
    "create_ad_video",
    "create_reference_analysis",
    "create_asset",
)
_READS_JOB = ("get_job", "list_jobs", "get_job_result")


def _response(
    name: str, meaning: str, operations: tuple[str, ...], *candidates: str, optional: bool = False
) -> Role:
    return Role(name, meaning, "response", operations, candidates, optional)


def _request(name: str, meaning: str, operations: tuple[str, ...], *candidates: str) -> Role:
    return Role(name, meaning, "request", operations, candidates)


JOB_ID = _response(
    "job_id", "job id", _CREATES, "job_id", "job.id", "job.job_id", "jobs[].id", "id"
)
JOB_IDS = _response(
    "job_ids",
    "job ids",
    ("create_face_swap",),
    "jobs[].id",
    "jobs[].job_id",
    "job_ids[]",
    "data[].job_id",
    "job_id",
    "job.id",
    "job.job_id",
    "jobs[]",
    "job",
    "data.job_id",
    "data.job.id",
    "data.job.job_id",
    "data.jobs[].id",
    "data.jobs[].job_id",
    "result.job_id",
    "result.job.id",
    "data[].id",
    "data.id",
    "id",
)
CREATED_STATUS = _response(
    "created_status", "status of the new job", _CREATES, "status", "job.status", optional=True
)
JOB_STATUS = _response(
    "job_status", "job status", _READS_JOB, "status", "job.status", "data[].status"
)
JOB_TYPE = _response(
    "job_type", "job type", _READS_JOB, "type", "job.type", "job_type", "data[].type", optional=True
)
JOB_CREATED_AT = _response(
    "job_created_at",
    "time of creation",
    _READS_JOB,
    "created_at",
    "job.created_at",
    "data[].created_at",
    optional=True,
)
JOB_ERROR_CODE = _response(
    "job_error_code",
    "error code of a job",
    _READS_JOB,
    "error.code",
    "job.error.code",
    "error_code",
    "data[].error.code",
    optional=True,
)
JOB_ERROR_MESSAGE = _response(
    "job_error_message",
    "error message of a job",
    _READS_JOB,
    "error.message",
    "job.error.message",
    "error_message",
    "data[].error.message",
    optional=True,
)
RESULT = _response(
    "result", "result of a job", ("get_job_result",), "result", "job.result", "output", "data"
)
ASSET_CLIP = _response(
    "asset_clip",
    "clip of a scene",
    ("get_asset", "list_assets"),
    "clip_url",
    "media_url",
    "data[].clip_url",
    "data[].media_url",
    optional=True,
)
ASSET_SOURCE = _response(
    "asset_source",
    "source video of a scene",
    ("get_asset", "list_assets"),
    "source_media_url",
    "source_video.media_url",
    "source_video.url",
    "data[].source_media_url",
    optional=True,
)
ASSET_SCORE = _response(
    "asset_score",
    "search score of a scene",
    ("list_assets",),
    "search.score",
    "data[].search.score",
    optional=True,
)

ASSET_QUERY = _response(
    "asset_query",
    "query that found a scene",
    ("list_assets",),
    "search.query",
    "data[].search.query",
    optional=True,
)
ASSET_SEARCH_MODE = _response(
    "asset_search_mode",
    "way in which a scene was found",
    ("list_assets",),
    "search.mode",
    "data[].search.mode",
    optional=True,
)

UPLOAD_URL = _response("upload_url", "upload URL", ("presign_upload",), "upload_url", "url")
UPLOAD_HEADERS = _response(
    "upload_headers",
    "headers for the upload",
    ("presign_upload",),
    "required_headers",
    "headers",
    optional=True,
)
OBJECT_KEY = _response("object_key", "storage object key", ("presign_upload",), "object_key", "key")
UPLOAD_MEDIA_URL = _response(
    "upload_media_url", "media URL of the upload", ("presign_upload",), "media_url", optional=True
)

FILE_NAME = _request("file_name", "file name", ("presign_upload",), "file_name", "filename", "name")
CONTENT_TYPE = _request(
    "content_type", "content type", ("presign_upload",), "content_type", "mime_type"
)
FILE_SIZE = _request(
    "file_size",
    "size in bytes",
    ("presign_upload",),
    "size_bytes",
    "file_size_bytes",
    "file_size",
    "size",
    "content_length",
)
PURPOSE = _request("purpose", "purpose of the upload", ("presign_upload",), "purpose")
FINALIZE_KEY = _request(
    "finalize_key", "storage object key", ("create_asset",), "object_key", "key"
)

ROLES: tuple[Role, ...] = tuple(value for value in list(vars().values()) if isinstance(value, Role))
