"""Finding out what an item is by searching one provider after the other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from archive import Archive
from metarr.errors import Transient, Wait
from metarr.model.media import ExternalIds, FileRole, ItemKind, MediaFile, Metadata
from metarr.model.search import SearchHit
from metarr.phases.enrich.finding import search, wanted_title
from metarr.phases.enrich.match import Wanted
from metarr.providers.base import Ask, BadKey

WANTED = Wanted(("Lost",), 2004)
CLEAR = (SearchHit(ExternalIds(tvdb=73739), "Lost", year=2004),)
TWINS = tuple(SearchHit(ExternalIds(tmdb=number), "Lost", year=2004) for number in (1, 2))
OTHER = (SearchHit(ExternalIds(tmdb=9), "Land of the Lost", year=1974),)
DOWN = Wait("tmdb is down", cause="tmdb:unreachable", delay=timedelta(minutes=1))


@pytest.mark.parametrize(
    ("first", "second", "ids", "ranked"),
    [
        (Archive(hits=CLEAR), Archive(hits=TWINS), ExternalIds(tvdb=73739), None),
        (Archive(hits=OTHER), Archive(hits=CLEAR), ExternalIds(tvdb=73739), None),
        (Archive(fault=DOWN), Archive(hits=CLEAR), ExternalIds(tvdb=73739), None),
        (Archive(fault=BadKey("no")), Archive(hits=CLEAR), ExternalIds(tvdb=73739), None),
        (Archive(hits=TWINS), Archive(hits=CLEAR), ExternalIds(), 2),
        (Archive(hits=OTHER), Archive(), ExternalIds(), 1),
        (Archive(), Archive(), ExternalIds(), 0),
        (Archive(fault=BadKey("no")), Archive(fault=BadKey("no")), ExternalIds(), None),
    ],
    ids=[
        "the first is sure",
        "the second is sure, the first has not heard of it",
        "the second is sure, the first is down",
        "the second is sure, the first refuses our key",
        "the first knows two: a person decides",
        "only something else is found",
        "nothing is found",
        "nobody accepts our key: nothing is asked of a person",
    ],
)
async def test_one_provider_after_the_other(
    first: Archive, second: Archive, ids: ExternalIds, ranked: int | None
) -> None:
    found = await search({"tmdb": first, "tvdb": second}, ItemKind.SERIES, WANTED, Ask())
    assert found.ids == ids
    assert (None if found.question is None else len(found.question.ranked)) == ranked


@pytest.mark.parametrize("hits", [(), OTHER, TWINS], ids=["nothing", "something else", "two"])
async def test_what_one_finds_unclear_waits_for_another_that_is_down(hits: tuple[SearchHit, ...]) -> None:
    sources = {"tmdb": Archive(fault=Transient("broken")), "tvdb": Archive(hits=hits)}
    with pytest.raises(Transient):
        await search(sources, ItemKind.SERIES, WANTED, Ask())


async def test_who_cannot_search_is_not_asked_and_asks_nothing_of_a_person() -> None:
    found = await search({"tmdb": Archive(hits=CLEAR)}, ItemKind.MOVIE, WANTED, Ask())
    assert (found.ids, found.question) == (ExternalIds(), None)


def test_files_tell_the_length_and_the_languages_of_a_film_and_only_the_languages_of_a_show() -> None:
    details = {"duration_s": 6000.0, "audio": [{"language": "en-US"}, {"language": ""}, {}]}
    video = MediaFile("a.mkv", FileRole.VIDEO, 100, "", 1, 1, 1, details)
    known = Metadata(title="Heat", original_title="Heat", year=1995)
    assert wanted_title(known, ItemKind.MOVIE, [video]) == Wanted(("Heat", "Heat"), 1995, 100.0, frozenset({"en"}))
    assert wanted_title(known, ItemKind.SERIES, [video]).runtime is None
