"""Who a proxy says is there, over a running program: believed from the named proxy, from nobody else."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from people import OURS, WORD, people
from plain_browser import HTML

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from people import People

HEADERS = {"proxy_user_header": "Remote-User", "proxy_groups_header": "Remote-Groups"}


@asynccontextmanager
async def behind(data: Path, *proxies: str, **wanted: Any) -> AsyncIterator[tuple[People, aiohttp.ClientSession]]:
    """The program behind these proxies, with these settings, and a browser."""
    async with (
        people(data, proxies=proxies, **HEADERS) as house,
        aiohttp.ClientSession(house.house.app.url, cookie_jar=aiohttp.CookieJar(unsafe=True), headers=HTML) as browser,
    ):
        status, text = await house.ask("administrator", "PATCH", "/api/v1/settings/singleSignOn", json=wanted)
        assert status == 200, text
        yield house, browser


async def _get(browser: aiohttp.ClientSession, path: str, **headers: str) -> tuple[int, str, str]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with browser.get(path, headers=sent, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", ""), await answer.text()


async def _me(browser: aiohttp.ClientSession, **headers: str) -> str | None:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with browser.get("/api/v1/me", headers=sent) as answer:
        found: str | None = (await answer.json(content_type=None)).get("name")
        return found


async def test_the_named_proxy_lets_people_in(data: Path) -> None:
    wanted = {"createUsers": True, "editors": ["cutters"], "viewers": ["family"]}
    async with behind(data, "127.0.0.1", **wanted) as (house, browser):
        ada = {"Remote_User": "ada", "Remote_Groups": "family,cutters"}
        assert await _me(browser, **ada) is None, "the header opens the login page, and nothing else"
        status, where, _ = await _get(browser, "/movies", **ada)
        assert (status, where) == (303, "/login?next=/movies")
        status, where, text = await _get(browser, where, **ada)
        assert (status, where) == (303, "/movies"), text
        assert await _me(browser, **ada) == "ada"
        assert (await house.ask("administrator", "GET", "/api/v1/single-sign-on/identities"))[1][0]["issuer"] == "proxy"
        forged = {"Origin": "https://elsewhere.example", "Remote-User": "ada"}
        async with browser.post("/api/v1/jobs/retry", headers=forged) as answer:
            assert answer.status == 403, "another site's page cannot use it"
        async with browser.post("/api/v1/jobs/retry", headers={"Remote-User": "ada"}) as answer:
            assert answer.status == 403, "nor can who does not say whose page it is"
        bob = {"Remote_User": "bob", "Remote_Groups": "family"}
        assert await _me(browser, **bob) is None, "the same browser belongs to somebody else now"
        assert (await _get(browser, "/login", **bob))[0] == 303
        assert await _me(browser, **bob) == "bob"
        async with browser.post("/logout", headers=OURS, allow_redirects=False) as answer:
            assert answer.headers["Location"] == "/logged-out"
        assert await _me(browser) is None
        assert (await _get(browser, "/login", Remote_User="eve", Remote_Groups="nobody's"))[0] == 403


async def test_a_user_of_the_same_name_is_asked_for_the_password_once(data: Path) -> None:
    async with behind(data, "127.0.0.1", createUsers=True, others="viewer") as (_, browser):
        status, _, text = await _get(browser, "/login", Remote_User="Administrator")
        assert (status, "no user here is known to be yours" in text) == (200, True)
        assert await _me(browser, Remote_User="Administrator") is None
        assert 'name="password"' in (await _get(browser, "/login/local", Remote_User="Administrator"))[2]
        form = {"name": "administrator", "password": WORD}
        async with browser.post("/login", data=form, headers=OURS | {"Remote-User": "x"}) as answer:
            assert answer.status == 200
        assert await _me(browser, Remote_User="Administrator") == "administrator", "a password is a proof of its own"


@pytest.mark.parametrize("proxies", [("192.0.2.1",), ("192.0.2.1", "10.0.0.0/8")], ids=["an address", "a network, too"])
async def test_from_everybody_else_it_is_nothing(data: Path, proxies: tuple[str, ...]) -> None:
    """This machine is one of them: every user and every container with its network could say it."""
    async with behind(data, *proxies, createUsers=True, others="editor", linkByName=True) as (house, browser):
        for headers in (
            {"Remote_User": "administrator"},
            {"Remote_User": "administrator", "X_Forwarded_For": "192.0.2.1"},
            {"Remote_User": "administrator", "X_Forwarded_For": "10.1.2.3", "Forwarded": "for=192.0.2.1"},
        ):
            status, _, text = await _get(browser, "/login", **headers)
            assert (status, 'name="password"' in text) == (200, True)
            assert await _me(browser, **headers) is None
        assert (await house.ask("administrator", "GET", "/api/v1/single-sign-on/identities"))[1] == []


async def test_a_visitor_of_the_proxy_cannot_say_who_they_are_beside_it(data: Path) -> None:
    async with behind(data, "127.0.0.1", createUsers=True, others="viewer", linkByName=True) as (_, browser):
        twice = [("Remote-User", "administrator"), ("Remote-User", "eve")]
        async with browser.get("/login", headers=twice, allow_redirects=False) as answer:
            assert (answer.status, 'name="password"' in await answer.text()) == (200, True)


async def test_unless_it_is_switched_on_the_header_means_nothing(data: Path) -> None:
    async with people(data, proxies=("127.0.0.1",)) as house:
        status, text = await house.ask("nobody", "GET", "/login", headers={"Remote-User": "administrator"})
        assert (status, 'name="password"' in text) == (200, True)
