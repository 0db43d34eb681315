"""What a person can do about each cause of a health line, and which lines end by themselves. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from metarr.model.access import Right


class Remedy(NamedTuple):
    """`kind`: what it concerns; `words`: what to do, where the line itself leaves that open; `right`: who can do it.

    `subject`: the name or number of what it concerns, as the cause names it.
    """

    kind: str
    words: str
    right: Right
    subject: str = ""


_PASSING = re.compile(r"player:.*:(playing|scanning)|[^:]+:quota|images:.*|providers:elsewhere|workflow:.*", re.DOTALL)
# The first that fits; what the expression takes apart is the subject.
_REMEDIES = tuple(
    (re.compile(expression, re.DOTALL), kind, words, right)
    for expression, kind, words, right in (
        (r"player:(.*):credentials", "player", "Enter its name and password, or its token, again.", Right.ADMIN),
        (r"player:(.*):expired", "player", "Tell it of everything again when it is back.", Right.OPERATE),
        (r"player:(.*)", "player", "Switch it on, or correct its address.", Right.ADMIN),
        (r"channel:(.*)", "channel", "Correct what it logs in with, then switch it on again.", Right.ADMIN),
        (r"repairs:\d+:(\d+)", "item", "Find out which program writes there, and tell it to stop.", Right.OPERATE),
        (r"root:(.*)", "health", "Check that the disk is mounted. Work goes on by itself.", Right.ADMIN),
        (r"space:(.*)", "health", "Make room on that disk. Work goes on by itself.", Right.ADMIN),
        (r"readonly:(.*)", "health", "Let the user that Metarr runs as write there.", Right.ADMIN),
        (r"([a-z0-9]+):key", "provider", "Enter a key that it accepts.", Right.ADMIN),
        (r"([a-z0-9]+):unreachable", "provider", "Check the connection. It is asked again by itself.", Right.ADMIN),
    )
)


def remedy(cause: str) -> Remedy:
    """What to do about a health line of this cause."""
    for expression, kind, words, right in _REMEDIES:
        found = expression.fullmatch(cause)
        if found is not None:
            return Remedy(kind, words, right, found[1])
    return Remedy("health", "", Right.ADMIN)


def is_passing(cause: str) -> bool:
    """Whether it is over without anybody doing anything: a player plays, a provider's quota begins anew."""
    return _PASSING.fullmatch(cause) is not None
