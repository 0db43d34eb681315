"""`metarr support-bundle`: what somebody who helps needs to know, in one file without a secret."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metarr.cli.common import Data, load, run, show

if TYPE_CHECKING:
    from metarr.cli.client import Client

_COMMAND = "metarr support-bundle"


def support_bundle(
    file: Annotated[Path, typer.Argument(help="Where it goes.")] = Path("metarr-support.zip"),
    *,
    is_nameless: Annotated[
        bool, typer.Option("--without-names", help="Libraries, paths and titles become stable words.")
    ] = False,
    data: Data = None,
) -> None:
    """Make one zip that tells how the program is set up and how it is doing. No secret is in it."""
    from metarr.cli.session import connected

    async def work(client: Client) -> bytes:
        return await client.fetch("/support-bundle", names=str(not is_nameless).lower())

    _save(file, run(connected(load(data), work, is_looking=True)))
    show(f"{file} ({file.stat().st_size:,} bytes). Look into it before you give it away: it is a zip of text files.")


def _save(file: Path, content: bytes) -> None:
    """Raises Conflict for a file that is there already, InvalidInput where none can be written."""
    from metarr.errors import Conflict, InvalidInput
    from metarr.store.disk import created, sync_file

    try:
        with created(file) as made:
            made.write(content)
            sync_file(made)
    except FileExistsError as error:
        raise Conflict(f"{file} is there already, and stays as it is. Name another: {_COMMAND} FILE") from error
    except OSError as error:
        way_out = f"Name a file in a folder that is there, has room and can be written: {_COMMAND} FILE"
        raise InvalidInput(f"{file} cannot be written: {error.strerror}. {way_out}") from error
