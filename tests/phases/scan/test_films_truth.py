"""A generated library of films against the truth that lies beside it: what is wrong must not look right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from metarr.model.media import FileRole, Identity, Item, LibraryKind
from metarr.store import files, libraries, schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chain import Chain
    from metarr.model.media import MediaFile

    Install = Callable[..., Chain]

SHARED = Path(os.environ.get("METARR_TEST_SHARED", Path(__file__).parents[4] / "shared"))
GENERATOR = SHARED / "bench" / "make_library.py"
LOCAL: dict[str, object] = {"enrichment": {"enabled": False}, "publishing": {"enabled": False}}
MESSY = frozenset({"scene", "noyear", "flat", "nested"})
SURE = 80


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 films, many of them with messy names, as links to a few videos and pictures."""
    if not GENERATOR.exists():
        pytest.skip("needs the shared generator")
    out = tmp_path_factory.mktemp("films") / "library"
    options = ("--movies", "120", "--seed", "11", "--art", "link", "--mess-frac", "0.4", "--junk-frac", "0.1")
    subprocess.run([sys.executable, str(GENERATOR), str(out), *options], check=True, capture_output=True)
    return out


@pytest.mark.realdata
async def test_a_generated_library_of_films_is_recorded_as_its_truth_file_says(
    install: Install, generated: Path
) -> None:
    truth = _truth(generated)
    async with install(phase_config=LOCAL) as chain:
        root = str(generated / "Movies")
        chain.library = await chain.store.write(lambda tx: libraries.add(tx, "F", LibraryKind.MOVIES, root))
        await chain.scan()
        found = {item.id: item for item in await chain.items()}
        of_item = await chain.store.read(lambda tx: {one: files.of_item(tx, one) for one in found})
        by_video = {file.path: found[one] for one, all_files in of_item.items() for file in all_files if _is_main(file)}
        asked = {row["item_id"] for row in await chain.rows(schema.review)}
        evidence = {row["id"]: row["evidence"] for row in await chain.rows(schema.item)}
    wrong: dict[str, list[str]] = {"clean": [], "messy": []}
    for told in truth:
        item = by_video.get(told["path"].removeprefix("Movies/"))
        faults = list(_faults(told, item, [] if item is None else of_item[item.id]))
        if faults:
            wrong["messy" if told["style"] in MESSY else "clean"].append(f"{told['path']}: {', '.join(faults)}")
            is_doubted = item is not None and (item.id in asked or _confidence(item, evidence[item.id]) < SURE)
            assert is_doubted, f"a wrong answer that looks right: {wrong}"
    counts = {"messy": sum(told["style"] in MESSY for told in truth)}
    counts["clean"] = len(truth) - counts["messy"]
    assert min(counts.values()) >= 40
    assert len(wrong["clean"]) <= counts["clean"] / 100, wrong
    assert len(wrong["messy"]) <= counts["messy"] / 10, wrong


def _truth(library: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(f"{library}.jsonl").read_text().splitlines()]


def _is_main(file: MediaFile) -> bool:
    return file.role is FileRole.VIDEO


def _faults(told: dict[str, Any], item: Item | None, its: list[MediaFile]) -> Iterator[str]:
    """What was recorded otherwise than the truth has it."""
    if item is None:
        yield "no item"
        return
    if _plain(item.metadata.title) != _plain(told["title"]):
        yield f"title {item.metadata.title!r}"
    if item.metadata.year != told["year"]:
        yield f"year {item.metadata.year}"
    ids = item.metadata.ids
    if told["tmdb"] not in {None, ids.tmdb} or told["imdb"] not in {None, ids.imdb}:
        yield f"ids {ids.as_dict()}"
    if (told["nfo"] or told["tmdb"] or told["imdb"]) and item.identity is not Identity.IDENTIFIED:
        yield "not identified"
    yield from _wrong_roles(told, its)


def _wrong_roles(told: dict[str, Any], its: list[MediaFile]) -> Iterator[str]:
    if sum(map(_is_main, its)) != told["versions"]:
        yield f"{sum(map(_is_main, its))} videos"
    kinds = {file.details.get("artwork") for file in its if file.role is FileRole.ARTWORK}
    missing = {_KINDS.get(kind, kind) for kind in told["art"]} - kinds
    if missing:
        yield f"no {missing}"
    if told["nfo"] and not [file for file in its if file.role is FileRole.NFO]:
        yield "no NFO"


_KINDS = {"logo": "clearlogo", "disc": "discart", "thumb": "landscape"}


def _plain(title: str | None) -> str:
    """The title without what no name can say: letters of one look, punctuation that programs leave out."""
    text = unicodedata.normalize("NFKD", title or "").casefold()
    return "".join(character for character in text if character.isalnum())


def _confidence(item: Item, evidence: list[dict[str, Any]]) -> int:
    """In title and year, as the names say them; ids that are stated leave no doubt."""
    if item.metadata.ids:
        return 100
    return min((piece["confidence"] for piece in evidence if piece["source"] == "name"), default=0)
