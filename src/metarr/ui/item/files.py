"""The files of an item: what each is and how sure that is, with the streams, versions and parts of its videos."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response

from metarr.actions import items
from metarr.api.deps import Id
from metarr.model.media import FileRole
from metarr.ui.framing import house_of
from metarr.ui.item.framed import head_of, show_item
from metarr.web.access import READ
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from metarr.model.media import MediaFile

router = Router(include_in_schema=False)
_DOUBT = 80  # below this confidence a person is asked
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_STEP = 1000
_RANGES = {"hdr10": "HDR10", "hdr10plus": "HDR10+", "dolbyvision": "Dolby Vision", "hlg": "HLG"}
_CHANNELS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


@dataclass(frozen=True, slots=True)
class StreamLine:
    """A video file: which version or part it is, and what is in it, in words."""

    file: MediaFile
    marks: tuple[str, ...]  # edition, version, part
    length: str
    container: str
    video: tuple[str, ...]
    audio: tuple[str, ...]
    subtitles: tuple[str, ...]


@router.get("/items/{item_id}/files", dependencies=[READ])
async def files_page(request: Request, item_id: Id) -> Response:
    """The page."""
    head, found = await house_of(request).store.read(lambda tx: (head_of(tx, item_id), items.files_of(tx, item_id)))
    videos = [streams_of(one) for one in found if one.role is FileRole.VIDEO]
    others = [one for one in found if one.role is not FileRole.VIDEO]
    return await show_item(request, "item_files.html", head, videos=videos, others=others, size=size, doubt=_DOUBT)


def streams_of(file: MediaFile) -> StreamLine:
    """What is in a video."""
    known = file.details
    seconds = known.get("duration_s")
    return StreamLine(
        file=file,
        marks=tuple(f"{name} {known[name]}" for name in ("edition", "version", "part") if known.get(name)),
        length=str(timedelta(seconds=round(seconds))) if seconds else "",
        container=str(known.get("container") or ""),
        video=tuple(" · ".join(_video(one)) for one in _dicts(known, "video")),
        audio=tuple(" · ".join(_audio(one)) for one in _dicts(known, "audio")),
        subtitles=tuple(" · ".join(_subtitle(one)) for one in _dicts(known, "subtitle")),
    )


def size(number: float) -> str:
    """Bytes as people read them."""
    unit = 0
    while number >= _STEP and unit < len(_UNITS) - 1:
        number, unit = number / _STEP, unit + 1
    return f"{number:.0f} {_UNITS[unit]}" if unit == 0 else f"{number:.1f} {_UNITS[unit]}"


def _dicts(known: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    found = known.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list | tuple) else []


def _video(one: Mapping[str, Any]) -> Iterator[str]:
    yield str(one.get("codec") or "video")
    if one.get("width") and one.get("height"):
        yield f"{one['width']} x {one['height']}"
    if one.get("fps"):
        yield f"{one['fps']:g} fps"
    if one.get("bit_depth"):
        yield f"{one['bit_depth']} bit"
    if one.get("hdr"):
        yield _RANGES.get(str(one["hdr"]), str(one["hdr"]))


def _audio(one: Mapping[str, Any]) -> Iterator[str]:
    yield str(one.get("language") or "unknown language")
    yield str(one.get("codec") or "audio")
    if one.get("channels"):
        yield _CHANNELS.get(one["channels"], f"{one['channels']} channels")
    yield from (word for name, word in (("atmos", "Atmos"), ("dtsx", "DTS:X")) if one.get(name))
    yield from _titled(one)


def _subtitle(one: Mapping[str, Any]) -> Iterator[str]:
    yield str(one.get("language") or "unknown language")
    yield str(one.get("codec") or "subtitles")
    yield from _titled(one)


def _titled(one: Mapping[str, Any]) -> Iterator[str]:
    if one.get("title"):
        yield str(one["title"])
    yield from (name for name in ("default", "forced") if one.get(name))
