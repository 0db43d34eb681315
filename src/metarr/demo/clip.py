"""Tiny video files that players and probes accept, made without an encoder: for the demo library and for tests.

A clip is one grey H.264 frame, repeated. MP4 after ISO/IEC 14496-12 and -15, Matroska after RFC 9559, the bits of
the H.264 parameter sets after ITU-T H.264 section 7.3.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Container = Literal["mp4", "mkv"]

_FPS = 24
_BLOCK = 16  # pixels of a macroblock's side
_CHUNK_SAMPLES = 240  # frames stored once and pointed at again by every chunk, so that hours take no space


def tiny_clip(seconds: float, width: int, height: int, *, container: Container = "mp4", salt: bytes = b"") -> bytes:
    """Return a video file of that length and (even) size; another `salt` gives another file."""
    return _mp4(seconds, width, height, salt) if container == "mp4" else _mkv(seconds, width, height, salt)


# --- H.264 ------------------------------------------------------------------------------------------------------------


def _unsigned(value: int) -> str:
    """Exp-Golomb code, ue(v)."""
    digits = f"{value + 1:b}"
    return "0" * (len(digits) - 1) + digits


def _nal(header: int, bits: str) -> bytes:
    """A network unit: header, payload with its stop bit, and 03 wherever two zero bytes would look like a start."""
    bits += "1"
    bits += "0" * (-len(bits) % 8)
    payload = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))
    escaped = bytearray([header])
    for byte in payload:
        if byte <= 3 and escaped[-2:] == b"\0\0":  # noqa: PLR2004 - the standard's own number (7.4.1)
            escaped.append(3)
        escaped.append(byte)
    return bytes(escaped)


def _sps(width: int, height: int) -> bytes:
    columns, rows = -(-width // _BLOCK), -(-height // _BLOCK)
    right, bottom = (columns * _BLOCK - width) // 2, (rows * _BLOCK - height) // 2
    profile_level = f"{66:08b}{0b11000000:08b}{40:08b}"  # constrained baseline, level 4.0
    ids_and_order = _unsigned(0) + _unsigned(0) + _unsigned(2) + _unsigned(1) + "0"
    size = _unsigned(columns - 1) + _unsigned(rows - 1) + "11"
    crop = "1" + _unsigned(0) + _unsigned(right) + _unsigned(0) + _unsigned(bottom) if right or bottom else "0"
    return _nal(0x67, profile_level + ids_and_order + size + crop + "0")


def _pps() -> bytes:
    return _nal(0x68, "11" + "00" + "111" + "000" + "111" + "000")


def _avcc(width: int, height: int) -> bytes:
    sps, pps = _sps(width, height), _pps()
    head = bytes([1, *sps[1:4], 0xFF, 0xE1])
    return head + struct.pack(">H", len(sps)) + sps + b"\x01" + struct.pack(">H", len(pps)) + pps


def _frame() -> bytes:
    """An IDR picture's slice header, length first; the rest of the picture is left to error concealment."""
    slice_header = _unsigned(0) + _unsigned(7) + _unsigned(0) + "0000" + _unsigned(0) + "00" + "1"
    nal = _nal(0x65, slice_header)
    return struct.pack(">I", len(nal)) + nal


# --- MP4 --------------------------------------------------------------------------------------------------------------

_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def _full(kind: bytes, *parts: bytes, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", flags), *parts)


def _mp4(seconds: float, width: int, height: int, salt: bytes) -> bytes:
    frames = max(1, round(seconds * _FPS))
    first = _box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2avc1mp41") + _box(b"free", salt)
    stored = _frame() * min(frames, _CHUNK_SAMPLES)
    moov_size = len(_moov(frames, width, height, 0))
    offset = len(first) + moov_size + 8
    return first + _moov(frames, width, height, offset) + _box(b"mdat", stored)


def _moov(frames: int, width: int, height: int, offset: int) -> bytes:
    """The movie header; times are counted in frames (the time scale is the frame rate)."""
    mvhd = struct.pack(">4I", 0, 0, _FPS, frames) + struct.pack(">IH10x", 0x10000, 0x100) + _MATRIX + bytes(24)
    tkhd = struct.pack(">5I", 0, 0, 1, 0, frames) + bytes(16) + _MATRIX + struct.pack(">II", width << 16, height << 16)
    mdhd = struct.pack(">4IHH", 0, 0, _FPS, frames, 0x55C4, 0)  # 55C4 = "und"
    hdlr = struct.pack(">I", 0) + b"vide" + bytes(12) + b"video\0"
    dinf = _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1)))
    minf = _box(b"minf", _full(b"vmhd", bytes(8), flags=1), dinf, _stbl(frames, width, height, offset))
    media = _box(b"mdia", _full(b"mdhd", mdhd), _full(b"hdlr", hdlr), minf)
    return _box(b"moov", _full(b"mvhd", mvhd), _box(b"trak", _full(b"tkhd", tkhd, flags=3), media))


def _stbl(frames: int, width: int, height: int, offset: int) -> bytes:
    entry = bytes(6) + struct.pack(">H", 1) + bytes(16) + struct.pack(">HHII", width, height, 0x480000, 0x480000)
    entry += bytes(4) + struct.pack(">H", 1) + bytes(32) + struct.pack(">Hh", 24, -1)
    stsd = _full(b"stsd", struct.pack(">I", 1), _box(b"avc1", entry, _box(b"avcC", _avcc(width, height))))
    whole, rest = divmod(frames, _CHUNK_SAMPLES)
    chunks = whole + bool(rest)
    runs = [(1, _CHUNK_SAMPLES)] * bool(whole) + [(chunks, rest)] * bool(rest)
    stsc = struct.pack(">I", len(runs)) + b"".join(struct.pack(">3I", start, size, 1) for start, size in runs)
    return _box(
        b"stbl",
        stsd,
        _full(b"stts", struct.pack(">3I", 1, frames, 1)),
        _full(b"stsc", stsc),
        _full(b"stsz", struct.pack(">2I", len(_frame()), frames)),
        _full(b"stco", struct.pack(">I", chunks), struct.pack(">I", offset) * chunks),
    )


# --- Matroska ---------------------------------------------------------------------------------------------------------


def _element(identifier: int, content: bytes | float | str | Iterable[bytes]) -> bytes:
    """An EBML element with an eight-byte size."""
    match content:
        case bytes():
            body = content
        case int():
            body = content.to_bytes(max(1, (content.bit_length() + 7) // 8), "big")
        case float():
            body = struct.pack(">d", content)
        case str():
            body = content.encode()
        case parts:
            body = b"".join(parts)
    name = identifier.to_bytes((identifier.bit_length() + 7) // 8, "big")
    return name + struct.pack(">Q", len(body) | 1 << 56) + body


def _mkv(seconds: float, width: int, height: int, salt: bytes) -> bytes:
    head = _element(
        0x1A45DFA3,
        [
            _element(0x4286, 1),
            _element(0x42F7, 1),
            _element(0x42F2, 4),
            _element(0x42F3, 8),
            _element(0x4282, "matroska"),
            _element(0x4287, 4),
            _element(0x4285, 2),
        ],
    )
    info = _element(
        0x1549A966,
        [
            _element(0x2AD7B1, 1_000_000),
            _element(0x4489, seconds * 1000.0),
            _element(0x4D80, "metarr"),
            _element(0x5741, "metarr"),
        ],
    )
    tracks = _element(0x1654AE6B, [_video_track(width, height), _audio_track()])
    picture = b"\x81\0\0\x80" + _frame()
    sound = b"\x82\0\0\x80" + bytes(4)
    cluster = _element(0x1F43B675, [_element(0xE7, 0), _element(0xA3, picture), _element(0xA3, sound)])
    return head + _element(0x18538067, [info, tracks, _element(0xEC, salt), cluster])


def _video_track(width: int, height: int) -> bytes:
    return _element(
        0xAE,
        [
            _element(0xD7, 1),
            _element(0x73C5, 1),
            _element(0x83, 1),
            _element(0x22B59C, "und"),
            _element(0x86, "V_MPEG4/ISO/AVC"),
            _element(0x63A2, _avcc(width, height)),
            _element(0x23E383, 1_000_000_000 // _FPS),
            _element(0xE0, [_element(0xB0, width), _element(0xBA, height)]),
        ],
    )


def _audio_track() -> bytes:
    return _element(
        0xAE,
        [
            _element(0xD7, 2),
            _element(0x73C5, 2),
            _element(0x83, 2),
            _element(0x22B59C, "eng"),
            _element(0x86, "A_PCM/INT/LIT"),
            _element(0xE1, [_element(0xB5, 48000.0), _element(0x9F, 2), _element(0x6264, 16)]),
        ],
    )
