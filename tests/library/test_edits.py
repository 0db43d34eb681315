from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from films import Film
from metarr.library import edits, nfo
from metarr.model.media import CastMember, ExternalIds, Metadata, Rating

if TYPE_CHECKING:
    from pathlib import Path

    from metarr.store.db import Store

FULL = Metadata(
    title="Up", plot="A house flies.", genres=("Adventure",), runtime=96, ids=ExternalIds(tmdb=14160), season=1
)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(FULL, {}, id="nothing"),
        pytest.param(Metadata(title="Up!", plot="A house flies."), {"title": "Up!"}, id="a text"),
        pytest.param(Metadata(genres=("Drama", "Adventure")), {"genres": ("Drama", "Adventure")}, id="a list"),
        pytest.param(Metadata(ratings=(Rating("imdb", 8.0),)), {"ratings": (Rating("imdb", 8.0),)}, id="one more"),
        pytest.param(Metadata(title="Up"), {}, id="what is no longer there is not emptied"),
        pytest.param(Metadata(ids=ExternalIds(tmdb=1), season=2), {}, id="what it is, is said elsewhere"),
    ],
)
def test_what_a_person_changed(now: Metadata, expected: dict[str, Any]) -> None:
    assert edits.changes(FULL, now) == expected


@pytest.fixture
def film(sqlite_store: Store, tmp_path: Path) -> Film:
    made = Film(sqlite_store, tmp_path)
    made.nfo.unlink()
    cast = (CastMember("Ed Asner", "Carl", 0, 68812, "https://pictures.example/ed.jpg"),)
    made.say(plot="A house flies.", tagline="Fly Up to Venus.", cast=cast)
    made.publish(1)
    return made


def _edit(film: Film, before: str, after: str) -> bytes:
    text = film.nfo.read_text()
    assert before in text
    film.nfo.write_text(text.replace(before, after))
    return film.nfo.read_bytes()


def test_an_edit_is_taken_in_locked_and_the_file_stays_as_it_was_left(film: Film) -> None:
    mine = _edit(film, "A house flies.", "My words.")
    assert film.publish(2) == "nothing to do"
    item = film.item()
    assert item.metadata.plot == "My words."
    assert "plot" in item.locks
    assert item.provenance["plot"] == "user"
    assert film.nfo.read_bytes() == mine


def test_what_is_learnt_later_joins_the_edit(film: Film) -> None:
    _edit(film, "A house flies.", "My words.")
    film.publish(2)
    film.say(plot="Another house.", tagline="Adventure is out there.")
    assert film.publish(3) == "1 replaced"
    written = nfo.read(film.nfo.read_bytes()).metadata
    assert (written.plot, written.tagline) == ("My words.", "Adventure is out there.")
    assert len(film.in_bin()) == 1


def test_a_second_edit_counts_too(film: Film) -> None:
    _edit(film, "A house flies.", "My words.")
    film.publish(2)
    _edit(film, "My words.", "My better words.")
    film.publish(3)
    assert film.item().metadata.plot == "My better words."


def test_faces_stay_when_the_cast_is_edited(film: Film) -> None:
    _edit(film, "<role>Carl</role>", "<role>Carl Fredricksen</role>")
    film.publish(2)
    [actor] = film.item().metadata.cast
    assert actor == CastMember("Ed Asner", "Carl Fredricksen", 0, 68812, "https://pictures.example/ed.jpg")


def test_tags_of_their_own_are_no_edit_and_stay(film: Film) -> None:
    mine = _edit(film, "</movie>", "<mine>kept</mine></movie>")
    assert film.publish(2) == "nothing to do"
    assert film.item().locks == frozenset()
    assert film.nfo.read_bytes() == mine
    film.say(tagline="Adventure is out there.")
    film.publish(3)
    assert "<mine>kept</mine>" in film.nfo.read_text()


def test_what_another_program_wrote_is_no_edit(film: Film) -> None:
    film.nfo.write_text("<movie><title>Up</title><plot>Jellyfin's words.</plot><lockdata>false</lockdata></movie>")
    film.publish(2)
    assert film.item().metadata.plot == "A house flies."
    assert film.item().locks == frozenset()


def test_what_is_no_nfo_any_more_is_left_alone(film: Film) -> None:
    film.nfo.write_text("my shopping list")
    assert film.publish(2) == "1 kept"
    assert film.nfo.read_text() == "my shopping list"
    assert film.item().locks == frozenset()


def test_what_we_wrote_and_could_not_record_is_nobodys_edit(film: Film) -> None:
    film.say(plot="What a provider learnt.")
    film.place(film.plan(), 2)  # and the database is gone
    film.say(plot="What the owner entered.")
    assert film.publish(3) == "1 replaced"
    assert nfo.read(film.nfo.read_bytes()).metadata.plot == "What the owner entered."
    assert film.item().metadata.plot == "What the owner entered."
    assert film.item().locks == frozenset()
    assert film.publish(4) == "nothing to do"


def test_an_edit_whose_recording_failed_is_still_an_edit(film: Film) -> None:
    _edit(film, "A house flies.", "My words.")
    plan = film.plan()
    assert len(edits.find(plan, film.blobs)) == 1, "its bytes are in the cache from now on"
    film.publish(2)
    assert film.item().metadata.plot == "My words."
    assert "plot" in film.item().locks
