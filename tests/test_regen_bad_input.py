"""What is wrong with the schema stops at the door: one message, and the tree is untouched.

The threat: an error page, half a document or a hostile redirect becomes the committed client.
"""

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from scripts import fetch, regen
from scripts.stops import Exit, Stop
from tests.schema import pipeline, trees
from tests.schema.serving import Answer, says, server
from tests.thoroughness import one_in


def cut(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "100000")
    request.end_headers()
    request.wfile.write(PINNED[:5000])


def endless(request: BaseHTTPRequestHandler) -> None:
    """Says nothing of its length and never stops; the reader has to."""
    request.send_response(200)
    request.end_headers()
    try:
        for _ in range(200):
            request.wfile.write(b" " * 2**20)
    except OSError:
        return


def hangs_up(request: BaseHTTPRequestHandler) -> None:
    request.connection.close()


def around(request: BaseHTTPRequestHandler) -> None:
    says(b"", 302, Location="/again")(request)


PINNED = (pipeline.OPENAPI / "upstream.json").read_bytes()
HTML = b"<!doctype html><title>Just a moment</title>"


def told(**changes: object) -> bytes:
    return json.dumps({**json.loads(PINNED), **changes}).encode()


CASES: dict[str, tuple[Answer, Exit, str]] = {
    "404": (says(b"{}", 404), Exit.FETCH, "the server answered 404"),
    "500": (says(b"oops", 500), Exit.FETCH, "the server answered 500"),
    "204": (says(b"", 204), Exit.FETCH, "the server answered 204"),
    "redirect off https": (
        says(b"", 302, Location="http://192.0.2.1/openapi.json"),
        Exit.FETCH,
        "over https only",
    ),
    "redirect to a file": (says(b"", 302, Location="file:///etc/passwd"), Exit.FETCH, "https only"),
    "redirect in a circle": (around, Exit.FETCH, "more than 5 redirects"),
    "cut off": (cut, Exit.FETCH, "RemoteProtocolError"),
    "connection lost": (hangs_up, Exit.FETCH, "RemoteProtocolError"),
    "200 MB": (endless, Exit.FETCH, "larger than 20 MB"),
    "a page": (says(HTML, Content_Type="text/html"), Exit.DOCUMENT, "it is a web page"),
    "a page that says it is JSON": (says(HTML), Exit.DOCUMENT, "it is a web page"),
    "nothing": (says(b""), Exit.DOCUMENT, "not valid JSON"),
    "half a document": (says(PINNED[: len(PINNED) // 2]), Exit.DOCUMENT, "not valid JSON"),
    "a list": (says(b"[]"), Exit.DOCUMENT, "not a JSON object"),
    "NaN": (says(b'{"a": NaN}'), Exit.DOCUMENT, "NaN is no JSON"),
    "one key twice": (says(b'{"a": 1, "a": 2}'), Exit.DOCUMENT, "'a' stands twice"),
    "bytes": (says(b"\xff\xfe\x00"), Exit.DOCUMENT, "not valid JSON"),
    "text that can't be written": (says(b'{"a": "\\ud800"}'), Exit.DOCUMENT, "not valid JSON"),
    "nested without end": (says(b"[" * 200_000), Exit.DOCUMENT, "nested too deeply"),
    "an error object": (says(b'{"error": {}}'), Exit.DOCUMENT, "no OpenAPI version"),
    "OpenAPI 2": (says(b'{"swagger": "2.0", "paths": {}}'), Exit.DOCUMENT, "says OpenAPI 2.0"),
    "OpenAPI 3.2": (says(told(openapi="3.2.0")), Exit.DOCUMENT, "says OpenAPI 3.2.0"),
    "no paths": (says(told(paths={})), Exit.DOCUMENT, "it has no paths"),
    "another API": (
        says(told(paths={"/pets": {"get": {"responses": {"200": {"description": "ok"}}}}})),
        Exit.NAMES,
        "Gone from the schema",
    ),
    "a dangling reference": (says(told(components={})), Exit.WORDING, "leads nowhere"),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return trees.copy(tmp_path / "tree")


def attempt(url: str, root: Path) -> Stop:
    before = pipeline.files(root)
    with pytest.raises(Stop) as caught:
        regen.regenerate(fetch.from_url(url), root)
    assert pipeline.files(root) == before
    assert 1 <= len(str(caught.value).splitlines()) <= 3
    return caught.value


@pytest.mark.parametrize("case", one_in(2, CASES))
def test_bad_answers_change_nothing(case: str, tree: Path) -> None:
    answer, kind, message = CASES[case]
    with server(answer) as origin:
        stop = attempt(f"{origin}/openapi.json", tree)
    assert stop.kind == kind
    assert message in str(stop)
    if kind in (Exit.FETCH, Exit.DOCUMENT):
        assert "make regen SCHEMA=openapi/upstream.json" in str(stop)


def test_no_network_is_one_line_with_the_way_out(tree: Path) -> None:
    stop = attempt("http://127.0.0.1:9/openapi.json", tree)
    assert stop.kind == Exit.FETCH
    assert len(str(stop).splitlines()) == 1
    assert "the pinned snapshot is untouched" in str(stop)


@pytest.mark.parametrize("url", ["http://www.sume.so/x", "ftp://www.sume.so/x", "file:///x", "x"])
def test_a_schema_is_fetched_over_https_only(url: str, tree: Path) -> None:
    assert "https only" in str(attempt(url, tree))


def test_a_slow_server_is_given_up() -> None:
    """Each single read is in time, the whole never ends."""

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while True:
                request.wfile.write(b" " * 2**16)
        except OSError:
            return

    with server(drip) as origin, pytest.raises(Stop) as caught:
        fetch.from_url(origin, deadline=0.0)
    assert "took too long" in str(caught.value)


def test_exit_codes_tell_the_kinds_apart() -> None:
    assert len({int(kind) for kind in Exit}) == len(Exit)


def test_the_command_prints_the_message_and_nothing_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert regen.main(["--url", "http://127.0.0.1:9/openapi.json"]) == Exit.FETCH
    out, err = capsys.readouterr()
    assert not out
    assert len(err.splitlines()) == 1


# --- patches ----------------------------------------------------------------------------------

PATCHES = {
    "one that changes nothing": (
        "{target: \"$.paths['/gone']\", description: why, remove: true}",
        "action 1 ($.paths['/gone']) changes nothing",
    ),
    "one that says what is there": (
        "{target: $.info, description: why, update: {title: Sume Public API}}",
        "changes nothing",
    ),
    "one without a reason": ("{target: $.info, update: {title: x}}", "does not say why"),
    "one without a target": ("{description: x, remove: true}", "has no target"),
    "no JSONPath": ("{target: '$[', description: x, remove: true}", "no JSONPath"),
    "an unknown word": ("{target: $, description: x, copy: $}", "knows no 'copy'"),
    "an update of text": (
        "{target: $.info.title, description: x, update: {a: b}}",
        "needs an object",
    ),
}


@pytest.mark.parametrize("case", one_in(2, PATCHES))
def test_a_patch_without_effect_or_sense_stops(case: str, tree: Path) -> None:
    action, message = PATCHES[case]
    (tree / "openapi" / "patches.yaml").write_text(
        f"overlay: 1.0.0\ninfo: {{title: x, version: '1'}}\nactions: [{action}]\n", encoding="utf-8"
    )
    before = pipeline.files(tree)
    with pytest.raises(Stop) as caught:
        regen.regenerate(fetch.from_file(tree / "openapi" / "upstream.json"), tree)
    assert caught.value.kind == Exit.PATCH
    assert message in str(caught.value)
    assert pipeline.files(tree) == before


def test_a_patch_corrects_the_code_and_not_the_raw_document(tree: Path) -> None:
    """Updates merge, lists grow, removals remove; the document as it came is kept as it came."""
    (tree / "openapi" / "patches.yaml").write_text(
        """
overlay: 1.0.0
info: {title: x, version: "1"}
actions:
  - target: $.components.schemas.Job.properties
    description: the server sends it
    update: {lane: {type: string}}
  - target: $.paths['/jobs'].get.parameters[?@.name == 'type']
    description: the server ignores it
    remove: true
  - target: $.paths['/jobs'].get.parameters
    description: the server takes it
    update: {name: lane, in: query, schema: {type: string}}
""",
        encoding="utf-8",
    )
    raw = (tree / "openapi" / "upstream.json").read_bytes()
    regen.regenerate(fetch.from_file(tree / "openapi" / "upstream.json"), tree)
    assert (tree / "openapi" / "upstream.json").read_bytes() == raw
    package = tree / "generated" / "sume_api"
    assert "lane" in (package / "models" / "job.py").read_text(encoding="utf-8")
    module = (package / "api" / "jobs" / "list_jobs.py").read_text(encoding="utf-8")
    assert 'params["lane"]' in module
    assert 'params["type"]' not in module


# --- a good document, over HTTP ---------------------------------------------------------------


def test_the_committed_document_from_a_server_changes_nothing(tree: Path) -> None:
    before = pipeline.files(tree)
    with server(says(PINNED, Content_Type="application/json")) as origin:
        assert regen.regenerate(fetch.from_url(f"{origin}/openapi.json"), tree) == Exit.OK
    assert pipeline.files(tree) == before


def test_another_document_from_a_server_goes_all_the_way(tree: Path) -> None:
    document = pipeline.pinned()
    document["components"]["schemas"]["Job"]["properties"]["lane"] = {"type": "string"}
    with server(says(json.dumps(document).encode())) as origin:
        assert regen.regenerate(fetch.from_url(f"{origin}/openapi.json"), tree) == Exit.OK
    assert "lane" in (tree / "generated/sume_api/models/job.py").read_text(encoding="utf-8")
    lock = json.loads((tree / "openapi" / "upstream.lock").read_text(encoding="utf-8"))
    assert lock["origin"] == "local"
    assert lock["url"] == f"{origin}/openapi.json"
    assert regen.regenerate(fetch.from_file(tree / "openapi/upstream.json"), tree, check=True) == 0


def test_redirects_on_this_machine_are_followed(tree: Path) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        if request.path == "/openapi.json":
            says(b"", 308, Location="/v1/openapi.json")(request)
        else:
            says(PINNED)(request)

    with server(answer) as origin:
        assert regen.regenerate(fetch.from_url(f"{origin}/openapi.json"), tree) == Exit.OK


def test_only_a_live_fetch_counts_as_one(tmp_path: Path) -> None:
    """A file or a server on this machine can't turn a written document into a fetched one."""
    path = tmp_path / "upstream.lock"
    document = pipeline.pinned()
    path.write_text(regen.lock(fetch.Fetched(document, "docs", None), path), encoding="utf-8")
    written = path.read_text(encoding="utf-8")
    elsewhere: list[fetch.Origin] = ["file", "local"]
    for origin in elsewhere:
        assert regen.lock(fetch.Fetched(document, origin, None), path) == written
    live = regen.lock(fetch.Fetched(document, "live", "https://www.sume.so/x"), path)
    assert json.loads(live)["origin"] == "live"
    path.write_text(live, encoding="utf-8")
    elsewhere.append("live")
    for origin in elsewhere:
        assert regen.lock(fetch.Fetched(document, origin, None), path) == live


def test_the_lock_belongs_to_the_document() -> None:
    committed = fetch.from_file(pipeline.OPENAPI / "upstream.json")
    lock = json.loads((pipeline.OPENAPI / "upstream.lock").read_text(encoding="utf-8"))
    assert lock["sha256"] == committed.sha256
    assert committed.text.encode() == PINNED


def test_check_tells_what_differs(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tree / "generated" / "sume_api" / "models" / "job.py"
    model.write_text(model.read_text(encoding="utf-8") + "# by hand\n", encoding="utf-8")
    (tree / "generated" / "sume_api" / "stale.py").touch()
    before = pipeline.files(tree)
    pinned = fetch.from_file(tree / "openapi" / "upstream.json")
    assert regen.regenerate(pinned, tree, check=True) == Exit.DIFFERS
    assert pipeline.files(tree) == before
    err = capsys.readouterr().err
    assert "sume_api/models/job.py, generated/sume_api/stale.py" in err
    assert "make regen SCHEMA=openapi/upstream.json" in err


def test_the_committed_code_is_what_the_committed_schema_makes() -> None:
    pinned = fetch.from_file(pipeline.OPENAPI / "upstream.json")
    assert regen.regenerate(pinned, pipeline.ROOT, check=True) == Exit.OK


def test_the_pinned_document_is_valid() -> None:
    from openapi_spec_validator import validate  # noqa: PLC0415  (slow to import)

    validate(pipeline.pinned())
    validate(json.loads((pipeline.OPENAPI / "effective.json").read_text(encoding="utf-8")))
