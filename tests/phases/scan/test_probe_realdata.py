"""What the probe says of files made by others, against what MediaInfo and ffprobe said of them when they were recorded.

A value must be the one of either: where the two disagree, either may be right.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from metarr.phases.scan.probe import Probed, inspect

pytestmark = pytest.mark.realdata
_VIDEO = {"AVC": "h264", "HEVC": "hevc", "AV1": "av1", "VP9": "vp9", "VP8": "vp8", "MPEG-4 Visual": "mpeg4"}


def _load(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {}
    return found


def _recorded(shared_data: Path) -> dict[Path, tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Every file with what MediaInfo (tracks) and ffprobe (streams) said of it."""
    found = {}
    for truth in sorted((shared_data / "8_video").rglob("*.mediainfo.json")):
        file = truth.with_name(truth.name.removesuffix(".mediainfo.json"))
        streams = _load(file.with_name(f"{file.name}.ffprobe.json")).get("streams") or []
        tracks = (_load(truth).get("media") or {}).get("track") or []
        if file.exists():
            found[file] = (tracks, streams)
    return found


def _number(text: Any) -> int | None:
    return int(float(str(text))) if str(text or "").replace(".", "", 1).isdigit() else None


def _of(tracks: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [track for track in tracks if track.get("@type", track.get("codec_type", "")).lower() == kind]


def _pictures(streams: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [stream for stream in _of(streams, "video") if not (stream.get("disposition") or {}).get("attached_pic")]


def _disagreements(facts: Any, tracks: list[dict[str, Any]], streams: list[dict[str, Any]]) -> list[str]:
    pictures = _pictures(streams)
    videos = _of(tracks, "video")
    sounds, tones = _of(tracks, "audio"), _of(streams, "audio")
    texts, subtitles = _of(tracks, "text"), _of(streams, "subtitle")
    pairs: list[tuple[str, Any, set[Any]]] = [
        ("videos", len(facts["video"]), {len(videos), len(pictures)}),
        ("sounds", len(facts["audio"]), {len(sounds), len(tones)}),
        ("subtitles", len(facts["subtitle"]), {len(texts), len(subtitles)}),
    ]
    for ours, theirs, other in zip(facts["video"], videos, [*pictures, *({} for _ in videos)], strict=False):
        pairs += [
            (name, ours[name], {_number(theirs.get(name.capitalize())), other.get(name)})
            for name in ("width", "height")
        ]
        pairs.append(("video codec", ours["codec"], {_VIDEO.get(str(theirs["Format"])), other.get("codec_name")}))
    for ours, theirs, other in zip(facts["audio"], sounds, [*tones, *({} for _ in sounds)], strict=False):
        pairs.append(("channels", ours["channels"], {_number(theirs.get("Channels")), other.get("channels")}))
        if other:
            pairs.append(("sound codec", ours["codec"], {other.get("codec_name")}))
    for ours, theirs, other in zip(facts["subtitle"], texts, [*subtitles, *({} for _ in texts)], strict=False):
        if other.get("codec_name"):
            pairs.append(("subtitle codec", ours["codec"], {other.get("codec_name")}))
        pairs.append(("language", ours["language"], {theirs.get("Language", ""), theirs.get("LANGUAGE", "")}))
    return [f"{name}: {found!r} instead of {allowed}" for name, found, allowed in pairs if found not in allowed]


def test_every_recorded_file_is_probed_as_it_was_recorded(shared_data: Path) -> None:
    recorded = _recorded(shared_data)
    assert len(recorded) > 40
    wrong: dict[str, list[str]] = {}
    for file, (tracks, streams) in recorded.items():
        result = inspect(str(file))
        if isinstance(result, Probed):
            problems = _disagreements(result.facts, tracks, streams)
        elif not _of(tracks, "video"):
            problems = []  # nothing moves in it: refusing it as a video is right
        elif any((track.get("extra") or {}).get("IsTruncated") for track in tracks):
            problems = [] if "truncated" in result.reason else [result.reason]
        else:
            problems = [result.reason]
        if problems:
            wrong[str(file.relative_to(shared_data))] = problems
    assert wrong == {}
