"""The form of a player: what stands in it, and what was entered. Pure.

Secrets are never put back: a field that is left empty keeps what is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from metarr.actions.players import SECRETS
from metarr.api.player_shapes import NewPlayer, PlayerPatch
from metarr.model.paths import PathMapping
from metarr.ui.settings.entered import checked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.actions.player_tests import Tested
    from metarr.actions.players import Listed
    from metarr.players.base import PlayerSettings

KINDS: Final = {"kodi": "Kodi", "jellyfin": "Jellyfin", "plex": "Plex"}
_PORT = "9090"  # Kodi's own choice for its second port
_EMPTY_ROWS = 2
_MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Entered:
    """What stands in the form. `suggested`: mappings that a test proposes; `has_secret`: one was typed, and is gone.

    `version`: of the player that it was made of; empty: as it is now.
    """

    kind: str
    values: Mapping[str, str] = field(default_factory=dict)
    mappings: Sequence[PathMapping] = ()
    faults: Mapping[str, str] = field(default_factory=dict)
    tested: Tested | None = None
    has_secret: bool = False
    version: str = ""

    @property
    def suggested(self) -> Sequence[PathMapping]:
        """Mappings under which the player would see what it does not see now."""
        return () if self.tested is None else self.tested.suggestions

    @property
    def rows(self) -> list[tuple[PathMapping, bool]]:
        """The form's rows of mappings, and whether each is a suggestion; some are empty."""
        kept = [(one, False) for one in self.mappings]
        new = [(one, True) for one in self.suggested if one not in self.mappings]
        return [*kept, *new, *[(PathMapping("", ""), False)] * _EMPTY_ROWS]


def blank(kind: str) -> Entered:
    """The form of a new player."""
    return Entered(kind if kind in KINDS else "kodi", {"tcpPort": _PORT})


def stored(known: Listed) -> Entered:
    """The form of a player as it is kept."""
    values = {"name": known.name, "url": known.url, "user": known.user or "", "tcpPort": str(known.tcp_port)}
    return Entered(known.kind, values, known.mappings)


def typed(kind: str, form: Mapping[str, str], **more: Any) -> Entered:  # noqa: ANN401  what the page shows beside it
    """The form as it was sent."""
    values = {name: form.get(name, "") for name in ("name", "url", "user", "tcpPort")}
    has_secret = any(form.get(name) for name in SECRETS)
    told: dict[str, Any] = {"has_secret": has_secret, "version": form.get("version", "")}
    return Entered(kind, values, mappings_of(form), **told, **more)


def with_test(entered: Entered, tested: Tested) -> Entered:
    """The form, and what a test of it came to."""
    return replace(entered, tested=tested)


def mappings_of(form: Mapping[str, str]) -> tuple[PathMapping, ...]:
    """The rows that have something in them, in order; one that is filled on one side alone is refused later."""
    rows = ((form.get(f"local{number}", ""), form.get(f"remote{number}", "")) for number in range(_MOST_ROWS))
    return tuple(PathMapping(*row) for row in rows if any(row))


def new_player(form: Mapping[str, str]) -> dict[str, Any]:
    """A new player's settings. Raises Refused."""
    values = {"kind": form.get("kind", "kodi"), "name": form.get("name", ""), "url": form.get("url", "")}
    given = {name: form[name] for name in ("user", *SECRETS, "tcpPort") if form.get(name)}
    return checked(NewPlayer, {**values, **given, "mappings": _written(form)}).model_dump()


def patch_of(form: Mapping[str, str]) -> dict[str, Any]:
    """What the form says of a player that is known. Raises Refused."""
    given: dict[str, Any] = {name: form.get(name, "") for name in ("name", "url")}
    given |= {"tcpPort": form["tcpPort"]} if form.get("tcpPort") else {}
    for name in SECRETS:
        if form.get(name):
            given[name] = form[name]
        elif form.get(f"{name}-remove"):
            given[name] = ""
    patch = checked(PlayerPatch, {**given, "mappings": _written(form)}).model_dump(exclude_unset=True)
    return patch | ({"user": form["user"] or None} if "user" in form else {})


def differing(before: PlayerSettings, after: PlayerSettings) -> set[str]:
    """The settings that a change changes."""
    return {name for name in type(after).model_fields if getattr(before, name) != getattr(after, name)}


def _written(form: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"local": one.local, "remote": one.remote} for one in mappings_of(form)]
