"""The rules that an import contract cannot see."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "metarr"
MODULES = sorted(SOURCE.rglob("*.py"))

# Who may write files at all: the library's only writer, the cache, the seam both go through, backups, and what belongs
# to this program alone (its lock file, the demo's own library).
WRITERS = frozenset(
    {
        *("library/files.py", "store/blobs.py", "store/disk.py", "store/thumbs.py"),
        *("store/backups/making.py", "store/backups/restoring.py"),
    }
)
LOWER = frozenset({"library", "phases", "store", "jobs", "actions", "providers", "players"})
WRITING = frozenset({"write_text", "write_bytes", "unlink", "rmdir", "rename", "replace", "mkdir", "makedirs"})


def _contract(name: str) -> dict[str, list[str]]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return next(contract for contract in contracts if contract["name"].startswith(name))


def _pure_modules() -> Iterator[Path]:
    for name in _contract("Pure modules")["source_modules"]:
        path = ROOT / "src" / Path(*name.split("."))
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


def _calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name):
                    yield name
                case ast.Attribute(attr=name):
                    yield name
                case _:
                    pass


@pytest.mark.parametrize("module", list(_pure_modules()), ids=lambda path: str(path.relative_to(SOURCE)))
def test_pure_modules_open_nothing_wait_for_nothing_and_ask_no_clock(module: Path) -> None:
    tree = ast.parse(module.read_text())
    assert not [node for node in ast.walk(tree) if isinstance(node, (ast.AsyncFunctionDef, ast.Await))]
    assert not {"open", "now", "utcnow", "today", "read_bytes", "read_text", "input", "print"} & set(_calls(tree))


def test_the_environment_is_read_in_one_place() -> None:
    readers = {
        str(module.relative_to(SOURCE))
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }
    assert readers == {"config.py"}


def test_everything_is_caught_in_one_place_only() -> None:
    catchers = [
        str(module.relative_to(SOURCE))
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Name) and node.type.id == "Exception"
    ]
    assert catchers == ["worker/loop.py"]


def test_nothing_below_the_command_line_writes_files_but_the_two_that_may() -> None:
    writers = {
        str(module.relative_to(SOURCE))
        for module in MODULES
        if module.relative_to(SOURCE).parts[0] in LOWER
        for name in _file_calls(ast.parse(module.read_text()))
        if name in WRITING
    }
    assert writers <= WRITERS


def _file_calls(tree: ast.AST) -> Iterator[str]:
    """Calls on something that looks like a path, not `dataclasses.replace` or `str.replace`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            if name in {"replace", "rename"} and not (
                isinstance(node.func.value, ast.Name) and node.func.value.id in {"os", "shutil"}
            ):
                continue
            yield name


def test_modules_stay_readable_in_one_sitting() -> None:
    long = {str(module.relative_to(SOURCE)): len(module.read_text().splitlines()) for module in MODULES}
    migrations = {name for name in long if name.startswith("store/migrations/")}
    assert {name: lines for name, lines in long.items() if lines > 450 and name not in migrations} == {}


def test_the_dependencies_page_names_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["postgres"],
        *project["dependency-groups"]["dev"],
    ]
    page = (ROOT / "docs" / "dependencies.md").read_text()
    names = {requirement.split(">")[0].split("[")[0] for requirement in wanted}
    assert {name for name in names if name not in page} == set()


@pytest.mark.parametrize("lock", ["run.txt", "dev.txt"])
def test_locks_pin_everything_with_hashes_and_name_no_index(lock: str) -> None:
    text = (ROOT / "locks" / lock).read_text()
    requirements = [block for block in text.split("\n") if block and not block.startswith((" ", "#"))]
    assert requirements
    assert all("==" in line and line.endswith("\\") for line in requirements)
    assert "://" not in text
    assert "--index" not in text
