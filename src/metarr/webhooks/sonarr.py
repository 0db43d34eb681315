"""Sonarr's words. The end of an import is a `Download`, too, with `episodeFiles` in place of `episodeFile`.

Source: `NzbDrone.Core/Notifications/Webhook/WebhookBase.cs`, `WebhookImportCompletePayload.cs`.
"""

from __future__ import annotations

from metarr.webhooks.base import EventKind, Source, Vocabulary

VOCABULARY = Vocabulary(
    source=Source.SONARR,
    kinds={
        "test": EventKind.TEST,
        "grab": EventKind.NOTED,
        "download": EventKind.IMPORTED,
        "rename": EventKind.RENAMED,
        "seriesadd": EventKind.ADDED,
        "seriesdelete": EventKind.REMOVED,
        "episodefiledelete": EventKind.DELETED,
        "health": EventKind.NOTED,
        "healthrestored": EventKind.NOTED,
        "applicationupdate": EventKind.NOTED,
        "manualinteractionrequired": EventKind.NOTED,
    },
    subject="series",
    folder="path",
    files=("episodeFile", "episodeFiles"),
    renamed="renamedEpisodeFiles",
    ids={"tvdbId": "tvdb", "tvMazeId": "tvmaze", "tmdbId": "tmdb", "imdbId": "imdb"},
)
