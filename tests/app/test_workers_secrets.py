"""A worker beside the server: with its secret key it needs no keys of its own; without, it leaves jobs to others."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from metarr.app import hand
from metarr.app.hand import Hand
from metarr.config import Config
from metarr.demo.catalogue import FILMS
from metarr.demo.tmdb_server import TmdbServer
from metarr.errors import InvalidInput
from metarr.jobs.reach import EVERYTHING, Reach
from metarr.model.job import JobKind
from metarr.store.sealed import KEY_FILE
from running import make_film, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postgres import PostgresServer


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty database, as users name it."""
    name = f"secrets_{uuid.uuid4().hex}"
    postgres_server.create_database(name)
    yield postgres_server.url(name).replace("postgresql+psycopg", "postgresql")
    postgres_server.drop_database(name)


@pytest.mark.postgres
async def test_a_worker_with_the_servers_secret_key_takes_keys_from_the_database(tmp_path: Path, database: str) -> None:
    make_film(tmp_path / "library", f"{FILMS[0].title} ({FILMS[0].year})")
    async with TmdbServer(FILMS) as tmdb:
        addresses = {"tmdb_url": tmdb.url, "tmdb_image_url": tmdb.image_url, "tvmaze_enabled": "false"}
        async with running(tmp_path / "server", addresses, is_working=False, database_url=database) as house:
            _, body = await house.ask("PATCH", "/providers/tmdb/settings", json={"apiKey": tmdb.key})
            assert body["name"] == "tmdb"
            key = (tmp_path / "server" / KEY_FILE).read_text()
            worker = Config(tmp_path / "worker", secret_key=key, database_url=database, integrations=addresses)
            async with Hand(worker):
                await house.ask("POST", "/libraries", json={"path": str(tmp_path / "library")})
                await house.ask("POST", "/jobs/scan", json={"target": str(tmp_path / "library")})
                await house.until_idle()
                assert (await house.get("/libraries"))[0]["counts"]["enriched"] == 1
                assert not (tmp_path / "worker" / KEY_FILE).exists()


LACKS = {JobKind.SYNC: "the secret key", JobKind.ENRICH: "keys"}


@pytest.mark.parametrize(
    ("reach", "lacks", "kinds"),
    [
        pytest.param(EVERYTHING, {}, None, id="nothing is missing"),
        pytest.param(EVERYTHING, LACKS, frozenset(JobKind).difference(LACKS), id="others do what it cannot"),
        pytest.param(
            Reach(frozenset({JobKind.SCAN})), LACKS, frozenset({JobKind.SCAN}), id="it was not to do that anyway"
        ),
    ],
)
def test_what_a_worker_leaves_to_others(
    reach: Reach, lacks: dict[JobKind, str], kinds: frozenset[JobKind] | None
) -> None:
    found = hand._possible(reach, lacks)
    assert (found.kinds, hash(found)) == (kinds, hash(replace(reach, kinds=kinds))), "statements are kept by it"


def test_a_worker_that_is_to_do_what_it_cannot_says_what_it_lacks() -> None:
    with pytest.raises(InvalidInput, match="is to sync, but it lacks the secret key"):
        hand._possible(Reach(frozenset({JobKind.SYNC, JobKind.SCAN})), LACKS)
