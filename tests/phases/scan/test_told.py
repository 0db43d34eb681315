"""What a download manager says that a folder holds is the first evidence of what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from libraries import write_movie
from metarr import webhooks
from metarr.actions import webhooks as taking
from metarr.actions.webhooks import Sender
from metarr.model.media import ExternalIds, Identity
from metarr.store.deliveries import Outcome
from metarr.webhooks import Source
from television import LOCAL, television

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain import Chain

    Install = Callable[..., Chain]


async def send(chain: Chain, source: Source, **document: Any) -> None:
    """A delivery, and everything that follows."""
    received = webhooks.understand(source, document)
    sender = Sender(source)
    taken = await chain.store.write(lambda tx: taking.take(tx, sender, received))
    assert taken.outcome is Outcome.SUBMITTED, taken.detail
    await chain.later(1)


async def test_a_film_is_what_radarr_imported_whatever_it_is_called(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        write_movie(chain.root, "some film")
        movie = {"folderPath": str(chain.root / "some film"), "tmdbId": 949, "imdbId": "tt0113277"}
        await send(chain, Source.RADARR, eventType="Download", movie=movie)
        item = await chain.only()
        assert (item.identity, item.metadata.ids) == (Identity.IDENTIFIED, ExternalIds(tmdb=949, imdb="tt0113277"))
        assert item.provenance["ids"] == "webhook"
        await chain.scan()
        assert (await chain.only()).provenance["ids"] == "webhook", "a scan by hand hears the same"


async def test_a_film_that_was_scanned_before_is_looked_at_again(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        write_movie(chain.root, "some film")
        await chain.scan()
        assert not (await chain.only()).metadata.ids
        movie = {"folderPath": str(chain.root / "some film"), "tmdbId": 949}
        await send(chain, Source.RADARR, eventType="MovieAdded", movie=movie)
        assert (await chain.only()).metadata.ids == ExternalIds(tmdb=949)


async def test_radarr_that_contradicts_the_name_is_a_question_for_a_person(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        write_movie(chain.root, "Heat (1995) {tmdb-1}")
        movie = {"folderPath": str(chain.root / "Heat (1995) {tmdb-1}"), "tmdbId": 949}
        await send(chain, Source.RADARR, eventType="Download", movie=movie)
        assert (await chain.only()).identity is Identity.REVIEW


async def test_what_is_said_of_a_shared_folder_names_none_of_its_films(install: Install) -> None:
    async with install(phase_config=LOCAL) as chain:
        for name in ("Heat (1995).mkv", "Ronin (1998).mkv"):
            write_movie(chain.root, "many", video=name)
        movie = {"folderPath": str(chain.root / "many"), "tmdbId": 949}
        await send(chain, Source.RADARR, eventType="Download", movie=movie)
        assert [bool(item.metadata.ids) for item in await chain.items()] == [False, False]


async def test_a_show_is_what_sonarr_says_also_when_it_was_scanned_before(install: Install) -> None:
    async with television(install) as tv:
        tv.write("Some Show/Season 1/Some Show - S01E01.mkv")
        await tv.scan()
        assert not (await tv.at("Some Show")).metadata.ids
        series = {"path": str(tv.root / "Some Show"), "tvdbId": 73739}
        await send(tv.chain, Source.SONARR, eventType="Download", series=series)
        show = await tv.at("Some Show")
        assert (show.identity, show.metadata.ids) == (Identity.IDENTIFIED, ExternalIds(tvdb=73739))
        assert not (await tv.at("Some Show//S01E01")).metadata.ids, "a show's id is no episode's"
