"""What MediaInfo says about a file, in the words that NFO files and pages use.

Field names are MediaInfo's own (its JSON output); codec names are the ones Kodi keeps in `<streamdetails>`, which
come from FFmpeg (xbmc/cores/VideoPlayer/DVDDemuxers/DVDDemuxFFmpeg.cpp, GetStreamCodecName).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Track = Mapping[str, Any]

_VIDEO_CODECS = {
    "AVC": "h264",
    "HEVC": "hevc",
    "AV1": "av1",
    "VVC": "vvc",
    "VP8": "vp8",
    "VP9": "vp9",
    "VC-1": "vc1",
    "MPEG-4 Visual": "mpeg4",
    "H.263": "h263",
    "Sorenson Spark": "flv1",
    "Theora": "theora",
    "ProRes": "prores",
    "JPEG": "mjpeg",
    "WMV1": "wmv1",
    "WMV2": "wmv2",
    "WMV3": "wmv3",
}
_AUDIO_CODECS = {
    "AAC": "aac",
    "AC-3": "ac3",
    "E-AC-3": "eac3",
    "AC-4": "ac4",
    "MLP FBA": "truehd",
    "MLP": "mlp",
    "FLAC": "flac",
    "ALAC": "alac",
    "Opus": "opus",
    "Vorbis": "vorbis",
    "WMA": "wmav2",
    "PCM": "pcm_s16le",
}
_ADPCM_CODECS = {"2": "adpcm_ms", "11": "adpcm_ima_wav"}  # by the tags of AVI and WAV (libavformat/riff.c)
_SUBTITLE_CODECS = {
    "UTF-8": "subrip",
    "SubRip": "subrip",
    "ASS": "ass",
    "SSA": "ssa",
    "PGS": "hdmv_pgs_subtitle",
    "VobSub": "dvd_subtitle",
    "DVB Subtitle": "dvb_subtitle",
    "Timed Text": "mov_text",
    "WebVTT": "webvtt",
    "S_TEXT/WEBVTT": "webvtt",  # what Matroska calls it, where MediaInfo knows no name of its own
    "Teletext Subtitle": "dvb_teletext",
}


_FACTS = ("container", "duration_s", "bitrate", "video", "audio", "subtitle", "chapters", "attached_pictures")


def has_facts(details: Mapping[str, Any]) -> bool:
    """Whether a file's details hold what a probe found."""
    return "container" in details


def facts_of(details: Mapping[str, Any]) -> dict[str, Any]:
    """What a probe found, without what the file's name said."""
    return {name: details[name] for name in _FACTS if name in details}


def describe(tracks: Sequence[Track]) -> dict[str, Any] | None:
    """The facts about a file as plain JSON data, or None when there is no moving picture in it."""
    general = next((track for track in tracks if track.get("@type") == "General"), {})
    pictures = [track for track in tracks if track.get("@type") == "Video"]
    videos = [track for track in pictures if not _is_cover(track)]
    if not videos:
        return None
    return {
        "container": str(general.get("Format") or "").lower(),
        "duration_s": _number(general.get("Duration")) or _number(videos[0].get("Duration")),
        "bitrate": _whole(general.get("OverallBitRate")),
        "video": [_video(track) for track in videos],
        "audio": [_audio(track) for track in tracks if track.get("@type") == "Audio"],
        "subtitle": [_subtitle(track) for track in tracks if track.get("@type") == "Text"],
        "chapters": sum(_chapters(track) for track in tracks if track.get("@type") == "Menu"),
        "attached_pictures": len(pictures) - len(videos) + _covers(general),
    }


def is_truncated(tracks: Sequence[Track]) -> bool:
    """MediaInfo compares the sizes that the container states with the file's."""
    return any(_extra(track).get("IsTruncated") == "Yes" for track in tracks)


def is_filler(content_end: bytes, zeros: int) -> bool:
    """Whether the zero bytes at a file's end belong to a filler that the container declares.

    `content_end` is what stands before them. Matroska: a Void element (EC) with an eight-byte size; MP4: a `free`
    box with a 64-bit or 32-bit size.
    """
    for at in range(len(content_end)):
        left = len(content_end) - at + zeros
        void, size32 = content_end[at : at + 9], content_end[at : at + 8]
        is_void = void[:2] == b"\xec\x01" and 9 + int.from_bytes(void[2:9], "big") == left
        is_free = size32[4:] == b"free" and left in {
            int.from_bytes(size32[:4], "big"),
            int.from_bytes(content_end[at + 8 : at + 16], "big"),
        }
        if is_void or is_free:
            return True
    return False


def _is_cover(track: Track) -> bool:
    """A cover picture that the container stores as a video stream."""
    return "Cover" in str(track.get("Title") or "") and track.get("Format") in {"JPEG", "PNG"} and not _fps(track)


def _covers(general: Track) -> int:
    text = str(general.get("Cover") or "")
    return len([part for part in text.split("/") if part.strip() == "Yes"])


def _video(track: Track) -> dict[str, Any]:
    return {
        "codec": _video_codec(track),
        "profile": str(track.get("Format_Profile") or ""),
        "width": _whole(track.get("Width")),
        "height": _whole(track.get("Height")),
        "aspect": _number(track.get("DisplayAspectRatio")),
        "fps": _fps(track),
        "bit_depth": _whole(track.get("BitDepth")),
        "hdr": _hdr(track),
        "language": _language(track),
        "duration_s": _number(track.get("Duration")),
    }


def _audio(track: Track) -> dict[str, Any]:
    features = f"{track.get('Format_Commercial_IfAny') or ''} {track.get('Format_AdditionalFeatures') or ''}"
    return {
        "codec": _audio_codec(track, features),
        "channels": _whole(track.get("Channels")),
        "layout": str(track.get("ChannelLayout") or ""),
        "language": _language(track),
        "title": str(track.get("Title") or ""),
        "default": track.get("Default") == "Yes",
        "forced": track.get("Forced") == "Yes",
        "atmos": "Atmos" in features or "JOC" in features,
        "dtsx": "DTS:X" in features or "XLL X" in features,
    }


def _subtitle(track: Track) -> dict[str, Any]:
    form = str(track.get("Format") or "")
    return {
        "codec": _SUBTITLE_CODECS.get(form, form.lower()),
        "language": _language(track),
        "title": str(track.get("Title") or ""),
        "default": track.get("Default") == "Yes",
        "forced": track.get("Forced") == "Yes",
    }


def _video_codec(track: Track) -> str:
    form = str(track.get("Format") or "")
    if form == "MPEG Video":
        return "mpeg1video" if str(track.get("Format_Version")) == "1" else "mpeg2video"
    return _VIDEO_CODECS.get(form, form.lower())


def _audio_codec(track: Track, features: str) -> str:
    form = str(track.get("Format") or "")
    if form == "DTS":
        return "dtshd_ma" if "XLL" in features else "dtshd_hra" if "XBR" in features else "dca"
    if form == "MPEG Audio":
        return {"Layer 2": "mp2", "Layer 1": "mp1"}.get(str(track.get("Format_Profile")), "mp3")
    if form == "ADPCM":
        return _ADPCM_CODECS.get(str(track.get("CodecID")), "adpcm")
    name = form.split(maxsplit=1)[0] if form.startswith(("AAC", "MLP FBA")) else form
    return _AUDIO_CODECS.get(form) or _AUDIO_CODECS.get(name, form.lower())


def _hdr(track: Track) -> str:
    """Kodi's word for the dynamic range, the richest first (hdrtype of `<streamdetails>`); "" is standard range."""
    form = f"{track.get('HDR_Format') or ''} {track.get('HDR_Format_Compatibility') or ''}"
    transfer = str(track.get("transfer_characteristics") or "")
    if "Dolby Vision" in form:
        return "dolbyvision"
    if "2094" in form or "HDR10+" in form:
        return "hdr10plus"
    if "2086" in form or "HDR10" in form or transfer == "PQ":
        return "hdr10"
    return "hlg" if transfer == "HLG" else ""


def _chapters(menu: Track) -> int:
    """A menu's chapters are the entries named by their time, `_00_05_00_000`."""
    return sum(1 for name in _extra(menu) if name.startswith("_") and name[1:2].isdigit())


def _extra(track: Track) -> Mapping[str, Any]:
    extra = track.get("extra")
    return extra if isinstance(extra, Mapping) else {}


def _language(track: Track) -> str:
    return str(track.get("Language") or track.get("LANGUAGE") or "").lower()


def _fps(track: Track) -> float | None:
    return _number(track.get("FrameRate"))


def _number(value: object) -> float | None:
    try:
        return round(float(str(value)), 3)
    except ValueError:
        return None


def _whole(value: object) -> int | None:
    number = _number(str(value).partition("/")[0])
    return None if number is None else int(number)
