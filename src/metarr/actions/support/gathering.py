"""What goes into a support bundle, part by part, before secrets are taken out of it."""

from __future__ import annotations

import platform
import sys
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from typing import TYPE_CHECKING, Any

import metarr
from metarr.actions import channels, doctor, figures, provider_settings
from metarr.actions.players import SECRETS
from metarr.errors import Wait
from metarr.jobs import desk, summary
from metarr.phases.base import in_thread
from metarr.providers import PROVIDERS
from metarr.store import figures as stored
from metarr.store import health, items, libraries, players, sealed, secrets, settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.actions.installation import Installation
    from metarr.store.db import Row, Tx

_JOBS = 200
_LONGEST = 4000  # characters of a job's message
_OF_JOB = (
    *("id", "kind", "state", "library_id", "item_id", "priority", "attempts", "losses", "waits_for", "trigger"),
    *("created_at", "started_at", "finished_at"),
)


@dataclass(frozen=True, slots=True)
class Gathered:
    """`documents`: by the name of their file. `secrets`: what may be in none. `names`: of people's things.

    `key`: the installation's own, for words that stand for names.
    """

    documents: Mapping[str, Any]
    secrets: frozenset[str]
    names: frozenset[str]
    key: str


async def gather(house: Installation) -> Gathered:
    """Ask everybody. Providers and players are asked, too, so it may take a while."""
    found, measured = await doctor.visit(house), await figures.report(house)
    rows = await in_thread(stored.describe, house.store)
    key = house.configured.secret_key or await in_thread(sealed.key_in, house.data) or ""

    def look(tx: Tx) -> Gathered:
        failed = desk.page(tx, states=("failed",), limit=_JOBS)
        known = libraries.everything(tx)
        names = {text for one in known for text in (one.name, one.root)}
        titles = items.titles(tx, sorted({row["item_id"] for row in failed if row["item_id"] is not None}))
        documents = _of_settings(tx, house) | {
            "health.json": [dict(line) for line in health.lines(tx)],
            "queue.json": summary.summary(tx, summary.Scope(), limit=0).counts,
            "failed-jobs.json": [_job(row) for row in failed],
            "libraries.json": [asdict(one) for one in known],
        }
        kept = secrets.everything(tx, house.vault) | house.configured.secrets | {key}
        return Gathered(documents, frozenset(kept), frozenset(names | set(titles.values())), key)

    gathered = await house.store.read(look)
    documents = {
        **gathered.documents,
        "versions.json": _versions(),
        "configuration.json": dict(house.configured.lines),
        "doctor.json": [asdict(one) for one in found],
        "figures.json": {
            "sizes": {one.name: one.size for one in measured.space},
            "free": measured.system.free,
            "uptime": measured.system.uptime,
            "workers": [dict(row) for row in measured.system.workers],
            "items": measured.counted.items,
            "recycle bin": {"files": measured.counted.bin_files, "bytes": measured.counted.bin_bytes},
        },
        "database.json": rows,
    }
    return replace(gathered, documents=documents)


def _of_settings(tx: Tx, house: Installation) -> dict[str, Any]:
    return {
        "settings.json": settings.load(tx).model_dump(mode="json", by_alias=True),
        "providers.json": {name: _provider(tx, house, name) for name in PROVIDERS},
        "players.json": [
            {"kind": one.kind, "enabled": one.is_enabled, "secrets": sorted(set(SECRETS) & one.settings.keys())}
            for one in players.everything(tx)
        ],
        "channels.json": [
            {"service": one.service, "enabled": one.is_enabled, "events": list(one.events)}
            for one in channels.listed(tx, house)
        ],
    }


def _versions() -> dict[str, Any]:
    own = {"metarr": metarr.__version__, "python": sys.version, "platform": platform.platform()}
    packages = {one.name: one.version for one in metadata.distributions()}
    return {**own, "packages": dict(sorted(packages.items()))}


def _provider(tx: Tx, house: Installation, name: str) -> dict[str, Any]:
    """Of secrets only whether they are set."""
    try:
        found = provider_settings.shown(tx, house, name)
    except Wait as error:  # sealed with another key
        return {"fault": str(error)}
    return {one.key: ("set" if one.is_set else "not set") if one.is_secret else one.value for one in found}


def _job(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in _OF_JOB} | {"message": row["message"][:_LONGEST]}
