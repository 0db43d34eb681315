"""What tests of pages share: a program in whose database a lot has happened, and the folder of a fresh one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from happenings import seen
from running import make_film

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from happenings import Happened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def eventful(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> AsyncIterator[Happened]:
    """Tests of a file share it: what they change, those of another must not see."""
    data = tmp_path_factory.mktemp("eventful")
    shutil.copy(migrated_sqlite, data / "metarr.db")
    async with seen(data) as house:
        yield house


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    """A data folder with all tables, and in it a library of one film, "films", that nobody has added yet."""
    made = tmp_path_factory.mktemp("data")
    shutil.copy(migrated_sqlite, made / "metarr.db")
    make_film(made / "films", "Sintel (2010)")
    return made
