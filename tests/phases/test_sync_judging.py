"""What a player is told of an item, and what its answers are taken for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from metarr.model.media import ExternalIds, ItemId, ItemKind, LibraryId
from metarr.model.player import Facts, Shown, Told
from metarr.phases.sync.judging import Telling, by_item, changes, counted, in_words, judged
from metarr.players.base import Change, Confirmation

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEAT = Facts(
    item_id=ItemId(7),
    kind=ItemKind.MOVIE,
    library_id=LibraryId(1),
    folder="/m/Heat",
    title="Heat",
    year=1995,
    ids=ExternalIds(tmdb=949),
    season=None,
    episode=None,
    is_missing=False,
    revision=3,
    videos=("/m/Heat/new.mkv",),
    pictures=("/m/Heat/poster.jpg",),
    art=frozenset({"poster"}),
)
GONE = replace(HEAT, is_missing=True)
SHOW = replace(HEAT, kind=ItemKind.SERIES, videos=())
OLD = Told("/m/Heat", ("/m/Heat/old.mkv",), 4)
SAME = Told("/m/Heat", ("/m/Heat/new.mkv",), 4)
NOW = (False, "/m/Heat", ("/m/Heat/new.mkv",))


@pytest.mark.parametrize(
    ("facts", "told", "elsewhere", "wanted"),
    [
        (HEAT, None, (), [NOW]),
        (HEAT, SAME, (), [NOW]),
        (HEAT, OLD, (), [(True, "/m/Heat", ("/m/Heat/old.mkv",)), NOW]),
        (HEAT, replace(OLD, folder="/m/heat"), (), [(True, "/m/heat", ("/m/Heat/old.mkv",)), NOW]),
        (HEAT, OLD, ("/m/Heat/old.mkv",), [NOW]),
        (GONE, SAME, (), [(True, *NOW[1:])]),
        (GONE, None, (), [(True, *NOW[1:])]),
        (GONE, SAME, NOW[2], []),
        (SHOW, None, (), [(False, "/m/Heat", ())]),
        (replace(SHOW, is_missing=True), None, (), [(True, "/m/Heat", ())]),
    ],
    ids=[
        "a new movie",
        "one that the player knows",
        "a renamed or upgraded one: the old file goes first",
        "a moved one: from the old folder",
        "the old file is another item's now: nobody removes it",
        "a missing one",
        "a missing one that the player was never told of",
        "a missing one whose file is another item's",
        "a show",
        "a missing show",
    ],
)
def test_what_a_player_is_told(
    facts: Facts, told: Told | None, elsewhere: tuple[str, ...], wanted: list[tuple[bool, str, tuple[str, ...]]]
) -> None:
    found = changes(facts, told, elsewhere)
    assert [(one.is_removed, one.folder, one.videos) for one in found] == wanted
    assert {(one.item_id, one.title, one.ids) for one in found} <= {(7, "Heat", ExternalIds(tmdb=949))}
    assert all(one.artwork == (() if one.is_removed else facts.pictures) for one in found)


def answer(*, seen: bool = True, art: str = "", detail: str = "so") -> Confirmation:
    return Confirmation(ItemId(7), seen, frozenset(art.split()), detail)


BOTH = changes(HEAT, OLD, ())
ONE = changes(HEAT, None, ())


@pytest.mark.parametrize(
    ("facts", "told", "answers", "state", "again"),
    [
        (HEAT, ONE, [answer(art="poster fanart")], Shown.ART_CONFIRMED, None),
        (HEAT, ONE, [answer(art="fanart")], Shown.CONFIRMED, None),
        (replace(HEAT, art=frozenset()), ONE, [answer()], Shown.CONFIRMED, None),
        (HEAT, ONE, [answer(seen=False)], Shown.PENDING, 1),
        (HEAT, BOTH, [answer(seen=False), answer(art="poster")], Shown.ART_CONFIRMED, None),
        (HEAT, BOTH, [answer(), answer(art="poster")], Shown.PENDING, 1),
        (GONE, changes(GONE, SAME, ()), [answer(seen=False)], Shown.REMOVED, None),
        (GONE, (), [], Shown.REMOVED, None),
    ],
    ids=[
        "it shows the item and its pictures",
        "it lacks the poster",
        "it shows no pictures at all",
        "it does not show it yet: it is asked again",
        "the old file is gone and the new one is there",
        "the old file is still there: it is asked again",
        "what is gone is shown no more",
        "there was nothing to tell",
    ],
)
def test_what_its_answers_are_taken_for(
    facts: Facts, told: tuple[Change, ...], answers: list[Confirmation], state: Shown, again: int | None
) -> None:
    result = judged(Telling(facts, told, T0), answers)
    assert (result.state, result.again) == (state, None if again is None else timedelta(minutes=again))


@pytest.mark.parametrize(
    ("told", "answers", "state"),
    [
        (ONE, [answer(seen=False)], Shown.NOT_SEEN),
        (BOTH, [answer(), answer()], Shown.STILL_SHOWN),
    ],
    ids=["not seen", "the old one still shown"],
)
def test_after_some_tries_it_is_left_to_the_owner(
    told: tuple[Change, ...], answers: list[Confirmation], state: Shown
) -> None:
    result = judged(Telling(HEAT, told, T0, tries=3), answers)
    assert (result.state, result.again) == (state, None)
    assert (result.revision, result.folder, result.videos) == (3, "/m/Heat", ("/m/Heat/new.mkv",))


def test_while_it_is_asked_again_what_it_was_told_before_stays() -> None:
    """So that the next telling names the old file again, and the pictures that changed."""
    assert judged(Telling(HEAT, BOTH, T0), [answer(), answer()]).folder is None


def test_what_a_player_says_is_kept_once_and_can_be_shown() -> None:
    result = judged(Telling(HEAT, BOTH, T0), [answer(seen=False, detail="caf\udce9"), answer(detail="added")])
    assert result.detail == r"added; caf\xe9"


def test_answers_are_dealt_out_by_the_changes_of_each_item() -> None:
    other = Telling(replace(HEAT, item_id=ItemId(8)), ONE, T0)
    answers = [answer(detail=str(number)) for number in range(3)]
    found = [(one.facts.item_id, [each.detail for each in theirs]) for one, theirs in by_item(
        [Telling(HEAT, BOTH, T0), Telling(GONE, (), T0), other], answers
    )]  # fmt: skip
    assert found == [(7, ["0", "1"]), (7, []), (8, ["2"])]


def test_a_telling_in_words() -> None:
    results = {ItemId(one): judged(Telling(HEAT, ONE, T0), [answer(art="poster")]) for one in (1, 2)}
    assert in_words("attic", counted(results)) == "attic: 2 art confirmed"
    assert in_words("attic", {}) == "attic: nothing to tell"
