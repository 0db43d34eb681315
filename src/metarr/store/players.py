"""Players and their groups: how they are configured, and who is told of which library."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from metarr.errors import NotFound
from metarr.model.player import GroupMode
from metarr.store import progress, schema
from metarr.store.db import NOW
from metarr.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from metarr.model.media import LibraryId
    from metarr.store.db import Tx

_PLAYER = schema.player
_GROUP = schema.player_group
_MEMBER = schema.player_group_member
_LIBRARY = schema.player_group_library


@dataclass(frozen=True, slots=True)
class PlayerRow:
    """A configured player. `settings` hold its address and sealed credentials: never logged, never shown.

    `is_fixed`: the environment says what it is. `group_id`: of the group it stands in, if any. `told_at`: when it
    was last told of anything.
    """

    id: int
    name: str
    kind: str
    settings: Mapping[str, Any] = field(repr=False)
    is_enabled: bool = True
    is_fixed: bool = False
    group_id: int | None = None
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Players that are told in a certain way. `libraries` None: of every library. `members`: their ids, in order."""

    id: int
    name: str
    mode: GroupMode = GroupMode.PARALLEL
    continues_on_error: bool = True
    skips_playing: bool = False
    is_shared: bool = False
    libraries: tuple[int, ...] | None = None
    members: tuple[int, ...] = ()

    @property
    def is_one(self) -> bool:
        """Whether its members are told by one job, one after another or one for all."""
        return self.is_shared or self.mode is GroupMode.SEQUENTIAL


def everything(tx: Tx) -> list[PlayerRow]:
    """Every player, by name."""
    query = sa.select(_PLAYER, _MEMBER.c.group_id).outerjoin(_MEMBER, _MEMBER.c.player_id == _PLAYER.c.id)
    return [_row(row) for row in tx.rows(query.order_by(_PLAYER.c.name))]


def enabled(tx: Tx) -> list[PlayerRow]:
    """Players to be told, by name."""
    return [row for row in everything(tx) if row.is_enabled]


def get(tx: Tx, player_id: int) -> PlayerRow:
    """One player, or NotFound."""
    found = next((row for row in everything(tx) if row.id == player_id), None)
    if found is None:
        raise NotFound(f"There is no player {player_id}.")
    return found


def any_enabled(tx: Tx) -> bool:
    """Whether there is a player to tell at all."""
    return tx.one(sa.select(_PLAYER.c.id).where(_PLAYER.c.is_enabled).limit(1)) is not None


def save(tx: Tx, name: str, kind: str, settings: Mapping[str, Any], *, is_fixed: bool = False) -> int:
    """Add a player, or change the one of this name and enable it. Returns its id."""
    row = {"name": name, "kind": kind, "settings": dict(settings), "is_enabled": True, "is_fixed": is_fixed}
    tx.execute(upsert(tx, _PLAYER, ["name"], row))
    found: int = tx.execute(sa.select(_PLAYER.c.id).where(_PLAYER.c.name == name)).scalar_one()
    return found


def change(tx: Tx, player_id: int, **values: Any) -> None:  # noqa: ANN401  columns of every type
    """Set columns of one player."""
    tx.execute(sa.update(_PLAYER).where(_PLAYER.c.id == player_id).values(**values))


def remove(tx: Tx, player_id: int) -> None:
    """Forget a player and what it showed."""
    tx.execute(sa.delete(_PLAYER).where(_PLAYER.c.id == player_id))
    progress.everything(tx)


def disable(tx: Tx, player_id: int) -> None:
    """Its credentials are wrong, or nobody configures it any more: it is not asked until a person changes that."""
    change(tx, player_id, is_enabled=False)


def was_told(tx: Tx, player_ids: Sequence[int]) -> None:
    """They are being told now."""
    tx.execute(sa.update(_PLAYER).where(_PLAYER.c.id.in_(player_ids)).values(told_at=NOW))


# --- groups -----------------------------------------------------------------------------------------------------------


def groups(tx: Tx) -> list[Group]:
    """Every group, by name."""
    members: dict[int, list[int]] = {}
    for row in tx.rows(sa.select(_MEMBER).order_by(_MEMBER.c.place, _MEMBER.c.player_id)):
        members.setdefault(row["group_id"], []).append(row["player_id"])
    libraries: dict[int, list[int]] = {}
    for row in tx.rows(sa.select(_LIBRARY).order_by(_LIBRARY.c.library_id)):
        libraries.setdefault(row["group_id"], []).append(row["library_id"])
    return [
        Group(
            id=row["id"],
            name=row["name"],
            mode=GroupMode(row["mode"]),
            continues_on_error=row["continues_on_error"],
            skips_playing=row["skips_playing"],
            is_shared=row["is_shared"],
            libraries=None if row["has_all_libraries"] else tuple(libraries.get(row["id"], ())),
            members=tuple(members.get(row["id"], ())),
        )
        for row in tx.rows(sa.select(_GROUP).order_by(_GROUP.c.name))
    ]


def group(tx: Tx, group_id: int) -> Group:
    """One group, or NotFound."""
    found = next((one for one in groups(tx) if one.id == group_id), None)
    if found is None:
        raise NotFound(f"There is no group of players {group_id}.")
    return found


def save_group(tx: Tx, new: Group) -> Group:
    """Keep a group as it is here; with the id 0 it is a new one. Its members leave the groups they were in."""
    names = ("name", "mode", "continues_on_error", "skips_playing", "is_shared")
    row = {**{name: getattr(new, name) for name in names}, "has_all_libraries": new.libraries is None}
    if new.id:
        tx.execute(sa.update(_GROUP).where(_GROUP.c.id == new.id).values(**row))
        group_id = new.id
    else:
        group_id = tx.execute(sa.insert(_GROUP).values(**row).returning(_GROUP.c.id)).scalar_one()
    is_theirs = sa.or_(_MEMBER.c.group_id == group_id, _MEMBER.c.player_id.in_(new.members))
    tx.execute(sa.delete(_MEMBER).where(is_theirs))
    tx.execute(sa.delete(_LIBRARY).where(_LIBRARY.c.group_id == group_id))
    for place, member in enumerate(new.members):
        tx.execute(sa.insert(_MEMBER).values(player_id=member, group_id=group_id, place=place))
    for library_id in new.libraries or ():
        tx.execute(sa.insert(_LIBRARY).values(group_id=group_id, library_id=library_id))
    return group(tx, group_id)


def remove_group(tx: Tx, group_id: int) -> None:
    """Its members are players of their own again, told of every library."""
    tx.execute(sa.delete(_GROUP).where(_GROUP.c.id == group_id))


# --- who is told ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Route:
    """Players that one delivery job tells: one player, or a group whose members are told one after another.

    `libraries` None: of every library.
    """

    players: tuple[PlayerRow, ...]
    group: Group | None = None
    libraries: tuple[int, ...] | None = None

    @property
    def payload(self) -> dict[str, Any]:
        """What its delivery job is told; jobs of one target are one job."""
        if self.group is not None:
            return {"target": f"group:{self.group.id}", "group": self.group.id}
        [player] = self.players
        return {"target": f"player:{player.id}", "player": player.id}

    def serves(self, library_id: LibraryId) -> bool:
        """Whether its players are told of this library."""
        return self.libraries is None or library_id in self.libraries


def routes(tx: Tx) -> list[Route]:
    """The ways to every enabled player."""
    players = {row.id: row for row in enabled(tx)}
    found: list[Route] = []
    grouped: set[int] = set()
    for one in groups(tx):
        members = tuple(players[member] for member in one.members if member in players)
        grouped.update(member.id for member in members)
        if one.is_one:
            found += [Route(members, one, one.libraries)] if members else []
        else:
            found += [Route((member,), None, one.libraries) for member in members]
    return found + [Route((row,)) for row in players.values() if row.id not in grouped]


def _row(row: sa.RowMapping) -> PlayerRow:
    return PlayerRow(
        id=row["id"],
        name=row["name"],
        kind=row["kind"],
        settings=row["settings"],
        is_enabled=row["is_enabled"],
        is_fixed=row["is_fixed"],
        group_id=row["group_id"],
        told_at=row["told_at"],
    )
