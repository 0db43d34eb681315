"""Which folders changed, by what the system says of paths, and when they are calm enough to be scanned. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.library.listing import is_ignored_file, is_ignored_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_LOSSY = "\ufffd"  # stands for bytes that are no UTF-8: such a path leads nowhere


class Settling:
    """Folders that changed a moment ago. Times are seconds of any one clock.

    A folder is calm `quiet` seconds after its last change, or `longest` after its first: a file that is being copied
    for an hour is not looked at every few seconds, nor is the rest of its folder forgotten.
    """

    def __init__(self, quiet: float, longest: float) -> None:
        self._quiet = quiet
        self._longest = longest
        self._times: dict[str, tuple[float, float]] = {}  # folder -> first and last change

    def note(self, folders: Iterable[str], now: float) -> None:
        """Something changed in these."""
        for folder in folders:
            first, _ = self._times.get(folder, (now, now))
            self._times[folder] = first, now

    def take(self, now: float) -> set[str]:
        """Those that are calm now; they are forgotten."""
        calm = {folder for folder in self._times if self._due(folder) <= now}
        for folder in calm:
            del self._times[folder]
        return calm

    def wait(self, now: float) -> float:
        """Seconds until the next one is calm; for ever if there is none."""
        return max(0.0, min(map(self._due, self._times), default=float("inf")) - now)

    def _due(self, folder: str) -> float:
        first, last = self._times[folder]
        return min(last + self._quiet, first + self._longest)


def folder_of(root: str, path: str, *, is_folder: bool) -> str | None:
    """The folder to scan for a change at `path`, relative to the root; None: a change that means nothing.

    Hidden names mean nothing, our own temporary ones among them, nor do downloads that are not finished. What is gone
    may have been a folder: at the top of a library it is looked for by its own name.
    """
    inside = path.removeprefix(root.rstrip("/")).strip("/")
    *above, name = inside.split("/")
    if any(map(is_ignored_folder, above)) or (is_ignored_folder(name) if is_folder else is_ignored_file(name)):
        return None
    while above and _LOSSY in "/".join(above):
        above.pop()
    is_itself = is_folder or (not above and not _has_extension(name))
    return inside if is_itself and inside and _LOSSY not in inside else "/".join(above)


def outermost(folders: Collection[str]) -> tuple[str, ...]:
    """Without those that lie in another of them; "" is the root, in which all lie."""
    if "" in folders:
        return ("",)
    found = set(folders)
    return tuple(
        sorted(
            folder
            for folder in found
            if not any("/".join(folder.split("/")[:length]) in found for length in range(1, folder.count("/") + 1))
        )
    )


def _has_extension(name: str) -> bool:
    """Whether it looks like a file's: a folder's dots stand before longer words, or before spaces."""
    extension = name.rpartition(".")[2]
    return "." in name and extension.isalnum() and len(extension) <= 4  # noqa: PLR2004  `.webm`
