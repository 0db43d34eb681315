"""Every migration leaves what a release before needs: it adds, and takes nothing away."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from metarr.store import migrate

_FOLDER = Path(migrate.__file__).parent / "migrations" / "versions"
_ADDS = {"create_table", "create_index", "batch_alter_table", "add_column"}


def faults(source: str) -> list[str]:
    """What in a migration a release before could not live with."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    asked = [call for call in calls if _target(call) in {"op", "batch_op"}]
    found = [f"{_name(call)} is no addition" for call in asked if _name(call) not in _ADDS]
    for call in asked:
        if _name(call) == "add_column" and not _is_harmless(call.args[-1]):
            found.append(f"{ast.unparse(call.args[-1])} has to be filled in by whoever inserts")
        if _name(call) == "create_index" and any(
            word.arg == "unique" and _says(word.value, True) for word in call.keywords
        ):
            found.append("a unique index refuses rows that were good")
    return found


def _target(call: ast.Call) -> str:
    function = call.func
    return function.value.id if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) else ""


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _is_harmless(column: ast.expr) -> bool:
    """A row that does not name it gets a value, or none."""
    assert isinstance(column, ast.Call)
    words = {word.arg: word.value for word in column.keywords}
    return "server_default" in words or "nullable" not in words or _says(words["nullable"], True)


def _says(value: ast.expr, expected: object) -> bool:
    return isinstance(value, ast.Constant) and value.value is expected


@pytest.mark.parametrize("path", sorted(_FOLDER.glob("[0-9]*.py"))[1:], ids=lambda path: path.stem)
def test_migrations_only_add(path: Path) -> None:
    assert faults(path.read_text()) == []


@pytest.mark.parametrize(
    ("line", "is_fault"),
    [
        pytest.param("op.create_table('a', sa.Column('id', _ID, nullable=False))", False, id="a new table"),
        pytest.param(
            "op.add_column('job', sa.Column('a', sa.Text(), nullable=True))", False, id="a column that may be empty"
        ),
        pytest.param(
            "batch_op.add_column(sa.Column('a', sa.Text(), server_default='', nullable=False))", False, id="a default"
        ),
        pytest.param(
            "batch_op.add_column(sa.Column('a', sa.Text(), nullable=False))", True, id="a column without a default"
        ),
        pytest.param("op.drop_column('job', 'message')", True, id="a column goes"),
        pytest.param("op.rename_table('job', 'task')", True, id="a table is renamed"),
        pytest.param("batch_op.alter_column('message', nullable=False)", True, id="a column is tightened"),
        pytest.param("op.execute('DELETE FROM job')", True, id="SQL that nobody can judge"),
        pytest.param("op.create_index('a', 'job', ['kind'], unique=True)", True, id="a unique index"),
    ],
)
def test_the_rule_is_seen(line: str, is_fault: bool) -> None:  # noqa: FBT001  a case's answer
    assert bool(faults(line)) is is_fault
