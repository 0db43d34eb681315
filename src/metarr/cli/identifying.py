"""`metarr identify`: what a name says, without a database or any file."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from metarr.phases.scan.names import identify

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

_BLOCK = 1 << 16  # bytes


def run(paths: Iterable[str], *, is_json: bool, is_nul: bool) -> None:
    """One line for each path, in the order given; `-` stands for the paths on standard input."""
    write = sys.stdout.buffer.write
    for path in _all(paths, is_nul=is_nul):
        found = identify(path)
        text = json.dumps(found, ensure_ascii=False) if is_json else _words(found)
        # A byte that is no UTF-8 becomes \udcXX, which JSON reads back as Python's escape of that byte.
        write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.flush()


def _all(paths: Iterable[str], *, is_nul: bool) -> Iterator[str]:
    for path in paths:
        if path == "-":
            yield from _records(sys.stdin.buffer, b"\0" if is_nul else b"\n")
        else:
            yield path


def _records(source: BinaryIO, separator: bytes) -> Iterator[str]:
    """Records as they come; an empty one is none."""
    rest = b""
    while block := os.read(source.fileno(), _BLOCK):
        *whole, rest = (rest + block).split(separator)
        for record in whole:
            if record:
                yield os.fsdecode(record)
    if rest:
        yield os.fsdecode(rest)


def _words(found: dict[str, Any]) -> str:
    """The same for a person."""
    title = found["title"] or "?"
    year = f" ({found['year']})" if found["year"] else ""
    numbers = "".join(f"E{number:02}" for number in found["episodes"])
    seasons = found["season"] if isinstance(found["season"], list) else [found["season"]]
    season = "".join(f"S{number:02}" for number in seasons if number is not None)
    ids = " ".join(f"{source}-{value}" for source, value in found["ids"].items())
    parts = (f"{found['kind']}: {title}{year}", season + numbers, found["air_date"], found["edition"], ids)
    return f"{found['path']!a} -> {', '.join(part for part in parts if part)} [{found['confidence']} %]"
