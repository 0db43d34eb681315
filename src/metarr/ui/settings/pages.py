"""Every page of the settings, in the order in which their addresses are tried."""

from __future__ import annotations

from metarr.ui.settings import (
    api_keys,
    artwork,
    backups,
    channels,
    channels_words,
    index,
    libraries,
    library,
    players,
    players_groups,
    players_one,
    providers,
    schedules,
    sections,
    single_sign_on,
    users,
    webhooks,
    webhooks_deliveries,
    webhooks_paths,
)

ROUTERS = tuple(
    part.router
    for part in (
        index,
        backups,
        users,
        single_sign_on,
        api_keys,
        schedules,
        providers,
        players,
        players_groups,
        players_one,
        channels_words,
        channels,
        webhooks,
        webhooks_deliveries,
        webhooks_paths,
        sections,
        artwork,
        libraries,
        library,
    )
)
