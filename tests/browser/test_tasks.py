"""What people come for, done in a real browser as they do it: search, filter, edit, choose, answer, set up, log in."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from chain import small_picture
from chromium import NARROW, WIDE, visiting
from metarr.demo.catalogue import FILMS
from metarr.demo.tmdb_server import TmdbServer
from metarr.model.access import Role
from newcomer import Newcomer
from people import WORD
from running import make_film, running
from showroom import TWINS, UNKNOWN

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Browser, Locator, Page

    from chromium import Look, Visit
    from crowd import Crowd
    from showroom import Room

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def _toast(page: Page) -> Locator:
    return page.locator("#toasts")


async def _check(visit: Visit) -> None:
    """The page as it is now: under every rule narrow and dark, its colours wide and light."""
    looks: tuple[tuple[Look, tuple[str, ...]], ...] = (((NARROW, "dark"), ()), ((WIDE, "light"), ("color-contrast",)))
    for (size, scheme), rules in looks:
        await visit.look(size, scheme)
        assert (await visit.axe(*rules), await visit.overflow()) == ([], [])


async def test_a_list_answers_as_one_types(browser: Browser, many: Crowd) -> None:
    async with visiting(browser, many.url, many.cookie) as visit:
        page, wanted = visit.page, many.places["movie"].title
        await visit.open("/movies")
        told = page.locator("[data-told]")
        await expect(told).to_have_text("20,000 movies")
        await page.locator("main").get_by_role("searchbox").press_sequentially(wanted.lower())
        await expect(told).not_to_have_text("20,000 movies")
        titles = await page.locator(".poster .name").all_text_contents()
        assert titles
        assert {frozenset(title.split()) for title in titles} == {frozenset(wanted.split())}
        assert "search=" in page.url
        assert visit.faults == []


async def test_a_long_list_grows_as_one_scrolls(browser: Browser, many: Crowd) -> None:
    async with visiting(browser, many.url, many.cookie) as visit:
        await visit.open("/movies")
        before = await visit.page.locator(".poster").count()
        await visit.page.keyboard.press("End")
        await expect(visit.page.locator(".poster").nth(before)).to_be_attached()
        assert await visit.page.locator(".poster").count() >= 2 * before
        assert visit.faults == []


async def test_filters_narrow_a_list_and_are_taken_away_again(browser: Browser, many: Crowd) -> None:
    async with visiting(browser, many.url, many.cookie) as visit:
        page = visit.page
        await visit.open("/movies")
        await page.get_by_text("Filters", exact=True).click()
        await page.get_by_label("Resolution").select_option("2160")
        told = page.locator("[data-told]")
        await expect(told).to_have_text("5,000 movies")
        await page.get_by_label("From year").fill("2025")
        await expect(told).not_to_have_text("5,000 movies")
        await page.locator(".chip", has_text="Resolution").click()
        await expect(page.locator(".chip")).to_have_count(1)
        assert visit.faults == []


async def test_the_search_of_the_bar_finds_everything(browser: Browser, many: Crowd) -> None:
    async with visiting(browser, many.url, many.cookie) as visit:
        page, someone = visit.page, many.places["person"].title
        await visit.open("/")
        await page.keyboard.press("/")
        await page.keyboard.type(someone)
        await expect(page.get_by_role("option", name=someone).first).to_be_visible()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text(someone)
        assert visit.faults == []


async def test_many_are_selected_and_verified(browser: Browser, room: Room) -> None:
    async with visiting(browser, room.url, room.cookies[Role.EDITOR]) as visit:
        page = visit.page
        await visit.open("/movies")
        bar = page.locator("form.selection")
        await expect(bar).to_be_hidden()
        boxes = page.get_by_role("checkbox", name=re.compile("^Select "))
        await boxes.nth(1).check(force=True)
        await boxes.nth(3).click(force=True, modifiers=["Shift"])
        await expect(bar).to_contain_text("3 selected")
        await bar.locator("summary", has_text="Edit").click()
        await _check(visit)
        await bar.get_by_label("What to do").select_option("verify")
        await bar.get_by_role("button", name="Apply").click()
        await expect(_toast(page)).to_contain_text("3 items: each is verified.")
        assert visit.faults == []


async def test_what_a_person_writes_is_locked(browser: Browser, room: Room) -> None:
    async with visiting(browser, room.url, room.cookies[Role.EDITOR]) as visit:
        page, movie = visit.page, room.places["movie"]
        await visit.open(f"/items/{movie.id}/edit")
        await page.get_by_role("textbox", name="Tagline").fill("Written by a person")
        await page.keyboard.press("Tab")
        await page.get_by_role("button", name="Save").click()
        await expect(_toast(page)).not_to_be_empty()
        await expect(page.get_by_role("textbox", name="Tagline")).to_have_value("Written by a person")
        await expect(page.get_by_role("checkbox", name=re.compile("Locked ?: Tagline"))).to_be_checked()
        assert visit.faults == []


async def test_what_was_begun_is_told_when_it_ends_and_begun_once(browser: Browser, room: Room) -> None:
    async with visiting(browser, room.url, room.cookies[Role.EDITOR]) as visit:
        page, movie = visit.page, room.places["movie"]
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
        await visit.open(f"/items/{movie.id}")
        button = page.get_by_role("button", name="Verify")
        assert await button.evaluate("(one) => { one.click(); one.click(); return one.ariaBusy; }") == "true"
        toasts = _toast(page)
        await expect(toasts).to_contain_text("Its files are being verified.")
        await expect(page.locator("[data-said]")).to_have_count(0)
        await expect(toasts).to_contain_text(f"{movie.title.partition(' (')[0]}: ")
        await _check(visit)
        await toasts.get_by_role("button", name="Put away").first.click()
        await visit.open("/movies")
        await expect(toasts).to_be_empty()
        assert (len(sent), visit.faults) == (1, [])


async def test_another_poster_is_chosen(browser: Browser, room: Room) -> None:
    async with visiting(browser, room.url, room.cookies[Role.EDITOR]) as visit:
        page = visit.page
        await visit.open(f"/items/{room.places['movie'].id}/artwork?kind=poster")
        chosen = page.locator("#chosen-poster li").first
        before = await chosen.get_attribute("data-blob")
        await page.get_by_role("button", name=re.compile("^Choose poster")).first.click()
        await expect(_toast(page)).not_to_be_empty()
        await expect(chosen.get_by_text("by a person")).to_be_visible()
        assert await chosen.get_attribute("data-blob") != before
        assert visit.faults == []


async def test_a_question_is_answered(browser: Browser, room: Room) -> None:
    async with visiting(browser, room.url, room.cookies[Role.EDITOR]) as visit:
        page = visit.page
        await visit.open("/review")
        twins = page.get_by_role("article", name=TWINS)
        await twins.get_by_role("button", name=re.compile("This is it")).first.click()
        await expect(_toast(page)).not_to_be_empty()
        await expect(twins).to_have_count(0)
        home = page.get_by_role("article", name=UNKNOWN)
        await home.get_by_role("button", name="No provider knows it").click()
        await expect(home).to_have_count(0)
        await expect(page.get_by_role("heading", name="Nothing to review")).to_be_visible()
        assert visit.faults == []


async def test_a_dashboard_shows_what_happens_without_a_reload(browser: Browser, room: Room) -> None:
    async with visiting(browser, room.url, room.cookies[Role.EDITOR]) as visit:
        page = visit.page
        await visit.open("/")
        await expect(page.locator("#live")).to_have_text("live")
        name = "Nobody Knows It (2001)"
        make_film(room.films, name)
        before = await page.locator("#libraries").inner_text()
        status, answer = await room.house.ask("POST", "/libraries/1/scan", json={"path": name})
        assert status < 300, answer
        await expect(page.locator("#libraries")).not_to_have_text(before, use_inner_text=True)
        await room.house.until_idle()
        assert visit.faults == []


async def test_colours_are_chosen_and_stay(browser: Browser, room: Room) -> None:
    async with visiting(browser, room.url, room.cookies[Role.VIEWER]) as visit:
        page = visit.page
        await visit.open("/movies")
        for press, theme in (("Dark", "dark"), ("Light", "light")):
            await page.get_by_role("button", name=press).click()
            await visit.open("/movies")
            await expect(page.locator("html")).to_have_attribute("data-theme", theme)
            assert await visit.axe("color-contrast") == []
        assert visit.faults == []


async def test_a_newcomer_gets_from_an_empty_folder_to_published_films(
    browser: Browser, tmp_path: Path, data: Path
) -> None:
    films = tmp_path / "films"
    for name in ("Sintel (2010)", "Spring (2019)"):
        make_film(films, name)
    (films / "Sintel (2010)" / "Sintel (2010).nfo").write_text("<movie><title>Sintel</title><year>2010</year></movie>")

    async with AsyncExitStack() as stack:
        tmdb = await stack.enter_async_context(TmdbServer(FILMS, images=small_picture))
        addresses = {"tmdb_url": tmdb.url, "tmdb_image_url": tmdb.image_url}
        house = await stack.enter_async_context(running(data, addresses, loopback_auth=True))
        visit = await stack.enter_async_context(visiting(browser, house.app.url))

        async def look(step: str) -> None:
            if step in {"administrator", "publishing"}:  # pages that no other test opens like this
                await _check(visit)
                await visit.look(WIDE, "light")

        await Newcomer(visit.page, films, tmdb.key, look).go(house.app.url, 2, "Spring")
        assert visit.faults == []
    assert "uniqueid" in (films / "Sintel (2010)" / "Sintel (2010).nfo").read_text()


async def test_who_logs_in_comes_back_to_the_page_and_out_again(browser: Browser, room: Room) -> None:
    async with visiting(browser, room.url) as visit:
        page = visit.page
        visit.refused.add(422)
        await visit.open("/movies?sort=year")
        for password in ("wrong", WORD):
            await page.get_by_label("Name").fill("viewer")
            await page.get_by_label("Password").fill(password)
            await page.get_by_role("button", name="Log in").click()
            if password != WORD:
                await expect(page.get_by_text("The name or the password is wrong.")).to_be_visible()
                await _check(visit)
        await expect(page).to_have_url(re.compile(r"/movies\?sort=year$"))
        visit.refused.add(401)  # pictures of the list that are still on their way
        await page.get_by_role("button", name="Log out").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
        visit.refused.remove(401)
        await visit.open("/movies")
        await expect(page).to_have_url(re.compile("/login"))
        assert visit.faults == []


async def test_forms_work_without_scripts(browser: Browser, room: Room) -> None:
    async with visiting(browser, room.url, room.cookies[Role.EDITOR], java_script_enabled=False) as visit:
        page = visit.page
        await visit.open("/")
        await page.get_by_role("searchbox", name="Search").fill("sintel")
        await page.get_by_role("searchbox", name="Search").press("Enter")
        await expect(page.locator("main").get_by_role("link", name="Sintel").first).to_be_visible()
        await visit.open("/movies")
        await page.locator("main").get_by_role("searchbox").fill("bunny")
        await page.locator("main").get_by_role("button", name="Search").click()
        await expect(page.locator(".poster .name")).to_have_text(["Big Buck Bunny"])
        await page.get_by_role("checkbox", name="Select Big Buck Bunny").check(force=True)
        await page.get_by_role("button", name="Apply").click()
        await visit.open("/")
        await page.get_by_role("button", name="Verify Films").click()
        await expect(page.locator("main [role=status]").first).to_have_text("Verify of Films begins.")
        await visit.open("/")
        await expect(page.locator("[data-said]")).to_have_count(0)
        await room.house.until_idle()
        assert visit.faults == []
