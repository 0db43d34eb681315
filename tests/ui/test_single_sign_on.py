"""Single sign-on from the login page to the session, against a real provider on loopback, with what can go wrong."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio
from lxml import html

from identity_provider import provider
from people import OURS, WORD, people
from plain_browser import HTML

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from identity_provider import Provider
    from people import People

pytestmark = pytest.mark.asyncio(loop_scope="module")
GROUPS = {"administrators": ["admins"], "editors": ["cutters"], "viewers": ["family"]}


@dataclass(slots=True)
class Browser:
    """One browser. It remembers cookies as browsers do."""

    house: People
    client: aiohttp.ClientSession

    async def get(self, address: str, **headers: str) -> tuple[int, str, str]:
        """Status, where to, and the page."""
        url = address if address.startswith("http") else self.house.house.app.url + address
        async with self.client.get(url, headers=HTML | headers, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location", ""), await answer.text()

    async def post(self, path: str, **fields: str) -> tuple[int, str, str]:
        """A form of our own page."""
        url = self.house.house.app.url
        async with self.client.post(url + path, data=fields, headers=HTML | OURS, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location", ""), await answer.text()

    async def depart(self, goal: str = "/movies") -> str:
        """The button of the login page: the provider's address that it leads to."""
        status, where, text = await self.get(f"/login/oidc?next={goal}")
        assert status == 303, text
        return where

    async def agree(self, where: str, subject: str, action: str = "") -> str:
        """Log in at the provider as somebody: where that leads back to."""
        form = {"sub": subject, "action": action}
        async with self.client.post(where, data=form, allow_redirects=False) as answer:
            assert answer.status == 302, await answer.text()
            return answer.headers["Location"]

    async def come(self, subject: str) -> tuple[int, str, str]:
        """All the way: how the program answers who comes back."""
        return await self.get(await self.agree(await self.depart(), subject))

    async def me(self) -> dict[str, Any]:
        """Who is logged in here."""
        async with self.client.get(f"{self.house.house.app.url}/api/v1/me") as answer:
            found: dict[str, Any] = await answer.json()
            return found


def _read(page: str) -> str:
    """What a person reads."""
    return " ".join(" ".join(map(str, html.document_fromstring(page).itertext())).split())


@asynccontextmanager
async def browser(house: People) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        yield Browser(house, client)


@dataclass(frozen=True, slots=True)
class World:
    """The program, and the provider that it knows."""

    house: People
    provider: Provider

    async def set(self, **values: Any) -> None:
        """Settings of single sign-on; those not named are as they are."""
        status, text = await self.house.ask("administrator", "PATCH", "/api/v1/settings/singleSignOn", json=values)
        assert status == 200, text

    async def afresh(self, **values: Any) -> None:
        """The usual settings with these changed, and a provider without faults."""
        await self.provider.breaks("")
        await self.provider.has("s-ada", preferred_username="ada", groups=["cutters", "family"])
        usual = {"createUsers": True, "linkByName": False, "others": "refused", "hidePasswordForm": False}
        await self.set(**usual | {"enabled": True, "furtherHosts": []} | GROUPS | values)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(folder: Path) -> AsyncIterator[World]:
    async with (
        people(folder) as house,
        provider(f"{house.house.app.url}/login/oidc/callback") as found,
    ):
        made = World(house, found)
        await made.set(issuer=found.url, clientId=found.client_id, enabled=True)
        secret = {"secret": found.client_secret}
        assert (await house.ask("administrator", "PUT", "/api/v1/single-sign-on/secret", json=secret))[0] == 204
        yield made


async def test_a_newcomer_is_created_with_the_role_of_their_groups(world: World) -> None:
    await world.afresh()
    await world.provider.has("s-ada", preferred_username="ada", groups=["cutters", "family"])
    async with browser(world.house) as ada:
        status, _, page = await ada.get("/login")
        assert status == 200
        assert "Single sign-on" in page
        status, where, text = await ada.come("s-ada")
        assert (status, where) == (303, "/movies"), text
        assert (await ada.me())["role"] == "editor"
        assert (await ada.me())["name"] == "ada"


async def test_groups_that_changed_count_at_the_next_login(world: World) -> None:
    await world.afresh()
    await world.provider.has("s-bea", preferred_username="bea", groups=["family"])
    async with browser(world.house) as bea:
        await bea.come("s-bea")
        assert (await bea.me())["role"] == "viewer"
    await world.provider.has("s-bea", preferred_username="bea", groups=["admins"])
    async with browser(world.house) as bea:
        await bea.come("s-bea")
        assert (await bea.me())["role"] == "administrator"
    await world.provider.has("s-bea", preferred_username="bea", groups=[])
    async with browser(world.house) as bea:
        status, _, text = await bea.come("s-bea")
        assert (status, "None of your groups may come in" in text) == (403, True)
        assert (await bea.get("/movies"))[0] == 303


async def test_what_single_sign_on_does_is_in_the_audit_log(world: World) -> None:
    await world.afresh()
    await world.provider.has("s-kim", preferred_username="kim", groups=["family"])
    await world.provider.has("s-lee", preferred_username="lee", groups=[])
    async with browser(world.house) as kim, browser(world.house) as lee:
        await kim.come("s-kim")
        await lee.come("s-lee")
    _, page = await world.house.ask("administrator", "GET", "/api/v1/audit?limit=500")
    lines = {(one["deed"], one["what"], one["result"]) for one in page["entries"]}
    assert {("user_added", "kim", "done"), ("login", "kim", "done"), ("login", "", "refused")} <= lines


async def test_who_gave_themselves_another_name_is_still_the_same_user(world: World) -> None:
    await world.afresh()
    await world.provider.has("s-cid", preferred_username="cid", groups=["family"])
    async with browser(world.house) as cid:
        await cid.come("s-cid")
        before = await cid.me()
    await world.provider.has("s-cid", preferred_username="administrator", groups=["family"])
    async with browser(world.house) as cid:
        assert (await cid.come("s-cid"))[0] == 303
        assert await cid.me() == before


async def test_a_name_alone_takes_no_user_over_but_its_password_links_them(world: World) -> None:
    await world.afresh()
    await world.provider.has("s-eve", preferred_username="Editor", groups=["cutters"])
    async with browser(world.house) as eve:
        status, _, text = await eve.come("s-eve")
        assert (status, "no user here is known to be yours" in text) == (200, True)
        assert (await eve.get("/movies"))[0] == 303
        [form] = html.document_fromstring(text).iter("form")
        fields = {one.get("name", ""): one.get("value") or "" for one in form.iter("input")}
        action = form.get("action", "")
        status, _, text = await eve.post(action, **fields | {"name": "editor", "password": "a wild guess"})
        assert (status, "The name or the password is wrong." in text) == (401, True)
        status, _, text = await eve.post(action, **fields | {"ticket": "forged", "name": "editor", "password": WORD})
        assert status == 422
        status, where, text = await eve.post(action, **fields | {"name": "editor", "password": WORD})
        assert (status, where) == (303, "/movies"), text
        assert (await eve.me())["name"] == "editor"
    async with browser(world.house) as eve:
        assert (await eve.come("s-eve"))[0] == 303
        assert (await eve.me())["name"] == "editor"
    await world.provider.has("s-eve-2", preferred_username="editor", groups=["cutters"])
    await world.set(linkByName=True)
    async with browser(world.house) as other:
        assert "no user here is known" in (await other.come("s-eve-2"))[2], "a user that is linked is nobody else's"


async def test_names_link_where_the_owner_says_so(world: World) -> None:
    await world.afresh(linkByName=True, administrators=[], editors=[], viewers=[])
    await world.provider.has("s-vi", preferred_username="viewer", groups=["admins"])
    async with browser(world.house) as vi:
        assert (await vi.come("s-vi"))[0] == 303
        assert (await vi.me())["role"] == "viewer", "groups that are not named change nothing"


async def test_strangers_are_not_created_unless_the_owner_says_so(world: World) -> None:
    await world.afresh(createUsers=False)
    await world.provider.has("s-fay", preferred_username="fay", groups=["family"])
    async with browser(world.house) as fay:
        assert "no user here is known to be yours" in (await fay.come("s-fay"))[2]
        assert (await fay.get("/movies"))[0] == 303


async def test_the_last_administrator_is_not_demoted_by_groups(world: World) -> None:
    await world.afresh(linkByName=True)
    await world.provider.has("s-root", preferred_username="administrator", groups=["family"])
    users = (await world.house.ask("administrator", "GET", "/api/v1/users"))[1]
    for user in users:
        if user["role"] == "administrator" and user["name"] != "administrator":
            path = f"/api/v1/users/{user['id']}"
            assert (await world.house.ask("administrator", "PATCH", path, json={"role": "viewer"}))[0] == 200
    async with browser(world.house) as root:
        assert (await root.come("s-root"))[0] == 303
        assert (await root.me())["role"] == "administrator"


async def test_who_is_kept_out_stays_out(world: World) -> None:
    await world.afresh()
    await world.provider.has("s-gus", preferred_username="gus", groups=["family"])
    async with browser(world.house) as gus:
        await gus.come("s-gus")
        user = (await gus.me())["userId"]
        await world.house.ask("administrator", "PATCH", f"/api/v1/users/{user}", json={"isDisabled": True})
        assert (await gus.get("/movies"))[0] == 303
        status, _, text = await gus.come("s-gus")
        assert (status, "may not log in here" in text) == (403, True)


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("nonce", 403, "belongs to another login"),
        ("no nonce", 403, "belongs to another login"),
        ("expired", 403, "it has expired"),
        ("audience", 403, "meant for another client"),
        ("issued elsewhere", 403, "somebody else issued it"),
        ("in the future", 403, "issued in the future"),
        ("another key", 403, "its signature is not the provider"),
        ("no keys", 403, "its signature is not the provider"),
        ("shared secret", 403, "HS256"),
        ("unsigned", 403, "its signature is not the provider"),
    ],
    ids=lambda one: str(one) if isinstance(one, str) and " " in one else None,
)
async def test_a_token_that_is_not_true_lets_nobody_in(world: World, fault: str, status: int, words: str) -> None:
    await world.afresh()
    await world.provider.has("s-ada", preferred_username="ada", groups=["admins"])
    await world.provider.breaks(fault)
    async with browser(world.house) as ada:
        found, _, text = await ada.come("s-ada")
        assert (found, words in _read(text)) == (status, True), text
        assert (await ada.get("/movies"))[0] == 303
        assert "/login/local" in text, "the page says what to do"


async def test_a_key_that_was_replaced_is_known_at_once(world: World) -> None:
    await world.afresh()
    await world.provider.has("s-ada", preferred_username="ada", groups=["cutters"])
    async with browser(world.house) as ada:
        assert (await ada.come("s-ada"))[0] == 303
        await world.provider.breaks("rotated")
        assert (await ada.come("s-ada"))[0] == 303


async def test_claims_that_the_token_lacks_are_asked_for(world: World) -> None:
    await world.afresh()
    await world.provider.has("s-hal", preferred_username="hal", groups=["cutters"])
    await world.provider.breaks("slim")
    async with browser(world.house) as hal:
        assert (await hal.come("s-hal"))[0] == 303
        assert (await hal.me())["role"] == "editor"


async def test_an_answer_to_another_browser_is_refused(world: World) -> None:
    await world.afresh()
    await world.provider.has("s-ada", preferred_username="ada", groups=["cutters"])
    async with browser(world.house) as attacker, browser(world.house) as victim:
        await victim.depart()
        stolen = await attacker.agree(await attacker.depart(), "s-ada")
        for address in (stolen, stolen.partition("?")[0], "/login/oidc/callback?state=&code=x"):
            status, _, text = await victim.get(address)
            assert (status, "not begun in this browser" in text) == (422, True)
            assert (await victim.get("/movies"))[0] == 303


async def test_a_code_counts_once(world: World) -> None:
    await world.afresh()
    async with browser(world.house) as ada:
        back = await ada.agree(await ada.depart(), "s-ada")
        [kept] = [one for one in ada.client.cookie_jar if one.key == "metarr_login"]
        assert (kept["httponly"], kept["samesite"], kept["path"]) == (True, "lax", "/login")
        assert (await ada.get(back))[0] == 303
        status, _, text = await ada.get(back)
        assert (status, "not begun in this browser" in text) == (422, True)
        ada.client.cookie_jar.update_cookies({"metarr_login": kept.value})
        status, _, text = await ada.get(back)
        assert (status, "does not take the code" in text) == (422, True)


async def test_a_code_is_of_use_only_to_who_asked_for_it(world: World) -> None:
    await world.afresh()
    async with browser(world.house) as ada, browser(world.house) as thief:
        back = await ada.agree(await ada.depart(), "s-ada")
        await thief.depart()
        mine = await thief.agree(await thief.depart(), "s-ada")
        code, state = (part.partition("=")[2] for part in (_part(back, "code"), _part(mine, "state")))
        status, _, text = await thief.get(f"/login/oidc/callback?code={code}&state={state}")
        assert (status, "does not take the code" in text) == (422, True), "its verifier is in the other browser"
        await world.provider.breaks("believing")
        mine = await thief.agree(await thief.depart(), "s-ada")
        back = await ada.agree(await ada.depart(), "s-ada")
        code, state = (part.partition("=")[2] for part in (_part(back, "code"), _part(mine, "state")))
        status, _, text = await thief.get(f"/login/oidc/callback?code={code}&state={state}")
        assert (status, "belongs to another login" in text) == (403, True), "and so is the nonce"


def _part(address: str, name: str) -> str:
    return next(part for part in address.partition("?")[2].split("&") if part.startswith(f"{name}="))


async def test_who_says_no_there_is_told_so(world: World) -> None:
    await world.afresh()
    async with browser(world.house) as ada:
        where = await ada.depart()
        state = _part(where, "state").partition("=")[2]
        status, _, text = await ada.get(f"/login/oidc/callback?error=access_denied&state={state}")
        assert (status, "You, or the provider, said no." in text) == (403, True)
    async with browser(world.house) as ada:
        state = _part(await ada.depart(), "state").partition("=")[2]
        status, _, text = await ada.get(f"/login/oidc/callback?error=%3Cb%3Ebuy+this&state={state}")
        assert (status, "buy this" in text) == (403, False), "strangers put no words into our mouth"
        state = _part(await ada.depart(), "state").partition("=")[2]
        status, _, _ = await ada.get(f"/login/oidc/callback?iss=https://elsewhere.example&code=x&state={state}")
        assert status == 422


@pytest.mark.parametrize("goal", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "/%09/x"])
async def test_nobody_is_sent_to_another_site(world: World, goal: str) -> None:
    await world.afresh()
    async with browser(world.house) as ada:
        status, where, _ = await ada.get(await ada.agree(await ada.depart(goal), "s-ada"))
        assert (status, where) == (303, "/")


async def test_the_session_is_like_others_but_ends_sooner(world: World) -> None:
    await world.afresh()
    async with browser(world.house) as ada:
        await ada.come("s-ada")
        [kept] = [one for one in ada.client.cookie_jar if one.key == "metarr_session"]
        assert (kept["httponly"], kept["samesite"]) == (True, "lax")
        url = f"{world.house.house.app.url}/logout"
        async with ada.client.post(url, headers={"Origin": "https://elsewhere.example"}) as answer:
            assert answer.status == 403, "another site's page cannot use it"
        status, where, _ = await ada.post("/logout")
        assert (status, where) == (303, "/logged-out")
        assert (await ada.get("/movies"))[0] == 303
        _, _, text = await ada.get("/logged-out")
        assert f"{world.provider.url}/oauth2/end_session?client_id=" in text


async def test_who_is_unlinked_is_out_and_a_stranger_again(world: World) -> None:
    await world.afresh()
    await world.provider.has("s-ivy", preferred_username="ivy", groups=["family"])
    async with browser(world.house) as ivy:
        await ivy.come("s-ivy")
        _, known = await world.house.ask("administrator", "GET", "/api/v1/single-sign-on/identities")
        [own] = [one for one in known if one["user"] == "ivy"]
        _, text = await world.house.ask("administrator", "GET", "/settings/single-sign-on")
        path = f"/settings/single-sign-on/identities/{own['id']}/unlink"
        assert path in text
        assert (await world.house.ask("editor", "POST", path))[0] == 403
        assert (await world.house.ask("administrator", "POST", path))[0] == 303
        assert (await ivy.get("/movies"))[0] == 303
        assert "no user here is known to be yours" in (await ivy.come("s-ivy"))[2]


async def test_the_form_for_passwords_can_be_out_of_sight_and_is_never_gone(world: World) -> None:
    await world.afresh(hidePasswordForm=True)
    async with browser(world.house) as ada:
        assert 'name="password"' not in (await ada.get("/login"))[2]
        assert 'name="password"' in (await ada.get("/login/local"))[2]
        status, _, _ = await ada.post("/login", name="administrator", password=WORD)
        assert status == 303
    await world.set(enabled=False)
    async with browser(world.house) as ada:
        assert 'name="password"' in (await ada.get("/login"))[2], "without the button there is the form"
        status, _, text = await ada.get("/login/oidc")
        assert (status, "Single sign-on is off" in text) == (409, True)


async def _tested(world: World) -> str:
    _, found = await world.house.ask("administrator", "POST", "/api/v1/single-sign-on/test")
    _, page = await world.house.ask("administrator", "POST", "/settings/single-sign-on/test")
    for one in found:
        assert one["words"].split(" (")[0][:40] in _read(page)
    return "\n".join(f"{'+' if one['isWell'] else '-'} {one['words']}" for one in found)


async def test_the_test_says_what_is_wrong(world: World) -> None:
    await world.afresh()
    well = await _tested(world)
    assert "\n- " not in well
    assert "/login/oidc/callback" in well
    assert "It knows the client" in well
    for fault, words in (
        ("another issuer", "- The provider calls itself 'https://elsewhere.example'"),
        ("elsewhere", "169.254.169.254"),
        ("no keys", "holds no key that signs"),
    ):
        await world.provider.breaks(fault)
        assert words in await _tested(world)
    await world.provider.breaks("")
    try:
        await world.set(clientId="nobody")
        assert "refuses this client" in await _tested(world)
        await world.set(issuer=f"{world.provider.url}/", clientId=world.provider.client_id)
        assert "write it the same way" in await _tested(world)
        await world.set(issuer=world.house.house.app.url)
        assert "OpenID Connect provider" in await _tested(world)
        await world.set(issuer="http://127.0.0.1:9")
        assert "does not answer" in await _tested(world)
    finally:
        await world.set(issuer=world.provider.url, clientId=world.provider.client_id)


def _is_in(folder: Path, secret: bytes) -> bool:
    return any(secret in path.read_bytes() for path in folder.glob("metarr.db*"))


async def test_the_secret_is_for_its_issuer_alone_and_never_shown(world: World, folder: Path) -> None:
    await world.afresh()
    ask = world.house.ask
    secret = world.provider.client_secret
    assert (await ask("administrator", "GET", "/api/v1/single-sign-on"))[1]["hasSecret"] is True
    _, page = await ask("administrator", "GET", "/settings/single-sign-on")
    assert secret not in page
    assert secret not in str(await ask("administrator", "GET", "/api/v1/settings"))
    assert not await asyncio.to_thread(_is_in, folder, secret.encode())
    assert (await ask("editor", "PUT", "/api/v1/single-sign-on/secret", json={"secret": "x"}))[0] == 403
    await world.set(issuer="http://127.0.0.1:9")
    assert (await ask("administrator", "GET", "/api/v1/single-sign-on"))[1]["hasSecret"] is False
    await world.set(issuer=world.provider.url)
    form = {"secret": "another", "deed": "save"}
    assert (await ask("administrator", "POST", "/settings/single-sign-on/secret", data=form))[0] == 303
    assert "refuses this client" in await _tested(world)
    form = {"secret": secret, "deed": "save"}
    assert (await ask("administrator", "POST", "/settings/single-sign-on/secret", data=form))[0] == 303


async def test_a_provider_that_is_down_leaves_the_other_way_in(world: World) -> None:
    """The last one: it ends the provider."""
    await world.afresh()
    async with browser(world.house) as ada:
        back = await ada.agree(await ada.depart(), "s-ada")
        world.provider.process.terminate()
        await world.provider.process.wait()
        status, _, text = await ada.get(back)
        assert (status, "does not answer" in text, "/login/local" in text) == (503, True, True)
        await world.set(scopes=["openid"], furtherHosts=["elsewhere.example"])  # what was found out is forgotten
        status, _, text = await ada.get("/login/oidc")
        assert (status, "does not answer" in text) == (503, True)
        assert (await ada.post("/login", name="administrator", password=WORD))[0] == 303
