"""Every page there is, by its route: the browser tests open them all, and a page that is missing here fails them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from metarr.model.access import Role

if TYPE_CHECKING:
    from collections.abc import Mapping


class Place(NamedTuple):
    """Something that a page is about."""

    id: int
    title: str


@dataclass(frozen=True, slots=True)
class PageOf:
    """`address` and `heading` name places in braces; `who`: the least that a visitor must be."""

    route: str
    address: str
    heading: str
    who: Role = Role.VIEWER

    def at(self, places: Mapping[str, Place]) -> str:
        """Its address."""
        return self.address.format_map({name: place.id for name, place in places.items()})

    def headed(self, places: Mapping[str, Place]) -> str:
        """What its heading begins with."""
        return self.heading.format_map({name: place.title for name, place in places.items()})


def _item(tab: str, heading: str, *kinds: str) -> list[PageOf]:
    """The tab's page for items of these kinds. `heading` has its title as {}."""
    route = f"/items/{{item_id}}{tab}"
    return [PageOf(route, f"/items/{{{kind}}}{tab}", heading.format(f"{{{kind}}}")) for kind in kinds]


def _step(name: str, heading: str) -> PageOf:
    return PageOf(f"/welcome/{name}", f"/welcome/{name}", heading, Role.ADMINISTRATOR)


def _list(path: str, heading: str) -> list[PageOf]:
    return [PageOf(path, path, heading), PageOf(path, f"{path}?view=table", heading)]


PAGES = (
    PageOf("/", "/", "Dashboard"),
    PageOf("/about", "/about", "About Metarr"),
    *_list("/movies", "Movies"),
    PageOf("/movies", "/movies?search=in&sort=year&descending=true&resolution=1080", "Movies"),
    PageOf("/movies", "/movies?search=qqqqq", "Movies"),
    *_list("/series", "Series"),
    PageOf("/series", "/series?kind=episode", "Series"),
    *_list("/collections", "Collections"),
    PageOf("/collections/{collection_id}", "/collections/{collection}", "{collection}"),
    PageOf("/people", "/people", "People"),
    PageOf("/people/{person_id}", "/people/{person}", "{person}"),
    PageOf("/search", "/search", "Search"),
    PageOf("/search", "/search?q=an", "Search"),
    *_item("", "{}", "movie", "series", "season", "collection", "doubtful"),
    *_item("", "", "episode"),
    *_item("/edit", "Edit {}", "movie", "series"),
    *_item("/edit", "Edit", "episode"),
    *_item("/artwork", "Artwork of {}", "movie", "series", "season"),
    *_item("/files", "Files of {}", "movie", "series"),
    *_item("/history", "History of {}", "movie"),
    *_item("/plan", "Plan of {}", "movie"),
    *_item("/identify", "Identify {}", "movie", "doubtful", "series"),
    PageOf("/review", "/review", "Review"),
    PageOf("/review/{item_id}", "/review/{doubtful}", "What is {doubtful}?"),
    PageOf("/jobs", "/jobs", "Jobs"),
    PageOf("/jobs", "/jobs?state=failed", "Jobs"),
    PageOf("/jobs/{job_id}", "/jobs/{job}", ""),
    _step("library", "Library"),
    PageOf("/welcome/library", "/welcome/library?path=/usr/share", "Library", Role.ADMINISTRATOR),
    _step("providers", "Providers"),
    _step("artwork", "Artwork"),
    _step("player", "Player"),
    _step("webhooks", "Radarr and Sonarr"),
    _step("scan", "First scan"),
    PageOf(
        "/welcome/publishing/{library_id}",
        "/welcome/publishing/{library}",
        "First publishing of {library}",
        Role.ADMINISTRATOR,
    ),
)
# `/welcome` sends a visitor on; the others are pages for nobody known, which `browser/test_tasks.py` goes through.
OTHERS = frozenset({"/login", "/setup", "/welcome"})
