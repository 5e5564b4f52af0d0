"""Guarantee: every behaviour is written once, and each layer knows only what it may know.

The threat is drift: an `await` with logic around it beside its synchronous twin, a second
module that talks to httpx, an import that makes `import sume_ext` slow for everybody.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sume_ext

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "sume_ext"
MODULES = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if "sandbox" not in path.parts and "cli" not in path.parts
)
# Performing is their whole purpose: steps (runners), sockets (transport, wire), time (clock).
PERFORMERS = {
    "borrowed.py",
    "names.py",
    "awaiting.py",
    "transport.py",
    "streams.py",
    "deadlines.py",
    "wire.py",
    "clock.py",
}
FACES = {"client.py", "jobs.py", "paging.py", "results.py"}


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(tree: ast.AST) -> set[str]:
    """Every module named by an import that happens at run time."""
    typing_only = {
        id(inside)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inside in ast.walk(node)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def asynchronous(tree: ast.AST) -> list[ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)]


def ends_the_iteration(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and [*map(ast.unparse, node.body)] == [
        "raise StopAsyncIteration"
    ]


def test_coroutines_stand_only_in_performers_and_faces() -> None:
    owners = {path.name for path in MODULES if asynchronous(tree_of(path))}
    assert owners <= PERFORMERS | FACES
    assert "awaiting.py" in owners


@pytest.mark.parametrize("name", sorted(FACES))
def test_an_asynchronous_face_only_hands_a_flow_to_a_runner(name: str) -> None:
    """No loop, branch or handler may stand in a face: it would be logic written twice."""
    path = PACKAGE / name
    for function in asynchronous(tree_of(path)):
        statements = [
            node
            for node in function.body
            if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        ]
        if function.name == "__anext__":  # the protocol wants the end of a walk as an exception
            statements = [node for node in statements if not ends_the_iteration(node)]
        assert len(statements) <= 2, f"{name}: {function.name} does more than hand over"
        for node in (inside for statement in statements for inside in ast.walk(statement)):
            assert not isinstance(
                node,
                ast.If | ast.IfExp | ast.For | ast.AsyncFor | ast.While | ast.Try | ast.With
                | ast.AsyncWith | ast.Match | ast.comprehension | ast.BoolOp,
            ), f"{name}: {function.name} decides something"  # fmt: skip


def test_one_module_knows_httpx() -> None:
    knowing = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] in ("httpx", "httpcore") for name in imported(tree_of(path)))
    }
    assert knowing == {"network/transport.py", "network/deadlines.py"}


def test_layers_point_one_way() -> None:
    """generated/ knows nobody; sume_ext reaches it by the table; scripts reads table and roles."""
    for path in (ROOT / "generated").rglob("*.py"):
        names = imported(tree_of(path))
        assert not {n for n in names if n.split(".")[0] in ("sume_ext", "scripts")}, path
    reaching = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] == "sume_api" for name in imported(tree_of(path)))
    }
    assert reaching <= {
        "operations.py",
        "binding/explaining.py",
        "binding/argument_types.py",
        "calling/calls.py",
    }
    for path in PACKAGE.rglob("*.py"):
        assert not {n for n in imported(tree_of(path)) if n.split(".")[0] == "scripts"}, path
    for path in (ROOT / "scripts").rglob("*.py"):
        ours = {n for n in imported(tree_of(path)) if n.split(".")[0] == "sume_ext"}
        assert ours <= {"sume_ext.operations", "sume_ext.roles"}, (path, ours)


LAYERS = ("errors", "secrecy", "network", "runners", "calling", "transfers", "waiting", "binding")
"""Whoever stands earlier knows nothing of who stands later, at run time."""


def test_packages_know_only_what_lies_below() -> None:
    for at, package in enumerate(LAYERS):
        above = {f"sume_ext.{name}" for name in (*LAYERS[at + 1 :], "operations", "client", "cli")}
        for path in PACKAGE.glob(f"{package}/*.py"):
            known = {".".join(name.split(".")[:2]) for name in imported(tree_of(path))}
            assert not known & above, path


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout


def test_importing_the_package_imports_nothing_heavy() -> None:
    loaded = run("import sys, sume_ext; print(*sorted(sys.modules))").split()
    heavy = {"httpx", "httpcore", "attr", "attrs", "sume_api", "asyncio", "ssl", "dateutil", "json"}
    assert not heavy & {name.split(".")[0] for name in loaded}


def test_the_table_is_read_without_importing_the_models() -> None:
    """Reading the table must not pay for fifty attrs classes nobody has asked for."""
    loaded = run(
        "import sys, sume_ext.operations; print(*sorted(m for m in sys.modules if 'sume_api' in m))"
    ).split()
    assert not [name for name in loaded if name.startswith(("sume_api.models.", "sume_api.api."))]


def test_a_first_call_pays_for_nothing_it_does_not_use() -> None:
    """A process that asks for one job reads no files, walks no list, and waits for nobody."""
    loaded = run("""
import sys, sume_ext

class Wire:
    def open(self, request, timeouts):
        self.status, self.headers = 200, {}
        self.pieces = [b"", b'{"id": "job_1", "status": "running"}']
        return self
    def read(self):
        return self.pieces.pop()
    def close(self):
        pass

job = sume_ext.Sume(api_key="k", transport=Wire()).jobs.get("job_1")
assert job.status == "running"
print(*sorted(sys.modules))
""").split()
    spared = {"transfers", "downloads", "uploads", "results", "paging", "assets", "cli", "sandbox"}
    spared |= {f"waiting.{name}" for name in ("many", "recent", "scheduling", "list_reading")}
    ours = {name.removeprefix("sume_ext.") for name in loaded if name.startswith("sume_ext.")}
    assert not spared & ours
    foreign = {"httpx", "httpcore", "anyio", "dateutil", "rich", "click", "concurrent", "tempfile"}
    assert not foreign & {name.split(".")[0] for name in loaded}
    models = [name for name in loaded if name.startswith("sume_api.models.")]
    assert len(models) < 6, models


def test_every_public_name_resolves_and_is_listed() -> None:
    names = [*sume_ext.__all__]
    assert names == sorted(names)
    for name in names:
        assert getattr(sume_ext, name) is not None
    typed = {
        alias.asname
        for node in ast.walk(tree_of(PACKAGE / "__init__.py"))
        if isinstance(node, ast.If)
        for inside in ast.walk(node)
        if isinstance(inside, ast.ImportFrom)
        for alias in inside.names
    }
    assert typed == set(names), "the TYPE_CHECKING block and the lazy table differ"
    with pytest.raises(AttributeError):
        _ = sume_ext.no_such_name
