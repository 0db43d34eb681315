"""A data folder whose database is made already: migrating is tested elsewhere, and takes its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path, migrated_sqlite: Path) -> Path:
    """A data folder."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "metarr.db").write_bytes(migrated_sqlite.read_bytes())
    return folder
