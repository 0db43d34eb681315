"""The words of messages are shown as one types them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from chromium import visiting
from metarr.model.access import Role

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from showroom import Room

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_message_is_previewed_as_one_types(browser: Browser, room: Room) -> None:
    async with visiting(browser, room.url, room.cookies[Role.ADMINISTRATOR]) as visit:
        page = visit.page
        await visit.open("/settings/channels/words/publishing_completed")
        await page.get_by_label("Headline").fill("There are {{ count }} of them")
        preview = page.locator("#preview")
        await expect(preview).to_contain_text("of them")
        await page.get_by_label("Headline").fill("{{ nothing }}")
        await expect(preview).to_contain_text("cannot be used")
        assert await page.get_by_label("Headline").input_value() == "{{ nothing }}"
        assert (await visit.axe(), visit.faults) == ([], [])
