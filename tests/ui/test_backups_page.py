"""The page of backups: making one, fetching it, removing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plain_browser import opened, sent
from running import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from running import Running

_HERE = "/settings/backups"


@pytest.fixture
async def house(data: Path) -> AsyncIterator[Running]:
    async with running(data) as found:
        yield found


async def test_a_backup_is_made_fetched_and_removed_by_buttons(house: Running) -> None:
    assert "No backup yet" in (await opened(house, _HERE)).text
    made = await sent(house, _HERE, _HERE)
    assert (made.said, bool(made.work)) == ("The backup is being made.", True)
    await house.until_idle()
    page = await opened(house, _HERE)
    (link,) = [one.get("href") for one in page.tree.iter("a") if one.get("download") is not None]
    async with house.client.get(f"{house.app.url}{link}") as answer:
        assert (answer.status, (await answer.read())[:2]) == (200, b"PK")
    (form,) = [one for one in page.forms() if one.endswith("/remove")]
    assert "is removed" in (await sent(house, form, _HERE)).said
    assert "There is no backup" in (await sent(house, form, _HERE)).said
    assert "No backup yet" in (await opened(house, _HERE)).text


async def test_how_many_are_kept_is_a_form(house: Running) -> None:
    page = await opened(house, "/settings/backup")
    names = {one.get("name") for one in page.tree.iter("input", "select")}
    assert {"keep", "folder", "withCache"} <= names
