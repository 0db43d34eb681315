"""The notification channels and the words of messages, as a browser without scripts uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from aiohttp import web
from apprise import Apprise

from metarr.actions.channels import known_events
from metarr.jobs import triggers
from metarr.model.event import NOTABLE, EventType, NewEvent
from metarr.notifiers import kodi_screen
from metarr.store import events
from metarr.store.db import Store, sqlite_url
from metarr.ui.settings.channels_events import GROUPS, SERVICES
from plain_browser import opened, sent
from running import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from plain_browser import Page
    from running import Running

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
in_one_house = pytest.mark.asyncio(loop_scope="module")
PAGE, WORDS = "/settings/channels", "/settings/channels/words/publishing_completed"
SECRET = "s3cret-of-the-owner"
NOBODY = f"json://user:{SECRET}@127.0.0.1:9"


def test_every_event_that_can_be_told_stands_in_one_group() -> None:
    shown = [kind for _, group in GROUPS for kind, _ in group]
    assert sorted(shown) == sorted(known_events())


def test_the_services_that_are_named_are_known() -> None:
    plugins = Apprise().details()["schemas"]
    known = {scheme for one in plugins for key in ("protocols", "secure_protocols") for scheme in one[key] or ()}
    assert {one.address.partition(":")[0] for one in SERVICES} <= known | set(kodi_screen.SCHEMES)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    folder = tmp_path_factory.mktemp("channels")
    (folder / "metarr.db").write_bytes(migrated_sqlite.read_bytes())
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(made: Path) -> AsyncIterator[Running]:
    async with running(made, is_working=False) as found:
        yield found


@pytest.fixture
def store(made: Path) -> Iterator[Store]:
    """The program's database, as another process sees it."""
    opened_here = Store(sqlite_url(made / "metarr.db"))
    yield opened_here
    opened_here.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service() -> AsyncIterator[tuple[str, list[Any]]]:
    """A service that takes messages, and what it took."""
    taken: list[Any] = []

    async def take(request: web.Request) -> web.Response:
        taken.append(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/{any:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"json://user:{SECRET}@127.0.0.1:{runner.addresses[0][1]}", taken
    await runner.cleanup()


async def _only(house: Running) -> dict[str, Any]:
    [channel] = await house.get("/channels")
    return dict(channel)


@in_one_house
async def test_a_channel_is_tried_added_and_changed_without_its_address_coming_out(
    house: Running, service: tuple[str, list[Any]]
) -> None:
    assert "No channels yet" in (await opened(house, PAGE)).text
    blank = await opened(house, f"{PAGE}/new")
    assert {box.get("value") for box in blank.tree.xpath('//input[@name="event"][@checked]')} == set(NOTABLE)
    wanted: dict[str, Any] = {
        "name": "phone",
        "url": service[0],
        "event": ["scan_failed", "error_occurred"],
        "isEnabled": "true",
    }
    tried = await sent(house, f"{PAGE}/new", **wanted, deed="test")
    assert "The test message arrived" in tried.text
    assert [message["message"] for message in service[1]] == ["This is a test: the channel works."]
    assert SECRET not in tried.source
    assert await house.get("/channels") == []
    added = await sent(house, f"{PAGE}/new", **wanted)
    assert (added.status, added.where, added.said) == (303, PAGE, "phone is told from now on.")
    known = await _only(house)
    assert (known["events"], known["hasPosters"], known["service"]) == (
        ["error_occurred", "scan_failed"],
        False,
        "json",
    )
    here = f"{PAGE}/{known['id']}"
    page = await opened(house, here)
    assert SECRET not in page.source
    assert "stored (json" in page.source
    kept = await sent(house, here, name="mobile", url="", event=["scan_failed"], isEnabled="true", hasPosters="true")
    assert kept.said == "mobile is changed."
    assert "took the message" in (await sent(house, PAGE, PAGE, deed="test", channel=str(known["id"]))).said


@in_one_house
async def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(house: Running) -> None:
    wrong = await sent(house, f"{PAGE}/new", name="", url=f"no address {SECRET}", event=["scan_failed"])
    assert wrong.status == 422
    assert {one.get("id") for one in wrong.tree.xpath('//input[@aria-invalid="true"]')} == {"name", "url"}
    assert SECRET not in wrong.source
    [ticked] = wrong.tree.xpath('//input[@name="event"][@checked]')
    assert ticked.get("value") == "scan_failed"
    twice = await sent(house, f"{PAGE}/new", name="mobile", url=NOBODY)
    assert (twice.status, "choose another name" in twice.text) == (409, True)


@in_one_house
async def test_a_form_of_a_channel_that_was_changed_meanwhile_stores_nothing_at_first(house: Running) -> None:
    here = f"{PAGE}/{(await _only(house))['id']}"
    fields: dict[str, Any] = {"url": "", "event": ["scan_failed"], "isEnabled": "true"}

    def version(page: Page) -> str:
        return str(page.tree.xpath('//input[@name="version"]')[0].get("value"))

    mine = {"version": version(await opened(house, here)), "name": "mine", **fields}
    assert (await sent(house, here, here, name="theirs", **fields)).said == "theirs is changed."
    late = await sent(house, here, **mine)
    assert (late.status, late.tree.get_element_by_id("name").get("value")) == (412, "mine")
    assert (await _only(house))["name"] == "theirs"
    again = await sent(house, here, here, **mine | {"version": version(late), "name": "mobile"})
    assert again.said == "mobile is changed."


@in_one_house
async def test_a_channel_that_fails_says_so_and_one_is_switched_off_and_removed(house: Running) -> None:
    known = await _only(house)
    here, number = f"{PAGE}/{known['id']}", str(known["id"])
    await sent(house, here, name="mobile", url=NOBODY, event=["scan_failed"], isEnabled="true")
    failed = await sent(house, PAGE, PAGE, deed="test", channel=number)
    assert (failed.status, "The test failed" in failed.text, SECRET in failed.source) == (200, True, False)
    assert "told nothing any more" in (await sent(house, PAGE, PAGE, deed="off", channel=number)).said
    assert (await _only(house))["isEnabled"] is False
    await sent(house, PAGE, PAGE, deed="on", channel=number)
    assert (await _only(house))["isEnabled"] is True
    assert (await sent(house, PAGE, PAGE, deed="deliver")).said == "Nothing waits to be told."
    assert (await sent(house, PAGE, deed="on", channel="one")).status == 422
    removed = await sent(house, here, deed="remove")
    assert (removed.where, removed.said) == (PAGE, "mobile is removed.")
    assert await house.get("/channels") == []


@in_one_house
async def test_what_waits_for_a_channel_is_counted_and_told_at_once(house: Running, store: Store) -> None:
    await sent(house, f"{PAGE}/new", name="later", url=NOBODY, event=["scan_failed"], isEnabled="true")
    failure = NewEvent(EventType.SCAN_FAILED, data={"error": "no disk"})
    for _ in range(2):
        await store.write(lambda tx: triggers.tell(tx, failure))
    assert "2 wait to be told" in (await opened(house, PAGE)).text
    assert (await sent(house, PAGE, PAGE, deed="deliver")).said == "Told now: 1 waited."
    await sent(house, f"{PAGE}/{(await _only(house))['id']}", deed="remove")


@in_one_house
async def test_words_are_previewed_kept_and_given_back(house: Running) -> None:
    assert "our words" in (await opened(house, f"{PAGE}/words")).text
    assert "Sintel (2010)" in (await opened(house, WORDS)).part("preview")
    body = "{{ first.title }}\r\nis <b>there</b>"
    tried = await sent(house, WORDS, title="New: {{ count }}", body=body, deed="preview")
    assert tried.part("preview").startswith("Preview New: 1 Sintel (2010) is <b>there</b>")
    assert "<b>there" not in tried.source
    assert (await house.get("/settings/notification"))["templates"] == {}
    kept = await sent(house, WORDS, WORDS, title="New: {{ count }}", body=body, deed="save")
    assert "your words are saved" in kept.said
    [template] = (await house.get("/settings/notification"))["templates"].values()
    assert template["body"] == body.replace("\r\n", "\n")
    assert "your words" in (await opened(house, f"{PAGE}/words")).text
    assert "our own words" in (await sent(house, WORDS, WORDS, title="x", body="y", deed="default")).said
    assert (await house.get("/settings/notification"))["templates"] == {}


@in_one_house
@pytest.mark.parametrize(
    "template",
    [pytest.param("{{ nothing }}", id="a name that there is not"), pytest.param("{% if %}", id="no Jinja")],
)
async def test_words_that_cannot_be_used_are_refused_and_stay_in_the_form(house: Running, template: str) -> None:
    shown = await sent(house, WORDS, title="", body=template, deed="preview")
    assert (shown.status, "cannot be used" in shown.part("preview")) == (200, True)
    refused = await sent(house, WORDS, title="", body=template, deed="save")
    assert refused.status == 422
    assert refused.tree.get_element_by_id("body").text_content().strip() == template
    assert (await house.get("/settings/notification"))["templates"] == {}


@in_one_house
async def test_words_are_shown_with_what_happened_last(house: Running, store: Store) -> None:
    said = NewEvent(EventType.SCAN_COMPLETED, data={"summary": "three new films"})
    await store.write(lambda tx: events.add(tx, said))
    assert "three new films" in (await opened(house, f"{PAGE}/words/scan_completed")).part("preview")
    assert (await opened(house, f"{PAGE}/words/scan_progress")).status == 404


async def test_a_channel_of_the_configuration_is_changed_there(data: Path) -> None:
    async with running(data, notify_urls=(NOBODY,), is_working=False) as house:
        known = await _only(house)
        page = await opened(house, f"{PAGE}/{known['id']}")
        assert "METARR_NOTIFY_URLS" in page.text
        assert page.tree.xpath('//input[@name="url"]') == []
        changed = await sent(house, f"{PAGE}/{known['id']}", event=["scan_failed"], hasPosters="true")
        assert changed.status == 303
        now = await _only(house)
        assert (now["events"], now["isEnabled"], now["hasPosters"]) == (known["events"], False, True)
        assert (await sent(house, f"{PAGE}/{known['id']}", deed="remove")).status == 409
