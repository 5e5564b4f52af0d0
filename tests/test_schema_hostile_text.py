"""Text in a schema stays text, whatever it tries to be.

The threat: whoever can write into the schema writes into the package, and code runs when somebody
imports it; or a mark that turns the line around makes a reviewer read something else.
"""

import ast
import importlib
import itertools
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from scripts import texts
from scripts.document import Json
from tests.schema import pipeline
from tests.schema.rewordings import holders, operations, resolve
from tests.thoroughness import one_in

TEXTS = [
    '"""\nimport os; os.abort()\n"""',
    "'''\nraise SystemExit\n'''",
    '\\"""\nraise SystemExit\n',
    "\\",
    "ends in a backslash\\",
    "quote \" and ' and `",
    "{__import__('os').abort()}",
    "{{ 7 * 7 }}{% raw %}",
    "new\nline\r\nand\rreturn",
    "\x00\x07\x1b[31mred\x1b[0m",
    "\u202eturned\u202c \u2066x\u2069 \u200b\ufeff",
    "sep\u2028ara\u2029t\x85o\x0br\x0cs",
    "\\N{BULLET} \\x41 \\u0041 %s %(x)s",
    "../../../etc/passwd",
    "# type: ignore\n# noqa",
    "x" * 5000,
    "é ü 漢字 🎬",
]


def poisoned(given: list[str], first: int = 0) -> Json:
    """The pinned document with the given texts, in turn, in every place that takes free text."""
    document = pipeline.pinned()
    turn = itertools.islice(itertools.cycle(given), first, None)
    document["info"].update(title=next(turn), description=next(turn), version=next(turn))
    for _, _, operation in operations(document):
        operation.update(summary=next(turn), description=next(turn))
        for parameter in operation.get("parameters", ()):
            resolve(document, parameter).update(description=next(turn), example=next(turn))
    for holder, key in list(holders(document)):
        said = {"title": next(turn), "description": next(turn), "default": next(turn)}
        holder[key].update(said, examples=[next(turn)])
    request = document["components"]["schemas"]["VideoGenerationRequest"]["properties"]
    request["choice"] = {"type": "string", "enum": [*given, "plain"], "default": next(turn)}
    request["fixed"] = {"const": next(turn)}
    return document


def code(package: Path) -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in sorted(package.rglob("*.py"))}


def skeleton(tree: ast.AST) -> list[str]:
    """The shape of a module, constants aside; what text can't change unless it became code."""
    return [type(node).__name__ for node in ast.walk(tree) if not isinstance(node, ast.Constant)]


@pytest.fixture(scope="module")
def innocent(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    harmless = [f"innocent {number}" for number in range(len(TEXTS))]
    package = pipeline.build(poisoned(harmless), tmp_path_factory.mktemp("innocent"))
    return {
        str(path.relative_to(package)): skeleton(ast.parse(text))
        for path, text in code(package).items()
    }


@pytest.mark.parametrize("first", one_in(3, [0, 5, 11]))
def test_text_stays_text(first: int, tmp_path: Path, innocent: dict[str, list[str]]) -> None:
    package = pipeline.build(poisoned(TEXTS, first), tmp_path)
    for path, text in code(package).items():
        assert skeleton(ast.parse(text)) == innocent[str(path.relative_to(package))]
        odd = {c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}}
        assert odd <= {"\n", "\t"}
    with pipeline.importable(package):
        for path in sorted(package.rglob("*.py")):
            module = ".".join(path.relative_to(tmp_path).with_suffix("").parts)
            importlib.import_module(module.removesuffix(".__init__"))
        request = importlib.import_module("sume_api.models.video_generation_request")
        for text in TEXTS:
            # A choice goes over the wire exactly as the schema has it.
            sent = request.VideoGenerationRequest(prompt="p", choice=text).to_dict()
            assert sent["choice"] == text


@pytest.mark.parametrize("text", ['"""', "{x}", "a b", "class", "9:16", "__init__", "../up", "é"])
def test_a_member_may_be_called_anything(text: str, tmp_path: Path) -> None:
    """The name on the wire is kept; Python gets one that it can use."""
    schema: Json = {
        "type": "object",
        "properties": {text: {"type": "string"}, "b": {"type": "string"}},
    }
    package = pipeline.build(
        pipeline.small(schema, requestBody=pipeline.body(schema)), tmp_path, pipeline.no_names()
    )
    with pipeline.importable(package):
        model = importlib.import_module("sume_api.models.post_things_request").PostThingsRequest
        assert model.from_dict({text: "v"}).to_dict() == {text: "v"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(max_size=40))
@example("\u202e")
def test_what_is_told_is_harmless(text: str) -> None:
    cleaned = texts.clean(text)
    assert all(c in "\n\t" or unicodedata.category(c)[0] != "C" for c in cleaned)
    plain = "".join(c for c in text if c.isprintable()).strip()
    assert plain == "".join(c for c in cleaned if c.isprintable()).strip()
