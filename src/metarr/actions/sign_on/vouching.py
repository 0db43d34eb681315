"""Whom a provider or a proxy vouches for, and what the settings make of that. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metarr.errors import Forbidden
from metarr.model.access import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.sign_on import Others, SingleSignOnSettings

_OTHERS: Mapping[Others, Role] = {"viewer": Role.VIEWER, "editor": Role.EDITOR}
_LONGEST = 1000  # characters of a name or a group; longer ones are none
_MOST = 1000  # groups
_NAMED = 20  # claims


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as vouched for. `subject`: theirs for ever at this issuer; `name`: what they are called there now.

    `groups` None: nothing is said of groups at all. `is_name_sure`: it is nobody else's name there.
    """

    issuer: str
    subject: str
    name: str
    groups: frozenset[str] | None
    is_name_sure: bool = True


def person_of(claims: Mapping[str, Any], issuer: str, settings: SingleSignOnSettings) -> Person:
    """The person whom true claims are about. Raises Forbidden where they say no name."""
    name = claim(claims, settings.name_claim)
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST:
        others = sorted(key for key, said in claims.items() if isinstance(said, str))[:_NAMED]
        raise Forbidden(
            f"The provider says no name: its token has no claim {settings.name_claim!r}. Name another claim in the "
            "settings, or ask for the scope that it belongs to, such as profile. Its token has these: "
            f"{', '.join(others)}."
        )
    # An address that nobody has proven to be theirs may be somebody else's.
    is_sure = settings.name_claim != "email" or claims.get("email_verified") is True
    return Person(issuer, claims["sub"], name, groups_of(claim(claims, settings.groups_claim)), is_sure)


def claim(claims: Mapping[str, Any], path: str) -> object:
    """What a claim says; dots lead into nested ones, unless a claim is called so. None: it is not there."""
    if path in claims:
        return claims[path]
    found: object = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def groups_of(value: object) -> frozenset[str]:
    """The groups in a claim: a list of them, or a single one."""
    listed = value[:_MOST] if isinstance(value, list) else [value]
    return frozenset(group for group in listed if isinstance(group, str) and 0 < len(group) <= _LONGEST)


def role_of(person: Person, settings: SingleSignOnSettings) -> Role | None:
    """What groups make of them: the mightiest of all; None: groups decide nothing here.

    Raises Forbidden for who is in none of them, where others are refused.
    """
    by_role = settings.groups_of
    if person.groups is None or not any(by_role.values()):
        return None
    for role, groups in by_role.items():
        if person.groups & groups:
            return role
    return _of_others(settings)


def role_of_new(person: Person, settings: SingleSignOnSettings) -> Role:
    """What a new user may do. Raises Forbidden."""
    return role_of(person, settings) or _of_others(settings)


def _of_others(settings: SingleSignOnSettings) -> Role:
    found = _OTHERS.get(settings.others)
    if found is None:
        raise Forbidden("None of your groups may come in here. Somebody who administers them can put you into one.")
    return found
