"""A second opinion: what guessit makes of a name that the own grammar read as little more than words. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

# "1.11", "vs": a number of a film's version or of a fight, which guessit takes for an episode
_NO_EPISODE = re.compile(r"(?<=[ ._])\d\.\d{1,2}(?=[ _])|[ ._]vs[ ._]", re.IGNORECASE)
# 007.Spectre.HDTC: a scene name begins with its title, so a number there is a part of it
_SCENE_NUMBER = re.compile(r"(?!(?:19|20)\d\d\.)\d+\.[^/ ]*$")


@dataclass(frozen=True, slots=True)
class Guess:
    """guessit's answer in our words."""

    title: str
    is_episode: bool
    year: int | None
    seasons: tuple[int, ...]
    episodes: tuple[int, ...]
    absolute: tuple[int, ...]
    air_date: str | None
    edition: str | None

    @property
    def says_more(self) -> bool:
        """Whether it found anything besides a title."""
        return bool(self.seasons or self.episodes or self.year or self.air_date)


def ask(text: str, *, is_movie: bool) -> Guess | None:
    """None where guessit finds no title, or gives up."""
    from guessit.api import GuessitException, guessit

    try:
        answer: dict[str, Any] = guessit(text, {"type": "movie"} if is_movie else {})
    except GuessitException:
        return None
    title = _text(answer.get("title"))
    if title is None:
        return None
    day = answer.get("date")
    seasons, episodes = _whole_numbers(answer.get("season")), _whole_numbers(answer.get("episode"))
    return Guess(
        title=title,
        is_episode=answer.get("type") == "episode",
        year=next(iter(_whole_numbers(answer.get("year"))), None),
        seasons=seasons,
        episodes=episodes,
        absolute=_whole_numbers(answer.get("absolute_episode")) or (episodes if not seasons else ()),
        air_date=day.isoformat() if day else None,
        edition=_text(answer.get("edition")),
    )


def prefers_own(title: str | None, guess: Guess, text: str) -> bool:
    """Whether the grammar's own title stands against guessit's.

    It stands where guessit ran on into the words of the release, and where a number in it cannot be an episode's.
    """
    if not title:
        return False
    if _NO_EPISODE.search(text):
        return True
    own, other = title.casefold(), guess.title.casefold()
    if _SCENE_NUMBER.match(text):
        return own.endswith(other)
    return not (guess.seasons or guess.episodes) and other != own and other.startswith(own)


def _text(value: object) -> str | None:
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, str) and first else None


def _whole_numbers(value: object) -> tuple[int, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(sorted({number for number in values if isinstance(number, int)}))
