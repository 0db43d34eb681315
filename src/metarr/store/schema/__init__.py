"""The tables. Migrations under `migrations/` build exactly this, which a test checks on both databases.

One `item` table for every kind; everything else (files, artwork, jobs, history) points at it.
"""

from metarr.store.schema.accounts import api_key, audit, saved_view, session, user, user_identity
from metarr.store.schema.artwork import blob, candidate, choice, credit, person
from metarr.store.schema.base import metadata
from metarr.store.schema.jobs import event, job, job_attempt, schedule, worker
from metarr.store.schema.library import (
    external_id,
    folder,
    item,
    item_file,
    library,
    lock,
    media_file,
    review,
    said,
    trait,
)
from metarr.store.schema.outside import (
    answer,
    channel,
    fact,
    health,
    hint,
    lease,
    path_mapping,
    setting,
    webhook_delivery,
)
from metarr.store.schema.players import (
    play_state,
    player,
    player_group,
    player_group_library,
    player_group_member,
    player_state,
)
from metarr.store.schema.publishing import finding, history, published_file, recycled, verification

REVISION = "0002"  # the newest migration; a database at this revision needs none
# The oldest release whose workers can go on beside this one, by its revision. Release 0.1.0 (0001) stops at settings,
# jobs and secrets that it does not know, so that its workers have to end first.
BESIDE = "0002"

__all__ = [
    "BESIDE",
    "REVISION",
    "answer",
    "api_key",
    "audit",
    "blob",
    "candidate",
    "channel",
    "choice",
    "credit",
    "event",
    "external_id",
    "fact",
    "finding",
    "folder",
    "health",
    "hint",
    "history",
    "item",
    "item_file",
    "job",
    "job_attempt",
    "lease",
    "library",
    "lock",
    "media_file",
    "metadata",
    "path_mapping",
    "person",
    "play_state",
    "player",
    "player_group",
    "player_group_library",
    "player_group_member",
    "player_state",
    "published_file",
    "recycled",
    "review",
    "said",
    "saved_view",
    "schedule",
    "session",
    "setting",
    "trait",
    "user",
    "user_identity",
    "verification",
    "webhook_delivery",
    "worker",
]
