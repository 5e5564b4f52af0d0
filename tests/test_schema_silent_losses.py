"""What the generator would lose without a word is kept, or stops with its place.

The threat: a construct that the generator skips silently, so that a parameter, a member or a whole
operation is missing from the package and nobody notices. One row per construct.
"""

import copy
import importlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from scripts import emit, generate, metadata, read_document
from scripts.audit import audit
from scripts.document import Json
from scripts.stops import Exit, Stop
from tests.schema import pipeline
from tests.schema.pipeline import body, small
from tests.thoroughness import one_in

STRING = {"type": "string"}
OBJECT = {
    "type": "object",
    "properties": {"a": STRING, "b": {"type": "integer"}},
    "required": ["a"],
}


def query(name: str = "q", **rest: Any) -> Json:
    return small(OBJECT, parameters=[{"name": name, "in": "query", **rest}])


def member(schema: Any, **components: Json) -> Json:
    """An answer with one member under test between two plain ones."""
    properties = {"before": STRING, "it": schema, "zzz": STRING}
    document = small({"type": "object", "properties": properties})
    if components:
        document["components"] = {"schemas": components}
    return document


def with_refs(document: Json) -> Json:
    """The path item behind a reference."""
    document["components"] = {"pathItems": {"Things": document["paths"]["/things"]}}
    document["paths"]["/things"] = {"$ref": "#/components/pathItems/Things"}
    return document


def responses(**found: Any) -> Json:
    document = small(OBJECT)
    document["paths"]["/things"]["post"]["responses"] = {
        status.lstrip("_"): response for status, response in found.items()
    }
    return document


def content(media_type: str, schema: Json) -> Json:
    return {"description": "ok", "content": {media_type: {"schema": schema}}}


ANY_BODY = body(
    {"allOf": [OBJECT, {"anyOf": [{"properties": {"c": STRING}}, {"properties": {"d": STRING}}]}]}
)
TAGGED = {
    "oneOf": [
        {
            "type": "object",
            "properties": {"kind": {"const": "x"}, "one": STRING},
            "required": ["kind", "one"],
        },
        {
            "type": "object",
            "properties": {"kind": {"const": "y"}, "two": STRING},
            "required": ["kind", "two"],
        },
    ]
}
POSTED = "#/paths/~1things/post/responses/200/content/application~1json/schema"
FREE = {"oneOf": [{"properties": {"one": STRING}}, {"properties": {"two": STRING}}]}

# A document, and texts that the generated package must contain.
KEPT: dict[str, tuple[Json, list[str]]] = {
    "parameter in content style": (
        query(content={"application/json": {"schema": {"type": "object"}}}),
        ["q: str | Unset"],
    ),
    "parameter without schema": (query(), ["q: Any | Unset"]),
    "path item behind a reference": (with_refs(small(OBJECT)), ["/things", 'd.pop("a")']),
    "parameters shared by a path": (
        {
            **small(OBJECT),
            "paths": {
                "/things/{thingId}": {
                    "parameters": [
                        {"name": "thingId", "in": "path", "required": True, "schema": STRING}
                    ],
                    "get": {"responses": {"200": {"description": "ok"}}},
                }
            },
        },
        ["thing_id: str"],
    ),
    "path parameter that nobody declared": (
        {
            **small(),
            "paths": {"/things/{it}": {"get": {"responses": {"200": {"description": "ok"}}}}},
        },
        ["it: str"],
    ),
    "path parameter with a dot": (
        {
            **small(),
            "paths": {"/things/{a.b}": {"get": {"responses": {"200": {"description": "ok"}}}}},
        },
        ["a_b: str"],
    ),
    "list parameter, repeated": (
        query(schema={"type": "array", "items": STRING}),
        ["q: list[str] | Unset"],
    ),
    "default of a parameter is not sent": (
        query(schema={"type": "integer", "default": 20}),
        ["q: int | Unset = UNSET"],
    ),
    "default of a wrong type": (
        query(schema={"type": "integer", "default": "x"}),
        ["q: int | Unset = UNSET"],
    ),
    "default that is no choice": (
        query(schema={"type": "string", "enum": ["a"], "default": "z"}),
        ["= UNSET"],
    ),
    "members beside anyOf of required": (
        small({**OBJECT, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}),
        ['d.pop("a"', 'd.pop("b"'],
    ),
    "members beside oneOf": (
        small({"type": "object", "properties": {"common": STRING}, **FREE}),
        ['d.pop("common"', 'd.pop("one"', 'd.pop("two"'],
    ),
    "members beside a tagged oneOf": (
        small({"type": "object", "properties": {"common": STRING}, **TAGGED}),
        ['d.pop("common"', 'd.pop("one"', 'd.pop("two"', "AnswerOther"],
    ),
    "anyOf in allOf of a body": (
        small(requestBody=ANY_BODY),
        ["c: str | Unset", "d: str | Unset", "a: str"],
    ),
    "oneOf body": (small(requestBody=body(TAGGED)), ["one: str | Unset", "two: str | Unset"]),
    "allOf with a nullable object": (
        member(
            {"allOf": [{"$ref": "#/components/schemas/O"}, {"type": ["object", "null"]}]}, O=OBJECT
        ),
        ["it: None |", "PostThingsAnswerIt"],
    ),
    "constants of numbers": (
        member({"anyOf": [{"const": 4}, {"const": 6}]}),
        ["it: int | None | Unset"],
    ),
    "constants of numbers in a body": (
        small(requestBody=body({"properties": {"n": {"anyOf": [{"const": 4}, {"const": 6}]}}})),
        ["Literal[4, 6]"],
    ),
    "choices of several kinds": (
        member({"enum": ["a", 1, None]}),
        ["it: int | None | str | Unset"],
    ),
    "choices of fractions": (member({"enum": [0.5, 1]}), ["it: float | None | Unset"]),
    "choices that differ in case only": (
        small(requestBody=body({"properties": {"n": {"enum": ["MP4", "mp4"]}}})),
        ["MP4", "mp4"],
    ),
    "choices that are no identifiers, reordered": (
        small(requestBody=body({"properties": {"n": {"enum": ["16:9", "1:1", ""]}}})),
        ["16:9", "1:1"],
    ),
    "nullable choices in three ways": (
        small(
            requestBody=body(
                {"properties": {"n": {"type": ["string", "null"], "enum": ["m", "w", None]}}}
            )
        ),
        ["Literal[", "RequestN | Unset"],
    ),
    "a boolean schema": (member(True), ["it: Any | Unset"]),
    "a list of anything": (
        member({"type": "array", "items": False}),
        ["it: list[Any] | None | Unset"],
    ),
    "a list without items": (member({"type": "array"}), ["it: list[Any] | None | Unset"]),
    "a tuple": (
        member({"type": "array", "prefixItems": [STRING, {"type": "number"}]}),
        ["it: list[float | str] | None | Unset"],
    ),
    "a reference into the paths": (
        {
            **member({"$ref": f"{POSTED}/properties/before"}),
        },
        ["it: None | str | Unset"],
    ),
    "a reference to local definitions": (
        {**member({"$ref": "#/$defs/Deep"}), "$defs": {"Deep": {"type": "integer"}}},
        ["it: int | None | Unset"],
    ),
    "components that differ in case style only": (
        member(
            {
                "properties": {
                    "x": {"$ref": "#/components/schemas/job_status"},
                    "y": {"$ref": "#/components/schemas/JobStatus"},
                }
            },
            job_status=OBJECT,
            JobStatus={"properties": {"other": STRING}},
        ),
        ['d.pop("other"', 'd.pop("a"'],
    ),
    "conditional members": (
        small(
            {
                **OBJECT,
                "if": {"properties": {"a": {"const": "x"}}},
                "then": {"properties": {"late": STRING}},
            }
        ),
        ['d.pop("late"'],
    ),
    "members by pattern": (
        member({"type": "object", "patternProperties": {"^x-": STRING}}),
        ["PostThingsAnswerIt"],
    ),
    "extra members of a closed object": (
        small({**OBJECT, "additionalProperties": False}),
        ["additional_properties"],
    ),
    "a status as a range in lower case": (
        responses(_2xx=content("application/json", OBJECT)),
        ['d.pop("a")'],
    ),
    "only a default response": (
        responses(default=content("application/json", OBJECT)),
        ['d.pop("a")'],
    ),
    "an answer of any media type": (responses(_200=content("*/*", OBJECT)), ['d.pop("a")']),
    "an answer that is a video": (
        responses(_200=content("video/mp4", {"type": "string", "format": "binary"})),
        ["-> ErrorResponse | File"],
    ),
    "an answer of lines": (
        responses(_200=content("application/x-ndjson", STRING)),
        ["-> ErrorResponse | str"],
    ),
    "two good answers": (
        responses(
            _200=content("application/json", {"properties": {"now": STRING}}),
            _202=content("application/json", {"properties": {"later": STRING}}),
        ),
        ['d.pop("now"', 'd.pop("later"'],
    ),
    "201 where 202 was promised": (
        responses(_202=content("application/json", OBJECT)),
        ["200 <= response.status_code <= 299"],
    ),
    "no responses at all": (
        {**small(), "paths": {"/things": {"post": {}}}},
        ["/things"],
    ),
    "a body that is a video": (
        small(
            requestBody={
                "required": True,
                "content": {"video/mp4": {"schema": {"type": "string", "format": "binary"}}},
            }
        ),
        ["body: File"],
    ),
    "a body that is text": (
        small(requestBody={"required": True, "content": {"text/plain": {"schema": STRING}}}),
        ["body: File"],
    ),
    "a component called Error": (
        member({"$ref": "#/components/schemas/Error"}, Error={"properties": {"error": STRING}}),
        ['d.pop("error"'],
    ),
    "a recursive schema": (
        member(
            {"$ref": "#/components/schemas/Tree"},
            Tree={
                "properties": {
                    "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}
                }
            },
        ),
        ["list[PostThingsAnswerIt]"],
    ),
    "members called like Python": (
        small(
            requestBody=body(
                {"properties": {"class": STRING, "self": STRING, "from": STRING, "list": STRING}}
            )
        ),
        ["class_: str", "self_: str", "from_: str", "list_: str"],
    ),
    "one name in two places": (
        {
            **small(),
            "paths": {
                "/things/{q}": {
                    "get": {
                        "parameters": [{"name": "q", "in": "query", "schema": STRING}],
                        "responses": {"200": {"description": "ok"}},
                    }
                }
            },
        },
        ["q_path: str", "q_query: str | Unset"],
    ),
    "webhooks": ({**small(OBJECT), "webhooks": {"done": {"post": {}}}}, ['d.pop("a")']),
    "security on top": (
        {
            **small(OBJECT),
            "security": [{"k": []}],
            "components": {"securitySchemes": {"k": {"type": "http", "scheme": "bearer"}}},
        },
        ['client: "AuthenticatedClient",'],
    ),
    "one operation id for two operations": (
        {
            **small(),
            "paths": {
                path: {
                    "get": {
                        "operationId": "same",
                        "tags": ["t"],
                        "responses": {"200": content("application/json", OBJECT)},
                    }
                }
                for path in ("/one", "/two")
            },
        },
        ['"/one"', '"/two"'],
    ),
}

TWINS: Json = {
    "properties": {
        "one": {"$ref": "#/components/schemas/Job Thing"},
        "two": {"$ref": "#/components/schemas/JobThing"},
        "three": {"title": "JobThing", "properties": {"c": STRING}},
    }
}
KEPT.update(
    {
        "components and titles of one class name": (
            member(
                TWINS,
                **{
                    "Job Thing": {"properties": {"a": STRING}},
                    "JobThing": {"properties": {"b": STRING}},
                },
            ),
            ['d.pop("a"', 'd.pop("b"', 'd.pop("c"'],
        ),
        "security that is optional": (
            {
                **small(OBJECT, security=[{}, {"k": []}]),
                "components": {"securitySchemes": {"k": {"type": "http", "scheme": "bearer"}}},
            },
            ['client: "AuthenticatedClient",'],
        ),
        "a path parameter too many": (
            small(OBJECT, parameters=[{"name": "ghost", "in": "path", "required": True}]),
            ['d.pop("a")'],
        ),
    }
)

# What types can't say is told to whoever reads the facts, or noted.
LIMITED = {
    "type": "string",
    "pattern": "^a",
    "minLength": 2,
    "maxLength": 5,
    "format": "uri",
    "default": "abc",
}

# A document, and what the message has to name.
CAUGHT: dict[str, tuple[Json, str]] = {
    "explode: false": (
        query(schema={"type": "array", "items": STRING}, explode=False),
        "post_things query parameter q",
    ),
    "deepObject": (query(schema=OBJECT, style="deepObject"), "post_things query parameter q"),
    "an object in the query": (query(schema=OBJECT), "post_things query parameter q"),
    "an object in a header": (
        small(OBJECT, parameters=[{"name": "X-O", "in": "header", "schema": OBJECT}]),
        "post_things header parameter X-O",
    ),
    "a parameter nowhere": (query(**{"in": "body"}), "post_things body parameter q"),
    "a dangling reference": (member({"$ref": "#/components/schemas/Gone"}), "post_things.200.it"),
    "a foreign reference": (
        member({"$ref": "https://example.com/x.json#/X"}),
        "post_things.200.it",
    ),
    "a reference to itself": (
        member({"$ref": "#/components/schemas/A"}, A={"$ref": "#/components/schemas/A"}),
        "post_things.200.it",
    ),
    "a dynamic reference": (member({"$dynamicRef": "#node"}), "post_things.200.it"),
    "a schema that is none": (member("string"), "post_things.200.it"),
    "a member whose name can't be written": (
        member({"properties": {"a\u202eb": STRING}}),
        "a\\u202eb",
    ),
    "two operations of one name": (
        {**small(), "paths": {path: {"get": {}} for path in ("/a-b", "/a/b")}},
        "GET /a-b and GET /a/b",
    ),
}


@pytest.mark.parametrize("construct", one_in(4, KEPT))
def test_kept(construct: str, tmp_path: Path) -> None:
    document, texts = KEPT[construct]
    package = pipeline.build(copy.deepcopy(document), tmp_path, pipeline.no_names())
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("api", "models")
        for path in sorted((package / folder).rglob("*.py"))
    )
    for text in texts:
        assert text in code, code
    with pipeline.importable(package):
        for path in sorted(package.rglob("*.py")):
            module = ".".join(path.relative_to(package.parent).with_suffix("").parts)
            importlib.import_module(module.removesuffix(".__init__"))


@pytest.mark.parametrize("construct", CAUGHT)
def test_caught(construct: str, tmp_path: Path) -> None:
    document, place = CAUGHT[construct]
    with pytest.raises(Stop) as caught:
        pipeline.build(copy.deepcopy(document), tmp_path, pipeline.no_names())
    assert place in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


def test_limits_defaults_and_formats_are_kept_as_facts(tmp_path: Path) -> None:
    """No check is made of them before sending, but help texts and flags tell them."""
    document = small(requestBody=body({"properties": {"x": LIMITED}}))
    package = pipeline.build(document, tmp_path, pipeline.no_names())
    operation = json.loads((package / "operations.json").read_text(encoding="utf-8"))["post_things"]
    (fact,) = operation["parameters"]
    assert LIMITED.items() <= fact.items()


@pytest.mark.parametrize("keyword", ["not", "propertyNames", "dependentRequired", "contains"])
def test_what_no_type_can_say_is_noted_with_its_place(keyword: str) -> None:
    document = small(requestBody=body({"properties": {"x": {"type": "object", keyword: {}}}}))
    notes = read_document.read(document, pipeline.no_names()).notes
    assert notes == [f"post_things.body.x: `{keyword}` is left to the server to check"]


def test_surplus_path_parameters_and_webhooks_are_noted() -> None:
    document = small(OBJECT, parameters=[{"name": "ghost", "in": "path", "required": True}])
    document["webhooks"] = {"done": {"post": {}}}
    notes = read_document.read(document, pipeline.no_names()).notes
    assert "post_things: the path has no {ghost}; left out" in notes
    assert any(note.startswith("webhooks are left out") for note in notes)


# --- the audit by itself ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pipeline.build(pipeline.pinned(), tmp_path_factory.mktemp("intact"))


DAMAGE = {
    "an operation": ("GET /credits: the operation", "api/account/get_credits.py", None, ""),
    "a query parameter": (
        "GET /jobs: the query parameter 'cursor'",
        "api/jobs/list_jobs.py",
        'params["cursor"] = cursor',
        "",
    ),
    "a member of a body": (
        "VideoGenerationRequest: the member 'duration'",
        "models/video_generation_request.py",
        'd.pop("duration", UNSET)',
        "UNSET",
    ),
    "a member deep in an answer": (
        "AssetSearch: the member 'score'",
        "models/asset_search.py",
        'd.pop("score", UNSET)',
        "UNSET",
    ),
    "the type of an answer": (
        "GET /me, answer: the member",
        "api/account/get_me.py",
        "Me.from_dict(response.json())",
        "response.json()",
    ),
    "a stray file": ("models/stray.txt", "models/stray.txt", None, "x"),
    "broken code": ("is no Python", "models/me.py", "class Me(", "class Me(("),
}


@pytest.mark.parametrize("damage", one_in(2, DAMAGE))
def test_the_audit_sees_what_is_missing(damage: str, intact: Path, tmp_path: Path) -> None:
    """The audit reads the written code, so it is damaged code that it has to notice."""
    message, name, text, put = DAMAGE[damage]
    package = tmp_path / "sume_api"
    shutil.copytree(intact, package)
    target = package / name
    if text is None and put:
        target.write_text(put, encoding="utf-8")
    elif text is None:
        target.unlink()
    else:
        code = target.read_text(encoding="utf-8")
        assert text in code
        target.write_text(code.replace(text, put), encoding="utf-8")
    raw = pipeline.pinned()
    known = pipeline.table()
    effective = emit.effective(read_document.read(raw, known), known).document
    audit(raw, effective, intact, known)
    with pytest.raises(Stop) as caught:
        audit(raw, effective, package, known)
    assert message in str(caught.value)
    assert caught.value.kind == Exit.AUDIT


def test_the_audit_is_not_fooled_by_the_steps_between(tmp_path: Path) -> None:
    """What the reader loses, the audit misses: it compares with the raw document."""
    raw = pipeline.pinned()
    known = pipeline.table()
    poorer = copy.deepcopy(raw)
    del poorer["components"]["schemas"]["FaceSwapRequest"]["properties"]["avatar_ids"]
    effective = emit.effective(read_document.read(poorer, known), known).document
    generated = generate.generate(effective, tmp_path / "p", pipeline.OPENAPI, known.hides)
    metadata.write(effective, generated, pipeline.OPENAPI / "templates" / "package")
    with pytest.raises(Stop, match="POST /face-swap, body: the member 'avatar_ids'"):
        audit(raw, effective, generated.folder, known)
