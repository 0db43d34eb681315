"""Lidarr's words. Music is not looked after yet: everything is accepted and stored, and nothing follows.

Source: Lidarr's `NzbDrone.Core/Notifications/Webhook/WebhookEventType.cs`.
"""

from __future__ import annotations

from metarr.webhooks.base import EventKind, Source, Vocabulary

_NOTED = (
    "grab", "download", "downloadfailure", "importfailure", "rename", "retag", "artistadd", "artistdelete",
    "albumdelete", "health", "healthrestored", "applicationupdate",
)  # fmt: skip

VOCABULARY = Vocabulary(
    source=Source.LIDARR,
    kinds={"test": EventKind.TEST, **dict.fromkeys(_NOTED, EventKind.NOTED)},
    subject="artist",
    folder="path",
    files=("trackFiles",),
    renamed="renamedTrackFiles",
    ids={},
)
