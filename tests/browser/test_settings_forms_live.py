"""Forms of settings with scripts: they are reworked in their place, and rules for pictures are shown at work."""

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


async def test_a_form_is_put_in_order_in_its_place_and_enter_saves(browser: Browser, room: Room) -> None:
    async with visiting(browser, room.url, room.cookies[Role.ADMINISTRATOR]) as visit:
        await visit.open("/settings/enrichment")
        page = visit.page
        await page.evaluate("() => { window.isSamePage = true; }")
        await page.get_by_label("Further languages").fill("de")
        first = page.locator(".ranks > li strong").first
        before = await first.inner_text()
        await page.get_by_role("button", name=f"Down {before}").click()
        await expect(first).not_to_have_text(before)
        await expect(page.get_by_role("button", name=f"Down {before}")).to_be_focused()
        await expect(page.get_by_label("Further languages")).to_have_value("de")
        assert await page.evaluate("() => window.isSamePage")
        await visit.open("/settings/jobs")
        field = page.get_by_label("Attempts at most")
        await field.fill("4")
        await field.press("Enter")
        await expect(page.get_by_text("Stored.")).to_be_visible()
        await expect(field).to_have_value("4")
        assert visit.faults == []


async def test_rules_for_pictures_are_shown_at_work_as_one_types(browser: Browser, room: Room) -> None:
    async with visiting(browser, room.url, room.cookies[Role.ADMINISTRATOR]) as visit:
        await visit.open(f"/settings/artwork?item={room.places['movie'].id}")
        chosen = visit.page.locator("section[aria-labelledby=preview-poster] .badge.good")
        count = await chosen.count()
        await visit.page.get_by_role("spinbutton", name="Poster").fill(str(count + 1))
        await expect(chosen).to_have_count(count + 1)
        assert visit.faults == []
