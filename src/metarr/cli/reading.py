"""`metarr nfo read` and `metarr probe`: what files say, without a database."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from metarr.cli.common import Json, run, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Files = Annotated[list[str], typer.Argument(help="Files, which are only read.")]
nfo = typer.Typer(help="NFO files.", no_args_is_help=True)


@nfo.callback()
def _nfo() -> None:
    """NFO files."""


@nfo.command("read")
def read_nfo(files: Files, *, is_json: Json = False) -> None:
    """Show what NFO files say, who wrote them, and what is wrong with them (JSON unless on a terminal)."""
    from metarr.phases.scan import telling

    _show([telling.of_nfo(path) for path in files], is_json=is_json)


def probe(files: Files, *, is_json: Json = False) -> None:
    """Show what is in videos, one after the other (JSON unless on a terminal)."""
    _show(run(_probed(files)), is_json=is_json)


async def _probed(files: Iterable[str]) -> list[dict[str, Any]]:
    from metarr.phases.scan import telling
    from metarr.phases.scan.probe import Prober

    prober = Prober(processes=1)
    try:
        return [await telling.of_video(prober, path) for path in files]
    finally:
        await prober.close()


def _show(answers: list[dict[str, Any]], *, is_json: bool) -> None:
    """One JSON object a line, or lines for a person; 1 when a file could not be understood."""
    for answer in answers:
        for line in [json.dumps(answer)] if is_json or not sys.stdout.isatty() else _lines(answer):
            show(line)
    if any("error" in answer for answer in answers):
        raise typer.Exit(1)


def _lines(answer: dict[str, Any]) -> Iterator[str]:
    for name, value in answer.items():
        if value not in (None, "", [], {}):
            lines = value if isinstance(value, list) else [value]
            for line in lines:
                yield f"{name:>18}  {json.dumps(line, ensure_ascii=False) if isinstance(line, dict) else line}"
    yield ""
