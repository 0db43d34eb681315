"""Who may do what: rights, the roles of people, and who is asking. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


_INCLUDED: Mapping[Right, frozenset[Right]] = MappingProxyType(
    {
        Right.READ: frozenset({Right.READ}),
        Right.OPERATE: frozenset({Right.OPERATE, Right.READ}),
        Right.ADMIN: frozenset(Right),
        Right.WEBHOOK: frozenset({Right.WEBHOOK}),
    }
)


def rights_of(scopes: Iterable[Right]) -> frozenset[Right]:
    """What an API key with these scopes may do: who may administer may operate, who may operate may read."""
    return frozenset(right for scope in scopes for right in _INCLUDED[scope])


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking. `name` is shown in histories; `user_id` is None for keys and for this machine itself.

    `session_id`: the login in a browser by which they were recognised, None for every other way.
    """

    name: str
    rights: frozenset[Right]
    user_id: int | None = None
    session_id: int | None = None

    def may(self, right: Right) -> bool:
        """Whether it was given this right."""
        return right in self.rights


OWNER = Caller("this machine", frozenset(Right))
COMMAND_LINE = Caller("command line", frozenset(Right))
