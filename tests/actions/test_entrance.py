"""Accounts, sessions and keys over both databases: who is recognised, for how long, and what ends it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from clocks import Clock
from conftest import all_rows
from metarr.actions import accounts, passwords
from metarr.actions.accounts import Change
from metarr.actions.entrance import Doors, Entrance, Shown, key_of, name_of
from metarr.errors import Conflict, Forbidden, InvalidInput, NotFound, Throttled, Unauthenticated
from metarr.model.access import OWNER, Caller, Right, Role
from metarr.model.audit import Deed, Wanted
from metarr.store import accounts as stored
from metarr.store import api_keys, audit, schema

if TYPE_CHECKING:
    from metarr.store.db import Store, Tx

NEAR = Shown("127.0.0.1", is_near=True)
FAR = Shown("192.0.2.7", is_near=False, agent="Browser\x00\n1")
WORD = "correct horse"
CODE = "ABCDE23456"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(sqlite_store: Store, clock: Clock) -> Entrance:
    return Entrance(sqlite_store, Doors(("owner",), setup_code=CODE), clock)


@pytest.fixture
def both(store: Store, clock: Clock) -> Entrance:
    """On each kind of database, where that can make a difference."""
    return Entrance(store, Doors(("owner",), setup_code=CODE), clock)


def _as(name: str, password: str, shown: Shown = FAR) -> Shown:
    return replace(shown, name=name, password=password)


async def _admin(door: Entrance) -> str:
    token, _ = await door.set_up(_as("Alex", WORD), "", is_allowed=True)
    return token


async def _session(door: Entrance, token: str) -> Caller | None:
    return await door.caller(replace(FAR, session=token))


async def test_the_first_account_is_an_administrator_and_the_only_one_made_so(door: Entrance) -> None:
    assert not await door.has_accounts()
    token, caller = await door.set_up(_as("Alex", WORD), "", is_allowed=True)
    assert await door.has_accounts()
    assert caller.rights == frozenset(Right)
    assert await _session(door, token) == caller
    with pytest.raises(Conflict, match="accounts already"):
        await door.set_up(_as("Eve", WORD), CODE, is_allowed=True)


async def test_of_many_at_once_one_becomes_the_first(store: Store) -> None:
    doors = [Entrance(store, Doors()) for _ in range(4)]  # as in several processes
    tries = (one.set_up(_as(f"user{number}", WORD), "", is_allowed=True) for number, one in enumerate(doors))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(result) for result in results if isinstance(result, Exception)] == [Conflict] * 3
    assert len(await store.read(stored.everyone)) == 1


@pytest.mark.parametrize("code", ["", "WRONG", "ÄÖÜ", "\ud800", f"{CODE}X"])
async def test_from_afar_the_first_account_needs_the_code(door: Entrance, code: str) -> None:
    with pytest.raises(Forbidden, match="setup code"):
        await door.set_up(_as("Eve", WORD), code, is_allowed=False)
    assert not await door.has_accounts()


async def test_the_code_may_be_typed_in_small_letters(door: Entrance) -> None:
    await door.set_up(_as("Alex", WORD), f" {CODE.lower()} ", is_allowed=False)


async def test_an_empty_code_opens_nothing_where_none_was_made(sqlite_store: Store) -> None:
    with pytest.raises(Forbidden):
        await Entrance(sqlite_store, Doors()).set_up(_as("Eve", WORD), "", is_allowed=False)


async def test_the_code_cannot_be_guessed_quickly(door: Entrance, clock: Clock) -> None:
    for number in range(5):
        with pytest.raises(Forbidden):
            await door.set_up(_as("Eve", WORD), f"GUESS{number}", is_allowed=False)
    with pytest.raises(Throttled):
        await door.set_up(_as("Eve", WORD), CODE, is_allowed=False)
    clock.now += 1
    await door.set_up(_as("Eve", WORD), CODE, is_allowed=False)


async def test_nothing_secret_is_stored_as_it_is(door: Entrance, sqlite_store: Store) -> None:
    token = await _admin(door)
    _, key = await accounts.add_key(door, OWNER, "Radarr", [Right.WEBHOOK])
    tables = (schema.user, schema.session, schema.api_key)
    everything = repr([row for table in tables for row in all_rows(sqlite_store, table)])
    assert "argon2id" in everything
    for secret in (WORD, token, key):
        assert secret not in everything
    assert "secret" not in repr(_as("alex", "secret"))


@pytest.mark.parametrize("name", ["alex", "ALEX", " Alex ", "ａｌｅｘ"])
async def test_capitals_and_widths_of_names_do_not_matter(door: Entrance, name: str) -> None:
    await _admin(door)
    _, caller = await door.log_in(_as(name, WORD))
    assert caller.name == "Alex"


@pytest.mark.parametrize(
    ("name", "password"),
    [
        pytest.param("alex", "wrong horse", id="a wrong password"),
        pytest.param("nobody", WORD, id="no such user"),
        pytest.param("", "", id="nothing"),
        pytest.param("alex", "\ud800" * 10, id="a password that is no text"),
        pytest.param("alex", "x" * 5000, id="a password longer than any"),
        pytest.param("al\x00ex", "wrong horse", id="a name that no database takes"),
        pytest.param("' OR 1=1 --", WORD, id="a name that would be SQL"),
        pytest.param("%", WORD, id="a name that would match any"),
    ],
)
async def test_a_wrong_login_says_only_that_it_is_wrong(door: Entrance, name: str, password: str) -> None:
    await _admin(door)
    with pytest.raises(Unauthenticated, match="The name or the password is wrong"):
        await door.log_in(_as(name, password))


async def test_guessing_is_slowed_down_for_known_and_unknown_names_alike(door: Entrance, clock: Clock) -> None:
    await _admin(door)
    for place, name in enumerate(("alex", "nobody")):
        far = replace(FAR, address=f"192.0.2.{place}")
        for number in range(5):
            with pytest.raises(Unauthenticated):
                await door.log_in(_as(name, f"guess {number}", far))
        with pytest.raises(Throttled):
            await door.log_in(_as(name, WORD, far))
    clock.now += 1
    await door.log_in(_as("alex", WORD, replace(FAR, address="192.0.2.0")))


async def test_the_same_wrong_password_again_is_no_new_guess(door: Entrance) -> None:
    """A program with an old password does not lock its owner out."""
    await _admin(door)
    for _ in range(20):
        assert await door.caller(_as("alex", "the old password")) is None
    await door.log_in(_as("alex", WORD))


async def test_a_password_that_was_right_is_not_throttled_while_others_guess(door: Entrance) -> None:
    await _admin(door)
    assert await door.caller(_as("alex", WORD)) is not None
    for number in range(7):
        with pytest.raises((Unauthenticated, Throttled)):
            await door.log_in(_as("alex", f"guess {number}"))
    assert await door.caller(_as("alex", WORD)) is not None


async def test_basic_authentication_takes_any_name_with_a_key(door: Entrance) -> None:
    _, key = await accounts.add_key(door, OWNER, "Radarr", [Right.WEBHOOK])
    caller = await door.caller(_as("radarr", key))
    assert caller is not None
    assert (caller.name, set(caller.rights)) == ("key Radarr", {Right.WEBHOOK})
    assert await door.caller(_as("anyone", "owner")) == OWNER


@pytest.mark.parametrize(
    ("scopes", "rights"),
    [
        ({Right.READ}, {Right.READ}),
        ({Right.OPERATE}, {Right.OPERATE, Right.READ}),
        ({Right.ADMIN}, set(Right)),
        ({Right.WEBHOOK}, {Right.WEBHOOK}),
        ({Right.WEBHOOK, Right.READ}, {Right.WEBHOOK, Right.READ}),
    ],
)
async def test_a_key_may_do_what_its_scopes_say(door: Entrance, scopes: set[Right], rights: set[Right]) -> None:
    added, key = await accounts.add_key(door, OWNER, "a program", scopes)
    caller = await door.caller(replace(FAR, key=key))
    assert caller is not None
    assert caller.rights == rights
    assert key.endswith(added.hint)


async def test_a_key_opens_nothing_once_it_is_removed(door: Entrance) -> None:
    added, key = await accounts.add_key(door, OWNER, "a program", [Right.READ])
    assert await door.caller(replace(FAR, key=key)) is not None
    await accounts.remove_key(door, OWNER, added.id)
    assert await door.caller(replace(FAR, key=key)) is None
    with pytest.raises(NotFound):
        await accounts.remove_key(door, OWNER, added.id)


async def test_when_a_key_was_used_is_written_once_a_minute(both: Entrance, store: Store, clock: Clock) -> None:
    _, key = await accounts.add_key(both, OWNER, "a program", [Right.READ])

    async def used() -> object:
        clock.now += 10  # nothing is remembered for so long
        await both.caller(replace(FAR, key=key))
        return (await store.read(api_keys.everything))[0].used_at

    first = await used()
    assert first is not None
    assert await used() == first
    store.skew += timedelta(minutes=2)
    assert await used() != first


@pytest.mark.parametrize("key", ["", "wrong", "metarr_wrong", "Owner", "\ud800", "ü"])
async def test_other_keys_open_nothing(door: Entrance, key: str) -> None:
    await accounts.add_key(door, OWNER, "a program", [Right.READ])
    assert await door.caller(replace(NEAR, key=key)) is None


async def test_this_machine_is_the_owner_only_where_that_was_chosen(sqlite_store: Store) -> None:
    free = Entrance(sqlite_store, Doors(("owner",), is_near_free=True))
    assert await free.caller(NEAR) == OWNER
    assert await free.caller(FAR) is None
    assert await free.caller(replace(NEAR, key="wrong")) is None
    assert await Entrance(sqlite_store, Doors(("owner",))).caller(NEAR) is None


@pytest.mark.parametrize(
    ("used_every", "until", "is_open"),
    [
        pytest.param(29, 29, True, id="used within thirty days"),
        pytest.param(31, 31, False, id="not used for thirty days"),
        pytest.param(20, 360, True, id="used all year"),
        pytest.param(20, 380, False, id="a year is the longest, however often it is used"),
    ],
)
async def test_sessions_end_by_themselves(
    door: Entrance, clock: Clock, used_every: int, until: int, *, is_open: bool
) -> None:
    token = await _admin(door)
    caller = await _session(door, token)
    for _ in range(until // used_every):
        clock.now += 10
        door.store.skew += timedelta(days=used_every)
        caller = await _session(door, token)
    assert (caller is not None) == is_open


async def test_sessions_that_ended_are_cleared_away(both: Entrance, store: Store) -> None:
    await _admin(both)
    store.skew += timedelta(days=31)
    await both.log_in(_as("alex", WORD))
    rows = all_rows(store, schema.session)
    assert len(rows) == 1
    assert rows[0]["agent"] == "Browser1"


async def test_logging_out_ends_this_session_only(door: Entrance) -> None:
    one, other = await _admin(door), (await door.log_in(_as("alex", WORD)))[0]
    await door.log_out(await _session(door, one))
    assert await _session(door, one) is None
    assert await _session(door, other) is not None
    await door.log_out(None)
    await door.log_out(OWNER)


async def test_ones_own_password_needs_the_old_one_and_ends_the_other_sessions(door: Entrance) -> None:
    one, other = await _admin(door), (await door.log_in(_as("alex", WORD)))[0]
    me = await _session(door, one)
    assert me is not None
    with pytest.raises(Unauthenticated):
        await accounts.change_own_password(door, me, "192.0.2.7", "wrong", "another horse")
    await accounts.change_own_password(door, me, "192.0.2.7", WORD, "another horse")
    assert await _session(door, one) is not None
    assert await _session(door, other) is None
    with pytest.raises(Unauthenticated):
        await door.log_in(_as("alex", WORD))
    await door.log_in(_as("alex", "another horse"))
    with pytest.raises(Conflict, match="no account"):
        await accounts.change_own_password(door, OWNER, "", WORD, WORD)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(Change(password="another horse"), id="a new password"),
        pytest.param(Change(is_disabled=True), id="kept out"),
    ],
)
async def test_what_an_administrator_changes_ends_the_users_sessions(door: Entrance, change: Change) -> None:
    await _admin(door)
    sam = await accounts.add_user(door, OWNER, "Sam", WORD, Role.VIEWER)
    token, _ = await door.log_in(_as("sam", WORD))
    assert await _session(door, token) is not None
    await accounts.change_user(door, OWNER, sam.id, change)
    assert await _session(door, token) is None
    assert await door.caller(_as("sam", WORD)) is None


async def test_another_role_counts_at_once(door: Entrance) -> None:
    await _admin(door)
    sam = await accounts.add_user(door, OWNER, "Sam", WORD, Role.VIEWER)
    token, caller = await door.log_in(_as("sam", WORD))
    assert caller.rights == {Right.READ}
    await accounts.change_user(door, OWNER, sam.id, Change(role=Role.EDITOR))
    found = await _session(door, token)
    assert found is not None
    assert found.rights == {Right.READ, Right.OPERATE}


async def test_a_removed_user_is_gone_at_once(both: Entrance) -> None:
    await _admin(both)
    sam = await accounts.add_user(both, OWNER, "Sam", WORD, Role.VIEWER)
    token, _ = await both.log_in(_as("sam", WORD))
    await accounts.remove_user(both, OWNER, sam.id)
    assert await _session(both, token) is None
    with pytest.raises(Unauthenticated):
        await both.log_in(_as("sam", WORD))


async def test_what_another_process_changes_counts_after_a_moment(
    door: Entrance, sqlite_store: Store, clock: Clock
) -> None:
    token = await _admin(door)
    assert await _session(door, token) is not None
    await sqlite_store.write(lambda tx: stored.end_all(tx, 1))
    assert await _session(door, token) is not None
    clock.now += 5
    assert await _session(door, token) is None


async def test_one_administrator_always_stays(both: Entrance) -> None:
    await _admin(both)
    only = (await both.store.read(stored.everyone))[0]
    for change in (Change(role=Role.EDITOR), Change(is_disabled=True)):
        with pytest.raises(Conflict, match="last administrator"):
            await accounts.change_user(both, OWNER, only.id, change)
    with pytest.raises(Conflict, match="last administrator"):
        await accounts.remove_user(both, OWNER, only.id)
    sam = await accounts.add_user(both, OWNER, "Sam", WORD, Role.ADMINISTRATOR)
    tries = (accounts.change_user(both, OWNER, user.id, Change(role=Role.VIEWER)) for user in (only, sam))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(result) for result in results if isinstance(result, Exception)] == [Conflict]


@pytest.mark.parametrize("name", ["", " ", "a:b", "line\nbreak", "x" * 65, "\ud800", "nul\x00", "\u202eevil"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(InvalidInput, match="printable"):
        name_of(name)


@pytest.mark.parametrize("name", ["alex", "Äda Lovelace", "o'brien", "a@b.example", "数"])
def test_what_is_a_name(name: str) -> None:
    assert key_of(name_of(name).upper()) == key_of(name)


@pytest.mark.parametrize("password", ["", "seven77", "x" * 1025, "\ud800" * 8])
async def test_what_is_no_password(door: Entrance, password: str) -> None:
    with pytest.raises(InvalidInput, match=r"too short|too long"):
        await accounts.add_user(door, OWNER, "alex", password, Role.ADMINISTRATOR)


async def test_names_are_taken_whatever_their_capitals(both: Entrance) -> None:
    await _admin(both)
    with pytest.raises(Conflict, match="already"):
        await accounts.add_user(both, OWNER, "ALEX", WORD, Role.VIEWER)
    await accounts.add_key(both, OWNER, "Radarr", [Right.READ])
    with pytest.raises(Conflict, match="already"):
        await accounts.add_key(both, OWNER, "Radarr", [Right.READ])


async def test_the_first_account_cannot_be_a_viewer(door: Entrance) -> None:
    with pytest.raises(Conflict, match="administrator"):
        await accounts.add_user(door, OWNER, "sam", WORD, Role.VIEWER)


@pytest.fixture
def really_strong(strong_passwords: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", strong_passwords)


@pytest.mark.usefixtures("really_strong")
async def test_a_password_hashed_with_older_parameters_is_hashed_anew_at_the_next_login(
    door: Entrance, sqlite_store: Store
) -> None:
    older = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(WORD)
    await sqlite_store.write(lambda tx: stored.add(tx, "Alex", "alex", older, Role.ADMINISTRATOR))
    await door.log_in(_as("alex", WORD))
    found = (await sqlite_store.read(stored.everyone))[0].password_hash
    assert found != older
    assert "m=19456,t=2,p=1" in found
    await door.log_in(_as("alex", WORD))


async def test_what_is_refused_again_and_again_is_written_down_once_a_minute(door: Entrance, clock: Clock) -> None:
    robot = Caller("key Robot", frozenset({Right.READ}))

    async def refuse(action: str = "GET /users", caller: Caller = robot) -> None:
        error = await door.forbid(caller, action, Right.ADMIN)
        assert str(error) == f"{caller.name} may not do this: it needs the right to admin."

    def lines(tx: Tx) -> list[tuple[str, int]]:
        found = audit.page(tx, Wanted(deed=Deed.FORBIDDEN), before=None, limit=9)
        return [(line.what, line.times) for line in found]

    for _ in range(5):
        await refuse()
    assert await door.store.read(lines) == [("GET /users", 1)]
    await refuse("GET /backups")
    clock.now += 61
    await refuse()
    assert await door.store.read(lines) == [("GET /backups", 1), ("GET /users", 2)]
