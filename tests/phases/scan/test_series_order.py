"""The numbers of a show whose owner pinned an order of episodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metarr.actions import identities
from metarr.errors import InvalidInput
from metarr.model.media import ItemKind
from metarr.phases.scan.series_found import FoundEpisode, FoundSeason, FoundSeries
from metarr.phases.scan.series_numbers import EpisodeNumbers
from metarr.phases.scan.series_order import in_order
from television import LOST, television

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain import Chain

    Install = Callable[..., Chain]

GROUP = "tmdb:5acf93e60e0a26346d0000ce"


def _keys(order: str | None, *numbers: EpisodeNumbers) -> list[str]:
    seasons = sorted({one.season for one in numbers if one.season is not None})
    episodes = tuple(FoundEpisode(one, (), ()) for one in numbers)
    show = FoundSeries("Show", "Show", True, (), tuple(map(FoundSeason, seasons)), episodes)
    ordered = in_order(show, order)
    assert {key for one in ordered.seasons for key in [one.number]} == {
        one.numbers.season for one in ordered.episodes if one.numbers.season is not None
    }
    return [key for one in ordered.episodes for key in one.numbers.keys]


BOTH = EpisodeNumbers(2, (3,), (27,))
ONLY_ABSOLUTE = EpisodeNumbers(None, (), (27, 28))
IN_FOLDER = EpisodeNumbers(2, (), (127,))
PLAIN = EpisodeNumbers(2, (3,))
SPECIAL = EpisodeNumbers(0, (1,), (1,))
DAILY = EpisodeNumbers(None, air_date="2014-03-05")


@pytest.mark.parametrize(
    ("order", "numbers", "keys"),
    [
        pytest.param("absolute", BOTH, ["S01E27"], id="absolute beside season and episode"),
        pytest.param("absolute", ONLY_ABSOLUTE, ["S01E27", "S01E28"], id="only absolute, two episodes"),
        pytest.param("absolute", IN_FOLDER, ["S01E127"], id="absolute in the folder of a season"),
        pytest.param("absolute", PLAIN, ["S02E03"], id="no absolute number: what the name says"),
        pytest.param("absolute", SPECIAL, ["S00E01"], id="specials count by themselves"),
        pytest.param("absolute", DAILY, ["2014-03-05"], id="a date stays a date"),
        pytest.param("tvdb:absolute", BOTH, ["S01E27"], id="TVDB's absolute order"),
        pytest.param("dvd", BOTH, ["S02E03"], id="DVD order: the numbers as they are"),
        pytest.param(GROUP, ONLY_ABSOLUTE, ["A027", "A028"], id="a group of TMDB: enrichment asks for its numbers"),
        pytest.param(None, ONLY_ABSOLUTE, ["A027", "A028"], id="no order pinned"),
    ],
)
def test_what_a_number_means_in_an_order(order: str | None, numbers: EpisodeNumbers, keys: list[str]) -> None:
    assert _keys(order, numbers) == keys


async def test_a_pinned_order_renumbers_the_episodes_and_keeps_their_items_and_a_renamed_show_keeps_it(
    install: Install,
) -> None:
    async with television(install) as tv:
        tv.write(*(f"Show/Show - {number:03}.mkv" for number in range(1, 9)), "Show/Show - 003-thumb.jpg")
        await tv.scan()
        before = await tv.by_place()
        show = before["Show"]
        await tv.chain.store.write(lambda tx: identities.set_episode_order(tx, show.id, "absolute"))
        await tv.chain.drain()
        after = await tv.by_place()
        assert set(after) == {"Show", "Show//S01", *(f"Show//S01E0{number}" for number in range(1, 9))}
        assert after["Show"].episode_order == "absolute"
        assert after["Show//S01E03"].id == before["Show//A003"].id
        numbers = after["Show//S01E03"].metadata
        assert (numbers.season, numbers.episode, numbers.absolute) == (1, 3, 3)
        assert not [item for item in after.values() if item.missing_since]
        assert await tv.scan() == "10 shows, seasons and episodes: 0 new, 0 changed, 0 missing"
        (tv.root / "Show").rename(tv.root / "Show (2001)")
        assert (await tv.scan()).endswith("0 missing")
        renamed = await tv.by_place()
        assert renamed["Show (2001)//S01E03"].id == after["Show//S01E03"].id
        await tv.chain.store.write(lambda tx: identities.set_episode_order(tx, show.id, "aired"))
        await tv.chain.drain()
        assert (await tv.at("Show (2001)//A003")).id == after["Show//S01E03"].id
        assert (await tv.at("Show (2001)")).episode_order is None


@pytest.mark.parametrize("order", ["", "DVD", "tmdb:1", "tvdb:", "tvdb:DVD order", "absolute "])
async def test_what_is_no_order_is_refused(install: Install, order: str) -> None:
    async with television(install) as tv:
        tv.write(f"{LOST}/Season 01/Lost - S01E01.mkv")
        await tv.scan()
        show = await tv.at(LOST)
        with pytest.raises(InvalidInput, match="is no order"):
            await tv.chain.store.write(lambda tx: identities.set_episode_order(tx, show.id, order))
        assert {item.kind for item in await tv.chain.items()} == {ItemKind.SERIES, ItemKind.SEASON, ItemKind.EPISODE}
