"""What badges say of states and deeds, in a colour and a word, wherever a page shows one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from metarr.library.reconcile import Action
from metarr.model.media import ItemState

if TYPE_CHECKING:
    from collections.abc import Mapping


class Badge(NamedTuple):
    """`colour`: a class of the style sheet, "" for none; the word says it all by itself."""

    colour: str
    word: str


STATES: Final[Mapping[ItemState, Badge]] = {
    ItemState.MISSING: Badge("bad", "file missing"),
    ItemState.NEEDS_IDENTIFICATION: Badge("warn", "unidentified"),
    ItemState.HELD: Badge("warn", "on hold"),
    ItemState.FOUND: Badge("info", "not published"),
    ItemState.IDENTIFIED: Badge("info", "not published"),
    ItemState.TO_BE_PUBLISHED: Badge("info", "to be published"),
    ItemState.PUBLISHED: Badge("good", "published"),
}
ACTIONS: Final[Mapping[Action, Badge]] = {
    Action.CREATE: Badge("good", "create"),
    Action.REPLACE: Badge("info", "replace"),
    Action.ADOPT: Badge("info", "adopt"),
    Action.BACKUP_REPLACE: Badge("warn", "back up and replace"),
    Action.KEEP: Badge("", "keep"),
    Action.HOLD: Badge("warn", "hold"),
    Action.RESTORE: Badge("good", "restore"),
    Action.RECYCLE: Badge("warn", "recycle"),
    Action.REFRESH: Badge("", "note"),
    Action.FORGET: Badge("", "forget"),
}
AWAITS_CHOICE: Final = Badge("warn", "artwork to choose")
UNMONITORED: Final = Badge("", "unmonitored")
