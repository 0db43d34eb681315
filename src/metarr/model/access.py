"""Who may do what: rights, the roles of people, and who is asking. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Right(StrEnum):
    """What a route needs, and what an API key can be given as its scopes."""

    READ = "read"
    """See everything but secrets."""
    OPERATE = "operate"
    """Change items and start work: edit, choose, scan, publish, retry."""
    ADMIN = "admin"
    """Change how the program works: libraries, settings, providers, players, users, keys."""
    WEBHOOK = "webhook"
    """Deliver what download managers send, and nothing else."""


class Role(StrEnum):
    """What a person is to the installation."""

    ADMINISTRATOR = "administrator"
    EDITOR = "editor"
    VIEWER = "viewer"


RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.ADMINISTRATOR: frozenset(Right),
        Role.EDITOR: frozenset({Right.READ, Right.OPERATE}),
        Role.VIEWER: frozenset({Right.READ}),
    }
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking. `name` is shown in histories; `user_id` is None for keys and for this machine itself."""

    name: str
    rights: frozenset[Right]
    user_id: int | None = None

    def may(self, right: Right) -> bool:
        """Whether it was given this right."""
        return right in self.rights


OWNER = Caller("this machine", frozenset(Right))
