"""The pages of the settings, as the list beside each of them shows them."""

from __future__ import annotations

from typing import Final

from metarr.model.access import Right
from metarr.ui.areas import Area, Place


def _place(path: str, name: str, text: str) -> Place:
    return Place(f"/settings/{path}", name, text, Right.ADMIN)


SETTINGS: Final = Area(
    "settings",
    "Settings",
    (
        (
            "General",
            (
                _place("phases", "Phases", "What happens by itself: each phase on or off."),
                _place("jobs", "Jobs", "How often one is tried again, and how long they are kept."),
                _place("general", "Time zone", "The zone in which schedules are meant."),
                _place("schedules", "Schedules", "When libraries are scanned, refreshed and verified."),
            ),
        ),
        (
            "Libraries",
            (
                _place("libraries", "Libraries", "The folders that are looked after."),
                _place("scanning", "Scanning", "What is looked at, and what is passed over."),
                _place("enrichment", "Enrichment", "Whose word counts first, and in which language."),
                _place("artwork", "Artwork", "Which pictures are wanted, how many, and by which rules they win."),
                _place("publishing", "Publishing", "Which files are written, and under which names."),
                _place("verification", "Verification", "What is compared, and what is put back."),
            ),
        ),
        (
            "Connections",
            (
                _place("providers", "Providers", "Where metadata and artwork come from: keys and limits."),
                _place("players", "Players", "Kodi, Jellyfin and Plex, and the folders as they see them."),
                _place("player-sync", "Player sync", "How soon, how often and when players are told."),
                _place("webhooks", "Radarr and Sonarr", "Their addresses here, and what they sent."),
                _place("channels", "Notifications", "Who is told of what, and in which words."),
                _place("notification", "Messages", "How messages are gathered and worded."),
            ),
        ),
        (
            "Access",
            (
                _place("users", "Users", "Who may log in, and what they may do."),
                _place("single-sign-on", "Single sign-on", "Logging in through an identity provider."),
                _place("api-keys", "API keys", "What programs log in with."),
                _place("backups", "Backups", "Copies of everything that Metarr knows."),
                _place("backup", "Keeping backups", "How many are kept, where, and whether with pictures."),
            ),
        ),
    ),
)
