"""Secrets at rest: sealed with the installation's own key before they become rows, opened when they are used.

The key is the file `secret.key` in the data folder, or METARR_SECRET_KEY where several machines share a database. A
backup of the database alone tells nobody a password; without the key it tells the owner none either.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken

from metarr.errors import InvalidInput, Wait
from metarr.store import schema
from metarr.store.disk import Disk, sync_folder, temporary_name
from metarr.store.upsert import upsert

if TYPE_CHECKING:
    from pathlib import Path

    from metarr.store.db import Tx

KEY_FILE = "secret.key"
VARIABLE = "METARR_SECRET_KEY"
_MODE = 0o600
PREFIX = "sealed:"  # what has it was sealed; what has not is older than sealing
_PROOF = "secret_key"  # the fact that shows which key is in use
_PROVEN = "metarr"
_AGAIN = timedelta(seconds=30)
_WAY_OUT = (
    f"Put {KEY_FILE} back into the data folder, from the server or from a backup, or set {VARIABLE} to its content. "
    "If it is lost, `metarr config forget-secrets` removes what it sealed; then enter keys and passwords again."
)


class WrongKey(Wait):
    """What is sealed was sealed with another key. Nothing is lost: with the right one it goes on."""

    def __init__(self) -> None:
        text = f"Keys and passwords in the database were sealed with another secret key. {_WAY_OUT}"
        super().__init__(text, cause=_PROOF, delay=_AGAIN)


class Vault:
    """Seals and opens texts with one key. Without one it makes up its own, which opens nothing of others."""

    def __init__(self, key: str | None = None) -> None:
        try:
            # `openssl rand -base64 32` writes the other alphabet of base64.
            self._fernet = Fernet(Fernet.generate_key() if key is None else key.strip().translate(_URL_SAFE))
        except ValueError as error:
            raise InvalidInput(
                f"{VARIABLE} (or the file {KEY_FILE}) is no key: it is 32 bytes in base64, "
                "as `openssl rand -base64 32` makes them."
            ) from error

    def seal(self, text: str) -> str:
        """The text as it can be stored. Sealing it again comes to something else."""
        return PREFIX + self._fernet.encrypt(text.encode("utf-8", "surrogatepass")).decode()

    def open(self, sealed: str) -> str:
        """The text back; one that was never sealed (of an older version) as it is. Raises WrongKey."""
        if not is_sealed(sealed):
            return sealed
        try:
            return self._fernet.decrypt(sealed.removeprefix(PREFIX)).decode("utf-8", "surrogatepass")
        except InvalidToken as error:
            raise WrongKey from error


_URL_SAFE = str.maketrans("+/", "-_")


def is_sealed(text: str) -> bool:
    """Whether a vault made it."""
    return text.startswith(PREFIX)


def key_in(folder: Path) -> str | None:
    """The key that lies there; None: none was made yet. Raises InvalidInput."""
    path = folder / KEY_FILE
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}. Only this program's user needs to read it.") from error


def make_key(folder: Path, disk: Disk | None = None) -> str:
    """A new key, on the disk for good and for this user alone. Whoever calls holds the folder. Raises InvalidInput."""
    disk = disk or Disk()
    key = Fernet.generate_key().decode()
    temporary, path = folder / temporary_name(), folder / KEY_FILE
    try:
        handle = disk.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
        try:
            disk.write(handle, f"{key}\n".encode())
            disk.fsync(handle)
        finally:
            os.close(handle)
        disk.rename(temporary, path)
        sync_folder(folder, disk)
    except OSError as error:
        raise InvalidInput(f"The secret key {path} cannot be written: {error.strerror or error}") from error
    return key


def is_in_use(tx: Tx) -> bool:
    """Whether a key was proven with this database before: then another one will not do."""
    return _proof(tx) is not None


def fits(tx: Tx, vault: Vault) -> bool:
    """Whether it opens what was sealed in this database; with nothing sealed yet, any does."""
    proof = _proof(tx)
    try:
        return proof is None or vault.open(proof) == _PROVEN
    except WrongKey:
        return False


def prove(tx: Tx, vault: Vault) -> None:
    """This vault is the one of this database, from the first time on. Raises WrongKey."""
    if not fits(tx, vault):
        raise WrongKey
    if not is_in_use(tx):
        tx.execute(upsert(tx, schema.fact, ["name"], {"name": _PROOF, "value": vault.seal(_PROVEN)}))


def forget(tx: Tx) -> None:
    """Remove everything that was sealed, and which key sealed it: the next start begins with another.

    Players and channels stay, the latter switched off, for without its address a channel is nothing.
    """
    tx.execute(sa.delete(schema.fact).where(schema.fact.c.name == _PROOF))
    for table, column in ((schema.setting, "value"), (schema.player, "settings")):
        for row in tx.rows(sa.select(table)):
            left = {name: value for name, value in row[column].items() if not _is_secret(value)}
            key = next(iter(table.primary_key))
            tx.execute(sa.update(table).where(key == row[key.name]).values({column: left}))
    gone = schema.channel.c.url.startswith(PREFIX)
    tx.execute(sa.update(schema.channel).where(gone).values(url="", is_enabled=False))


def _is_secret(value: object) -> bool:
    return isinstance(value, str) and is_sealed(value)


def _proof(tx: Tx) -> str | None:
    row = tx.one(sa.select(schema.fact.c.value).where(schema.fact.c.name == _PROOF))
    return None if row is None else str(row["value"])
