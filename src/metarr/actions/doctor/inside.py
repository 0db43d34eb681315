"""The program itself: its jobs, its clock, the key of its secrets, its backups."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from metarr.actions import backups
from metarr.actions.doctor.finding import Finding, Level, well
from metarr.jobs import policy, summary, workers
from metarr.model.job import JobKind
from metarr.model.words import counted
from metarr.store import schedules, sealed

if TYPE_CHECKING:
    from metarr.actions.installation import Installation

_APART: Final = timedelta(seconds=5)
_EARLIEST: Final = datetime(2026, 1, 1, tzinfo=UTC)  # nothing of this program is older
_OLD: Final = timedelta(days=15)


async def jobs(house: Installation) -> list[Finding]:
    """Those that failed for good, run too long, or have nobody to run them."""
    work = await house.store.read(lambda tx: summary.summary(tx, summary.Scope(), limit=100))
    working = await house.store.read(workers.listed)
    found = []
    failed = sum(states.get("failed", 0) for states in work.counts.values())
    if failed:
        found.append(
            Finding(
                Level.WARNING,
                "Jobs",
                f"{counted(failed, 'job')} failed for good.",
                "Jobs, Failed: read why, and retry.",
            )
        )
    for row in work.running:
        begun, patience = row["started_at"], policy.PATIENCE[JobKind(row["kind"])]
        if begun is not None and datetime.now(UTC) - begun > 2 * patience:
            words = f"Job {row['id']} ({row['kind']}) runs since {begun:%Y-%m-%d %H:%M} UTC."
            found.append(Finding(Level.WARNING, "Jobs", words, "Cancel it, and look at what its disk is doing."))
    if work.open and not any(row["is_alive"] for row in working):
        found.append(
            Finding(Level.FAULT, "Jobs", f"{counted(work.open, 'job')} to do, and nobody works.", "Start metarr serve.")
        )
    return found or [well("Jobs", "Nothing is stuck.")]


async def clock(house: Installation) -> list[Finding]:
    """Schedules, leases and backups go by it."""
    here, there = datetime.now(UTC), await house.store.read(schedules.now)
    if here < _EARLIEST:
        return [
            Finding(Level.FAULT, "Clock", f"This machine thinks it is {here:%Y-%m-%d}.", "Set its clock (timedatectl).")
        ]
    apart = abs(here - there)
    if apart > _APART:
        words = f"This machine's clock and the database's are {apart.total_seconds():.0f} seconds apart."
        return [Finding(Level.WARNING, "Clock", words, "Let both follow a time server (timedatectl set-ntp true).")]
    return [well("Clock", f"It is {here:%Y-%m-%d %H:%M} UTC, here and in the database.")]


async def secrets(house: Installation) -> list[Finding]:
    """Whether what is sealed can be opened."""
    if await house.store.read(lambda tx: sealed.fits(tx, house.vault)):
        return [well("Secrets", "The key opens what is sealed.")]
    fix = f"Put the right {sealed.KEY_FILE} into the data folder, or set {sealed.VARIABLE}."
    return [Finding(Level.FAULT, "Secrets", "Passwords and keys were sealed with another key.", fix)]


async def copies(house: Installation) -> list[Finding]:
    """Whether there is a backup, and how old the newest is."""
    made = await backups.listed(house)
    fix = "Settings, Backups: make one now, and see that the schedule is on."
    if not made:
        return [Finding(Level.NOTICE, "Backups", "There is no backup yet.", fix)]
    if datetime.now(UTC) - made[0].at > _OLD:
        return [Finding(Level.WARNING, "Backups", f"The newest backup is of {made[0].at:%Y-%m-%d}.", fix)]
    return [well("Backups", f"The newest is of {made[0].at:%Y-%m-%d}.")]
