"""Everything that the API can do and every setting can be reached from a page, by an administrator, without scripts.

The table says where; the pages are opened to see whether it is really there. Whoever adds an operation adds its line.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import aiohttp
import pytest
import pytest_asyncio
import sqlalchemy as sa

from metarr.actions import settings as actions
from metarr.api import application
from metarr.model.access import Role
from metarr.store import schema
from metarr.store.db import Store, sqlite_url
from metarr.ui.settings.sections import page_of
from metarr.web import BASE
from people import session
from plain_browser import opened
from running import Running
from showroom import UNKNOWN, Room, showroom

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from lxml import html

    from metarr.store.db import Tx

pytestmark = pytest.mark.asyncio(loop_scope="module")

# A page, where its form goes (a pattern; "": to the page itself), and the control that does it: NAME=VALUE or NAME.
# What a test makes first, so that there is something to do: `_prepare`.
_TABLE: Final = """
PATCH /settings/phase-config                    /settings/phases | /settings/phases
PATCH /settings/general                         /settings/general | /settings/general
PATCH /settings/scanning                        /settings/scanning | /settings/scanning
PATCH /settings/enrichment                      /settings/enrichment | /settings/enrichment
PATCH /settings/publishing                      /settings/publishing | /settings/publishing
PATCH /settings/playerSync                      /settings/player-sync | /settings/player-sync
PATCH /settings/verification                    /settings/verification | /settings/verification
PATCH /settings/notification                    /settings/notification | /settings/notification
PATCH /settings/jobs                            /settings/jobs | /settings/jobs
PATCH /settings/backup                          /settings/backup | /settings/backup
POST /settings/enrichment/preview               /settings/artwork?item={movie} | /settings/artwork | deed=preview
POST /providers/{name}/test                     /settings/providers | /settings/providers#tmdb | deed=test
PATCH /providers/{name}/settings                /settings/providers | /settings/providers#tmdb | deed=save
POST /players                                   /settings/players/new | | deed=save
POST /players/test                              /settings/players/new | | deed=test
PATCH /players/{player_id}                      /settings/players/{player}/settings | | deed=save
DELETE /players/{player_id}                     /settings/players/{player}/settings | .*/settings | deed=remove
POST /players/{player_id}/test                  /settings/players/{player}/settings | | deed=test
POST /player-groups                             /settings/players/groups/new | | deed=save
PATCH /player-groups/{group_id}                 /settings/players/groups/{group} | | deed=save
DELETE /player-groups/{group_id}                /settings/players/groups/{group} | .*/groups/{group} | deed=remove
POST /sync                                      /settings/players | /settings/players
POST /libraries                                 /settings/libraries/add?path=/usr/share | /settings/libraries/add | name
POST /libraries/check                           /settings/libraries/add | /settings/libraries/add | path
PATCH /libraries/{library_id}                   /settings/libraries/{library} | /settings/libraries/{library} | name
DELETE /libraries/{library_id}                  /settings/libraries/{library}/remove | .*/remove
POST /libraries/{library_id}/relocate           /settings/libraries/{library}/relocate | .*/relocate
POST /libraries/{library_id}/confirm            /welcome/publishing/3 | /confirm/3
POST /libraries/{library_id}/pause              /settings/libraries/{library} | /settings/libraries/{library}/pause
POST /libraries/{library_id}/resume             /settings/libraries/3 | /settings/libraries/3/resume
POST /libraries/{library_id}/{kind}             /settings/libraries/{library} | /settings/libraries/{library}/run
POST /items/{item_id}/artwork/candidates/{candidate_id}/choose    /items/{movie}/artwork?kind=poster | .*/choose
POST /items/{item_id}/artwork/candidates/{candidate_id}/block     /items/{movie}/artwork?kind=poster | .*/block
DELETE /items/{item_id}/artwork/candidates/{candidate_id}/block   /items/{movie}/artwork?kind=poster | .*/unblock
POST /items/{item_id}/artwork/{kind}/upload     /items/{movie}/artwork?kind=poster | .*/poster/upload | picture
POST /items/{item_id}/artwork/{kind}/fetch      /items/{movie}/artwork?kind=poster | .*/poster/fetch | url
PUT /items/{item_id}/artwork/{kind}/order       /items/{movie}/artwork?kind=fanart | .*/fanart/order\\?.*
DELETE /items/{item_id}/artwork/{kind}/{rank}   /items/{movie}/artwork?kind=poster | .*/poster/remove.*
PATCH /items/{item_id}/metadata                 /items/{movie}/edit | /items/{movie}/edit
PATCH /items/{item_id}/locks                    /items/{movie}/edit | /items/{movie}/lock.*
POST /review/{question_id}/ignore               /review | /review/questions/.*/ignore
POST /recycle-bin/restore                       /recycle-bin | /recycle-bin/restore
POST /jobs/{job_id}/undo                        /recycle-bin | /recycle-bin/undo
POST /items/{item_id}/release                   /items/{held} | /items/{held}/release
POST /items/bulk                                /movies | /bulk | action
PATCH /items/{item_id}                          /items/{movie} | /items/{movie}/monitored
POST /items/{item_id}/refresh                   /items/{movie} | /items/{movie}/enrich
POST /items/{item_id}/identity                  /items/{movie}/identify | /items/{movie}/identity
POST /items/{item_id}/local                     /items/{doubtful}/identify | /items/{doubtful}/local
DELETE /items/{item_id}/local                   /items/{local}/identify | /items/{local}/local
PUT /items/{item_id}/episode-order              /items/{series}/identify | /items/{series}/episode-order
POST /items/{item_id}/{kind}                    /items/{movie} | /items/{movie}/publish
POST /views                                     /movies?sort=year | /views | name
DELETE /views/{view_id}                         /movies?sort=year&descending=true | /views/.*/remove
POST /jobs/retry                                /jobs?state=failed | /jobs/retry
POST /jobs/cancel                               /jobs/{waiting} | /jobs/.*/cancel-all
POST /jobs/clean                                /settings/schedules | /settings/schedules/.*/run
POST /jobs/{job_id}/cancel                      /jobs/{waiting} | /jobs/{waiting}/cancel
POST /jobs/{job_id}/retry                       /jobs/{failed} | /jobs/{failed}/retry
POST /jobs/{job_id}/now                         /jobs/{waiting} | /jobs/{waiting}/now
POST /jobs/{kind}                               / | /libraries/{library}/scan
POST /schedules                                 /settings/schedules/new | /settings/schedules
PATCH /schedules/{schedule_id}                  /settings/schedules/1 | /settings/schedules/1
DELETE /schedules/{schedule_id}                 /settings/schedules/1 | /settings/schedules/1/remove
POST /schedules/{schedule_id}/run               /settings/schedules | /settings/schedules/1/run
POST /channels                                  /settings/channels/new | | deed=save
POST /channels/test                             /settings/channels/new | | deed=test
POST /channels/preview                          /settings/channels/words/publishing_completed | | deed=preview
PATCH /channels/{channel_id}                    /settings/channels/{channel} | | deed=save
DELETE /channels/{channel_id}                   /settings/channels/{channel} | .*/channels/{channel} | deed=remove
POST /channels/{channel_id}/test                /settings/channels | /settings/channels | deed=test
POST /webhooks/deliveries/{delivery_id}/replay  /settings/webhooks/deliveries/{delivery} | .*/deliveries/{delivery}
POST /path-mappings                             /settings/webhooks/paths | /settings/webhooks/paths | remote
DELETE /path-mappings/{mapping_id}              /settings/webhooks/paths | /settings/webhooks/paths | deed=remove
POST /backups                                   /settings/backups | /settings/backups
DELETE /backups/{name}                          /settings/backups | /settings/backups/.*/remove
POST /logout                                    / | /logout
POST /me/password                               /account | /account/password
DELETE /me/sessions                             /account | /account/sessions/end
DELETE /me/sessions/{session_id}                /account | /account/sessions/\\d+/end
PATCH /settings/singleSignOn                    /settings/single-sign-on | /settings/single-sign-on
PUT /single-sign-on/secret                      /settings/single-sign-on | /settings/single-sign-on/secret | secret
POST /single-sign-on/test                       /settings/single-sign-on | /settings/single-sign-on/test
POST /users                                     /settings/users | /settings/users
PATCH /users/{user_id}                          /settings/users | /settings/users/.*/role
DELETE /users/{user_id}                         /settings/users | /settings/users/.*/remove
POST /api-keys                                  /settings/api-keys | /settings/api-keys
DELETE /api-keys/{key_id}                       /settings/api-keys | /settings/api-keys/.*/remove
"""
_EXCEPTIONS: Final = {
    "POST /players/{player_id}/retry": "a button of the player's page, there while something was not told or not shown",
    "POST /channels/deliver": "a button of /settings/channels, there while messages are gathered",
    "POST /items/find": "how programs find items by paths and ids; people search, at the top of every page",
    "DELETE /single-sign-on/identities/{identity_id}": "a button beside each linked user at /settings/single-sign-on",
    "POST /setup": "the page for a program that nobody owns yet; browser/test_tasks.py goes through it",
    "POST /login": "the page for who is not logged in; browser/test_tasks.py goes through it",
    "POST /webhooks/{source}": "Radarr and Sonarr send it; the page of a delivery sends it again",
    "PUT /webhooks/{source}": "the same",
    "POST /webhooks/{source}/{instance}": "the same",
    "PUT /webhooks/{source}/{instance}": "the same",
}


def _reaches() -> Iterator[tuple[str, str, str, str]]:
    for line in _TABLE.strip().splitlines():
        operation, where = re.split(r"\s{2,}", line, maxsplit=1)
        page, action, control = ([part.strip() for part in where.split("|")] + [""])[:3]
        yield operation, page, action, control


async def test_the_table_has_every_operation_once() -> None:
    operations = {
        f"{method.upper()} {path.removeprefix(BASE)}"
        for path, methods in application.description()["paths"].items()
        for method in methods
        if method != "get"
    }
    listed = [operation for operation, *_ in _reaches()] + [*_EXCEPTIONS]
    assert len(listed) == len(set(listed))
    assert set(listed) ^ operations == set()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> AsyncIterator[Room]:
    base = tmp_path_factory.mktemp("reach")
    await asyncio.to_thread((base / "data").mkdir)
    await asyncio.to_thread(shutil.copy, migrated_sqlite, base / "data" / "metarr.db")
    async with showroom(base / "data", base / "media") as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def numbers(room: Room, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """What addresses name, with what only some installations have."""
    other = tmp_path_factory.mktemp("other")
    return {name: place.id for name, place in room.places.items()} | await _prepare(room, other)


async def _prepare(room: Room, other: Path) -> dict[str, int]:
    house = room.house

    async def ask(method: str, path: str, body: object = None) -> None:
        status, answer = await house.ask(method, path, json=body)
        assert status < 300, answer

    movies = (await house.get("/items", kind="movie", limit=100))["items"]
    known = {one["title"]: one["id"] for one in movies}
    movie, local, held = room.places["movie"].id, known[UNKNOWN], known["Big Buck Bunny"]
    await ask("POST", "/libraries", {"path": str(other), "kind": "movies", "name": "Other"})
    await ask("POST", "/libraries/3/pause")
    await ask("POST", f"/items/{local}/local")
    await house.until_idle()
    posters = await house.get(f"/items/{movie}/artwork")
    offers = next(kind for kind in posters if kind["kind"] == "poster")["offers"]
    await ask("POST", f"/items/{movie}/artwork/candidates/{offers[-1]['id']}/block")
    await ask("POST", "/views", {"name": "By year", "place": "movies", "query": "sort=year&descending=true"})
    await ask("POST", "/api-keys", {"name": "Radarr", "scopes": ["webhook"]})
    await ask("POST", "/backups")
    await session(house, Role.ADMINISTRATOR.value)  # another place where one is logged in
    await house.until_idle()
    return {"local": local, "held": held} | _broken(room, held)


def _broken(room: Room, held: int) -> dict[str, int]:
    """A job that failed, one that waits, and an item that was undone: written straight into the database."""
    store = Store(sqlite_url(room.films.parents[1] / "data" / "metarr.db"))
    job, item = schema.job, schema.item
    ended = sa.select(job.c.id).where(job.c.state == "completed", job.c.kind == "enrich").limit(2)
    later = {"state": "pending", "run_at": datetime.now(UTC) + timedelta(days=1), "finished_at": None}

    def write(tx: Tx) -> tuple[int, int]:
        failed, waiting = tx.execute(ended).scalars().all()
        tx.execute(sa.update(job).where(job.c.id == failed).values(state="failed"))
        tx.execute(sa.update(job).where(job.c.id == waiting).values(later))
        tx.execute(sa.update(item).where(item.c.id == held).values(is_held=True))
        return failed, waiting

    failed, waiting = store.write_now(write)
    store.close()
    return {"failed": failed, "waiting": waiting}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def plain(room: Room, numbers: dict[str, int]) -> AsyncIterator[Running]:
    async with aiohttp.ClientSession(headers={"Cookie": room.cookies[Role.ADMINISTRATOR]}) as client:
        yield Running(room.house.app, client)


@pytest.mark.parametrize(
    ("page", "action", "control"), [where for _, *where in _reaches()], ids=[one for one, *_ in _reaches()]
)
async def test_an_operation_has_its_control(
    plain: Running, numbers: dict[str, int], page: str, action: str, control: str
) -> None:
    address, goal = (_filled(text, numbers) for text in (page, action))
    found = await opened(plain, address)
    assert found.status == 200, found.where
    here = re.escape(address.partition("?")[0])
    tree = found.tree
    targets = [(target, form) for form in tree.iter("form") for target in _targets(tree, form)]
    able = [form for target, form in targets if re.fullmatch(goal or here, target or address.partition("?")[0])]
    assert any(_has(tree, form, control) for form in able), sorted({target for target, _ in targets})


def _filled(text: str, numbers: dict[str, int]) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: str(numbers[name[1]]), text)


def _targets(tree: html.HtmlElement, form: html.HtmlElement) -> Iterator[str]:
    """Where a form's buttons send it."""
    yield form.get("action", "")
    for one in _parts(tree, form):
        if one.get("formaction"):
            yield one.get("formaction")


def _parts(tree: html.HtmlElement, form: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """What is in it or says that it belongs to it."""
    own = form.get("id")
    for one in tree.iter("button", "input", "select", "textarea"):
        if one.get("form") == own if one.get("form") else form in one.iterancestors("form"):
            yield one


def _has(tree: html.HtmlElement, form: html.HtmlElement, control: str) -> bool:
    name, _, value = control.partition("=")
    parts = list(_parts(tree, form))
    is_there = any(not name or (one.get("name") == name and (not value or one.get("value") == value)) for one in parts)
    return is_there and any(one.tag == "button" for one in parts)


@pytest.mark.parametrize("group", actions.described(), ids=lambda group: group.name)
async def test_every_setting_is_a_field_of_its_page(plain: Running, group: actions.Group) -> None:
    names: dict[str, set[str]] = {}
    lacking = []
    for one in group.settings:
        page = page_of(group.name, one.key)
        if page not in names:
            found = await opened(plain, f"/settings/{page}")
            tree = found.tree
            names[page] = {field.get("name", "") for field in tree.iter("input", "select", "textarea", "button")}
            names[page] |= {field.get("value", "").partition(":")[2] for field in tree.iter("button")}
        if not any(name == one.key or name.startswith(f"{one.key}.") for name in names[page]):
            lacking.append((page, one.key))
    assert lacking == []
