"""The release before this one, as its sources stand in the history: what runs beside a new one while many machines are
upgraded one by one.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

from metarr import __version__

_ROOT = Path(__file__).parents[1]
# 0.1.0 was given out before releases were tagged: a state that runs, with migration 0001 as it is now. Once a tag `v…`
# of an earlier version is among the ancestors, the newest of these is taken instead.
_UNTAGGED = "94d0e4f"


def unpack(folder: Path) -> Path | None:
    """The folder to import it from; None where there is no history to take it from."""
    commit = _commit()
    if commit is None:
        return None
    packed = _git("archive", commit, "src")
    assert packed is not None
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "src"


def _commit() -> str | None:
    tags = (_git("tag", "--list", "v*", "--merged", "HEAD", "--sort=-version:refname") or b"").decode().split()
    earlier = [tag for tag in tags if tag != f"v{__version__}"]
    commit = earlier[0] if earlier else _UNTAGGED
    return None if _git("cat-file", "-e", f"{commit}^{{commit}}") is None else commit


def _git(*words: str) -> bytes | None:
    """What it says; None: it cannot, for want of git or of a history."""
    try:
        done = subprocess.run(["git", *words], cwd=_ROOT, capture_output=True, check=False)  # noqa: S607  the user's
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None
