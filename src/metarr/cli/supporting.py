"""`metarr support-bundle`: what somebody who helps needs to know, in one file without a secret."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metarr.cli.common import Data, load, run, show

if TYPE_CHECKING:
    from metarr.cli.client import Client


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

    content = run(connected(load(data), work, is_looking=True))
    file.write_bytes(content)
    show(f"{file} ({len(content):,} bytes). Look into it before you give it away: it is a zip of text files.")
