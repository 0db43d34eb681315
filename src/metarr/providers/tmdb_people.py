"""TMDB's credits as our cast and crew. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.model.media import CastMember, CrewMember
from metarr.providers.json_fields import Json, dicts, number, text
from metarr.providers.tmdb_fields import path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PORTRAIT_SIZE = "h632"  # the smallest profile size above the 300x450 that players show
_WRITING_JOBS = frozenset({"Screenplay", "Writer", "Story", "Author", "Teleplay"})
_LONGEST_CAST = 100  # a long show credits thousands of guests, and nobody scrolls that far
_MOST_ROLES = 3  # a voice actor may have dozens in one show


def cast(credits_: Json, image_url: str) -> tuple[CastMember, ...]:
    """The actors of a movie, season or show in billing order; those of a show may have a role for each credit."""
    members = sorted(_members(credits_.get("cast"), image_url), key=lambda member: member.order)
    return tuple(members[:_LONGEST_CAST])


def episode_cast(season_credits: Json, episode: Json, image_url: str) -> tuple[CastMember, ...]:
    """The season's regulars, then the episode's guests, as TMDB bills them: counted through, each once."""
    regulars = cast(season_credits, image_url)
    guests = sorted(_members(episode.get("guest_stars"), image_url), key=lambda member: member.order)
    billed = {(member.name, member.tmdb): member for member in reversed([*regulars, *guests])}
    return tuple(
        CastMember(member.name, member.role, order, member.tmdb, member.portrait_url)
        for order, member in enumerate(list(reversed(billed.values()))[:_LONGEST_CAST])
    )


def crew(entries: object) -> tuple[CrewMember, ...]:
    """Directors and writers, each once per job."""
    return _once((raw, _job(raw)) for raw in dicts(entries))


def creators(entries: object) -> tuple[CrewMember, ...]:
    """Who created a show counts as its writer: players know no creators."""
    return _once((raw, "writer") for raw in dicts(entries))


def _once(entries: Iterable[tuple[Json, str | None]]) -> tuple[CrewMember, ...]:
    found: dict[tuple[str, str], CrewMember] = {}
    for raw, job in entries:
        name = text(raw.get("name"))
        if name and job:
            found.setdefault((name, job), CrewMember(name, job, number(raw.get("id"))))
    return tuple(found.values())


def _members(entries: object, image_url: str) -> Iterator[CastMember]:
    for raw in dicts(entries):
        name, profile = text(raw.get("name")), path(raw.get("profile_path"))
        if name is not None:
            yield CastMember(
                name=name,
                role=_role(raw),
                order=number(raw.get("order")) or 0,
                tmdb=number(raw.get("id")),
                portrait_url=f"{image_url}/{_PORTRAIT_SIZE}{profile}" if profile else None,
            )


def _role(raw: Json) -> str:
    """The character; of several (aggregate credits of shows) those seen most."""
    character = text(raw.get("character"))
    if character is not None:
        return character
    roles = sorted(dicts(raw.get("roles")), key=lambda role: -(number(role.get("episode_count")) or 0))
    characters = dict.fromkeys(filter(None, (text(role.get("character")) for role in roles)))
    return " / ".join(list(characters)[:_MOST_ROLES])


def _job(raw: Json) -> str | None:
    if raw.get("job") == "Director":
        return "director"
    return "writer" if raw.get("department") == "Writing" and raw.get("job") in _WRITING_JOBS else None
