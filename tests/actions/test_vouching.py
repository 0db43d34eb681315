"""Whom claims are about, what their groups make of them, and what a browser is given to bring back."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.actions.sign_on import tickets, vouching
from metarr.actions.sign_on.tickets import Purpose
from metarr.actions.sign_on.vouching import Person
from metarr.errors import Forbidden
from metarr.model.access import Role
from metarr.sign_on import SingleSignOnSettings
from metarr.store.sealed import Vault

MAPPED = SingleSignOnSettings(administrators=("admins",), editors=("cutters",), viewers=("family", "guests"))


def _person(*groups: str) -> Person:
    return Person("https://auth.example.org", "7", "ada", frozenset(groups))


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (("admins",), Role.ADMINISTRATOR),
        (("family", "admins", "cutters"), Role.ADMINISTRATOR),
        (("guests", "cutters"), Role.EDITOR),
        (("guests",), Role.VIEWER),
    ],
    ids=["one group", "the mightiest of three", "the mightier of two", "one of two groups of a role"],
)
def test_groups_decide_on_the_role(groups: tuple[str, ...], role: Role) -> None:
    assert vouching.role_of(_person(*groups), MAPPED) is role


@pytest.mark.parametrize("groups", [(), ("Admins",), ("admins ",), ("adm",), ("admins,cutters",)], ids=str)
def test_who_is_in_none_of_them_is_refused(groups: tuple[str, ...]) -> None:
    with pytest.raises(Forbidden, match="None of your groups"):
        vouching.role_of(_person(*groups), MAPPED)


def test_others_can_be_let_in_as_less_than_administrators() -> None:
    allowed = MAPPED.model_copy(update={"others": "viewer"})
    assert vouching.role_of(_person("somewhere"), allowed) is Role.VIEWER
    with pytest.raises(ValueError, match="others"):
        SingleSignOnSettings.model_validate({"others": "administrator"})


def test_where_no_groups_are_named_they_decide_nothing() -> None:
    assert vouching.role_of(_person("admins"), SingleSignOnSettings()) is None
    with pytest.raises(Forbidden):
        vouching.role_of_new(_person("admins"), SingleSignOnSettings())
    assert vouching.role_of_new(_person(), SingleSignOnSettings(others="editor")) is Role.EDITOR


def test_who_says_nothing_of_groups_leaves_the_role_as_it_is() -> None:
    silent = Person("proxy", "ada", "ada", None)
    assert vouching.role_of(silent, MAPPED) is None
    with pytest.raises(Forbidden):
        vouching.role_of_new(silent, MAPPED)


@pytest.mark.parametrize(
    ("claims", "path", "found"),
    [
        ({"groups": ["a"]}, "groups", ["a"]),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", ["a"]),
        ({"a.b": 1, "a": {"b": 2}}, "a.b", 1),
        ({"https://x.example/groups": ["a"]}, "https://x.example/groups", ["a"]),
        ({"groups": None}, "groups.x", None),
        ({"realm_access": ["roles"]}, "realm_access.roles", None),
        ({}, "groups", None),
    ],
)
def test_claims_are_found_by_their_path(claims: dict[str, Any], path: str, found: object) -> None:
    assert vouching.claim(claims, path) == found


@pytest.mark.parametrize(
    ("value", "groups"),
    [
        pytest.param(["a", "b"], {"a", "b"}, id="several"),
        pytest.param("a", {"a"}, id="one"),
        pytest.param("a,b", {"a,b"}, id="one with a comma"),
        pytest.param([1, None, "", ["a"], {"a": 1}, "b"], {"b"}, id="one among what is no text"),
        pytest.param(None, set(), id="nothing"),
        pytest.param({"admins": True}, set(), id="an object"),
        pytest.param(True, set(), id="yes"),
    ],
)
def test_groups_are_texts(value: object, groups: set[str]) -> None:
    assert vouching.groups_of(value) == groups


@pytest.mark.parametrize("name", [None, "", "  ", 7, ["ada"], "x" * 1001], ids=str)
def test_without_a_name_there_is_nobody(name: object) -> None:
    with pytest.raises(Forbidden, match="preferred_username"):
        vouching.person_of({"sub": "7", "preferred_username": name}, "https://auth.example.org", MAPPED)


def test_who_has_no_name_is_told_which_claims_there_are() -> None:
    said = {"sub": "7", "name": "Ada", "groups": ["a"], "auth_time": 1}
    with pytest.raises(Forbidden, match=r"Its token has these: name, sub\."):
        vouching.person_of(said, "https://auth.example.org", MAPPED)


@pytest.mark.parametrize(
    ("claims", "is_sure"),
    [
        ({}, False),
        ({"email_verified": False}, False),
        ({"email_verified": "true"}, False),
        ({"email_verified": True}, True),
    ],
)
def test_an_address_that_nobody_proved_is_no_sure_name(claims: dict[str, Any], *, is_sure: bool) -> None:
    wanted = MAPPED.model_copy(update={"name_claim": "email"})
    person = vouching.person_of({"sub": "7", "email": "ada@example.org", **claims}, "https://auth.example.org", wanted)
    assert person.is_name_sure is is_sure


def test_a_ticket_comes_back_as_it_was() -> None:
    vault = Vault()
    ticket = tickets.write(vault, Purpose.LOGIN, {"goal": "/ä"})
    assert tickets.read(vault, Purpose.LOGIN, ticket) == {"goal": "/ä"}
    assert ticket.replace("-", "").replace("_", "").isalnum()


def test_a_ticket_is_for_its_purpose_and_its_time_and_this_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault()
    ticket = tickets.write(vault, Purpose.LINK, {})
    assert tickets.read(vault, Purpose.LOGIN, ticket) is None
    assert tickets.read(Vault(), Purpose.LINK, ticket) is None
    assert tickets.read(vault, Purpose.LINK, f"{ticket[:-3]}AAA") is None
    later = time.time() + tickets.LASTS + 1
    monkeypatch.setattr("metarr.actions.sign_on.tickets.time.time", lambda: later)
    assert tickets.read(vault, Purpose.LINK, ticket) is None


@given(st.text(max_size=50))
def test_what_we_did_not_write_is_no_ticket(text: str) -> None:
    assert tickets.read(_VAULT, Purpose.LOGIN, text) is None


_VAULT = Vault()


def test_a_text_in_the_clear_is_no_ticket() -> None:
    forged = '["login", 1, {"state": "x"}]'
    assert tickets.read(_VAULT, Purpose.LOGIN, forged) is None
