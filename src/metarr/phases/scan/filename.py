"""File names as text: what can be shown of them, and where the extension begins. Pure."""

from __future__ import annotations

import re
import unicodedata

VIDEO_EXTENSIONS = frozenset(
    [
        "mkv",
        "mp4",
        "m4v",
        "avi",
        "ts",
        "m2ts",
        "mts",
        "mov",
        "wmv",
        "mpg",
        "mpeg",
        "m2v",
        "vob",
        "ogm",
        "ogv",
        "webm",
        "flv",
        "divx",
        "xvid",
        "asf",
        "rm",
        "rmvb",
        "3gp",
        "iso",
        "img",
        "strm",
        "wtv",
        "dvr-ms",
        "f4v",
        "mk3d",
        "mxf",
    ]
)
_OTHER_EXTENSIONS = frozenset(
    {"nfo", "srt", "ass", "ssa", "sub", "idx", "sup", "vtt", "smi", "mks", "mka"}
    | {"jpg", "jpeg", "png", "webp", "tbn", "txt", "xml"}
)

_ESCAPED = re.compile("[\udc80-\udcff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def readable(text: str) -> str:
    """NFC, and text that can be encoded: bytes that were no UTF-8 are shown as Latin-1, what a file of 1998 was."""
    shown = _ESCAPED.sub(lambda match: chr(ord(match[0]) - 0xDC00), text)
    return unicodedata.normalize("NFC", _SURROGATE.sub("\ufffd", shown))


def stem(filename: str) -> str:
    """The name without its extension, if it has one that we know: `x264-GRP` is none."""
    head, dot, extension = filename.rpartition(".")
    is_known = extension.lower() in VIDEO_EXTENSIONS or extension.lower() in _OTHER_EXTENSIONS
    return head if dot and head and is_known else filename
