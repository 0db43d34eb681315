"""Collecting what tells who wrote a file last: its owner, its text, its neighbours, its time. Reads only."""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING

from metarr.errors import InvalidInput
from metarr.library import nfo
from metarr.library.nfo import Hand
from metarr.model.writer import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from metarr.model.writer import Writer

_SAME_MOMENT = 120.0  # seconds; programs write an item's files in one go
_FIRST_PERSON = 1000  # useradd(8): accounts below are the system's, on every common distribution
_NFO_LIMIT = 10 << 20  # bytes; larger ones are no NFO


def collect(place: Path, videos: Iterable[Path], importer: Writer, *, was_ours: bool) -> Evidence:
    """About a file beside videos that `importer` brings in, if anyone does. `was_ours`: we wrote these bytes once."""
    try:
        status = place.lstat()
    except OSError:
        return Evidence()
    account, is_person = _owner(status.st_uid)
    is_nfo = place.suffix.lower() == ".nfo"
    return Evidence(
        was_ours=was_ours,
        hand=_hand(place) if is_nfo else None,
        account=account,
        is_person=is_person,
        beside=None if is_nfo else _beside(place, status.st_mtime),
        importer=importer if any(_came_at(video, status.st_mtime) for video in videos) else None,
    )


def _owner(uid: int) -> tuple[str | None, bool]:
    if uid == os.geteuid():
        return None, False
    try:
        return pwd.getpwuid(uid).pw_name, uid >= _FIRST_PERSON
    except KeyError:
        return f"uid {uid}", False


def _hand(place: Path) -> Hand | None:
    try:
        return nfo.read(place.read_bytes()).hand if place.stat().st_size <= _NFO_LIMIT else None
    except (OSError, InvalidInput):
        return None


def _beside(place: Path, time: float) -> Hand | None:
    """Of the NFOs in its folder that were written in the same moment, the first with a hand that is known."""
    hands = (_hand(one) for one in _written_at(place.parent.glob("*.[nN][fF][oO]"), time))
    return next((hand for hand in hands if hand not in {None, Hand.UNKNOWN, Hand.METARR}), None)


def _written_at(places: Iterable[Path], time: float) -> list[Path]:
    try:
        return [one for one in sorted(places) if abs(one.stat().st_mtime - time) <= _SAME_MOMENT]
    except OSError:
        return []


def _came_at(video: Path, time: float) -> bool:
    """Imports link or move the video, which changes its inode (ctime) and not its time of modification."""
    try:
        return abs(video.stat().st_ctime - time) <= _SAME_MOMENT
    except OSError:
        return False
