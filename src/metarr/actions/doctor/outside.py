"""Who we talk to: providers and their keys, players and their view of the folders, what Radarr and Sonarr send."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from metarr.actions import player_tests, players, providers
from metarr.actions.doctor.finding import Finding, Level, well
from metarr.store import deliveries, facts
from metarr.store import players as stored

if TYPE_CHECKING:
    from metarr.actions.installation import Installation

_SILENT: Final = timedelta(days=14)
_LOOKED_AT = 50  # of the newest deliveries


async def provider_keys(house: Installation) -> list[Finding]:
    """Each provider that is used is asked, now."""
    used = sorted(await house.store.read(facts.providers))
    if not used:
        fix = "Settings, Providers: enter a key of TMDB, which is free."
        return [Finding(Level.WARNING, "Providers", "No provider of metadata is in use.", fix)]
    tested = await asyncio.gather(*(providers.test(house, name) for name in used))
    return [
        well(one.name, one.message)
        if one.is_well
        else Finding(
            Level.FAULT, one.name, one.message, "Settings, Providers; or check this machine's way to the internet."
        )
        for one in tested
    ]


async def player_folders(house: Installation) -> list[Finding]:
    """Each player that is switched on: address, password, and whether it sees our folders."""
    known = [row for row in await house.store.read(stored.everything) if row.is_enabled]
    return [finding for row in known for finding in await _player(house, row)]


async def _player(house: Installation, row: stored.PlayerRow) -> list[Finding]:
    tested = await player_tests.test(house.store, players.settings_of(row, house.vault), None)
    faults = [check.message for check in tested.checks if not check.is_well]
    lost = [one.local for one in tested.folders if one.is_seen is False]
    found = [Finding(Level.FAULT, row.name, text, "Settings, Players: test it there.") for text in faults]
    if lost:
        hint = "; ".join(f"{one.local} is {one.remote} there" for one in tested.suggestions)
        fix = f"Enter a path mapping for it{f' ({hint})' if hint else ''}."
        found.append(Finding(Level.FAULT, row.name, f"It does not see {', '.join(lost)}.", fix))
    return found or [well(row.name, "It answers, and sees the folders.")]


async def webhooks(house: Installation) -> list[Finding]:
    """Whether Radarr and Sonarr still tell us, and whether they were understood."""
    newest = await house.store.read(lambda tx: deliveries.latest(tx, _LOOKED_AT))
    if not newest:
        fix = "Settings, Radarr and Sonarr has the address for each. Without them scans by the clock find new files."
        return [Finding(Level.NOTICE, "Webhooks", "Neither Radarr nor Sonarr has ever told us anything.", fix)]
    found = []
    refused = [row for row in newest if row["outcome"] == "refused"]
    if refused:
        words = f"{len(refused)} of the last {len(newest)} were refused: {refused[0]['detail']}"
        found.append(
            Finding(Level.WARNING, "Webhooks", words, "Settings, Radarr and Sonarr: look at it, mend it, replay it.")
        )
    for source in sorted({row["source"] for row in newest}):
        last = max(row["received_at"] for row in newest if row["source"] == source)
        if datetime.now(UTC) - last > _SILENT:
            words = f"{source.capitalize()} was last heard of on {last:%Y-%m-%d}."
            found.append(Finding(Level.NOTICE, "Webhooks", words, "Press Test at its connection, if that is long."))
    return found or [well("Webhooks", f"{newest[0]['source'].capitalize()} was heard of last, and understood.")]
