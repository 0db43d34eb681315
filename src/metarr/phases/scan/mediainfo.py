"""MediaInfo's library, as far as a probe needs it: the bytes of one file in, its tracks out.

pymediainfo brings the library. Its own way of asking either tries every parser on every file, which takes half as long
again and leaves out what AVI files say, or names the file to the library, which then takes `01.ts` to `24.ts` beside
each other for one recording and follows whatever a playlist refers to. Here the library sees bytes only, and a hint.
"""

from __future__ import annotations

import ctypes
import json
import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import BinaryIO

_CHUNK = 64 << 10  # bytes
_IS_FINISHED = 8  # a bit of what Open_Buffer_Continue returns (MediaInfoLib, File__Analyze.h: IsFinished)
_NO_SEEK = (1 << 64) - 1
# MediaInfoLib, File__MultipleParsing.cpp and MediaInfo_File.cpp, SelectFromExtension: the names of its parsers.
_PARSERS = {
    "mkv": "Mk",
    "mk3d": "Mk",
    "webm": "Mk",
    "mp4": "Mpeg4",
    "m4v": "Mpeg4",
    "mov": "Mpeg4",
    "avi": "Riff",
    "divx": "Riff",
    "ts": "MpegTs",
}


def parser_of(path: str) -> str | None:
    """The parser that files of this name are for, where there is only one."""
    return _PARSERS.get(path.rpartition(".")[2].lower())


def tracks(file: BinaryIO, parser: str | None = None) -> list[dict[str, Any]]:
    """What the library says about each track. `parser`: ask this one only. Raises ValueError for an unusable answer."""
    library = _library()
    handle = library.MediaInfo_New()
    try:
        library.MediaInfo_Option(handle, "Inform", "JSON")
        if parser is not None:
            library.MediaInfo_Option(handle, "File_ForceParser", parser)
        _feed(library, handle, file)
        answer = library.MediaInfo_Inform(handle, 0)
    finally:
        library.MediaInfo_Close(handle)
        library.MediaInfo_Delete(handle)
    media = json.loads(answer).get("media") or {}
    found: list[dict[str, Any]] = media.get("track") or []
    return found


def _feed(library: ctypes.CDLL, handle: int, file: BinaryIO) -> None:
    """Give the library the parts of the file that it asks for."""
    size = os.fstat(file.fileno()).st_size
    file.seek(0)
    library.MediaInfo_Open_Buffer_Init(handle, size, 0)
    while data := file.read(_CHUNK):
        if library.MediaInfo_Open_Buffer_Continue(handle, data, len(data)) & _IS_FINISHED:
            break
        wanted = library.MediaInfo_Open_Buffer_Continue_GoTo_Get(handle)
        if wanted != _NO_SEEK:
            file.seek(wanted)
            library.MediaInfo_Open_Buffer_Init(handle, size, wanted)
    library.MediaInfo_Open_Buffer_Finalize(handle)


@cache
def _library() -> ctypes.CDLL:
    """The library that came with pymediainfo, or the system's."""
    spec = find_spec("pymediainfo")
    folder = Path(spec.origin).parent if spec is not None and spec.origin is not None else Path()
    library = ctypes.CDLL(str(next(folder.glob("libmediainfo.*"), "libmediainfo.so.0")))
    handle, size, number, text = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint64, ctypes.c_wchar_p
    # MediaInfoDLL.h, the functions for wide characters
    for name, result, arguments in (
        ("New", handle, ()),
        ("Option", text, (handle, text, text)),
        ("Open_Buffer_Init", size, (handle, number, number)),
        ("Open_Buffer_Continue", size, (handle, ctypes.c_char_p, size)),
        ("Open_Buffer_Continue_GoTo_Get", number, (handle,)),
        ("Open_Buffer_Finalize", size, (handle,)),
        ("Inform", text, (handle, size)),
        ("Close", None, (handle,)),
        ("Delete", None, (handle,)),
    ):
        function = getattr(library, f"MediaInfo_{name}")
        function.restype, function.argtypes = result, arguments
    return library
