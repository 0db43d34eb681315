"""What one file says, as plain data for programs: `metarr nfo read` and `metarr probe`. Needs no database.

A file that cannot be read or understood is told of with its reason; nothing here raises for what lies on a disk.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from metarr.errors import InvalidInput
from metarr.library import nfo
from metarr.model.media import Metadata
from metarr.phases.scan.probe import Probed

if TYPE_CHECKING:
    from metarr.phases.scan.probe import Prober

_NFO_LIMIT = 10 << 20  # bytes; a larger one is refused unread
_METADATA = TypeAdapter(Metadata)


def of_nfo(path: str) -> dict[str, Any]:
    """Kind, hand, normalised metadata (what is known of it) and warnings; or the error."""
    try:
        if Path(path).stat().st_size > _NFO_LIMIT:
            return {"path": path, "error": "too large for an NFO"}
        document = nfo.read(Path(path).read_bytes())
    except OSError as error:
        return {"path": path, "error": f"cannot be read: {error.strerror}"}
    except InvalidInput as error:
        return {"path": path, "error": str(error)}
    return {
        "path": path,
        "kind": None if document.kind is None else document.kind.value,
        "hand": document.hand.value,
        "metadata": _plain(document.metadata),
        "episodes": [_plain(episode) for episode in document.episodes],
        "url_ids": document.url_ids.as_dict(),
        "warnings": list(document.warnings),
    }


def _plain(metadata: Metadata) -> Any:  # noqa: ANN401  a document
    return _METADATA.dump_python(metadata, mode="json", exclude_defaults=True)


async def of_video(prober: Prober, path: str) -> dict[str, Any]:
    """What is in a video, with the fingerprint of its content; or the error."""
    result = await prober.probe(path)
    if isinstance(result, Probed):
        return {"path": path, **result.facts, "fingerprint": result.fingerprint}
    return {"path": path, "error": result.reason}
