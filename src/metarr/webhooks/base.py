"""How any download manager's payload is read: leniently, by its source's vocabulary.

Old versions wrote keys in PascalCase and left much out; `movieFile.path` was where the download lay. So the folder with
the relative path counts. Source: `NzbDrone.Core/Notifications/Webhook/*.cs` of Radarr and Sonarr.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NoReturn

from metarr.errors import InvalidInput
from metarr.model.media import ExternalIds
from metarr.model.paths import is_under, normalised

Document = Mapping[str, Any]
_ABSOLUTE = re.compile(r"/|[A-Za-z]:[\\/]|\\\\")
_WINDOWS = re.compile(r"[A-Za-z]:|//")  # a path of which the slashes are normalised
_BACK = "\\"
_IMPOSSIBLE = re.compile("[\0\ud800-\udfff]")
_NAME = 100  # characters of a name that is shown
_KEPT = 16_384  # characters of a body that is no JSON
_DEEPEST = 64  # levels of a document
_LARGEST_ID = 1 << 31


class Source(StrEnum):
    """Who sends."""

    RADARR = "radarr"
    SONARR = "sonarr"
    LIDARR = "lidarr"


class EventKind(StrEnum):
    """What an event means to us."""

    IMPORTED = "imported"  # files came, perhaps in place of others
    RENAMED = "renamed"
    DELETED = "deleted"  # files went
    ADDED = "added"  # the manager looks after something from now on
    REMOVED = "removed"  # it does so no longer
    NOTED = "noted"  # nothing to do here
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Event:
    """One event in its sender's paths. `type` is the sender's word, `subject` what it is about, for people.

    `folder`: of the movie or show. `files` are there now, `gone` are not there any more; of a rename both stand side by
    side. `keeps_files`: what was removed left its files where they are.
    """

    kind: EventKind
    type: str
    instance: str = ""
    subject: str = ""
    folder: str = ""
    ids: ExternalIds = field(default_factory=ExternalIds)
    files: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    is_upgrade: bool = False
    keeps_files: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """What was sent. `event` is None where it could not be understood; `fault` says why. `is_document`: it was JSON."""

    document: Any
    event_type: str
    event: Event | None = None
    fault: str = ""
    is_document: bool = True


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One source's words. `ids`: our names of sources of ids, by theirs. `subjects`: where ids and folder stand."""

    source: Source
    kinds: Mapping[str, EventKind]
    subject: str
    folder: str
    files: tuple[str, ...]
    renamed: str
    ids: Mapping[str, str]
    more_ids: str | None = None  # another object that may know them


def document_of(body: bytes) -> Document | None:
    """The JSON object in a request's body, keys in camelCase; None: it is none that can be kept."""
    try:
        found = json.loads(body, parse_constant=_refuse, parse_float=_finite)
        return _camel(found, _DEEPEST) if isinstance(found, dict) else None
    except (ValueError, RecursionError):
        return None


def read(words: Vocabulary, others: Sequence[Vocabulary], document: Document | None, body: bytes) -> Received:
    """Understand a payload; what cannot be understood comes with the reason."""
    if document is None:
        raw = body[:_KEPT].decode("utf-8", "backslashreplace")
        return Received(raw, "", fault="The body is no JSON object, which is what a webhook sends.", is_document=False)
    sent = name(document.get("eventType"))
    try:
        return Received(document, sent, event=_event(words, others, document, sent))
    except InvalidInput as error:
        return Received(document, sent, fault=str(error))


def is_path(text: str) -> bool:
    """Whether it is an absolute path, of any system."""
    return _absolute(text) is not None


def name(value: object) -> str:
    """A name as it can be kept and shown; "": there is none."""
    return "".join(letter for letter in value if letter.isprintable())[:_NAME] if isinstance(value, str) else ""


def _event(words: Vocabulary, others: Sequence[Vocabulary], document: Document, sent: str) -> Event:
    if not sent:
        raise InvalidInput("The payload has no eventType.")
    kind = words.kinds.get(sent.casefold())
    if kind is None:
        raise InvalidInput(f"{words.source.title()} has no event {sent!r} that is known here.")
    instance = name(document.get("instanceName"))
    about = _object(document, words.subject)
    if kind in {EventKind.TEST, EventKind.NOTED}:
        return Event(kind, sent, instance, _subject(about, document))
    folder = _folder(words, others, document, sent)
    present, gone = _files(words, document, kind, folder)
    return Event(
        kind,
        sent,
        instance,
        _subject(about, document),
        folder,
        _ids(words, document),
        present,
        gone,
        is_upgrade=document.get("isUpgrade") is True,
        keeps_files=kind is EventKind.REMOVED and document.get("deletedFiles") is not True,
    )


def _folder(words: Vocabulary, others: Sequence[Vocabulary], document: Document, sent: str) -> str:
    path = _object(document, words.subject).get(words.folder)
    found = _absolute(path)
    if found is not None:
        return found
    other = next((one.source for one in others if _object(document, one.subject)), None)
    if other is not None and not _object(document, words.subject):
        raise InvalidInput(f"This was sent by {other.title()}: its address here ends with /webhooks/{other}.")
    got = f", not {path[:_NAME]!r}" if isinstance(path, str) else ""
    raise InvalidInput(f"{sent} needs {words.subject}.{words.folder}, an absolute path{got}.")


def _files(
    words: Vocabulary, document: Document, kind: EventKind, folder: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is there now, and what is not there any more."""
    if kind is EventKind.RENAMED:
        files = [(_old(one, folder), _present(one, folder)) for one in _objects(document, words.renamed)]
        pairs = [(old, new) for old, new in files if old and new]
        return tuple(new for _, new in pairs), tuple(old for old, _ in pairs)
    named = [one for key in words.files for one in _objects(document, key)]
    if kind is EventKind.DELETED:
        return (), tuple(filter(None, (_lost(one, folder) for one in named)))
    replaced = _objects(document, "deletedFiles")
    return (
        tuple(filter(None, (_present(one, folder) for one in named))),
        tuple(filter(None, (_lost(one, folder) for one in replaced))),
    )


def _present(file: Document, folder: str) -> str | None:
    """Where a file lies now; its `path` may be where the download lay."""
    path = _joined(folder, file.get("relativePath")) or _absolute(file.get("path"))
    return path if path and is_under(path, folder) else None


def _lost(file: Document, folder: str) -> str | None:
    """Where a file lay in the library: exactly the path that is stated."""
    return _absolute(file.get("path")) or _joined(folder, file.get("relativePath"))


def _old(file: Document, folder: str) -> str | None:
    return _absolute(file.get("previousPath")) or _joined(folder, file.get("previousRelativePath"))


def _absolute(path: object) -> str | None:
    return _plain(path) if isinstance(path, str) and _ABSOLUTE.match(path) else None


def _joined(folder: str, relative: object) -> str | None:
    if not isinstance(relative, str) or not relative:
        return None
    return _plain(f"{folder}/{relative.replace(_BACK, '/') if _WINDOWS.match(folder) else relative}")


def _plain(path: str) -> str | None:
    """The path with single slashes; None for what no file system has, and for what climbs out of its folder."""
    plain = normalised(path)
    return None if _IMPOSSIBLE.search(plain) or ".." in plain.split("/") else plain


def _ids(words: Vocabulary, document: Document) -> ExternalIds:
    found = _ids_in(words, _object(document, words.subject))
    return found.merged_with(_ids_in(words, _object(document, words.more_ids or "")))


def _ids_in(words: Vocabulary, about: Document) -> ExternalIds:
    """0 stands for: not known."""
    stated = {ours: about.get(theirs) for theirs, ours in words.ids.items()}
    usable = {key: value for key, value in stated.items() if not isinstance(value, int) or 0 < value < _LARGEST_ID}
    return ExternalIds.from_dict(usable)


def _subject(about: Document, document: Document) -> str:
    """The title with its year, or what a message says."""
    title, year = name(about.get("title")) or name(about.get("name")), about.get("year")
    if not title:
        return name(document.get("message"))
    return f"{title} ({year})" if isinstance(year, int) and year > 0 else title


def _object(document: Document, key: str) -> Document:
    found = document.get(key)
    return found if isinstance(found, Mapping) else {}


def _objects(document: Document, key: str) -> Iterator[Document]:
    """One object, or each of a list."""
    found = document.get(key)
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, Mapping):
            yield one


def _camel(value: Any, depth: int) -> Any:  # noqa: ANN401  any JSON
    if depth < 0:
        raise ValueError("nested too deeply")
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _camel(inner, depth - 1) for key, inner in value.items()}
    return [_camel(inner, depth - 1) for inner in value] if isinstance(value, list) else value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _refuse(text)
    return number


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON's")
