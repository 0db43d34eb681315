"""What the connection tests of the media servers have in common. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metarr.model.paths import is_under
from metarr.players.base import Checked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.model.paths import PathMapping

_PARTS = 2  # of a version that decide


def version(kind: str, text: str, oldest: tuple[int, int]) -> Checked:
    """Whether the server is new enough."""
    numbers = tuple(int(part) for part in re.findall(r"\d+", text)[:_PARTS])
    wanted = ".".join(str(part) for part in oldest)
    if len(numbers) == _PARTS and numbers < oldest:
        return Checked("version", is_well=False, message=f"{kind} {text} is too old: update it to {wanted} or newer")
    return Checked("version", is_well=True, message=f"{kind} {text}")


def mapped_folders(name: str, mappings: Sequence[PathMapping], locations: Sequence[str]) -> list[Checked]:
    """Whether the libraries cover each mapped folder; without a mapping, what the libraries are."""
    if not locations:
        return [Checked("paths", is_well=False, message=f"{name} has no library with a folder: add one there")]
    shown = ", ".join(locations)
    if not mappings:
        return [Checked("paths", is_well=True, message=f"its libraries lie in {shown}")]
    found = []
    for mapping in mappings:
        is_well = any(is_under(place, mapping.remote) or is_under(mapping.remote, place) for place in locations)
        text = f"{mapping.local} is {mapping.remote} in {name}"
        wrong = (
            f"{mapping.remote}, which {mapping.local} is mapped to, is in no library of {name}; these are in {shown}"
        )
        found.append(Checked("paths", is_well=is_well, message=text if is_well else wrong))
    return found
