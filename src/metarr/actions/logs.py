"""What the program wrote down, newest first, and all that a report of a fault should have in one file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.model.logged import FILE, FILES_KEPT, LEVELS, Logged, read
from metarr.phases.base import in_thread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from metarr.actions.installation import Installation


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines. `level`: this or worse; `text`: anywhere in the line, in any case; `before`: older than that."""

    level: str = LEVELS[0]
    text: str = ""
    job: int | None = None
    before: datetime | None = None


def folder(house: Installation) -> Path:
    """Where its files lie."""
    return house.data / "logs"


async def page(house: Installation, wanted: Wanted, limit: int) -> Sequence[Logged]:
    """The newest `limit` lines that are wanted."""
    return await in_thread(_page, folder(house), wanted, limit)


def files(place: Path) -> list[Path]:
    """The log's files that are there, newest first."""
    names = (FILE, *(f"{FILE}.{number}" for number in range(1, FILES_KEPT + 1)))
    return [place / name for name in names if (place / name).is_file()]


def _page(place: Path, wanted: Wanted, limit: int) -> Sequence[Logged]:
    found: list[Logged] = []
    for line in _backwards(place):
        if wanted.text.casefold() not in line.casefold():
            continue
        logged = read(line)
        if logged is not None and _is_wanted(logged, wanted):
            found.append(logged)
            if len(found) == limit:
                break
    return found


def _is_wanted(logged: Logged, wanted: Wanted) -> bool:
    is_bad_enough = logged.level not in LEVELS or LEVELS.index(logged.level) >= LEVELS.index(wanted.level)
    is_in_time = wanted.before is None or logged.at < wanted.before
    return is_bad_enough and is_in_time and (wanted.job is None or logged.job == wanted.job)


def _backwards(place: Path) -> Iterator[str]:
    for file in files(place):
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            continue  # it became an older one meanwhile, and is next
        yield from reversed(text.splitlines())
