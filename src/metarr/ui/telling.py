"""What needs a person is told on open pages where it grows, but not while it does, nor again and again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from metarr.model.words import chosen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GROWS: Final = 10.0  # seconds that a number may go on growing before it is told
QUIET: Final = 60.0  # seconds without a second word about the same number
# Where it is dealt with, one of them, several of them, and the rest of the sentence.
_PLACES: Final = {
    "review": ("/review", "question waits", "questions wait", "for an answer"),
    "jobs": ("/jobs?state=failed", "job has", "jobs have", "failed for good"),
}


@dataclass(frozen=True, slots=True)
class Toast:
    """What a page says at once. `work`: the word for what it followed, and no longer does."""

    text: str
    kind: str
    address: str
    work: str = ""


@dataclass(slots=True)
class Line:
    """One number. `told`: what the page knows; `risen`: since when it is more than that; None: it is not."""

    told: int
    seen: int
    risen: float | None = None
    quiet_until: float = 0.0

    def more(self, number: int, now: float) -> int:
        """How many more are to be told of at this moment (in seconds of a clock that began before); 0: nothing."""
        is_growing, self.seen = number != self.seen, number
        if number <= self.told:
            self.told, self.risen = number, None
            return 0
        self.risen = now if self.risen is None else self.risen
        if (is_growing and now - self.risen < GROWS) or now < self.quiet_until:
            return 0
        more, self.told = number - self.told, number
        self.risen, self.quiet_until = None, now + QUIET
        return more


class Watch:
    """What waits for a person, from the numbers on that the page shows."""

    def __init__(self, shown: Mapping[str, int]) -> None:
        self._lines = {place: Line(shown.get(place, 0), shown.get(place, 0)) for place in _PLACES}

    def news(self, counts: Mapping[str, int], now: float) -> Iterator[Toast]:
        """What is to be told of the numbers as they are now."""
        for place, (address, one, many, rest) in _PLACES.items():
            more = self._lines[place].more(counts.get(place, 0), now)
            if more:
                yield Toast(f"{more:,} more {chosen(more, one, many)} {rest}.", "warn", address)

    def know(self, place: str, number: int) -> None:
        """Another word has told of it."""
        self._lines[place].told = number

    @property
    def is_waiting(self) -> bool:
        """Whether something has risen that was not told yet."""
        return any(line.risen is not None for line in self._lines.values())
