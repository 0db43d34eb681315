"""`metarr mappings …`, as a person types it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from metarr import webhooks
from metarr.actions import webhooks as taking
from metarr.actions.webhooks import Sender
from metarr.cli import app
from metarr.model.media import LibraryKind
from metarr.store import libraries
from metarr.store.db import Store, sqlite_url
from metarr.webhooks import Source

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def films(data: Path, tmp_path: Path) -> Path:
    """A library, and a delivery about one of its films under another path."""
    folder = tmp_path / "films"
    (folder / "Heat (1995)").mkdir(parents=True)
    store = Store(sqlite_url(data / "metarr.db"))
    document = {"eventType": "Download", "movie": {"folderPath": "/movies/Heat (1995)"}}
    received = webhooks.understand(Source.RADARR, document)
    store.write_now(lambda tx: libraries.add(tx, "Films", LibraryKind.MOVIES, str(folder)))
    store.write_now(lambda tx: taking.take(tx, Sender(Source.RADARR), received))
    store.close()
    return folder


def test_mappings_are_suggested_added_proved_listed_and_removed(data: Path, films: Path) -> None:
    def metarr(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["mappings", *words, "--data", str(data)])
        return result.exit_code, result.output

    code, said = metarr("check")
    assert code == 1
    assert f"try: metarr mappings add radarr '/movies' '{films}'" in said
    code, said = metarr("add", "radarr", "/movies", str(films))
    assert (code, said.strip()) == (0, f"1  radarr           /movies -> {films}")
    code, said = metarr("check")
    assert (code, said.startswith("ok"), "in the library Films" in said) == (0, True, True)
    assert json.loads(metarr("list", "--json")[1])["remote"] == "/movies"
    assert metarr("remove", "1")[0] == 0
    assert metarr("list") == (0, "")
