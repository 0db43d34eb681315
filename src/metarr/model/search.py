"""What is asked of providers and what their search answers: titles that may be the item in question. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from metarr.model.media import ExternalIds

ORIGINAL_LANGUAGE = "original"  # in a list of wanted languages: whatever language the item was made in


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One title that a provider knows, with what is needed to compare it against a folder's name."""

    ids: ExternalIds = field(default_factory=ExternalIds)
    title: str = ""
    original_title: str | None = None
    alternative_titles: tuple[str, ...] = ()
    original_language: str | None = None  # ISO 639-1
    year: int | None = None
    runtime: int | None = None  # minutes
    popularity: float = 0.0  # the provider's own figure; only good for comparing hits of one answer
    picture: str | None = None  # the address of a small poster
