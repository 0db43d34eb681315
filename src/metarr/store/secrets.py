"""Every secret that the database holds, so that none of them leaves the installation by mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

from metarr.errors import Wait
from metarr.store import schema
from metarr.store.sealed import is_sealed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metarr.store.db import Tx
    from metarr.store.sealed import Vault

_HASHES = (
    schema.user.c.password_hash,
    schema.session.c.token_hash,
    schema.api_key.c.key_hash,
)


def everything(tx: Tx, vault: Vault) -> set[str]:
    """As they are stored, opened, and the parts of addresses that are secret by themselves."""
    found = {row[0] for column in _HASHES for row in tx.execute(sa.select(column)) if row[0]}
    for column in (schema.setting.c.value, schema.player.c.settings, schema.channel.c.url):
        for row in tx.execute(sa.select(column)):
            for text in _sealed(row[0]):
                found |= {text, *_opened(text, vault)}
    addresses = {row[0] for row in tx.execute(sa.select(schema.channel.c.url)) if row[0]}
    return found | addresses


def parts(address: str) -> Iterator[str]:
    """What is secret in an address: all of it, its password, and whatever identifies, such as a token in its path."""
    yield address
    try:
        split = urlsplit(address)
        found = [split.password or "", split.username or "", split.hostname or "", *split.path.split("/")]
    except ValueError:
        return
    long_enough = [part for part in found if len(part) >= _IDENTIFYING]
    yield from (form for part in [split.password or "", *long_enough] for form in (part, unquote(part)) if part)


_IDENTIFYING = 8  # characters


def _opened(sealed: str, vault: Vault) -> Iterator[str]:
    try:
        opened = vault.open(sealed)
    except Wait:  # sealed with another key: nobody here can open it
        return
    yield from parts(opened) if "://" in opened else (opened,)


def _sealed(value: Any) -> Iterator[str]:  # noqa: ANN401  any JSON
    if isinstance(value, str) and is_sealed(value):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _sealed(one)
    elif isinstance(value, list):
        for one in value:
            yield from _sealed(one)
