"""Passwords: what is accepted as one, and whether one is right, at the same cost whoever is asked about.

argon2id with the parameters that OWASP names first for machines that do other things too (19 MiB, 2 passes):
https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import unicodedata
from collections import OrderedDict

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from metarr.errors import InvalidInput
from metarr.phases.base import in_thread

SHORTEST = 8  # characters
LONGEST = 1024  # bytes
COST = 2, 19 * 1024  # passes, KiB
_AT_ONCE = 2  # each takes 19 MiB and a processor
_REMEMBERED = 256


class Passwords:
    """Hashes and checks. What was checked of late is remembered, for programs send their password every time."""

    def __init__(self) -> None:
        passes, memory = COST
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=1)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._secret = secrets.token_bytes(32)  # what is remembered tells nothing without it
        self._checked: OrderedDict[bytes, bool] = OrderedDict()
        self._nobody = ""  # a hash that fits no password

    async def hashed(self, password: str) -> str:
        """What is stored of a new password. Raises InvalidInput where it cannot be one."""
        if len(password) < SHORTEST:
            raise InvalidInput(f"The password is too short: it needs at least {SHORTEST} characters.")
        text = _encoded(password)
        if text is None:
            raise InvalidInput(f"The password is too long (more than {LONGEST} bytes), or no text.")
        async with self._turns:
            return await in_thread(self._hasher.hash, text)

    def known(self, password: str, password_hash: str | None) -> bool | None:
        """Whether this very password was right or wrong for this very hash, if that was checked of late."""
        return self._checked.get(self._mark(password, password_hash or self._nobody))

    async def is_right(self, password: str, password_hash: str | None) -> bool:
        """Whether the password fits. Without a hash (there is no such user) it costs as much, and does not."""
        if not self._nobody:
            self._nobody = await self.hashed(secrets.token_urlsafe(32))
        text, against = _encoded(password), password_hash or self._nobody
        if text is None:
            return False
        async with self._turns:
            found = await in_thread(self._verified, against, text)
        self._checked[self._mark(password, against)] = found
        while len(self._checked) > _REMEMBERED:
            self._checked.popitem(last=False)
        return found

    def is_outdated(self, password_hash: str) -> bool:
        """Whether it was made with other parameters than are used today."""
        return self._hasher.check_needs_rehash(password_hash)

    def _verified(self, password_hash: str, text: bytes) -> bool:
        try:
            return self._hasher.verify(password_hash, text)
        except (Argon2Error, InvalidHashError):
            return False

    def _mark(self, password: str, password_hash: str) -> bytes:
        words = f"{password_hash}\0{password}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret, words, hashlib.sha256)


def _encoded(password: str) -> bytes | None:
    """As it is hashed: the same letters are the same bytes, however a keyboard composed them."""
    try:
        text = unicodedata.normalize("NFC", password).encode()
    except UnicodeEncodeError:
        return None
    return text if len(text) <= LONGEST else None
