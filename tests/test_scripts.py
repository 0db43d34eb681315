"""The two scripts say in one line what is missing, and how to get it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import shares

ROOT = Path(__file__).parents[1]


def _python(folder: Path, script: str) -> Path:
    """A Python that answers like a real one, but for what `script` (shell) says first."""
    path = folder / "python"
    path.write_text(f'#!/bin/sh\n{script}\nexec "{sys.executable}" "$@"\n')
    path.chmod(0o755)
    return path


def _run(script: str, python: Path | str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "METARR_PYTHON": str(python)}
    return subprocess.run([ROOT / script, "--version"], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("script", ["metarr", "test"])
def test_a_missing_venv_module_is_told_with_the_command_that_installs_it(tmp_path: Path, script: str) -> None:
    python = _python(tmp_path, 'case "$*" in *ensurepip*) exit 1;; esac')
    done = _run(script, python)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Python's venv module is missing; install it with: apt-get install python3-venv"
    ]


@pytest.mark.parametrize("script", ["metarr", "test"])
def test_an_old_or_missing_python_is_told_with_the_way_out(tmp_path: Path, script: str) -> None:
    old = _python(tmp_path, 'case "$*" in *version_info*) exit 1;; esac')
    for python in (old, tmp_path / "nowhere"):
        done = _run(script, python)
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert "Python 3.11 or newer" in line
        assert "METARR_PYTHON" in line


def test_what_is_begun_first_is_there() -> None:
    """A file that is renamed is begun first under its new name."""
    root = Path(__file__).parents[1]
    assert [name for name in shares.LONGEST if not (root / name).exists()] == []
