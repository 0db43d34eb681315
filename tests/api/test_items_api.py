"""Items over the API: lists, conditional changes, files, people, sets of movies, and the same for many."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from metarr.model.artwork import ArtworkKind, Blob, BlobOrigin, ChosenBy, Selection
from metarr.model.media import (
    CastMember,
    CollectionRef,
    FileRole,
    Identity,
    ItemId,
    ItemKind,
    LibraryKind,
    MediaFile,
    Metadata,
)
from metarr.store import artwork, collections, files, items, libraries, people
from metarr.store.blobs import Blobs
from metarr.store.db import Store, sqlite_url
from metarr.store.items import NewItem
from running import Running, enriching, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from metarr.store.db import Tx

TITLES = ("Alien", "Brazil", "Casablanca", "Duel", "Equilibrium")


def _picture(colour: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (40, 60), colour).save(data, "PNG")
    return data.getvalue()


PICTURES = tuple(_picture(colour) for colour in ("red", "green", "blue"))
HASHES = tuple(hashlib.sha256(one).hexdigest() for one in PICTURES)


def _fill(tx: Tx) -> None:
    """Five movies in one library, which are items 1 to 5; the first two make up set 6."""
    library = libraries.add(tx, "Movies", LibraryKind.MOVIES, "/media/movies").id
    heroes = CollectionRef("Heroes", 7)
    for number, title in enumerate(TITLES):
        cast = (CastMember("Zoë Saldaña", "Hero", tmdb=8691),) if number < 3 else ()
        metadata = Metadata(title=title, year=1990 + number, cast=cast, collection=heroes if number < 2 else None)
        new = NewItem(library, ItemKind.MOVIE, title, title, metadata, {}, Identity.IDENTIFIED)
        item = items.create(tx, new)
        people.save_credits(tx, item, metadata)
        video = MediaFile(f"{title}/{title}.mkv", FileRole.VIDEO, 95, "size", 9, 1, 1, {"container": "mkv"})
        odd = MediaFile(f"{title}/odd.bin", FileRole.UNKNOWN, 30, "extension", 1, 1, 1)
        files.add(tx, library, item, [(video, None), *([(odd, None)] if number == 1 else [])])
    for number in (1, 2):
        movie = items.get(tx, number)
        collections.link(tx, movie, movie.metadata.collection)
    for place, sha256 in enumerate(HASHES):
        artwork.add_blob(tx, Blob(sha256, "png", len(PICTURES[place]), BlobOrigin.PROVIDER))
    for place, sha256 in enumerate(HASHES[:2]):
        artwork.choose(tx, ItemId(1), Selection(ArtworkKind.POSTER, place, sha256, "png", ChosenBy.AUTO))


@pytest.fixture
async def house(data: Path) -> AsyncIterator[Running]:
    """Nobody works here."""
    store = Store(sqlite_url(data / "metarr.db"))
    store.write_now(_fill)
    store.close()
    Blobs(data / "cache").put_many([(one, "png") for one in PICTURES])
    async with running(data, is_working=False) as found:
        yield found


def _ids(body: Any) -> list[int]:
    return [one["id"] for one in body["items"]]


async def _tag(house: Running, item: int = 1) -> str:
    async with house.client.get(f"{house.app.url}/api/v1/items/{item}") as answer:
        return answer.headers["ETag"]


async def test_a_list_is_filtered_sorted_counted_and_paged(house: Running) -> None:
    first = await house.get("/items", sort="year", descending="true", limit=2, count="true", yearFrom=1991)
    assert (_ids(first), first["total"]) == ([5, 4], 4)
    rest = await house.get("/items", sort="year", descending="true", limit=2, yearFrom=1991, after=first["after"])
    assert (_ids(rest), rest["after"], rest["total"]) == ([3, 2], None, None)
    assert _ids(await house.get("/items", search="casa")) == [3]
    assert _ids(await house.get("/items", kind="collection")) == [6]
    assert _ids(await house.get("/items", collection=6)) == [1, 2]
    assert _ids(await house.get("/items", lacksArtwork="poster", limit=1)) == [2]
    [alien] = (await house.get("/items", search="alien"))["items"]
    assert alien["pictures"] == {"poster": HASHES[0]}


async def test_a_cursor_is_good_for_its_own_order_only(house: Running) -> None:
    after = (await house.get("/items", sort="year", limit=2))["after"]
    for query in ({"sort": "rating"}, {"sort": "year", "descending": "true"}, {}):
        status, body = await house.ask("GET", "/items", params={"after": after, **query})
        assert (status, "sorted by 'year'" in body["detail"]) == (422, True), body


# One program for a whole table: starting one takes longer than all its answers.
_REFUSED = {
    "no base64": "after=x",
    "too short a list": "after=W10",
    "a number where a title is wanted": "after=WyJ0aXRsZSIsZmFsc2UsMSwxXQ",
    "a title with NUL": "after=WyJ0aXRsZSIsZmFsc2UsIlx1MDAwMCIsMV0",
    "a number beyond all bounds": "after=WyJ0aXRsZSIsZmFsc2UsIngiLDFlOTldXQ",
    "a filter that does not exist": "unknown=1",
    "a state that does not exist": "state=lost",
    "a number beyond 64 bits": "library=9223372036854775808",
    "NUL in a search": "search=%00",
    "a time before time": "addedSince=0001-01-01T00:00:00%2B14:00",
    "a page of nothing": "kind=movie&limit=0",
}


async def test_what_makes_no_sense_is_refused(house: Running) -> None:
    answers = {name: (await house.ask("GET", f"/items?{query}"))[0] for name, query in _REFUSED.items()}
    assert answers == dict.fromkeys(_REFUSED, 422)


async def test_an_unchanged_item_is_not_sent_again(house: Running) -> None:
    url, tag = f"{house.app.url}/api/v1/items/1", await _tag(house)
    async with house.client.get(url, headers={"If-None-Match": tag}) as answer:
        assert (answer.status, await answer.read(), answer.headers["ETag"]) == (304, b"", tag)
    await house.ask("PATCH", "/items/1", json={"isMonitored": False})
    async with house.client.get(url, headers={"If-None-Match": tag}) as answer:
        assert answer.status == 200
        assert not (await answer.json())["item"]["isMonitored"]


_CHANGES: list[tuple[str, str, Any]] = [
    ("PATCH", "/items/1", {"isMonitored": False}),
    ("PATCH", "/items/1/metadata", {"title": "Aliens"}),
    ("PATCH", "/items/1/locks", {"plot": True}),
    ("PUT", "/items/1/artwork/poster/order", {"blobs": [HASHES[1], HASHES[0]]}),
    ("DELETE", "/items/1/artwork/poster/1", None),
    ("POST", "/items/1/identity", {"ids": {"tmdb": 348}}),
    ("POST", "/items/1/local", None),
]


async def test_of_two_people_who_change_an_item_the_second_is_told(house: Running) -> None:
    for method, path, body in _CHANGES:
        guarded = {"json": body, "headers": {"If-Match": await _tag(house)}}
        status, answer = await house.ask(method, path, **guarded)
        assert status == 202, (path, answer)
        status, answer = await house.ask(method, path, **guarded)
        assert (status, "changed since you read it" in answer["detail"]) == (412, True), path


async def test_who_knows_the_present_state_or_says_that_any_will_do_may_change_it(house: Running) -> None:
    for known in (await _tag(house), "*"):
        headers = {"If-Match": f'"other", {known}'}
        status, answer = await house.ask("PATCH", "/items/1/locks", json={"genres": True}, headers=headers)
        assert status == 202, answer


async def test_work_that_goes_on_is_no_change_by_another_person(house: Running) -> None:
    before = await _tag(house)
    await house.ask("POST", "/items/1/verify")
    after = await _tag(house)
    assert before != after, "the answer tells of the job"
    status, _ = await house.ask("PATCH", "/items/1", json={"isMonitored": False}, headers={"If-Match": before})
    assert status == 202


async def test_pictures_are_put_into_another_order_and_shown(house: Running) -> None:
    status, _ = await house.ask("PUT", "/items/1/artwork/poster/order", json={"blobs": [HASHES[1], HASHES[0]]})
    assert status == 202
    posters = next(one for one in await house.get("/items/1/artwork") if one["kind"] == "poster")
    assert ([slot["blob"] for slot in posters["slots"]], posters["isLocked"]) == ([HASHES[1], HASHES[0]], True)
    for wrong in ([HASHES[0]], [HASHES[0], HASHES[0]], [HASHES[0], HASHES[2]]):
        status, body = await house.ask("PUT", "/items/1/artwork/poster/order", json={"blobs": wrong})
        assert status == 422, body

    url = f"{house.app.url}/api/v1/artwork/{HASHES[0]}"
    async with house.client.get(url) as answer:
        assert (answer.status, answer.content_type, await answer.read()) == (200, "image/png", PICTURES[0])
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    async with house.client.get(url, headers={"If-None-Match": answer.headers["ETag"]}) as again:
        assert again.status == 304
    for unknown, expected in (("0" * 64, 404), ("../../etc/passwd", 404), ("x", 422)):
        status, _ = await house.ask("GET", f"/artwork/{unknown}")
        assert status == expected


async def test_files_that_a_scan_was_not_sure_about(house: Running) -> None:
    [odd] = (await house.get("/files", confidenceBelow=80))["files"]
    assert (odd["path"], odd["role"], odd["itemIds"]) == ("Brazil/odd.bin", "unknown", [2])
    assert [one["path"] for one in await house.get("/items/2/files")] == ["Brazil/Brazil.mkv", "Brazil/odd.bin"]
    first = await house.get("/files", role="video", limit=3)
    rest = await house.get("/files", role="video", limit=3, after=first["after"])
    assert len(first["files"]) == 3
    assert (len(rest["files"]), rest["after"]) == (2, None)
    assert (await house.get("/files", library=2))["files"] == []


async def test_people_and_what_they_have_done(house: Running) -> None:
    [zoe] = (await house.get("/people", search="zoe sald"))["people"]
    assert (zoe["name"], zoe["ids"]) == ("Zoë Saldaña", {"tmdb": 8691})
    found = await house.get(f"/people/{zoe['id']}")
    assert [(one["item"]["title"], one["job"], one["role"]) for one in found["credits"]] == [
        (title, "actor", "Hero") for title in TITLES[:3]
    ]
    assert _ids(await house.get("/items", person=zoe["id"])) == [1, 2, 3]
    assert (await house.ask("GET", "/people/99"))[0] == 404
    assert (await house.ask("GET", "/people?after=WzEsMl0"))[0] == 422


async def test_sets_and_their_movies(house: Running) -> None:
    [line] = (await house.get("/collections"))["collections"]
    assert (line["item"]["title"], line["movies"], line["missing"]) == ("Heroes", 2, 0)
    found = await house.get("/collections/6")
    assert [one["title"] for one in found["members"]] == ["Alien", "Brazil"]
    assert (await house.ask("GET", "/collections/1"))[0] == 404


async def test_an_edit_of_the_set_moves_the_movie(house: Running) -> None:
    status, _ = await house.ask("PATCH", "/items/2/metadata", json={"collection": {"name": "Villains", "tmdb": 8}})
    assert status == 202
    sets = {one["item"]["title"]: one["movies"] for one in (await house.get("/collections"))["collections"]}
    assert sets == {"Heroes": 1, "Villains": 1}
    jobs = (await house.get("/jobs", kind="enrich"))["jobs"]
    assert len(jobs) == 1, "the new set is asked about"


async def test_the_same_for_many_items(house: Running) -> None:
    body = {"action": "edit", "itemIds": [1, 2, 99], "fields": {"genres": ["Western"]}}
    status, done = await house.ask("POST", "/items/bulk", json=body)
    assert (status, done["items"], done["jobs"]) == (202, 3, 2), done
    assert done["failed"] == [{"itemId": 99, "error": "There is no item 99."}]
    assert _ids(await house.get("/items", genre="Western", isLocked="true")) == [1, 2]
    jobs = (await house.get("/jobs", kind="publish"))["jobs"]
    assert [(job["itemId"], job["priority"]) for job in jobs] == [(2, 5), (1, 5)], "no click has to wait for them"

    body = {"action": "unmonitor", "filter": {"genre": "Western"}}
    assert (await house.ask("POST", "/items/bulk", json=body))[1]["items"] == 2
    assert _ids(await house.get("/items", isMonitored="false")) == [1, 2]

    body = {"action": "lock", "filter": {"search": "duel"}, "targets": ["artwork.poster"]}
    await house.ask("POST", "/items/bulk", json=body)
    assert (await house.get("/items/4"))["item"]["locks"] == ["artwork.poster"]

    body = {"action": "scan", "filter": {"kind": ["movie"]}}
    _, done = await house.ask("POST", "/items/bulk", json=body)
    assert (done["items"], done["jobs"], done["scope"]["libraryId"]) == (5, 5, 1)


_SENSELESS: dict[str, object] = {
    "no items": {"action": "publish"},
    "items in two ways": {"action": "publish", "itemIds": [1], "filter": {}},
    "an empty list": {"action": "publish", "itemIds": []},
    "an action that does not exist": {"action": "dance", "itemIds": [1]},
    "an edit of nothing": {"action": "edit", "itemIds": [1]},
    "fields for a lock": {"action": "lock", "itemIds": [1], "fields": {"title": "x"}},
    "a filter that is misspelt": {"action": "publish", "filter": {"knid": ["movie"]}},
}


async def test_what_cannot_be_meant_for_many_changes_none(house: Running) -> None:
    answers = {name: (await house.ask("POST", "/items/bulk", json=body))[0] for name, body in _SENSELESS.items()}
    assert answers == dict.fromkeys(_SENSELESS, 422)
    assert (await house.get("/jobs"))["jobs"] == []


async def test_a_fault_of_one_item_leaves_nothing_of_it_behind(house: Running) -> None:
    body = {"action": "lock", "itemIds": [1, 2], "targets": ["title", "colour"]}
    _, done = await house.ask("POST", "/items/bulk", json=body)
    assert [one["itemId"] for one in done["failed"]] == [1, 2]
    assert "'colour' cannot be locked" in done["failed"][0]["error"]
    assert _ids(await house.get("/items", isLocked="true")) == []


async def test_what_an_item_could_be_is_looked_for_by_a_persons_words(data: Path) -> None:
    store = Store(sqlite_url(data / "metarr.db"))
    store.write_now(_fill)
    store.close()
    async with enriching(data, is_working=False) as house:
        found = await house.get("/items/1/identity/candidates", query="Sintel", year=2010)
        assert found["faults"] == {}
        best = found["candidates"][0]
        assert (best["provider"], best["title"], best["ids"]["tmdb"]) == ("tmdb", "Sintel", 45745)
        assert best["score"] == pytest.approx(sum(best["scoreParts"].values()))
        assert (await house.ask("GET", "/items/6/identity/candidates"))[0] == 422, "a set is what its movies say"
