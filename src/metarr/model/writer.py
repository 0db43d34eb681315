"""Who wrote a file last, judged by what is known of it. Pure.

An NFO shows its program's hand. A picture does not: the account that owns it tells, an NFO written beside it in the
same moment, or the arrival of the video. What none of these tells is said to be unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Writer(StrEnum):
    """Everybody who is known to write into media folders."""

    METARR = "metarr"
    RADARR = "radarr"
    SONARR = "sonarr"
    JELLYFIN = "jellyfin"
    TINYMEDIAMANAGER = "tinymediamanager"
    MEDIAELCH = "mediaelch"
    KODI = "kodi"
    USER = "user"
    UNKNOWN = "unknown"


_PROGRAMS = {str(one): one for one in Writer if one not in {Writer.METARR, Writer.USER, Writer.UNKNOWN}}
NAMES = {
    Writer.METARR: "Metarr",
    Writer.RADARR: "Radarr",
    Writer.SONARR: "Sonarr",
    Writer.JELLYFIN: "Jellyfin",
    Writer.TINYMEDIAMANAGER: "tinyMediaManager",
    Writer.MEDIAELCH: "MediaElch",
    Writer.KODI: "Kodi",
    Writer.USER: "a person",
    Writer.UNKNOWN: "somebody",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known. `was_ours`: we wrote these bytes ourselves once. `hand`: of an NFO, by its own marks.

    `account`: who owns the file, None when that is our own account; `is_person`: an account that people log in with.
    `beside`: the hand of an NFO in the same folder that was written in the same moment. `importer`: the download
    manager that brings in such videos, when the file was written as the video came.
    """

    was_ours: bool = False
    hand: str | None = None
    account: str | None = None
    is_person: bool = False
    beside: str | None = None
    importer: str | None = None


def judge(evidence: Evidence) -> tuple[Writer, str]:
    """Who, and by what it is known."""
    if evidence.was_ours:
        return Writer.METARR, "an earlier version of ours"
    if evidence.hand == Writer.METARR:
        return Writer.USER, "our text, edited"
    signs = (
        (evidence.hand, "by its text"),
        (evidence.account, "by its owner"),
        (evidence.beside, "it wrote the NFO beside it in the same moment"),
        (evidence.importer, "it was written as the video came"),
    )
    for sign, why in signs:
        if sign in _PROGRAMS:
            return _PROGRAMS[sign], why
    if evidence.account is None:
        return Writer.UNKNOWN, "nothing tells who"
    return Writer.USER if evidence.is_person else Writer.UNKNOWN, f"it belongs to {evidence.account}"
