"""Who is whom elsewhere: one user for one subject, and sessions that end when the link or their time does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from metarr.errors import Conflict, NotFound
from metarr.model.access import Role
from metarr.store import accounts, sign_ons
from metarr.store.accounts import By

if TYPE_CHECKING:
    from metarr.store.db import Store, Tx

ISSUER = "https://auth.example.org"


def _people(tx: Tx) -> tuple[int, int]:
    ada = accounts.add(tx, "ada", "ada", "", Role.ADMINISTRATOR)
    return ada.id, accounts.add(tx, "bea", "bea", "", Role.VIEWER).id


def test_a_subject_is_one_user_and_a_user_one_subject_of_an_issuer(store: Store) -> None:
    def body(tx: Tx) -> None:
        ada, bea = _people(tx)
        sign_ons.link(tx, ada, ISSUER, "1", "ada")
        sign_ons.link(tx, ada, "proxy", "1", "ada")
        for user, subject in ((bea, "1"), (ada, "2")):
            with pytest.raises(Conflict):
                sign_ons.link(tx, user, ISSUER, subject, "eve")
        found = sign_ons.find(tx, ISSUER, "1")
        assert found is not None
        assert (found.user_id, found.user) == (ada, "ada")
        assert sign_ons.find(tx, ISSUER.upper(), "1") is None
        assert [one.issuer for one in sign_ons.everyone(tx)] == [ISSUER, "proxy"]
        sign_ons.cut_link(tx, found.id)
        with pytest.raises(NotFound):
            sign_ons.get(tx, found.id)
        sign_ons.link(tx, bea, ISSUER, "1", "bea")

    store.write_now(body)


def test_a_session_ends_with_its_time_and_with_its_link(store: Store) -> None:
    def begin(tx: Tx) -> int:
        ada, _ = _people(tx)
        identity = sign_ons.link(tx, ada, ISSUER, "1", "ada").id
        accounts.begin(tx, ada, "short", "", "", By(identity, timedelta(seconds=-1)))
        accounts.begin(tx, ada, "long", "", "", By(identity, timedelta(hours=1)))
        accounts.begin(tx, ada, "password", "", "")
        return identity

    def alive(tx: Tx) -> list[str]:
        return [token for token in ("short", "long", "password") if accounts.recognised(tx, token) is not None]

    identity = store.write_now(begin)
    assert store.write_now(alive) == ["long", "password"]
    store.write_now(lambda tx: sign_ons.cut_link(tx, identity))
    assert store.write_now(alive) == ["password"]


def test_the_last_administrator_is_known(store: Store) -> None:
    def body(tx: Tx) -> None:
        ada, bea = _people(tx)
        assert accounts.is_last_administrator(tx, ada)
        assert not accounts.is_last_administrator(tx, bea)
        accounts.change(tx, bea, role=Role.ADMINISTRATOR.value)
        assert not accounts.is_last_administrator(tx, ada)

    store.write_now(body)
