"""What the documentation shows really works: commands, requests, figures, and the programs of `docs/examples`."""

from __future__ import annotations

import importlib.util
import re
import shlex
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import jsonschema_rs
import pytest
from pydantic import SecretStr
from typer.main import get_command

import contracts
from answering import Answering, keyed
from bad_line import BadLine
from metarr.api import application
from metarr.api.player_shapes import Kind
from metarr.cli import app
from metarr.jobs import ledger
from metarr.library.naming import Place, Profile, artwork_paths, nfo_names
from metarr.model.artwork import ArtworkKind, Candidate
from metarr.model.job import JobKind, NewJob
from metarr.model.media import ExternalIds, Identity, ItemId, ItemKind
from metarr.model.paths import PathMapping
from metarr.phases.enrich.score import Wanted
from metarr.phases.enrich.select import rank
from metarr.players import PLAYERS
from metarr.players.base import Change, PlayerSettings
from metarr.providers.base import Surroundings
from metarr.settings import Settings
from metarr.store import items
from metarr.ui.settings.players_form import KINDS
from metarr.web import BASE
from metarr.worker import Worker
from patience import PATIENCE
from stages import ALL_ON, ended, library, movie, states, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from aiohttp import web

    from metarr.store.db import Store

DOCS = Path(__file__).parents[1] / "docs"
PAGES = [DOCS.parent / "README.md", *sorted(DOCS.glob("*.md"))]
_METHODS = "GET|POST|PUT|PATCH|DELETE"
_FIGURES = ("resolution", "aspect", "language", "votes", "provider")


def example(name: str) -> ModuleType:
    """A program of `docs/examples`, as it stands there."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", DOCS / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table(page: str, first: str) -> Iterator[list[str]]:
    """The rows of the table whose first heading is this."""
    text = (DOCS / page).read_text()
    _, found, rest = text.partition(f"\n| {first} |")
    assert found, f"{page} has no table that begins with {first}"
    for line in rest.splitlines()[2:]:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


# --- commands and requests --------------------------------------------------------------------------------------------


def shell_lines() -> list[tuple[str, list[str]]]:
    """The commands of ours in blocks that a person would type."""
    blocks = [
        (page.name, block) for page in PAGES for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)
    ]
    lines = ((name, line) for name, block in blocks for line in block.replace("\\\n", " ").splitlines())
    found = []
    for name, line in lines:
        command = re.search(r"(?:^|\s|/)metarr ((?!--volume|metarr)[a-z].*)$", line.partition(" # ")[0])
        if command and not line.lstrip().startswith(("docker", "useradd", "usermod", "groupadd", "systemctl")):
            found.append((name, shlex.split(command[1])))
    return found


@cache
def top() -> Any:
    """The command line as a tree. Any: Typer brings a Click of its own."""
    return get_command(app)


def reached(words: list[str]) -> tuple[Any, list[str]]:
    """The command that these words begin with, and what is left of them."""
    command = top()
    while hasattr(command, "commands") and words and re.fullmatch(r"[a-z][a-z-]*", words[0]):
        assert words[0] in command.commands, f"no command {words[0]!r}"
        command, words = command.commands[words[0]], words[1:]
    return command, words


@pytest.mark.parametrize(("page", "words"), shell_lines(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_command_in_a_block_is_one_that_the_program_takes(page: str, words: list[str]) -> None:
    """Parsed as the command line does, without being run."""
    command, rest = reached(words)
    command.make_context("metarr", rest).close()


def spans(page: Path) -> list[str]:
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_named_in_the_text_exists_with_its_options(page: Path) -> None:
    for span in spans(page):
        if not re.match(r"(\./)?metarr [a-z]", span):
            continue
        command, words = reached(re.split(r"[\s\[\]|…]+", span)[1:])
        known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
        assert {word for word in words if re.fullmatch(r"--[a-z-]+", word)} <= known | {"--help"}, span


def routes() -> dict[str, list[re.Pattern[str]]]:
    """What can be asked, by method."""
    found: dict[str, list[re.Pattern[str]]] = {}
    for path, methods in document()["paths"].items():
        pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(path.removeprefix(BASE)))
        for method in methods:
            found.setdefault(method.upper(), []).append(re.compile(pattern))
    return found


@cache
def document() -> dict[str, Any]:
    return application.description()


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "api.md"], ids=lambda page: page.name)
def test_a_request_named_in_the_text_can_be_made(page: Path) -> None:
    known = routes()
    for span in spans(page):
        said = re.match(rf"((?:{_METHODS})(?:/(?:{_METHODS}))*) (/\S+)$", span)
        if said is None or not said[2].startswith((BASE, "/items", "/jobs", "/backups")):
            continue
        path = said[2].removeprefix(BASE).partition("?")[0]
        for method in said[1].split("/"):
            assert any(pattern.fullmatch(path) for pattern in known.get(method, ())), span


def test_the_examples_of_the_api_page_match_their_schemas() -> None:
    described, count = document(), 0
    for operation in (one for methods in described["paths"].values() for one in methods.values()):
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        name = schema.get("$ref", "").rpartition("/")[2]
        for one in described["components"]["schemas"].get(name, {}).get("examples", ()):
            jsonschema_rs.validate({**schema, "components": described["components"]}, one)
            count += 1
    assert count > 30


# --- figures ----------------------------------------------------------------------------------------------------------


def _poster(words: str) -> Candidate:
    said = re.fullmatch(r"(\w+), (\d+)×(\d+), (\w\w|no text), ([\d.]+) of (\d+) votes", words)
    assert said is not None, words
    provider, width, height, language, average, votes = said.groups()
    return Candidate(
        ArtworkKind.POSTER,
        provider,
        width=int(width),
        height=int(height),
        language=None if language == "no text" else language,
        vote_average=float(average),
        votes=int(votes),
    )


def test_the_scores_of_the_artwork_page_are_those_of_the_code() -> None:
    rows = list(table("artwork.md", "#"))
    enrichment = Settings().enrichment
    wanted = Wanted(languages=("en",), providers=tuple(enrichment.provider_order), settings=enrichment)
    ranked = rank([_poster(row[1]) for row in reversed(rows)], wanted)
    computed = [(one, [*(score.parts[part] for part in _FIGURES), score.total]) for one, score in ranked]
    assert computed == [(_poster(row[1]), [float(cell) for cell in row[2:]]) for row in rows]


def test_the_most_points_of_the_artwork_page_are_the_defaults() -> None:
    weights = Settings().enrichment.weights_of(ItemKind.MOVIE, ArtworkKind.POSTER)
    assert [(part, int(most)) for part, most, _ in table("artwork.md", "part")] == [
        (part, getattr(weights, part)) for part in _FIGURES
    ]


def test_the_settings_of_the_artwork_page_are_accepted() -> None:
    (languages,) = re.findall(r"`(\{.*?\})`", (DOCS / "artwork.md").read_text())
    Settings.model_validate_json(f'{{"enrichment": {{"artworkLanguages": {languages}}}}}')


def _names(picture: str, profile: Profile) -> tuple[str, ...]:
    place = Place("Heat (1995)", ("Heat (1995)",), is_own_folder=True)
    if picture == "NFO":
        found = nfo_names(place, ItemKind.MOVIE, [profile])
    else:
        kind, order = {
            "poster": (ArtworkKind.POSTER, 0),
            "second fanart": (ArtworkKind.FANART, 1),
            "character art, key art": (ArtworkKind.KEYART, 0),
        }[picture]
        found = artwork_paths(kind, order, "jpg", place, ItemKind.MOVIE, [profile])
    return tuple(name.rpartition("/")[2] for name in found)


@pytest.mark.parametrize("row", list(table("naming-profiles.md", "picture")), ids=lambda row: row[0])
def test_the_names_of_the_profiles_page_are_those_of_the_code(row: list[str]) -> None:
    for profile, said in zip(("kodi", "jellyfin", "plex"), row[1:], strict=True):
        names = _names(row[0], Profile(profile))
        stated = re.findall(r"`([^`]+)`", said)
        assert set(stated) <= set(names), (profile, names)
        assert bool(names) == bool(stated), (profile, names)
        if not said.startswith("also"):
            assert set(stated) == set(names) or row[0] == "second fanart", (profile, names)


# --- how to add a provider, a player, a phase -------------------------------------------------------------------------

HEAT = ExternalIds(imdb="tt0113277")


def _filmothek(request: web.Request) -> tuple[int, Any]:
    match request.path:
        case "/status":
            return 200, {"films": 1}
        case "/films/tt0113277":
            poster = "https://pictures.filmothek.example/heat.jpg"
            return 200, {"name": "Heat", "year": 1995, "about": "A thief.", "poster": poster}
        case _:
            return 404, {}


async def test_the_provider_of_the_page_keeps_to_what_every_provider_must() -> None:
    filmothek = example("provider").FILMOTHEK
    async with Answering(keyed(contracts.SECRET, _filmothek)) as server, BadLine(server.url) as line:

        def connected(key: str) -> Any:
            settings = filmothek.settings_model(url=line.url, api_key=SecretStr(key), requests_per_second=10_000)
            return filmothek.build(settings, Surroundings())

        answer = await contracts.provider("movie", contracts.Subject(HEAT), connected, line)
    assert (answer.metadata.title, answer.metadata.year, answer.metadata.plot) == ("Heat", 1995, "A thief.")
    assert [one.url for one in answer.candidates] == ["https://pictures.filmothek.example/heat.jpg"]
    assert filmothek.attribution
    assert all(
        field.description and not field.is_required() for field in filmothek.settings_model.model_fields.values()
    )


class Screen:
    """Leinwand's other end."""

    def __init__(self) -> None:
        self.films: set[str] = set()
        self.is_playing = False

    def __call__(self, request: web.Request) -> tuple[int, Any]:
        if request.path == "/status":
            return 200, {"playing": self.is_playing}
        film = request.query["path"]
        if request.method == "PUT":
            self.films.add(film)
        elif request.method == "DELETE":
            self.films.discard(film)
        elif film not in self.films:
            return 404, {}
        return 200, {"shown": film in self.films}


def _change(name: str, item: int, *, is_removed: bool = False) -> Change:
    return Change(ItemId(item), f"/media/{name}", (f"/media/{name}/{name}.mkv",), is_removed=is_removed, title=name)


def test_all_places_that_list_the_kinds_of_players_list_the_same() -> None:
    """docs/adding-a-player.md names them; the registry is the one that counts."""
    assert set(get_args(Kind)) == set(KINDS) == set(PLAYERS)


async def test_the_player_of_the_page_keeps_to_what_every_player_must() -> None:
    make, screen = example("player").Leinwand, Screen()
    async with Answering(keyed(contracts.SECRET, screen)) as server, BadLine(server.url) as line:

        def connected(token: str) -> Any:
            mappings = (PathMapping("/media", "/films"),)
            settings = PlayerSettings(name="wall", url=line.url, token=SecretStr(token), mappings=mappings)
            return make(settings)

        told, stranger = connected(contracts.SECRET), connected(contracts.WRONG)
        present = [_change("Heat", 1), _change("Ronin", 2)]
        await contracts.player(told, stranger, line, present, lambda: _change("Ronin", 2, is_removed=True))
        assert screen.films == {"/films/Heat/Heat.mkv"}
        await contracts.waits_for_playback(told, present[1], lambda: setattr(screen, "is_playing", True))
        await told.close()
        await stranger.close()


@pytest.mark.parametrize(
    ("title", "wanted"),
    [("The Matrix", "Matrix, The"), ("A Beautiful Mind", "Beautiful Mind, A"), ("Them!", "Them!"), ("The ", "The ")],
)
def test_the_decision_of_the_phase_of_the_page(title: str, wanted: str) -> None:
    assert example("phase").sort_title(title) == wanted


async def test_the_phase_of_the_page_is_run_by_a_real_worker(sqlite_store: Store) -> None:
    phase = example("phase").SortTitles()
    film = await sqlite_store.write(lambda tx: movie(tx, library(tx), "The Matrix", Identity.IDENTIFIED))
    jobs = [NewJob(JobKind.CLEAN, 5, item_id=film), NewJob(JobKind.CLEAN, 5)]
    await sqlite_store.write(lambda tx: ledger.submit_many(tx, jobs))
    worker = Worker(sqlite_store, {JobKind.CLEAN: phase}, lambda _tx: ALL_ON)
    await _until_ended(sqlite_store, worker)
    item = await sqlite_store.read(lambda tx: items.get(tx, film))
    assert (item.metadata.sort_title, item.provenance["sort_title"]) == ("Matrix, The", "name")
    assert await sqlite_store.read(states) == {"completed": 1, "failed": 1}


async def _until_ended(store: Store, worker: Worker) -> None:
    import asyncio

    task = asyncio.create_task(worker.run())
    try:
        await until(store, ended)
    finally:
        worker.stop()
        async with asyncio.timeout(PATIENCE):
            await task
