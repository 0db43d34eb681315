"""How somebody wants the pages: kept in cookies of the browser, so that a phone can differ from a desk. Pure.

Cookies rather than the account: they need no query before a page can be made, count where nobody has an account (this
machine itself), and colours and sizes belong to the screen rather than to the person.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Dates(StrEnum):
    """How times are written."""

    RELATIVE = "relative"
    LOCAL = "local"
    ISO = "iso"


class Option(NamedTuple):
    """One way. `value`: in the cookie."""

    value: str
    name: str
    help: str = ""


class Choice(NamedTuple):
    """Something to choose, in the order in which forms show it; the first is what counts until somebody chooses."""

    key: str
    name: str
    help: str
    options: tuple[Option, ...]


CHOICES: Final = (
    Choice(
        "theme",
        "Colours",
        "",
        (
            Option("system", "As the system", "Dark or light as this device is set."),
            Option("dark", "Dark"),
            Option("light", "Light"),
        ),
    ),
    Choice(
        "density",
        "Density",
        "",
        (
            Option("comfortable", "Comfortable", "Room to breathe."),
            Option("compact", "Compact", "More on a page."),
        ),
    ),
    Choice(
        "posters",
        "Posters",
        "How large they are in grids.",
        (Option("medium", "Medium"), Option("small", "Small"), Option("large", "Large")),
    ),
    Choice(
        "dates",
        "Times",
        "",
        (
            Option(Dates.RELATIVE, "Relative", "“2 hours ago”; the exact time shows when you point at it."),
            Option(Dates.LOCAL, "Local", "“22 Nov 2026, 18:40”, in the time zone of the schedules."),
            Option(Dates.ISO, "ISO", "“2026-11-22 17:40 UTC”."),
        ),
    ),
    Choice(
        "home",
        "First page",
        "Where logging in and the name in the bar lead to.",
        (
            Option("/", "Dashboard"),
            Option("/movies", "Movies"),
            Option("/series", "Series"),
            Option("/review", "Review"),
            Option("/needs", "Needs you"),
            Option("/jobs", "Jobs"),
        ),
    ),
)
_BY_KEY = {choice.key: choice for choice in CHOICES}


class Taste(NamedTuple):
    """What somebody chose; `home`: the address of the first page."""

    theme: str = "system"
    density: str = "comfortable"
    posters: str = "medium"
    dates: str = Dates.RELATIVE
    home: str = "/"

    @property
    def marks(self) -> list[tuple[str, str]]:
        """What the style sheet goes by: attributes of the page, where something else was chosen than it begins with."""
        found = ((key, getattr(self, key)) for key in ("theme", "density", "posters"))
        return [(key, value) for key, value in found if value != usual(key)]


def cookie(key: str) -> str:
    """The name of the cookie of a choice."""
    return f"metarr_{key}"


def taste_of(cookies: Mapping[str, str]) -> Taste:
    """What the cookies say; what is no option counts as not chosen."""
    return Taste(**{key: _known(key, cookies.get(cookie(key), "")) for key in _BY_KEY})


def usual(key: str) -> str:
    """What counts until somebody chooses."""
    return _BY_KEY[key].options[0].value


def chosen(values: Mapping[str, str]) -> Iterator[tuple[str, str | None]]:
    """Of a form's values, the cookies with what they are to say; None: it is taken away."""
    for key in _BY_KEY:
        if key in values:
            value = _known(key, values[key])
            yield cookie(key), None if value == usual(key) else value


def _known(key: str, value: str) -> str:
    return value if value in {option.value for option in _BY_KEY[key].options} else usual(key)
