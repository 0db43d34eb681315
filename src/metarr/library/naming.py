"""The names of NFO files, artwork and actor pictures in a media folder, per player, and the inverse for artwork. Pure.

Sources: Kodi `xbmc/utils/ArtUtils.cpp` and `xbmc/video/VideoInfoScannerArt.cpp`; Jellyfin
`MediaBrowser.LocalMetadata/Images/LocalImageProvider.cs`; Plex "Local Media Assets"; and what Kodi 20 and 21 were
seen to do where they differ from their sources. The long form `<base name>-<type>.<ext>` is read by Kodi and
Jellyfin in every kind of folder, so it is always published.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeAlias

from metarr.model.artwork import ArtworkKind
from metarr.model.media import ItemKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


class Profile(StrEnum):
    """The players whose naming rules a library follows."""

    KODI = "kodi"
    JELLYFIN = "jellyfin"
    PLEX = "plex"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of an item, as far as names depend on it.

    `folder` is relative to the library's root ("" is the root itself), `stems` are the base names without extension
    of the main video files (none: a disc; for a season: `season01`, in its show's folder), `existing` the names there.
    `season_folder`: where a season's episodes lie, if they have a folder to themselves. `actors`: the folder whose
    `.actors` counts, if it is another one (an episode's is its show's). `code`: which episode of its file ("S03E04"),
    where the file holds several.
    """

    folder: str
    stems: tuple[str, ...]
    is_own_folder: bool
    existing: frozenset[str] = frozenset()
    season_folder: str | None = None
    actors: str | None = None
    code: str | None = None
    is_first: bool = True  # of the episodes in its file


NAME_LIMIT = 255  # bytes of one file name on ext4, btrfs, XFS, ZFS and over SMB
ACTORS = ".actors"
MOVIE_NFO = "movie.nfo"
PICTURE_EXTENSIONS = frozenset({"jpg", "jpeg", "png", "webp", "tbn"})
_PUBLISHED = PICTURE_EXTENSIONS | {"nfo"}

_SHOW_NFO = "tvshow.nfo"
_SEASON_NFO = "season.nfo"
_BY_FOLDER = frozenset({ItemKind.SERIES, ItemKind.COLLECTION})  # their folder is theirs: plain names, no base name
_SHORT_FOR_PLEX = frozenset({ArtworkKind.POSTER, ArtworkKind.FANART})
_ONLY_KODI = frozenset({ArtworkKind.KEYART, ArtworkKind.CHARACTERART})
# What other programs call the kinds, besides the kinds' own names.
_ALIASES = {
    "folder": ArtworkKind.POSTER,
    "cover": ArtworkKind.POSTER,
    "default": ArtworkKind.POSTER,
    "logo": ArtworkKind.CLEARLOGO,
    "disc": ArtworkKind.DISCART,
    "cdart": ArtworkKind.DISCART,
    "backdrop": ArtworkKind.FANART,
    "background": ArtworkKind.FANART,
    "art": ArtworkKind.FANART,
    "character": ArtworkKind.CHARACTERART,
}
_KINDS = _ALIASES | {str(kind): kind for kind in ArtworkKind}
_EXTENSION = rf"\.({'|'.join(sorted(PICTURE_EXTENSIONS))})$"
_WORD = r"(?P<word>[a-z]+)-?(?P<number>[0-9]{0,2})" + _EXTENSION
_SHORT = re.compile(_WORD, re.IGNORECASE)
_LONG = re.compile("-" + _WORD, re.IGNORECASE)
# Kodi `xbmc/settings/AdvancedSettings.cpp`, m_videoStackRegExps: "foo-cd1", "foo part 2 [HD]", "foo.disc a", "foo b".
_PARTS = tuple(
    re.compile(rf"[ _.-]*{part}", re.IGNORECASE)
    for part in ("(?:cd|dvd|part|pt|dis[ck])[ _.-]*[0-9]+", "(?:cd|dvd|part|pt|dis[ck])[ _.-]*[a-d]", "[a-d]")
)
_NOT_ON_WINDOWS = re.compile(r'[/\\?:*"<>|]')
_ILLEGAL = re.compile(r'[/\\?:*"<>|\x00-\x1f]')


def is_ever_published(path: str) -> bool:
    """Whether this is the path of an NFO file or of a picture: no other file is ever written or removed."""
    return PurePosixPath(path).suffix[1:].lower() in _PUBLISHED


def season_stem(number: int) -> str:
    """The base name of a season's pictures in its show's folder (`season01`), as Kodi and Jellyfin read them."""
    return f"season{number:02}" if number else "season-specials"


def episode_code(season: int, number: int) -> str:
    """What Kodi 22 puts between the base name and the type of art where a file holds several episodes: `S03E04`."""
    return f"S{season:02}E{number:02}"


def collection_folder(name: str) -> str:
    """The folder of a movie set in Kodi's "movie set information folder"; "": none can have its name.

    `xbmc/video/VideoInfoScanner.cpp`, GetMovieSetInfoFolder, and `xbmc/Util.cpp`, MakeLegalFileName for Windows.
    """
    folder = _NOT_ON_WINDOWS.sub("_", name.strip()).rstrip(". ")
    return folder if len(_bytes(folder)) <= NAME_LIMIT else ""


def nfo_names(place: Place, kind: ItemKind, profiles: Collection[Profile]) -> tuple[str, ...]:
    """Where the NFO of an item belongs: for a movie one per version, for stacked parts that of the first part.

    In a movie's own folder that has a `movie.nfo` it is that one, for Kodi and Jellyfin prefer it to any other, and
    beside a disc they know no other. Seasons have one for Jellyfin only, in a folder of their own; a show that shares
    its folder has none.
    """
    match kind:
        case ItemKind.SERIES:
            return (_path(place, _SHOW_NFO),) if place.is_own_folder else ()
        case ItemKind.SEASON:
            is_read = Profile.JELLYFIN in profiles and place.season_folder is not None
            return (f"{place.season_folder}/{_SEASON_NFO}",) if is_read else ()
        case ItemKind.COLLECTION:
            return ()
        case ItemKind.MOVIE | ItemKind.EPISODE:
            taken = sorted(name for name in place.existing if name.casefold() == MOVIE_NFO)
            if kind is ItemKind.MOVIE and place.is_own_folder and (taken or not place.stems):
                return (_path(place, next(iter(taken), MOVIE_NFO)),)
            return tuple(_path(place, _fit(parts[0], ".nfo")) for _, parts in _stacks(place.stems))


def artwork_paths(
    kind: ArtworkKind,
    rank: int,
    extension: str,
    place: Place,
    item_kind: ItemKind,
    profiles: Collection[Profile],
) -> tuple[str, ...]:
    """Every path at which one picture must lie, best known first; () where no chosen player would read it."""
    ending = f".{extension}"
    long = {f"-{word}{ending}": profile for word, profile in _long_words(kind, rank, profiles)}
    if item_kind in _BY_FOLDER or (item_kind is ItemKind.MOVIE and not place.stems):
        return _unique(_path(place, suffix[1:]) for suffix in long) if place.is_own_folder else ()
    if item_kind is ItemKind.EPISODE:
        return _episode_paths(kind, rank, ending, place, profiles)
    if item_kind is ItemKind.SEASON and not place.is_own_folder:
        return ()
    names = [_fit(base, suffix) for suffix, profile in long.items() for base in _bases(place, profile, profiles)]
    if Profile.PLEX in profiles and kind in _SHORT_FOR_PLEX and place.is_own_folder and item_kind is ItemKind.MOVIE:
        names.append(f"{kind}-{rank}{ending}" if rank else f"{kind}{ending}")
    paths = [_path(place, name) for name in names]
    if item_kind is ItemKind.SEASON and Profile.PLEX in profiles and place.season_folder is not None and not rank:
        paths += [f"{place.season_folder}/{name}" for name in _plex_season_names(kind, ending, place)]
    return _unique(paths)


def _episode_paths(
    kind: ArtworkKind, rank: int, ending: str, place: Place, profiles: Collection[Profile]
) -> tuple[str, ...]:
    """Players show one picture of an episode. Where a file holds several, the plain name is the first one's."""
    if kind is not ArtworkKind.THUMB or rank:
        return ()
    suffix = f"-{kind}{ending}"
    names: list[str] = []
    if place.code is None or place.is_first:
        names += [_fit(base, suffix) for base in _bases(place, None, profiles)]
        if Profile.PLEX in profiles:
            names += [_fit(stem, ending) for stem in place.stems]
    if place.code is not None and Profile.KODI in profiles:
        names += [_fit(f"{base}-{place.code}", suffix) for base in _bases(place, Profile.KODI, profiles)]
    return _unique(_path(place, name) for name in names)


def _plex_season_names(kind: ArtworkKind, ending: str, place: Place) -> Iterable[str]:
    """Plex looks for a season's poster beside its episodes: `Season01.jpg`, `season-specials-poster.jpg`."""
    if kind is ArtworkKind.POSTER:
        for stem in place.stems:
            yield f"{stem}-{kind}{ending}" if stem == season_stem(0) else f"{stem.capitalize()}{ending}"


def actor_paths(name: str, place: Place, extension: str = "jpg") -> tuple[str, ...]:
    """Where the head shot of an actor lies. Kodi 20 and 21 were seen to want `Robert_Downey_Jr..jpg`, case and all.

    Kodi 22 wants it without the dots at the end: `xbmc/video/VideoInfoScannerArt.cpp`, FetchActorThumbs.
    """
    legal = _ILLEGAL.sub("_", name.strip().replace(" ", "_"))
    folder = place.folder if place.actors is None else place.actors
    start = f"{folder}/".lstrip("/") + f"{ACTORS}/"
    return _unique(start + _fit(form or "_", f".{extension}") for form in (legal, legal.rstrip(".")))


def parse_artwork(filename: str, stems: Collection[str], *, is_own_folder: bool) -> tuple[ArtworkKind, int] | None:
    """The kind and rank of a picture by its name, ours or another program's, in any letter case; None: no name of art.

    `<base name>.jpg` is a poster (Jellyfin, tinyMediaManager). Short names count only in the item's own folder.
    """
    bases = {*stems, *(title for title, _ in _stacks(stems))}
    found = _LONG.search(filename)
    if found and any(_key(_fit(base, found[0])) == _key(filename) for base in bases):
        return _slot(found)
    short = _SHORT.fullmatch(filename)
    if short and is_own_folder and (slot := _slot(short)):
        return slot
    ending = re.search(_EXTENSION, filename, re.IGNORECASE)
    if ending and any(_key(_fit(base, ending[0])) == _key(filename) for base in bases):
        return ArtworkKind.POSTER, 0
    return None


def _slot(found: re.Match[str]) -> tuple[ArtworkKind, int] | None:
    kind = _KINDS.get(found["word"].lower())
    return (kind, int(found["number"] or 0)) if kind else None


def _long_words(kind: ArtworkKind, rank: int, profiles: Collection[Profile]) -> list[tuple[str, Profile | None]]:
    """The type part of the long form, and whose alone it is (None: everybody's).

    More than one: Kodi counts `fanart1`, Jellyfin `fanart-1`, and Jellyfin has several only of backdrops.
    """
    if kind in _ONLY_KODI and Profile.KODI not in profiles:
        return []
    if rank == 0:
        return [(str(kind), None)]
    words: list[tuple[str, Profile | None]] = []
    if Profile.KODI in profiles:
        words.append((f"{kind}{rank}", Profile.KODI))
    if Profile.JELLYFIN in profiles and kind is ArtworkKind.FANART:
        words.append((f"{kind}-{rank}", Profile.JELLYFIN))
    return words


def _bases(place: Place, only: Profile | None, profiles: Collection[Profile]) -> list[str]:
    """The base names of long forms. Of stacked parts Kodi takes the stack's title, Jellyfin the first part's name."""
    wanted = {only} if only else set(profiles)
    bases: list[str] = []
    for title, parts in _stacks(place.stems):
        if Profile.KODI in wanted:
            bases.append(title)
        if wanted - {Profile.KODI} or not wanted:
            bases.append(parts[0])
    return bases


_Stacks: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]


def _stacks(stems: Iterable[str]) -> _Stacks:
    """What Kodi calls each stack, and its parts; a single "part 1" without siblings is a name like any other."""
    return _stacks_of(tuple(sorted(stems)))


@lru_cache(maxsize=64)  # asked again for every picture of a folder
def _stacks_of(stems: tuple[str, ...]) -> _Stacks:
    """Parts differ in nothing but their number: `xbmc/FileItemList.cpp`, StackFiles."""
    titles = {stem: _titles_of(stem) for stem in stems} if len(stems) > 1 else {}
    called: dict[tuple[str, str], list[str]] = {}
    for stem, names in titles.items():
        for name in names:
            called.setdefault(name, []).append(stem)
    stacks: list[tuple[str, tuple[str, ...]]] = []
    taken: set[str] = set()
    for stem in stems:
        groups = ((name, [one for one in called[name] if one not in taken]) for name in titles.get(stem, ()))
        (start, end), parts = next((pair for pair in groups if len(pair[1]) > 1), ((stem, ""), [stem]))
        if stem not in taken:
            stacks.append((start + end, tuple(parts)))
            taken.update(parts)
    return tuple(stacks)


def _titles_of(stem: str) -> Sequence[tuple[str, str]]:
    """What a stem could be called without its number: before and after each that it may have, the likeliest first."""
    found = (part for parts in _PARTS for part in parts.finditer(stem))
    return list(dict.fromkeys((stem[: part.start()], stem[part.end() :]) for part in found if part.start()))


def _fit(stem: str, suffix: str) -> str:
    """The name, shortened where a file system would refuse it: the same stem always becomes the same name."""
    name = stem + suffix
    if len(_bytes(name)) <= NAME_LIMIT:
        return name
    mark = "~" + hashlib.sha256(_bytes(stem)).hexdigest()[:8]
    room = NAME_LIMIT - len(_bytes(mark + suffix))
    return _bytes(stem)[:room].decode(errors="ignore") + mark + suffix


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _path(place: Place, name: str) -> str:
    return f"{place.folder}/{name}" if place.folder else name


def _unique(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(paths))
