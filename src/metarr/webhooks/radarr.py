"""Radarr's words. Source: `NzbDrone.Core/Notifications/Webhook/WebhookBase.cs`, `WebhookEventType.cs`."""

from __future__ import annotations

from metarr.webhooks.base import EventKind, Source, Vocabulary

VOCABULARY = Vocabulary(
    source=Source.RADARR,
    kinds={
        "test": EventKind.TEST,
        "grab": EventKind.NOTED,
        "download": EventKind.IMPORTED,
        "rename": EventKind.RENAMED,
        "movieadded": EventKind.ADDED,
        "moviedelete": EventKind.REMOVED,
        "moviefiledelete": EventKind.DELETED,
        "health": EventKind.NOTED,
        "healthrestored": EventKind.NOTED,
        "applicationupdate": EventKind.NOTED,
        "manualinteractionrequired": EventKind.NOTED,
    },
    subject="movie",
    folder="folderPath",
    files=("movieFile",),
    renamed="renamedMovieFiles",
    ids={"tmdbId": "tmdb", "imdbId": "imdb"},
    more_ids="remoteMovie",
)
