"""Small pictures for pages: made from the cache when first asked for, kept beside it, and never missed when deleted."""

from __future__ import annotations

import contextlib
import io
import os
import threading
import time
from typing import TYPE_CHECKING

from PIL import Image

from metarr.errors import NotFound
from metarr.store.disk import fault, temporary_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from metarr.store.blobs import Blobs

WIDTHS = (120, 240, 480, 960, 1920)  # pixels: what pages ask for, each also for screens of twice the density
_QUALITY = 78  # WebP's: a poster of 240 pixels has about 15 kB
_AT_ONCE = 2  # decoded at a time: a backdrop of 4K takes 25 MB while it is
_DAY = 86_400  # seconds
_UNSEEN_DAYS = 30
_OFFERED = "offered"
_MOST = 1 << 30  # bytes of what is kept: some 70,000 pictures


class Thumbs:
    """`ab/<sha256>-<width>.webp` under `root`, from the blobs of the cache; under `root/offered`, from elsewhere."""

    def __init__(self, root: Path, blobs: Blobs) -> None:
        self._root = root
        self._blobs = blobs
        self._slots = threading.BoundedSemaphore(_AT_ONCE)

    def file(self, sha256: str, extension: str, width: int) -> Path:
        """Where the small picture lies; it is made where it is not there yet. Blocks: call it in a thread.

        Raises NotFound when the cache has lost the picture, or cannot show it.
        """
        target = self._path(sha256, width)
        if target.is_file():
            return target
        with self._slots:
            if not target.is_file():
                self._make(self._blobs.path(sha256, extension), target, width)
        return target

    def kept(self, name: str, width: int) -> Path | None:
        """What `keep` kept under that name; None: nothing."""
        path = self._offered(name, width)
        try:
            if path.stat().st_mtime < time.time() - _DAY:
                os.utime(path)  # when it was last looked at, to the day
        except FileNotFoundError:
            return None
        return path

    def keep(self, name: str, data: bytes, width: int) -> Path:
        """Make a small picture of bytes that are in no cache; `name`: the sha256 of what it stands for.

        Blocks: call it in a thread. Raises NotFound when the bytes cannot be shown.
        """
        target = self._offered(name, width)
        with self._slots:
            self._make(io.BytesIO(data), target, width)
        return target

    def sweep(self) -> int:
        """Remove what `keep` kept and nobody has looked at for a month; of more than a gigabyte, what was longest ago.

        Returns how many. Blocks: call it in a thread.
        """
        kept = 0
        swept = 0
        oldest = time.time() - _UNSEEN_DAYS * _DAY
        for seen, size, path in sorted(_files(self._root / _OFFERED), reverse=True):
            kept += size
            if seen < oldest or kept > _MOST:
                path.unlink(missing_ok=True)
                swept += 1
        return swept

    def forget(self, sha256: str) -> None:
        """Remove what was made of a picture that is in the cache no more."""
        for width in WIDTHS:
            self._path(sha256, width).unlink(missing_ok=True)

    def _path(self, sha256: str, width: int) -> Path:
        return _place(self._root, sha256, width)

    def _offered(self, name: str, width: int) -> Path:
        return _place(self._root / _OFFERED, name, width)

    def _make(self, source: Path | io.BytesIO, target: Path, width: int) -> None:
        """Written beside its name and renamed; a power failure may lose it, and then it is made again."""
        temporary = target.with_name(temporary_name())
        name = target.name if isinstance(source, io.BytesIO) else source.name
        try:
            with Image.open(source) as image:
                image.draft("RGB", (width, width * 4))  # JPEG: decoded small at once
                image.thumbnail((width, width * 4), Image.Resampling.LANCZOS)
                small = image if image.mode in {"RGB", "RGBA"} else image.convert("RGBA" if _is_clear(image) else "RGB")
                target.parent.mkdir(parents=True, exist_ok=True)
                small.save(temporary, "WEBP", quality=_QUALITY, method=2)
            temporary.rename(target)
        except FileNotFoundError as error:
            raise NotFound(f"{name} is not in the cache; scan or enrich its item again.") from error
        except (Image.DecompressionBombError, SyntaxError, ValueError) as error:
            raise NotFound(f"{name} cannot be shown: {error}") from error
        except OSError as error:
            if error.errno is None:  # Pillow's own: the picture is damaged
                raise NotFound(f"{name} cannot be shown: {error}") from error
            raise fault(error, target.parent, target) from error
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _place(root: Path, sha256: str, width: int) -> Path:
    return root / sha256[:2] / f"{sha256}-{width}.webp"


def _files(root: Path) -> Iterator[tuple[float, int, Path]]:
    """When each was last looked at, its size, and where it is."""
    for path in root.glob("*/*"):
        with contextlib.suppress(FileNotFoundError):  # it was renamed or removed meanwhile
            status = path.stat()
            yield status.st_mtime, status.st_size, path


def _is_clear(image: Image.Image) -> bool:
    """Whether parts of it may be transparent."""
    return "transparency" in image.info or image.mode in {"LA", "PA", "La"}
