"""What channels can be told of, in words and in groups, and how the addresses of common services look."""

from __future__ import annotations

from typing import Final, NamedTuple

from metarr.model.event import EventType
from metarr.phases.notify import words


class Service(NamedTuple):
    """`address`: its form; what stands in capitals is one's own."""

    name: str
    address: str


GROUPS: Final = (
    (
        "What went wrong",
        (
            (EventType.SCAN_FAILED, "a scan could not be done, or too much was missing"),
            (EventType.ENRICHMENT_FAILED, "an item could not be enriched"),
            (EventType.PUBLISHING_FAILED, "an item could not be published"),
            (EventType.PLAYER_SYNC_FAILED, "a player could not be told, or refuses us"),
            (EventType.VERIFICATION_FAILED, "a verification could not be done"),
            (EventType.ERROR_OCCURRED, "something else went wrong"),
        ),
    ),
    (
        "What came, and how it ended",
        (
            (EventType.DOWNLOAD_COMPLETED, "what Radarr or Sonarr imported has gone the whole way"),
            (EventType.UPGRADE_COMPLETED, "the same, where it replaced another file"),
            (EventType.VERIFICATION_COMPLETED, "a verification found something; a clean one is silent"),
            (EventType.WORKFLOW_COMPLETED, "work on a whole library has ended: one summary"),
        ),
    ),
    (
        "Single steps",
        (
            (EventType.SCAN_COMPLETED, "a scan has ended"),
            (EventType.ENRICHMENT_COMPLETED, "an item was enriched, by itself"),
            (EventType.PUBLISHING_COMPLETED, "an item was published, by itself"),
            (EventType.PLAYER_SYNC_COMPLETED, "a player was told"),
        ),
    ),
)

# The forms of https://appriseit.com/services/; the last but one is our own notifier's.
SERVICES: Final = (
    Service("Discord", "discord://WEBHOOK_ID/WEBHOOK_TOKEN"),
    Service("Telegram", "tgram://BOT_TOKEN/CHAT_ID"),
    Service("Slack", "slack://TOKEN_A/TOKEN_B/TOKEN_C"),
    Service("Microsoft Teams", "workflows://HOST/WORKFLOW/SIGNATURE"),
    Service("ntfy", "ntfys://HOST/TOPIC"),
    Service("Pushover", "pover://USER_KEY@TOKEN"),
    Service("Gotify", "gotifys://HOST/TOKEN"),
    Service("Matrix", "matrixs://USER:PASSWORD@HOST/ROOM"),
    Service("Home Assistant", "hassios://HOST/ACCESS_TOKEN"),
    Service("E-mail", "mailtos://USER:PASSWORD@HOST?to=ADDRESS"),
    Service("Kodi's screen", "kodi-screen://USER:PASSWORD@HOST:8080"),
    Service("Any program", "jsons://HOST/PATH"),
)


def event_name(kind: EventType) -> str:
    """As people read it."""
    return words.in_words(kind)
