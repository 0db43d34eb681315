from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from metarr.phases.scan.streams import describe, is_truncated

if TYPE_CHECKING:
    from pathlib import Path

_GENERAL = {"@type": "General", "Format": "Matroska", "Duration": "60.000", "OverallBitRate": "8000"}
_VIDEO = {
    "@type": "Video",
    "Format": "HEVC",
    "Width": "3840",
    "Height": "2160",
    "Duration": "60.000",
    "FrameRate": "23.976",
}


def _facts(*tracks: dict[str, Any]) -> dict[str, Any]:
    facts = describe([_GENERAL, *tracks])
    assert facts is not None
    return facts


@pytest.mark.parametrize(
    ("fields", "hdr"),
    [
        ({}, ""),
        ({"HDR_Format": "SMPTE ST 2086", "HDR_Format_Compatibility": "HDR10"}, "hdr10"),
        ({"transfer_characteristics": "PQ"}, "hdr10"),
        ({"HDR_Format": "SMPTE ST 2094 App 4", "HDR_Format_Compatibility": "HDR10+ Profile B"}, "hdr10plus"),
        ({"HDR_Format": "Dolby Vision / SMPTE ST 2086", "HDR_Format_Compatibility": "HDR10 / HDR10"}, "dolbyvision"),
        ({"transfer_characteristics": "HLG"}, "hlg"),
    ],
)
def test_the_dynamic_range(fields: dict[str, str], hdr: str) -> None:
    assert _facts({**_VIDEO, **fields})["video"][0]["hdr"] == hdr


@pytest.mark.parametrize(
    ("fields", "codec"),
    [
        ({"Format": "AVC"}, "h264"),
        ({"Format": "HEVC"}, "hevc"),
        ({"Format": "AV1"}, "av1"),
        ({"Format": "MPEG-4 Visual"}, "mpeg4"),
        ({"Format": "MPEG Video", "Format_Version": "2"}, "mpeg2video"),
        ({"Format": "VC-1"}, "vc1"),
    ],
)
def test_kodis_names_of_video_codecs(fields: dict[str, str], codec: str) -> None:
    assert _facts({**_VIDEO, **fields})["video"][0]["codec"] == codec


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"Format": "AC-3"}, ("ac3", False, False)),
        ({"Format": "E-AC-3", "Format_Commercial_IfAny": "Dolby Digital Plus with Dolby Atmos"}, ("eac3", True, False)),
        ({"Format": "MLP FBA", "Format_Commercial_IfAny": "Dolby TrueHD with Dolby Atmos"}, ("truehd", True, False)),
        ({"Format": "DTS"}, ("dca", False, False)),
        ({"Format": "DTS", "Format_AdditionalFeatures": "XLL"}, ("dtshd_ma", False, False)),
        ({"Format": "DTS", "Format_AdditionalFeatures": "XLL X"}, ("dtshd_ma", False, True)),
        ({"Format": "MPEG Audio", "Format_Profile": "Layer 3"}, ("mp3", False, False)),
    ],
)
def test_sound_and_its_objects(fields: dict[str, str], expected: tuple[str, bool, bool]) -> None:
    (audio,) = _facts(_VIDEO, {"@type": "Audio", **fields})["audio"]
    assert (audio["codec"], audio["atmos"], audio["dtsx"]) == expected


def test_subtitles_with_their_flags() -> None:
    (text,) = _facts(_VIDEO, {"@type": "Text", "Format": "PGS", "Language": "en", "Forced": "Yes", "Title": "Signs"})[
        "subtitle"
    ]
    assert text == {"codec": "hdmv_pgs_subtitle", "language": "en", "title": "Signs", "default": False, "forced": True}


def test_chapters_are_counted() -> None:
    menu = {"@type": "Menu", "extra": {"_00_00_00_000": "One", "_00_05_00_000": "Two"}}
    assert _facts(_VIDEO, menu)["chapters"] == 2


def test_a_cover_is_no_film() -> None:
    cover = {"@type": "Video", "Format": "JPEG", "Title": "Cover"}
    assert describe([_GENERAL, cover]) is None
    assert _facts(_VIDEO, cover)["attached_pictures"] == 1


def test_sound_alone_is_no_film() -> None:
    assert describe([_GENERAL, {"@type": "Audio", "Format": "AAC"}]) is None


def test_truncation_is_seen() -> None:
    assert is_truncated([{**_GENERAL, "extra": {"IsTruncated": "Yes"}}])
    assert not is_truncated([_GENERAL])


@pytest.mark.realdata
def test_recorded_descriptions_of_real_files(shared_data: Path) -> None:
    seen = {}
    for path in sorted((shared_data / "8_video").rglob("*.mediainfo.json")):
        media = json.loads(path.read_bytes()).get("media") or {}
        facts = describe(media.get("track") or [])
        json.dumps(facts)
        seen[path.name.removesuffix(".mediainfo.json")] = facts
    assert seen["regular.mkv"] is not None
    assert seen["regular.mkv"]["video"][0]["hdr"] == "dolbyvision"
    assert seen["sample_eac3joc.mp4"] is None or seen["sample_eac3joc.mp4"]["audio"][0]["atmos"]
    assert seen["bear-opus.mka"] is None
