"""From the effective document to a package.

The pinned generator runs in this process on a few edited templates and may not warn; what it wrote
is formatted by the pinned ruff under fixed options. All of it happens in a folder of the caller's.
"""

import contextlib
import hashlib
import io
import json
import re
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import openapi_python_client
import yaml
from jinja2 import Environment
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.strings import snake_case
from ruff import find_ruff_bin  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]

from scripts.document import Json
from scripts.stops import Exit, Stop

PINNED = {"openapi-python-client": "0.29.1", "ruff": "0.17.6"}
BUILT_IN = Path(openapi_python_client.__file__).parent / "templates"
PACKAGE = "sume_api"
RUFF = ("--isolated", "--no-cache", "--quiet", "--target-version", "py311")


@dataclass(slots=True)
class Generated:
    """Where a package was written, and what Python calls things in it."""

    folder: Path
    models: dict[str, str] = field(default_factory=dict[str, str])
    members: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    parameters: dict[str, dict[tuple[str, str], str]] = field(
        default_factory=dict[str, dict[tuple[str, str], str]]
    )
    modules: dict[str, str] = field(default_factory=dict[str, str])


def generate(
    document: Json, folder: Path, inputs: Path, hides: Callable[[str, str], bool]
) -> Generated:
    """Write the package into `folder`, which must not exist.

    Args:
        document: the effective document.
        folder: where to write.
        inputs: the folder with `generator.yaml` and `templates/edits.yaml`.
        hides: whether a class's member stays out of its repr.

    Raises:
        Stop: the generator warned, or a pinned part is not the pinned one.
    """
    check_pins()
    with tempfile.TemporaryDirectory() as templates:
        write_templates(inputs / "templates" / "edits.yaml", Path(templates))
        config = _config(inputs / "generator.yaml", folder)
        # Key order decides the order of constructor arguments, so it is fixed here.
        data = GeneratorData.from_dict(
            json.loads(json.dumps(document, sort_keys=True)), config=config
        )
        if isinstance(data, GeneratorError):
            raise _refused([data])
        project = Project(openapi=data, config=config, custom_template_path=Path(templates))
        names = cast("dict[str, Any]", project.env.globals)
        names["declaration"] = _declaration(hides)
        names["is_made"] = partial(_is_made, project.env)
        names["early_imports"] = _early_imports
        names["late_imports"] = _late_imports
        with contextlib.redirect_stdout(io.StringIO()):
            problems = project.build()
    if problems:
        raise _refused(list(problems))
    (folder / "py.typed").write_text("", encoding="utf-8")
    return _named(data, folder)


def format_code(folder: Path) -> None:
    """Sort imports, drop unused ones and lay the code out."""
    for command in (
        ("check", "--fix-only", "--select", "I,F401"),
        ("format", "--line-length", "120"),
    ):
        done = subprocess.run(
            [find_ruff_bin(), command[0], str(folder), *RUFF, *command[1:]],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            first = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
            raise Stop(Exit.GENERATOR, f"ruff {command[0]} refused the generated code: {first[0]}")


def check_pins() -> None:
    """Stop unless the tools that shape the output are the pinned ones."""
    for name, wanted in PINNED.items():
        if (found := version(name)) != wanted:
            raise Stop(
                Exit.GENERATOR,
                f"{name} is {found}, but the generated code is made with {wanted}.",
                "Say `make clean` and try again; to move on, change pyproject.toml and"
                " scripts/generate.py together.",
            )


def write_templates(table: Path, folder: Path) -> None:
    """Write the edited templates; one that was not edited for this generator stops."""
    for name, entry in yaml.safe_load(table.read_text(encoding="utf-8")).items():
        source = (BUILT_IN / name).read_bytes()
        if hashlib.sha256(source).hexdigest() != entry["sha256"]:
            raise Stop(
                Exit.GENERATOR,
                f"The generator's template {name} is not the one that {table.name} edits.",
                "Compare it with the edits there, mend them, and note its new sha256.",
            )
        text = entry.get("put") or source.decode()
        for edit in entry.get("edits", ()):
            if text.count(edit["find"]) != 1:
                raise Stop(
                    Exit.GENERATOR,
                    f"{table.name}: {name}: {edit['find'].strip()!r} stands there"
                    f" {text.count(edit['find'])} times, not once.",
                )
            text = text.replace(edit["find"], edit.get("put", ""))
        written = folder / name
        written.parent.mkdir(exist_ok=True)
        written.write_text(text, encoding="utf-8")


def _config(path: Path, folder: Path) -> Config:
    """The generator ignores options it does not know; a misspelt one stops here."""
    options: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    if odd := options.keys() - ConfigFile.model_fields.keys():
        raise Stop(Exit.GENERATOR, f"{path.name}: the generator has no option {min(odd)!r}.")
    return Config.from_sources(
        ConfigFile(**options),
        MetaType.NONE,
        Path("effective.json"),
        "utf-8",
        overwrite=False,
        output_path=folder,
    )


def _declaration(hides: Callable[[str, str], bool]) -> Callable[[str, Any], str]:
    """Declares a model's member, hidden from the repr if need be."""

    def declare(class_name: str, member: Any) -> str:
        code: str = member.to_string().as_unembedded_code()
        if not hides(str(class_name), _raw(member.name)):
            return code
        head, equals, default = code.partition(" = ")
        default = f"default={default}, " if equals else ""
        return f"{head} = _attrs_field({default}repr=False)"

    return declare


def _is_made(templates: Environment, union: Any) -> bool:
    """Whether anything is made of a union's value; else it is taken as it comes."""
    named = (f"property_templates/{kind.template}" for kind in union.inner_properties)
    return any(hasattr(templates.get_template(name).module, "construct") for name in named)


def _early_imports(model: Any) -> set[str]:
    """What a parser imports whatever comes: all but what unions import when it comes."""
    members = [*model.required_properties, *model.optional_properties, model.additional_properties]
    plain = [one for one in members if hasattr(one, "get_lazy_imports") and not _is_union(one)]
    return {line for one in plain for line in one.get_lazy_imports(prefix="..")} & {
        *model.lazy_imports
    }


def _late_imports(union: Any) -> str:
    """The lines with which a union's parser imports what it is made of, wherever it stands."""
    lines = sorted(union.get_lazy_imports(prefix=f"{PACKAGE}."))
    return "".join(f"    {line}  # noqa: PLC0415\n" for line in lines)


def _is_union(member: Any) -> bool:
    return hasattr(member, "inner_properties")


def _named(data: GeneratorData, folder: Path) -> Generated:
    generated = Generated(folder)
    for model in data.models:
        name = str(model.class_info.name)
        generated.models[name] = str(model.class_info.module_name)
        members = [*(model.required_properties or ()), *(model.optional_properties or ())]
        generated.members[name] = {_raw(member.name): str(member.python_name) for member in members}
    for enum in data.enums:
        generated.models[str(enum.class_info.name)] = str(enum.class_info.module_name)
    for tag, collection in data.endpoint_collections_by_tag.items():
        for endpoint in collection.endpoints:
            name = str(endpoint.name)
            generated.modules[name] = f"{PACKAGE}.api.{tag}.{snake_case(name)}"
            generated.parameters[name] = {
                (location, _raw(parameter.name)): str(parameter.python_name)
                for location in ("path", "query", "header", "cookie")
                for parameter in getattr(endpoint, f"{location}_parameters")
            }
    return generated


def _raw(name: Any) -> str:
    return str(name.get_untrusted_value() if hasattr(name, "get_untrusted_value") else name)


def _refused(problems: list[GeneratorError]) -> Stop:
    first = problems[0]
    # The generator's own words hold memory addresses, which differ from run to run.
    words = re.sub(r"<[^<>]* object at 0x[0-9a-f]+>", "…", f"{first.header} {first.detail or ''}")
    detail = " ".join(words.split())[:300]
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    return Stop(
        Exit.GENERATOR,
        f"The generator warned{more}: {detail}",
        "Something would be lost: restate it in openapi/patches.yaml, or teach scripts/emit.py.",
    )
