"""Secrets at rest: sealed and opened with one key, which is made once, kept safely and never replaced by another."""

from __future__ import annotations

import errno
import stat
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from metarr.errors import InvalidInput
from metarr.store import channels, sealed, settings
from metarr.store import players as stored_players
from metarr.store.disk import Disk
from metarr.store.schema import channel, player
from metarr.store.sealed import KEY_FILE, Vault, WrongKey, is_sealed

if TYPE_CHECKING:
    from pathlib import Path

    from metarr.store.db import Store, Tx

KEY = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I="


@given(text=st.text(st.characters()))
def test_what_is_sealed_opens_again_and_shows_nothing(text: str) -> None:
    found = Vault(KEY).seal(text)
    assert is_sealed(found)
    assert Vault(KEY).open(found) == text
    assert len(text) < 4 or text not in found


def test_the_same_secret_never_looks_the_same() -> None:
    assert Vault(KEY).seal("abc") != Vault(KEY).seal("abc")


def test_another_key_opens_nothing_and_the_error_names_the_way_out() -> None:
    with pytest.raises(WrongKey, match=r"METARR_SECRET_KEY.*forget-secrets"):
        Vault().open(Vault(KEY).seal("abc"))


def test_a_damaged_seal_is_no_secret() -> None:
    with pytest.raises(WrongKey):
        Vault(KEY).open(Vault(KEY).seal("abc")[:-4])


def test_what_an_older_version_stored_plainly_is_given_as_it_is() -> None:
    assert Vault(KEY).open("hunter2") == "hunter2"


@pytest.mark.parametrize("key", ["short", "", "x" * 44, "schlüssel"], ids=repr)
def test_what_is_no_key_is_refused_with_the_way_to_make_one(key: str) -> None:
    with pytest.raises(InvalidInput, match="openssl rand -base64 32") as caught:
        Vault(key)
    assert not key or key not in str(caught.value)


def test_keys_as_openssl_writes_them_are_keys() -> None:
    ours = "-_" * 21 + "A="
    assert Vault(f" {ours.translate(str.maketrans('-_', '+/'))}\n").open(Vault(ours).seal("abc")) == "abc"


def test_a_key_is_made_once_for_this_user_alone(tmp_path: Path) -> None:
    assert sealed.key_in(tmp_path) is None
    made = sealed.make_key(tmp_path)
    assert (sealed.key_in(tmp_path) or "").strip() == made
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_a_key_that_could_not_be_written_is_not_used(tmp_path: Path) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(InvalidInput, match="No space left"):
        sealed.make_key(tmp_path, Disk(fsync=full))
    assert sealed.key_in(tmp_path) is None


def test_a_key_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).mkdir()
    with pytest.raises(InvalidInput, match=KEY_FILE):
        sealed.key_in(tmp_path)


def test_the_first_key_is_the_one_until_its_secrets_are_forgotten(store: Store) -> None:
    assert not store.write_now(sealed.is_in_use)
    store.write_now(lambda tx: sealed.prove(tx, Vault(KEY)))
    store.write_now(lambda tx: sealed.prove(tx, Vault(KEY)))
    assert store.write_now(lambda tx: sealed.fits(tx, Vault(KEY)))
    other = Vault()
    with pytest.raises(WrongKey):
        store.write_now(lambda tx: sealed.prove(tx, other))
    store.write_now(sealed.forget)
    store.write_now(lambda tx: sealed.prove(tx, other))


def test_forgetting_removes_what_was_sealed_and_nothing_else(store: Store) -> None:
    secret = Vault(KEY).seal("abc")

    def fill(tx: Tx) -> None:
        settings.save_provider(tx, "tmdb", {"api_key": secret, "requests_per_second": 3.0})
        settings.change(tx, "jobs", {"maxAttempts": 5})
        stored_players.save(tx, "kodi", "kodi", {"url": "http://kodi", "password": secret})
        channels.fix(tx, "chat", secret, [])
        channels.fix(tx, "old", "json://chat", [])
        sealed.prove(tx, Vault(KEY))
        sealed.forget(tx)

    store.write_now(fill)
    assert store.write_now(lambda tx: settings.provider_rows(settings.rows(tx))) == {
        "tmdb": {"requests_per_second": 3.0}
    }
    assert store.write_now(settings.load).jobs.max_attempts == 5
    assert store.write_now(lambda tx: tx.rows(sa.select(player.c.settings)))[0]["settings"] == {"url": "http://kodi"}
    left = store.write_now(lambda tx: tx.rows(sa.select(channel.c.url, channel.c.is_enabled).order_by(channel.c.name)))
    assert [(one["url"], one["is_enabled"]) for one in left] == [("", False), ("json://chat", True)]
