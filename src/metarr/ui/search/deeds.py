"""What can be done and opened from the search: a table, of which a visitor sees what is allowed. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from metarr.model.access import Right
from metarr.model.folding import folded
from metarr.model.job import JobKind
from metarr.model.ranking import Rank, rank_folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from metarr.actions.settings import Group, Setting
    from metarr.model.media import Library
    from metarr.ui.areas import Area


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to open or to do. `note` stands beside it, and is searched after `name` and `also`, other words for it.

    `sends`: it is a form's button, with these values; None: a link.
    """

    name: str
    address: str
    right: Right = Right.READ
    note: str = ""
    also: str = ""
    sends: Mapping[str, str] | None = field(default=None)


class Place(NamedTuple):
    """How well an entry answers: the smaller, the better. `depth`: which of its texts does."""

    depth: int
    rank: Rank


_OPERATE, _ADMIN = Right.OPERATE, Right.ADMIN
_PAGES = (
    Entry("Dashboard", "/", also="home start overview pipeline"),
    Entry("Movies", "/movies", also="films"),
    Entry("Series", "/series", also="shows tv"),
    Entry("Episodes", "/series?kind=episode"),
    Entry("Collections", "/collections", also="sets"),
    Entry("People", "/people", also="actors directors cast"),
    Entry("Needs you", "/needs", also="notifications attention problems todo"),
    Entry("Review", "/review", also="doubtful matches identify"),
    Entry("Jobs", "/jobs", also="queue work tasks"),
    Entry("Failed jobs", "/jobs?state=failed", also="dead letter errors"),
    Entry("Activity", "/activity", also="history events log"),
    Entry("Verification", "/verification", also="reports findings differences"),
    Entry("Recycle bin", "/recycle-bin", also="trash deleted restore"),
    Entry("Settings", "/settings", _ADMIN, also="configuration preferences options"),
)
_DEEDS = (
    Entry("Retry failed jobs", "/jobs/retry", _OPERATE, "All that lie in the dead letter", sends={"kind": ""}),
    Entry("Add a library", "/welcome/library", _ADMIN, also="new folder"),
    Entry("Add a player", "/settings/players", _ADMIN, also="new kodi jellyfin plex"),
    Entry("Add a user", "/settings/users#new", _ADMIN, also="new account person"),
    Entry("New API key", "/settings/api-keys#new", _ADMIN, also="add make token radarr sonarr"),
    Entry("Change your password", "/account", also="account"),
    Entry("Dark colours", "/theme", also="theme night mode colors", sends={"theme": "dark"}),
    Entry("Light colours", "/theme", also="theme day mode colors", sends={"theme": "light"}),
    Entry("Colours as the system", "/theme", also="theme auto mode colors", sends={"theme": "system"}),
    Entry("Log out", "/logout", also="sign off leave", sends={}),
)
_ON_LIBRARIES = (
    (JobKind.SCAN, "look for new and changed files"),
    (JobKind.ENRICH, "ask the providers"),
    (JobKind.PUBLISH, "write NFO files and artwork"),
    (JobKind.SYNC, "tell the players"),
    (JobKind.VERIFY, "compare the files with what was published"),
)


def deeds(libraries: Iterable[Library]) -> Iterator[Entry]:
    """What can be done."""
    for library in libraries:
        for kind, words in _ON_LIBRARIES:
            name = f"{kind.capitalize()} {library.name}"
            yield Entry(name, f"/libraries/{library.id}/{kind}", _OPERATE, words.capitalize(), "library", {})
    yield from _DEEDS


def pages(areas: Iterable[Area]) -> Iterator[Entry]:
    """What can be opened."""
    yield from _PAGES
    for area in areas:
        for _, places in area.groups:
            for place in places:
                yield Entry(place.name, place.address, place.right, place.help, area.name)


def settings(groups: Iterable[Group], page_of: Callable[[str, str], str]) -> Iterator[Entry]:
    """What can be set. `page_of`: the page that has it, by its section and its key."""
    known = tuple(groups)
    labels = Counter(one.label for group in known for one in group.settings)
    for group in known:
        for one in group.settings:
            name = one.label if labels[one.label] == 1 else f"{_of(group, one)}: {one.label.lower()}"
            address = f"/settings/{page_of(group.name, one.key)}#set-{one.key.replace('.', '-')}-label"
            yield Entry(name, address, _ADMIN, one.help.replace("`", ""), f"{group.label} {one.key}")


def _of(group: Group, one: Setting) -> str:
    """What a setting belongs to, of which several have the same words."""
    part = one.key.rpartition(".")[0]
    return _spaced(part) if part else group.label


def _spaced(key: str) -> str:
    return "".join(f" {one.lower()}" if one.isupper() else one for one in key).capitalize()


def found(entries: Iterable[Entry], words: str, rights: Iterable[Right], limit: int) -> Sequence[tuple[Place, Entry]]:
    """Those that answer best, of what somebody with these rights may, each with how well it does."""
    allowed, sought = frozenset(rights), folded(words)
    ranked = [(_place(entry, sought), entry) for entry in entries if entry.right in allowed]
    answers = [(place, entry) for place, entry in ranked if place is not None]
    return sorted(answers, key=lambda one: one[0])[:limit]


def _place(entry: Entry, words: str) -> Place | None:
    """By its name, else by the other words for it, else by what is said of it. The last text has the others in it."""
    name, more, whole = entry.name, f"{entry.name} {entry.also}", f"{entry.name} {entry.also} {entry.note}"
    everything = rank_folded(words, folded(whole))
    if everything is None:
        return None
    answers = ((depth, rank_folded(words, folded(text))) for depth, text in enumerate((name, more)))
    found = (Place(depth, answer) for depth, answer in answers if answer is not None)
    return next(found, Place(2, everything))
