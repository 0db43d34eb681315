"""A folder of the server, opened in the browser: what lies in it, and what can be said of it as a library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metarr.actions import first_publishing, libraries, roots
from metarr.errors import InvalidInput, MetarrError, NotFound
from metarr.store import settings

if TYPE_CHECKING:
    from metarr.actions.installation import Installation
    from metarr.actions.roots import Checked, Folders

_FIRST_FOLDER = "/"


@dataclass(frozen=True, slots=True)
class Look:
    """A folder in the browser. `meets`: the library that has its files already; `fault`: why it cannot be one."""

    folders: Folders | None
    checked: Checked | None
    meets: str | None
    expected: int | None  # bytes, in cache and library each
    fault: str


async def look_at(house: Installation, path: str) -> Look:
    """A folder opened; "": where one begins."""
    folders = checked = meets = expected = None
    fault = ""
    try:
        folders = await roots.patiently(roots.folders, path or _FIRST_FOLDER)
        if path:
            root = (checked := await roots.patiently(roots.check_root, path)).root
            meets = await house.store.read(lambda tx: libraries.meets(tx, root))
            expected = len(folders.folders) * first_publishing.bytes_per_title(await house.store.read(settings.load))
    except (InvalidInput, NotFound) as error:
        fault = str(error)
    except MetarrError as error:  # the share does not answer
        fault = f"{error} Check that it is mounted, and try again."
    return Look(folders, checked, meets, expected, fault)
