"""What every command needs: its common options, running to the end, and showing text whatever the file names."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from metarr.config import Config

T = TypeVar("T")
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
Data = Annotated[Path | None, typer.Option(help="The data folder (METARR_DATA).", show_default="~/.local/share/metarr")]
Json = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]


def load(data: Path | None) -> Config:
    """The configuration of environment and file."""
    from metarr import config

    return config.load(data=data)


def run(work: Coroutine[object, object, T]) -> T:
    """To the end; Ctrl-C stops in good order."""
    try:
        return asyncio.run(work)
    except KeyboardInterrupt as interrupt:
        tell("Stopped. What was begun goes on with the next run.")
        raise typer.Exit(INTERRUPTED) from interrupt


def show(text: str) -> None:
    """A line of the answer, on standard output."""
    sys.stdout.write(with_escapes(text) + "\n")


def tell(text: str) -> None:
    """A line beside the answer, on standard error."""
    sys.stderr.write(f"{text}\n")


def program() -> str:
    """How this program can be called from here: from a checkout by its script."""
    return "metarr" if shutil.which("metarr") else "./metarr"


def with_escapes(text: str) -> str:
    """What standard output cannot show as it is, in escapes."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
