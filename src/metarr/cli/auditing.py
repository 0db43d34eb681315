"""`metarr audit`: who did what that matters to who may do what; all of it for another program."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from metarr.cli.common import Data, load, run, show

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from metarr.api.audit import AuditEntry
    from metarr.cli.client import Client

_AT_ONCE = 500
_DAY = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
Moment = Annotated[datetime | None, typer.Option(formats=_DAY, help="Day or moment, in UTC.")]


def audit(
    *,
    deed: Annotated[str | None, typer.Option("--what", help="Only this: login, key_added, settings_changed …")] = None,
    who: Annotated[str | None, typer.Option(help="Only by them: a user's name, 'key Radarr', 'command line'.")] = None,
    since: Moment = None,
    until: Moment = None,
    limit: Annotated[int, typer.Option(min=0, help="How much, the newest first; 0: everything.")] = 50,
    form: Annotated[str, typer.Option("--format", help="text, jsonl (JSON lines) or csv.")] = "text",
    data: Data = None,
) -> None:
    """List who logged in and who changed what, newest first."""
    from metarr.cli.session import connected
    from metarr.errors import InvalidInput

    if form not in {"text", "jsonl", "csv"}:
        raise InvalidInput(f"{form!r} is no format; there are text, jsonl, csv.")
    moments = {name: one and one.replace(tzinfo=UTC).isoformat() for name, one in (("since", since), ("until", until))}
    query: dict[str, object] = {"deed": deed, "who": who, **moments}

    async def work(client: Client) -> None:
        if form == "csv":
            show(_text([], form).rstrip("\r\n"))
        async for entry in _entries(client, query, limit or None):
            show(_text([entry], form, is_first=False).rstrip("\r\n"))

    run(connected(load(data), work, is_looking=True))


async def _entries(client: Client, query: dict[str, object], most: int | None) -> AsyncIterator[AuditEntry]:
    from metarr.api.audit import AuditPage

    before: int | None = None
    left = most
    while left is None or left > 0:
        limit = _AT_ONCE if left is None else min(left, _AT_ONCE)
        page = await client.get("/audit", AuditPage, **query, before=before, limit=limit)
        for entry in page.entries:
            yield entry
        left = None if left is None else left - len(page.entries)
        before = page.before
        if before is None:
            return


def _text(entries: list[AuditEntry], form: str, *, is_first: bool = True) -> str:
    from metarr.actions.audit import Form, in_form

    if form == "text":
        return "\n".join(map(_line, entries))
    return in_form((one.model_dump(mode="json", by_alias=True) for one in entries), Form(form), has_head=is_first)


def _line(entry: AuditEntry) -> str:
    from metarr.actions.audit import in_words

    when = f"{entry.at.astimezone():%Y-%m-%d %H:%M:%S}"
    times = f" {entry.times} times" if entry.times > 1 else ""
    who = f"{entry.who or 'somebody'}{f' from {entry.address}' if entry.address else ''}"
    return f"{when}  {entry.result.value + times:10} {who}  {in_words(entry)}"
