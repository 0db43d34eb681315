"""What each file of a library is: by its name, by the folder it lies in, and by the videos beside it.

Every answer has a confidence (below 80 a person is asked) and names the rule that decided. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from metarr.library.naming import parse_artwork
from metarr.model.media import FileRole, MediaFile
from metarr.phases.scan.filename import VIDEO_EXTENSIONS
from metarr.phases.scan.languages import language_code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from metarr.library.listing import Entry

# Sources: Jellyfin's Emby.Naming/Common/NamingOptions.cs (VideoExtraRules), Kodi's wiki "Extras" and "Trailers",
# Plex's "Local files for trailers and extras".
_EXTRA_FOLDERS = {
    "trailers": "trailer",
    "trailer": "trailer",
    "behind the scenes": "behindthescenes",
    "deleted scenes": "deleted",
    "deleted": "deleted",
    "featurettes": "featurette",
    "featurette": "featurette",
    "interviews": "interview",
    "scenes": "scene",
    "shorts": "short",
    "clips": "clip",
    "other": "other",
    "others": "other",
    "extras": "extra",
    "extra": "extra",
    "bonus": "extra",
    "bonus features": "extra",
    "samples": "sample",
    "sample": "sample",
}
_THEME_FOLDERS = frozenset({"theme-music", "theme music", "backdrops"})
_ART_FOLDERS = frozenset({"extrafanart", "extrathumbs", "metadata"})
_SUBTITLE_FOLDERS = frozenset({"subs", "sub", "subtitles", "subtitle", "vobsubs"})
_DISC_FOLDERS = frozenset({"bdmv", "video_ts", "hvdvd_ts", "audio_ts", "certificate"})
_EXTRA_SUFFIX = re.compile(
    r"[ ]?-[ ]?(?P<kind>trailer|behindthescenes|deleted(?:scene)?|featurette|interview|scene|short|clip"
    r"|other|extra|sample)"
    r"[ _-]?\d*$"
    r"|[._ ](?P<loose>trailer|sample)\d*$|^(?P<alone>trailer|sample|movie-trailer)\d*$",
    re.IGNORECASE,
)
_SAMPLE_PREFIX = re.compile(r"^sample[ ._-]|[ ._-]sample[ ._-]", re.IGNORECASE)
_THEME = re.compile(r"(?:^|-)theme(?:[ ._-]?\d+)?$", re.IGNORECASE)

# tinyMediaManager writes `movieset-poster.jpg` beside a film of a set. Kodi and Jellyfin look into a set's own folder:
# "Movie set artwork" in Kodi's wiki, BoxSetResolver.cs of Jellyfin.
_SET_PICTURE = re.compile(r"^(?:movieset|boxset|collection|set)-(?P<picture>[a-z]+-?\d{0,2}\.[a-z]+)$", re.IGNORECASE)
_SET_FOLDER = re.compile(
    r"(?:^|[ ._(\[-])(?:collection|saga|trilogy|tetralogy|anthology|box ?set|filmreihe|reihe|sammlung|quadrilogy)\W*$",
    re.IGNORECASE,
)

_SUBTITLES = frozenset({"srt", "ass", "ssa", "sub", "idx", "sup", "vtt", "smi", "mks", "ttml"})
_SOUNDS = frozenset({"mka", "ac3", "eac3", "dts", "aac", "flac", "mp3", "m4a", "ogg", "opus", "wav", "thd", "dtshd"})
_PICTURES = frozenset({"jpg", "jpeg", "png", "webp", "tbn", "gif", "bmp"})
_SAMPLE_SHARE = 0.2  # of its film at most, by size


SET = "set"  # the sort of a folder that holds the films of a set
SET_NFO = "an NFO about a set of films, not about the film"  # a rule
NO_KNOWN_NAME = "a picture of no known name"  # a rule


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file lies: what its folder stands for, and the videos that it may belong to."""

    folder: str  # relative to the root
    sort: str = ""  # what the folder is for, as `folder_sort` says, or `SET`
    stems: Sequence[str] = ()  # of the videos that files beside them are named after
    is_own_folder: bool = True
    largest: int = 0  # bytes of the biggest video, which makes a small one a sample


@dataclass(frozen=True, slots=True)
class _Answer:
    role: FileRole
    confidence: int
    rule: str
    details: Mapping[str, Any] = field(default_factory=dict)


def folder_sort(name: str) -> str:
    """What a sub-folder is for: "actors", "disc", "subtitles", "artwork", "theme", an extra's kind, or "" for none."""
    lower = name.lower().replace("_", " ") if name.lower() not in _DISC_FOLDERS else name.lower()
    if lower == ".actors":
        return "actors"
    table = (
        (_DISC_FOLDERS, "disc"),
        (_SUBTITLE_FOLDERS, "subtitles"),
        (_ART_FOLDERS, "artwork"),
        (_THEME_FOLDERS, "theme"),
    )
    return next((sort for names, sort in table if lower in names), _EXTRA_FOLDERS.get(lower, ""))


def is_set_folder(name: str) -> bool:
    """Whether a folder that holds films is named after a set of them: `Alien Collection`, `Die Hard [boxset]`."""
    return _SET_FOLDER.search(name) is not None


def is_video(name: str) -> bool:
    """Whether a file's extension is one of a video."""
    return _extension(name) in VIDEO_EXTENSIONS


def extra_kind(stem: str) -> str | None:
    """What kind of extra a video's name says it is ("trailer", "featurette" ...), if it says so."""
    match = _EXTRA_SUFFIX.search(stem)
    if match:
        kind = (match["kind"] or match["loose"] or match["alone"]).lower()
        return {"movie-trailer": "trailer", "deletedscene": "deleted"}.get(kind, kind)
    if _THEME.search(stem):
        return "theme"
    return "sample" if _SAMPLE_PREFIX.search(stem) else None


def classify(entry: Entry, place: Place) -> MediaFile:
    """Say what one file is. A main video is told apart by `group`, which sees its neighbours: here it is "video"."""
    answer = _answer(entry, place)
    path = f"{place.folder}/{entry.name}" if place.folder else entry.name
    return MediaFile(
        path, answer.role, answer.confidence, answer.rule, entry.size, entry.mtime_ns, entry.inode, dict(answer.details)
    )


def _answer(entry: Entry, place: Place) -> _Answer:
    if not entry.is_regular:
        return _Answer(FileRole.UNKNOWN, 100, "not a regular file")
    extension = _extension(entry.name)
    stem = entry.name.rpartition(".")[0] or entry.name
    if extension in VIDEO_EXTENSIONS:
        return _video(entry, stem, place)
    if extension in _PICTURES:
        return _picture(entry.name, place)
    if extension in _SOUNDS:
        return _sound(stem, place)
    if extension in _SUBTITLES:
        return _spoken(FileRole.SUBTITLE, stem, place)
    return _other(extension, place)


def _other(extension: str, place: Place) -> _Answer:
    if extension != "nfo":
        return _Answer(FileRole.UNKNOWN, 0, "no rule knows this name")
    if place.sort in {"", "part"}:
        return _Answer(FileRole.NFO, 95, "extension nfo")
    if place.sort == SET:
        return _Answer(FileRole.UNKNOWN, 90, SET_NFO)
    return _Answer(FileRole.UNKNOWN, 90, "an NFO about an extra, not about the film")


def _video(entry: Entry, stem: str, place: Place) -> _Answer:
    by_name = extra_kind(stem)
    if "theme" in {place.sort, by_name}:
        return _Answer(FileRole.THEME, 95, "theme video")
    kind = by_name or (place.sort if place.sort in _EXTRA_FOLDERS.values() else None)
    if kind is None:
        return _Answer(FileRole.VIDEO, 95, "main video")
    rule = f"name ends like a {kind}" if by_name else f"lies in a folder for {kind}"
    if kind == "trailer":
        return _Answer(FileRole.TRAILER, 95, rule)
    if kind == "sample":
        is_small = place.largest == 0 or entry.size <= place.largest * _SAMPLE_SHARE
        return _Answer(FileRole.SAMPLE, 95 if is_small else 70, f"{rule}, {'small' if is_small else 'but not small'}")
    return _Answer(FileRole.EXTRA, 95, rule, {"extra": kind})


def _picture(name: str, place: Place) -> _Answer:
    if place.sort == "actors":
        return _Answer(FileRole.ACTOR, 95, "lies in .actors", {"actor": name.rpartition(".")[0].replace("_", " ")})
    if place.sort == "artwork":
        return _Answer(FileRole.ARTWORK, 85, "lies in a folder for artwork", {"artwork": "fanart", "rank": None})
    of_set = name if place.sort == SET else ""
    if place.sort in {"", SET} and place.is_own_folder and (match := _SET_PICTURE.match(name)):
        of_set = match["picture"]
    found = parse_artwork(of_set, (), is_own_folder=True) if of_set else None
    if found:
        kind, _ = found
        details = {"artwork": kind.value, "rank": None, "of": "collection"}
        return _Answer(FileRole.ARTWORK, 95, f"named as {kind.value} of the film's set", details)
    found = parse_artwork(name, place.stems, is_own_folder=place.is_own_folder) if place.sort == "" else None
    if found:
        kind, rank = found
        return _Answer(FileRole.ARTWORK, 95, f"named as {kind.value}", {"artwork": kind.value, "rank": rank})
    return _Answer(FileRole.UNKNOWN, 0, NO_KNOWN_NAME)


def _sound(stem: str, place: Place) -> _Answer:
    if _THEME.search(stem) or place.sort == "theme":
        return _Answer(FileRole.THEME, 95, "theme music")
    if any(stem.startswith(video) for video in place.stems):
        return _spoken(FileRole.AUDIO, stem, place)
    return _Answer(FileRole.UNKNOWN, 30, "sound that belongs to no video here")


def _spoken(role: FileRole, stem: str, place: Place) -> _Answer:
    """A subtitle or a sound track: its language and flags stand after the video's name."""
    video = max((video for video in place.stems if stem.casefold().startswith(video.casefold())), key=len, default=None)
    details = spoken_details(stem[len(video) :] if video is not None else stem)
    if video is not None:
        return _Answer(role, 95, "named after its video", details)
    is_placed = place.sort == "subtitles" or place.is_own_folder
    return _Answer(
        role, 85 if is_placed else 50, "lies in the film's folder" if is_placed else "belongs to no video", details
    )


def spoken_details(tail: str) -> dict[str, Any]:
    """Language and flags from the words after a video's name: `.en.forced`, `.pt-BR`, `.eng.hi`, `_German`.

    `hi` means hearing impaired after another language, and Hindi alone.
    """
    words = [word for word in re.split(r"[.\s_()\[\]]+|(?<![a-zA-Z])-|-(?![a-zA-Z]{2,4}(?![a-zA-Z]))", tail) if word]
    language: str | None = None
    flags: set[str] = set()
    for word in words:
        flag = _FLAGS.get(word.lower())
        if flag and not (word.lower() == "hi" and language is None):
            flags.add(flag)
        elif language is None:
            language = language_code(word)
    return {
        "language": language or "",
        "forced": "forced" in flags,
        "sdh": "sdh" in flags,
        "default": "default" in flags,
    }


_FLAGS = {
    "forced": "forced",
    "foreign": "forced",
    "sdh": "sdh",
    "cc": "sdh",
    "hi": "sdh",
    "default": "default",
}


def _extension(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""
