"""How well a text answers what somebody types: what begins with it comes before words that do. Pure."""

from __future__ import annotations

from enum import IntEnum

from metarr.model.folding import folded


class Rank(IntEnum):
    """The smaller, the better."""

    SAME = 0
    BEGINS = 1
    WORDS_BEGIN = 2
    HAS = 3


def rank(words: str, text: str) -> Rank | None:
    """How well the text answers; None: not every word is in it. Case and accents do not matter."""
    return rank_folded(folded(words), folded(text))


def rank_folded(words: str, text: str) -> Rank | None:
    """The same of what is folded already."""
    if not words or any(word not in text for word in words.split()):
        return None
    if text == words:
        return Rank.SAME
    if text.startswith(words):
        return Rank.BEGINS
    beginnings = f" {text}"
    return Rank.WORDS_BEGIN if all(f" {word}" in beginnings for word in words.split()) else Rank.HAS


def best_folded(words: str, texts: list[str]) -> Rank | None:
    """That of the text that answers best."""
    found = [one for one in (rank_folded(words, text) for text in texts) if one is not None]
    return min(found, default=None)
