"""What download managers send: a payload becomes one typed event, or a reason why it cannot be understood. Pure.

The registry: only it knows which sources there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.webhooks import lidarr, radarr, sonarr
from metarr.webhooks.base import Event, EventKind, Received, Source, document_of, is_path, name
from metarr.webhooks.base import read as _read

if TYPE_CHECKING:
    from metarr.webhooks.base import Document, Vocabulary

__all__ = ["Event", "EventKind", "Received", "Source", "is_path", "name", "receive", "understand"]

VOCABULARIES: dict[Source, Vocabulary] = {
    Source.RADARR: radarr.VOCABULARY,
    Source.SONARR: sonarr.VOCABULARY,
    Source.LIDARR: lidarr.VOCABULARY,
}


def receive(source: Source, body: bytes) -> Received:
    """A request's body, understood as far as it goes."""
    return understand(source, document_of(body), body)


def understand(source: Source, document: Document | None, body: bytes = b"") -> Received:
    """The same for a document; None: the body was none."""
    others = [known for name, known in VOCABULARIES.items() if name is not source]
    return _read(VOCABULARIES[source], others, document, body)
