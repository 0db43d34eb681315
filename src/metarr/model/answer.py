"""Answers of providers that are kept, and for how long they are good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

FRESH = timedelta(days=7)  # no call for what is younger; TMDB's terms allow six months (docs/providers.md)
FRESH_ABSENCE = timedelta(days=1)  # what a provider does not know today it may know tomorrow
USABLE = timedelta(days=30)  # how old an answer may be that stands in for a provider out of reach


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer from earlier. `body`: as it was sent; None: the provider did not know the thing."""

    body: bytes | None
    age: timedelta

    @property
    def is_fresh(self) -> bool:
        """Good enough to ask nobody."""
        return self.age < (FRESH_ABSENCE if self.body is None else FRESH)

    @property
    def is_usable(self) -> bool:
        """Better than nothing."""
        return self.age < USABLE
