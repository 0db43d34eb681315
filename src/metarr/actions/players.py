"""Players and their groups as a person sees them: adding, changing, testing, telling them, and what they show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr, ValidationError

from metarr import players as registry
from metarr.errors import BadCredentials, Conflict, InvalidInput, Transient, Wait
from metarr.jobs import telling
from metarr.model.audit import Deed
from metarr.players.base import PlayerSettings
from metarr.store import audit, health, items, player_states, players
from metarr.store import libraries as stored_libraries

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from metarr.actions.installation import Installation
    from metarr.jobs.telling import Asked
    from metarr.model.paths import PathMapping
    from metarr.model.player import Shown
    from metarr.players.base import Activity, Player
    from metarr.store.db import Row, Tx
    from metarr.store.players import Group, PlayerRow
    from metarr.store.sealed import Vault

SECRETS = ("password", "token")
_ACCESS = frozenset({"url", "user", *SECRETS})  # who corrects these wants the player to be asked again


@dataclass(frozen=True, slots=True)
class Listed:
    """A player without its secrets. `counts`: how many items are in which state; `troubles`: what is wrong now."""

    id: int
    name: str
    kind: str
    url: str
    user: str | None
    has_password: bool
    has_token: bool
    tcp_port: int
    mappings: tuple[PathMapping, ...]
    is_enabled: bool
    is_fixed: bool
    group_id: int | None
    counts: Mapping[str, int]
    troubles: tuple[str, ...]
    told_at: datetime | None = None


def listed(tx: Tx) -> list[Listed]:
    """Every player, by name."""
    counts = player_states.counts(tx)
    lines = health.lines(tx)
    return [_listed(row, counts.get(row.id, {}), lines) for row in players.everything(tx)]


def one(tx: Tx, player_id: int) -> Listed:
    """One player. Raises NotFound."""
    row = players.get(tx, player_id)
    return next(player for player in listed(tx) if player.id == row.id)


def _listed(row: PlayerRow, counts: Mapping[str, int], lines: Sequence[Row]) -> Listed:
    mine = f"player:{row.name}"
    known = PlayerSettings.model_validate({**_plain(row), "kind": row.kind, "name": row.name})
    return Listed(
        id=row.id,
        name=row.name,
        kind=row.kind,
        url=_without_user(known.url),
        user=known.user,
        has_password=known.password is not None,
        has_token=known.token is not None,
        tcp_port=known.tcp_port,
        mappings=known.mappings,
        is_enabled=row.is_enabled,
        is_fixed=row.is_fixed,
        group_id=row.group_id,
        counts=counts,
        troubles=tuple(
            line["message"] for line in lines if line["cause"] == mine or line["cause"].startswith(f"{mine}:")
        ),
        told_at=row.told_at,
    )


def _without_user(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


# --- settings and connections -----------------------------------------------------------------------------------------


def _plain(row: PlayerRow) -> dict[str, Any]:
    return {name: value for name, value in row.settings.items() if name in PlayerSettings.model_fields}


def settings_of(row: PlayerRow, vault: Vault) -> PlayerSettings:
    """A stored player's settings with its secrets open. Raises WrongKey."""
    secrets = {name: vault.open(row.settings[name]) for name in SECRETS if row.settings.get(name)}
    return PlayerSettings.model_validate({**_plain(row), **secrets, "kind": row.kind, "name": row.name})


def sealed(settings: PlayerSettings, vault: Vault) -> dict[str, Any]:
    """Settings as they are stored."""
    row = settings.model_dump(mode="json", exclude={"kind", "name", *SECRETS})
    found: dict[str, SecretStr | None] = {name: getattr(settings, name) for name in SECRETS}
    return {**row, **{name: vault.seal(secret.get_secret_value()) for name, secret in found.items() if secret}}


def connector(vault: Vault) -> Callable[[PlayerRow], Player]:
    """What makes a player of its row."""
    return lambda row: registry.build(settings_of(row, vault))


def checked(values: Mapping[str, Any]) -> PlayerSettings:
    """Settings that a player can be made of. Raises InvalidInput naming what is wrong, never a secret."""
    try:
        settings = PlayerSettings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InvalidInput(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    try:
        has_user = "@" in urlsplit(settings.url).netloc
    except ValueError as error:
        raise InvalidInput("url: this is no address; it is like http://192.168.1.20:8080") from error
    if has_user:
        raise InvalidInput("url: the address must not hold a user or a password; they have fields of their own.")
    for mapping in settings.mappings:
        if not mapping.local.startswith("/") or not mapping.remote:
            raise InvalidInput(f"mappings: {mapping.local!r} must be our folder, from / on, and name the player's.")
    return settings


async def proved(settings: PlayerSettings) -> None:
    """Raise InvalidInput where no player can be made of these settings; nobody is asked."""
    await registry.build(settings).close()


# --- adding and changing ----------------------------------------------------------------------------------------------


def add(tx: Tx, house: Installation, settings: PlayerSettings) -> Listed:
    """A new player. It hears of what changes from now on; of the rest when it is asked for. Raises Conflict."""
    _assert_free(tx, settings.name)
    audit.record(tx, Deed.PLAYER_ADDED, settings.name, kind=settings.kind)
    return one(tx, players.save(tx, settings.name, settings.kind, sealed(settings, house.vault)))


def changed(row: PlayerRow, patch: Mapping[str, Any], vault: Vault) -> PlayerSettings:
    """A player's settings after a change; a secret that is "" is taken away. Raises InvalidInput, Conflict."""
    if row.is_fixed:
        variables = f"METARR_{row.kind.upper()}_…"
        raise Conflict(f"The environment says what {row.name!r} is: change the variables {variables} and restart.")
    secrets = {name: row.settings[name] for name in SECRETS if row.settings.get(name) and name not in patch}
    opened = {name: vault.open(secret) for name, secret in secrets.items()}
    given = {name: None if name in SECRETS and value == "" else value for name, value in patch.items()}
    return checked({**_plain(row), **dict.fromkeys(SECRETS), **opened, "kind": row.kind, "name": row.name, **given})


def stays_enabled(row: PlayerRow, patch: Mapping[str, Any], is_enabled: bool | None) -> bool:  # noqa: FBT001  a value
    """Whether a changed player is asked: as is said, else as before, or as its access was corrected."""
    return is_enabled if is_enabled is not None else row.is_enabled or bool(_ACCESS & patch.keys())


def save(tx: Tx, house: Installation, before: PlayerRow, settings: PlayerSettings, *, is_enabled: bool) -> Listed:
    """Keep a changed player. What it waited for is told, at its pace. Raises Conflict."""
    if settings.name != before.name:
        _assert_free(tx, settings.name)
    values = {"name": settings.name, "kind": settings.kind, "settings": sealed(settings, house.vault)}
    players.change(tx, before.id, **values, is_enabled=is_enabled)
    _record_change(tx, house, before, settings, is_enabled=is_enabled)
    _forget_lines(tx, before.name)
    telling.deliver_all(tx)
    return one(tx, before.id)


def _record_change(
    tx: Tx, house: Installation, before: PlayerRow, settings: PlayerSettings, *, is_enabled: bool
) -> None:
    """Which settings are not as they were; secrets are compared open, for sealing them again changes them."""
    old, new = (
        {**one.model_dump(), "is_enabled": on}
        for one, on in ((settings_of(before, house.vault), before.is_enabled), (settings, is_enabled))
    )
    names = sorted(name for name in new if new[name] != old[name])
    if names:
        audit.record(tx, Deed.PLAYER_CHANGED, before.name, settings=names)


def remove(tx: Tx, player_id: int) -> None:
    """Forget a player and what it showed. Raises NotFound, Conflict."""
    row = players.get(tx, player_id)
    if row.is_fixed:
        raise Conflict(f"The environment names {row.name!r}: take its variables away and restart.")
    players.remove(tx, row.id)
    audit.record(tx, Deed.PLAYER_REMOVED, row.name)
    _forget_lines(tx, row.name)


def _forget_lines(tx: Tx, name: str) -> None:
    mine = f"player:{name}"
    causes = [line["cause"] for line in health.lines(tx)]
    health.clear_all(tx, [cause for cause in causes if cause == mine or cause.startswith(f"{mine}:")])


def _assert_free(tx: Tx, name: str) -> None:
    if any(row.name == name for row in players.everything(tx)):
        raise Conflict(f"There is a player {name!r} already; choose another name.")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a player does now; `activity` None: it cannot be asked, and `message` says why."""

    activity: Activity | None
    message: str = ""


async def activity(house: Installation, player_id: int) -> Seen:
    """Ask a player what it does. Raises NotFound."""
    row = await house.store.read(lambda tx: players.get(tx, player_id))
    player = connector(house.vault)(row)
    try:
        return Seen(await player.activity())
    except (BadCredentials, Transient, Wait) as error:
        return Seen(None, str(error))
    finally:
        await player.close()


# --- groups -----------------------------------------------------------------------------------------------------------


def save_group(tx: Tx, new: Group) -> Group:
    """Keep a group; what its players wait for is told as it says from now on. Raises NotFound, Conflict."""
    if any(other.name == new.name and other.id != new.id for other in players.groups(tx)):
        raise Conflict(f"There is a group of players {new.name!r} already; choose another name.")
    if len(set(new.members)) != len(new.members):
        raise InvalidInput("members: a player is named twice.")
    kinds = {players.get(tx, member).kind for member in new.members}
    if new.is_shared and kinds - {"kodi"}:
        raise InvalidInput("isShared: only Kodis can share one database.")
    for library_id in new.libraries or ():
        stored_libraries.get(tx, library_id)
    kept = players.save_group(tx, new)
    audit.record(tx, Deed.GROUP_SAVED, kept.name)
    telling.deliver_all(tx)
    return kept


def remove_group(tx: Tx, group_id: int) -> None:
    """Its players are told by themselves again, of every library. Raises NotFound."""
    group = players.group(tx, group_id)
    players.remove_group(tx, group.id)
    audit.record(tx, Deed.GROUP_REMOVED, group.name)
    telling.deliver_all(tx)


# --- telling, and what they show --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """Items of a player by their state; `after` asks for the next page, None: this was the last."""

    items: Sequence[Row]
    after: int | None


def page(tx: Tx, player_id: int, *, state: Shown | None, after: int | None, limit: int) -> Page:
    """What a player shows of the items that it was told of. Raises NotFound."""
    players.get(tx, player_id)
    rows = player_states.page(tx, player_id, state=state, after_id=after or 0, limit=limit + 1)
    return Page(rows[:limit], rows[limit - 1]["item_id"] if len(rows) > limit else None)


def retry(tx: Tx, player_id: int) -> int:
    """Tell a player again what it does not show as it should. Returns of how many items. Raises NotFound."""
    return telling.retry(tx, players.get(tx, player_id).id)


def sync(tx: Tx, wanted: Wanted) -> Asked:
    """Tell players at once, of some items, of libraries, or of everything. Raises NotFound, InvalidInput."""
    if wanted.player_id is not None:
        players.get(tx, wanted.player_id)
    only = None if wanted.player_id is None else (wanted.player_id,)
    return telling.ask(tx, wanted.resolved(tx), is_manual=True, only=only)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to tell of: items, or a library, or (nothing named) everything. `player_id` None: every player."""

    item_ids: tuple[int, ...] = ()
    library_id: int | None = None
    player_id: int | None = None

    def resolved(self, tx: Tx) -> list[Any]:
        """The items' numbers. Raises NotFound."""
        if self.item_ids:
            return [items.get(tx, item_id).id for item_id in dict.fromkeys(self.item_ids)]
        if self.library_id is not None:
            return items.of_library(tx, stored_libraries.get(tx, self.library_id).id)
        return [one for library in stored_libraries.everything(tx) for one in items.of_library(tx, library.id)]
