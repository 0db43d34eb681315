"""The audit log: what was done that matters to who may do what, by whom, from where, and how it ended. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Deed(StrEnum):
    """What was done."""

    LOGIN = "login"
    LOGOUT = "logout"
    SETUP = "setup"
    KEY_USED = "key_used"
    FORBIDDEN = "forbidden"
    SESSION_ENDED = "session_ended"
    PASSWORD_SET = "password_set"  # noqa: S105  no password
    USER_ADDED = "user_added"
    USER_CHANGED = "user_changed"
    USER_REMOVED = "user_removed"
    IDENTITY_LINKED = "identity_linked"
    IDENTITY_UNLINKED = "identity_unlinked"
    KEY_ADDED = "key_added"
    KEY_REVOKED = "key_revoked"
    SETTINGS_CHANGED = "settings_changed"
    SECRET_CHANGED = "secret_changed"  # noqa: S105  no secret
    SECRETS_FORGOTTEN = "secrets_forgotten"
    PROVIDER_CHANGED = "provider_changed"
    PLAYER_ADDED = "player_added"
    PLAYER_CHANGED = "player_changed"
    PLAYER_REMOVED = "player_removed"
    GROUP_SAVED = "group_saved"
    GROUP_REMOVED = "group_removed"
    CHANNEL_ADDED = "channel_added"
    CHANNEL_CHANGED = "channel_changed"
    CHANNEL_REMOVED = "channel_removed"
    LIBRARY_ADDED = "library_added"
    LIBRARY_CHANGED = "library_changed"
    LIBRARY_MOVED = "library_moved"
    LIBRARY_CONFIRMED = "library_confirmed"
    LIBRARY_REMOVED = "library_removed"
    MAPPING_ADDED = "mapping_added"
    MAPPING_REMOVED = "mapping_removed"
    SCHEDULE_ADDED = "schedule_added"
    SCHEDULE_CHANGED = "schedule_changed"
    SCHEDULE_REMOVED = "schedule_removed"
    BACKUP_MADE = "backup_made"
    BACKUP_FETCHED = "backup_fetched"
    BACKUP_REMOVED = "backup_removed"
    BACKUP_RESTORED = "backup_restored"
    DATABASE_MOVED = "database_moved"
    BIN_EMPTIED = "bin_emptied"
    BIN_RESTORED = "bin_restored"
    JOB_UNDONE = "job_undone"
    BUNDLE_MADE = "bundle_made"
    AUDIT_EXPORTED = "audit_exported"


WORDS: Final[Mapping[Deed, str]] = MappingProxyType(
    {
        Deed.LOGIN: "Login",
        Deed.LOGOUT: "Logout",
        Deed.SETUP: "First administrator made",
        Deed.KEY_USED: "API key used",
        Deed.FORBIDDEN: "Asked for without the right to it",
        Deed.SESSION_ENDED: "Sessions ended",
        Deed.PASSWORD_SET: "Password set",
        Deed.USER_ADDED: "User added",
        Deed.USER_CHANGED: "User changed",
        Deed.USER_REMOVED: "User removed",
        Deed.IDENTITY_LINKED: "User linked to a single sign-on",
        Deed.IDENTITY_UNLINKED: "User unlinked from a single sign-on",
        Deed.KEY_ADDED: "API key made",
        Deed.KEY_REVOKED: "API key revoked",
        Deed.SETTINGS_CHANGED: "Settings changed",
        Deed.SECRET_CHANGED: "Secret changed",
        Deed.SECRETS_FORGOTTEN: "All stored secrets removed",
        Deed.PROVIDER_CHANGED: "Provider changed",
        Deed.PLAYER_ADDED: "Player added",
        Deed.PLAYER_CHANGED: "Player changed",
        Deed.PLAYER_REMOVED: "Player removed",
        Deed.GROUP_SAVED: "Group of players changed",
        Deed.GROUP_REMOVED: "Group of players removed",
        Deed.CHANNEL_ADDED: "Channel added",
        Deed.CHANNEL_CHANGED: "Channel changed",
        Deed.CHANNEL_REMOVED: "Channel removed",
        Deed.LIBRARY_ADDED: "Library added",
        Deed.LIBRARY_CHANGED: "Library changed",
        Deed.LIBRARY_MOVED: "Library moved to another folder",
        Deed.LIBRARY_CONFIRMED: "Publishing into a library allowed",
        Deed.LIBRARY_REMOVED: "Library removed",
        Deed.MAPPING_ADDED: "Path mapping added",
        Deed.MAPPING_REMOVED: "Path mapping removed",
        Deed.SCHEDULE_ADDED: "Schedule added",
        Deed.SCHEDULE_CHANGED: "Schedule changed",
        Deed.SCHEDULE_REMOVED: "Schedule removed",
        Deed.BACKUP_MADE: "Backup made",
        Deed.BACKUP_FETCHED: "Backup downloaded",
        Deed.BACKUP_REMOVED: "Backup removed",
        Deed.BACKUP_RESTORED: "Backup restored",
        Deed.DATABASE_MOVED: "Moved to another database",
        Deed.BIN_EMPTIED: "Files of the recycle bin removed for good",
        Deed.BIN_RESTORED: "Files of the recycle bin put back",
        Deed.JOB_UNDONE: "Changes of files undone",
        Deed.BUNDLE_MADE: "Support bundle made",
        Deed.AUDIT_EXPORTED: "Audit log exported",
    }
)


class Result(StrEnum):
    """How it ended."""

    DONE = "done"
    REFUSED = "refused"
    THROTTLED = "throttled"
    """Not even looked at, after too many wrong tries."""


@dataclass(frozen=True, slots=True)
class Agent:
    """Who does it. `name` "": nobody whom we know; `address` "": on this machine, through no network."""

    name: str
    address: str = ""
    user_id: int | None = None


PROGRAM: Final = Agent("Metarr")
COMMAND_LINE: Final = Agent("command line")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `what`: the name of the thing it was done to; `more`: what else is known of it, never a secret.

    `times`: how often the same was refused between `at` and `last_at`.
    """

    id: int
    at: datetime
    last_at: datetime
    deed: Deed
    what: str
    who: str
    user_id: int | None
    address: str
    result: Result
    times: int
    more: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines; None: whatever it is. `who`: as the line has it; `since`, `until`: by the line's beginning."""

    deed: Deed | None = None
    who: str | None = None
    user_id: int | None = None
    result: Result | None = None
    since: datetime | None = None
    until: datetime | None = None
