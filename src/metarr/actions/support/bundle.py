"""The bundle as one zip: every text in it has gone through the redaction, and no secret that we know of is left.

It is made in memory and stays small: documents are counts and lists with an end, and of the log only its end is taken.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import TYPE_CHECKING, Any, Final

from metarr.actions import logs
from metarr.actions.support import gathering
from metarr.model.audit import Deed
from metarr.model.redaction import Redaction
from metarr.phases.base import in_thread
from metarr.store import audit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from metarr.actions.entrance import Doors
    from metarr.actions.installation import Installation
    from metarr.actions.support.gathering import Gathered

_LOG_BYTES = 8_000_000  # of the log's end, unpacked
_LARGEST = 2_000_000  # bytes of one document; a larger one is cut, and says so
_NAMED: Final = frozenset({"libraries.json"})  # whose texts are all names and paths of people's
_FRAME = re.compile(r'File "[^"]*?([^/"]+/[^/"]+)", line (\d+)(.*)')
_README = """This is a support bundle of Metarr. It tells how the program is set up and how it is doing.

No password, key, token, or address that holds one is in it: they are left out, and whatever looks like one is replaced
by (hidden). It holds names of libraries, paths and titles, unless it was made without names; then each of them is a
word like name-0123456789, the same one everywhere in it.

versions.json       program, Python, system, packages
configuration.json  environment and file (secrets hidden)
settings.json       what is set; providers.json, players.json, channels.json: the same of these (secrets: only whether)
doctor.json         what the doctor found
health.json         what waits for what
queue.json          jobs by kind and state; failed-jobs.json: the newest that failed, and why
figures.json        sizes, room, workers; metrics.txt: as Prometheus has them
database.json       rows, indexes, settings, and the migration it is at
libraries.json      where they lie
log.jsonl           the end of the log
"""


async def make(house: Installation, doors: Doors, metrics: str, *, has_names: bool = True) -> bytes:
    """The zip. That it was made is recorded. `has_names` False: libraries, paths and titles become stable words."""
    gathered = await gathering.gather(house)
    await house.store.write(lambda tx: audit.record(tx, Deed.BUNDLE_MADE, names=has_names))
    own = {*doors.keys, doors.token, doors.setup_code}
    redaction = Redaction(gathered.secrets | own, None if has_names else gathered.names, gathered.key)
    return await in_thread(_packed, gathered, metrics, logs.folder(house), redaction)


def _packed(gathered: Gathered, metrics: str, folder: Path, redaction: Redaction) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("README.txt", _README)
        for name, document in sorted(gathered.documents.items()):
            clean = redaction.document(json.loads(json.dumps(document, default=str)), is_named=name in _NAMED)
            packed.writestr(name, _cut(redaction.without_secrets(json.dumps(clean, indent=1, ensure_ascii=False))))
        packed.writestr("metrics.txt", _cut(redaction.without_secrets(metrics)))
        with packed.open("log.jsonl", "w") as log:
            for line in _log(folder):
                log.write(f"{_line(line, redaction)}\n".encode("utf-8", "replace"))
    return buffer.getvalue()


def _cut(text: str) -> str:
    return text if len(text) <= _LARGEST else f"{text[:_LARGEST]}\n... cut here\n"


def _log(folder: Path) -> Iterator[str]:
    """The end of the log, the oldest line first, across its files."""
    left = _LOG_BYTES
    parts: list[bytes] = []
    for file in logs.files(folder):
        try:
            with file.open("rb") as opened:
                size = opened.seek(0, io.SEEK_END)
                opened.seek(max(0, size - left))
                parts.append(opened.read(left))
        except FileNotFoundError:
            continue  # it became an older one meanwhile
        left -= len(parts[-1])
        if left <= 0:
            break
    for part in reversed(parts):
        yield from part.decode("utf-8", "replace").splitlines()


def _line(line: str, redaction: Redaction) -> str:
    """One line; one that is cut at its beginning, or no line of ours, is left out where names are not wanted."""
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return redaction.text(line) if redaction.has_names else "{}"
    if redaction.has_names:
        clean = redaction.document(found)
    else:
        clean = {name: _nameless(name, value, redaction) for name, value in found.items()}
    return redaction.without_secrets(json.dumps(clean, ensure_ascii=False))


def _nameless(name: str, value: Any, redaction: Redaction) -> Any:  # noqa: ANN401  any JSON
    if name in {"timestamp", "level", "phase"}:
        return value
    if name == "event":
        return redaction.text(str(value))
    if name == "exception":
        return _frames(str(value))
    return redaction.document(value, is_named=True)


def _frames(traceback: str) -> list[str]:
    """Where it happened and what kind of error it was, without its words."""
    last = traceback.rstrip().rpartition("\n")[2].partition(":")[0]
    frames = (_FRAME.search(line) for line in traceback.splitlines())
    return [*(f"{found[1]}, line {found[2]}{found[3]}" for found in frames if found), last]
