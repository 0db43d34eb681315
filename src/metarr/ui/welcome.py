"""The first setup, step by step, after the administrator exists. Each step can be skipped, and taken up again later.

What was done is remembered in the database, so that it goes on where it was left, in whatever browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from metarr.actions import first_publishing, libraries, players, provider_settings, providers
from metarr.api.deps import LARGEST, Id
from metarr.jobs import summary
from metarr.model.media import LibraryKind
from metarr.store import facts, items, settings
from metarr.store import libraries as stored
from metarr.store import players as stored_players
from metarr.ui.folders import look_at
from metarr.ui.framing import house_of, show
from metarr.web import BASE
from metarr.web.access import ADMIN
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.actions.installation import Installation
    from metarr.actions.libraries import Listed
    from metarr.actions.provider_settings import ProviderSetting
    from metarr.actions.providers import ProviderState
    from metarr.jobs.summary import Summary
    from metarr.store.db import Tx

router = Router(include_in_schema=False)
STEPS: Final = {
    "library": "Library",
    "providers": "Providers",
    "artwork": "Artwork",
    "player": "Player",
    "webhooks": "Radarr and Sonarr",
    "scan": "First scan",
}


@dataclass(frozen=True, slots=True)
class ProviderForm:
    """A provider with what has to be entered: its secrets."""

    state: ProviderState
    fields: tuple[ProviderSetting, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """The first scan and what follows from it, as it goes."""

    libraries: Sequence[Listed]
    work: Summary


def done(tx: Tx, house: Installation) -> frozenset[str]:
    """The steps that were taken or skipped, and those whose end is reached in another way."""
    reached = {
        "library": bool(stored.everything(tx)),
        "providers": bool(house.providers) and providers.lacking(tx, house) is None,
        "player": bool(stored_players.everything(tx)),
        "scan": items.is_any(tx),
    }
    return facts.steps_done(tx) | {name for name, is_so in reached.items() if is_so}


@router.get("/welcome", dependencies=[ADMIN])
async def go_on(request: Request) -> RedirectResponse:
    """Where it was left."""
    house = house_of(request)
    taken = await house.store.read(lambda tx: done(tx, house))
    return RedirectResponse(f"/welcome/{next((one for one in STEPS if one not in taken), 'scan')}", 303)


@router.get("/welcome/library", dependencies=[ADMIN])
async def library_step(
    request: Request, path: Annotated[str, Query(max_length=4000)] = "", fault: str = ""
) -> HTMLResponse:
    """Which folder, with a browser and what can be said of the folder before it is added."""
    return await library_page(request, path, fault[:1000])


async def library_page(request: Request, path: str, fault: str = "", status: int = 200) -> HTMLResponse:
    """The step with a folder opened."""
    house = house_of(request)
    look = await look_at(house, path)
    known = await house.store.read(stored.everything)
    values = {"look": look, "path": path, "fault": fault, "libraries": known, "kinds": tuple(LibraryKind)}
    return await step(request, "library", status, **values)


@router.get("/welcome/providers", dependencies=[ADMIN])
async def providers_step(request: Request) -> HTMLResponse:
    """Keys, each with its test."""
    return await providers_page(request)


async def providers_page(request: Request, tested: str = "", fault: str = "", status: int = 200) -> HTMLResponse:
    """The step, with what is wrong with the key that was `tested`."""
    house = house_of(request)

    def look(tx: Tx) -> list[ProviderForm]:
        return [
            ProviderForm(one, tuple(field for field in provider_settings.shown(tx, house, one.name) if field.is_secret))
            for one in providers.listed(tx, house)
        ]

    forms = await house.store.read(look)
    return await step(request, "providers", status, forms=forms, tested=tested, fault=fault)


@router.get("/welcome/artwork", dependencies=[ADMIN])
async def artwork_step(request: Request) -> HTMLResponse:
    """Who chooses the pictures."""
    now = await house_of(request).store.read(settings.load)
    expected = first_publishing.bytes_per_title(now)
    return await step(
        request, "artwork", is_automatic=now.phase_config.enrichment.auto_select_assets, expected=expected
    )


@router.get("/welcome/player", dependencies=[ADMIN])
async def player_step(request: Request) -> HTMLResponse:
    """A Kodi, Jellyfin or Plex."""
    return await player_page(request, {})


async def player_page(request: Request, given: dict[str, Any], status: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401  what the template shows
    """The step, with what was entered and what its test came to."""
    house = house_of(request)
    known = await house.store.read(players.listed)
    roots_known = [one.root for one in await house.store.read(stored.everything)]
    now = await house.store.read(settings.load)
    defaults = {"tested": None, "fault": "", "is_automatic": now.phase_config.player_sync.auto_sync}
    shown = {**defaults, **values}
    return await step(request, "player", status, players=known, roots=roots_known, given=given, **shown)


@router.get("/welcome/webhooks", dependencies=[ADMIN])
async def webhooks_step(request: Request) -> HTMLResponse:
    """The address for Radarr and Sonarr, and a key for each."""
    return await webhooks_page(request)


async def webhooks_page(request: Request, source: str = "", key: str = "") -> HTMLResponse:
    """The step; the key that was made just now is shown this once."""
    base = str(request.base_url).rstrip("/") + BASE
    is_local = request.url.hostname in {"localhost", "127.0.0.1", "::1"}
    return await step(request, "webhooks", base=base, is_local=is_local, source=source, key=key)


@router.get("/welcome/scan", dependencies=[ADMIN])
async def scan_step(request: Request) -> HTMLResponse:
    """The first scan, live, and what follows from it."""
    progress = await house_of(request).store.read(
        lambda tx: Progress(libraries.listed(tx), summary.summary(tx, summary.Scope()))
    )
    return await step(request, "scan", progress=progress)


@router.get("/welcome/publishing/{library_id}", dependencies=[ADMIN])
async def first_publishing_of(
    request: Request, library_id: Id, after: Annotated[int, Query(ge=0, le=LARGEST)] = 0
) -> HTMLResponse:
    """What the first publishing of a library would do, before it is confirmed."""
    plan = await first_publishing.look(house_of(request), library_id, after=after)
    return await show(request, "welcome_publishing.html", "dashboard", plan=plan, is_first=after == 0)


async def step(request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401  what templates show
    """A step's page, with the list of all."""
    house = house_of(request)
    taken = await house.store.read(lambda tx: done(tx, house))
    names = list(STEPS)
    place = names.index(name)
    following = names[place + 1] if place + 1 < len(names) else None
    frame = {"steps": STEPS, "step": name, "done": taken, "number": place + 1, "following": following}
    return await show(request, f"welcome_{name}.html", "dashboard", status, **frame, **values)
