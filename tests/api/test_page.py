"""The web page: it shows everything without scripts, and its buttons do what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import html

from running import make_film, running

if TYPE_CHECKING:
    from pathlib import Path

    from running import Running


async def _page(house: Running, query: str = "") -> tuple[html.HtmlElement, str]:
    async with house.client.get(f"{house.app.url}/{query}") as answer:
        assert answer.status == 200
        return html.document_fromstring(await answer.text()), answer.headers["Content-Security-Policy"]


async def test_the_page_shows_an_empty_house(data: Path) -> None:
    async with running(data, is_working=False) as house:
        page, policy = await _page(house)
        assert page.get("lang") == "en"
        assert [heading.text_content() for heading in page.iter("h3")] == ["scan", "enrich", "publish", "sync"]
        assert "METARR_TMDB_API_KEY" in page.text_content()
        assert "script-src 'self'" in policy
        assert not [script for script in page.iter("script") if script.text]
        assert not page.xpath("//@style | //@onclick")
        for path in (*page.xpath("//script/@src"), *page.xpath("//link/@href")):
            async with house.client.get(house.app.url + path) as answer:
                assert answer.status == 200


async def test_buttons_work_without_scripts(data: Path, tmp_path: Path) -> None:
    make_film(tmp_path / "films", "<b>Bold & Co (1999)")
    async with running(data) as house:
        await house.ask("POST", "/libraries", json={"path": str(tmp_path / "films")})
        page, _ = await _page(house)
        forms = {form.get("action"): form.get("method") for form in page.iter("form")}
        assert forms["/libraries/1/scan"] == "post"
        async with house.client.post(f"{house.app.url}/libraries/1/scan", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/")
        await house.until_idle()
        async with house.client.post(f"{house.app.url}/confirm/1"):
            pass
        page, _ = await _page(house)
        assert "<b>Bold & Co" in page.text_content()
        assert not list(page.iter("b"))
        assert "/confirm/1" not in {form.get("action") for form in page.iter("form")}
        page, _ = await _page(house, "?search=nothing")
        assert "None found." in page.text_content()


async def test_a_foreign_page_cannot_press_a_button(data: Path) -> None:
    async with running(data, is_working=False) as house:
        url = f"{house.app.url}/confirm/1"
        async with house.client.post(url, headers={"Origin": "http://evil.example"}) as answer:
            assert answer.status == 403
