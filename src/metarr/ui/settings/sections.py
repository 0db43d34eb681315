"""The pages that are forms of the settings registry: a section each, in its own words."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final
from zoneinfo import available_timezones

from fastapi import Request, Response

from metarr.actions import settings as actions
from metarr.providers import PROVIDERS
from metarr.settings import FIELDS
from metarr.store.settings import section_of
from metarr.ui.settings.registry_form import Form, Page
from metarr.web.access import ADMIN
from metarr.web.routing import Router

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

router = Router(include_in_schema=False)
# By the page's address; the artwork rules have a page of their own kind.
FORMS: Final[Mapping[str, Form]] = {
    "phases": Form("phase-config"),
    "general": Form("general"),
    "jobs": Form("jobs"),
    "scanning": Form("scanning"),
    "enrichment": Form("enrichment", ("languages", "providerOrder", "fieldOrder")),
    "publishing": Form("publishing"),
    "verification": Form("verification"),
    "player-sync": Form("playerSync"),
    "notification": Form("notification"),
    "backup": Form("backup"),
    "single-sign-on": Form("singleSignOn"),
}
_ELSEWHERE: Final = frozenset({"single-sign-on"})  # pages of their own kind, too
_TITLES = {
    "phases": "Phases",
    "general": "Time zone",
    "jobs": "Jobs",
    "scanning": "Scanning",
    "enrichment": "Enrichment",
    "publishing": "Publishing",
    "verification": "Verification",
    "player-sync": "Player sync",
    "notification": "Messages",
    "backup": "Keeping backups",
}
# What else there is to know, and where it is: words, address, the link's text.
_NOTES: Mapping[str, tuple[str, str, str]] = {
    "phases": (
        "Work goes from phase to phase; one that is off is passed through. A library can have it otherwise.",
        "/settings/libraries",
        "Libraries",
    ),
    "general": ("Schedules go by it.", "/settings/schedules", "Schedules"),
    "jobs": ("A job that failed as often as is allowed waits for you among the failed ones.", "/jobs", "Jobs"),
    "scanning": ("Scans by the clock are on the timetable.", "/settings/schedules", "Schedules"),
    "enrichment": ("Rules for pictures have a page of their own, with a preview.", "/settings/artwork", "Artwork"),
    "publishing": (
        "Which names files get depends on the players that read them: each library says for which.",
        "/settings/libraries",
        "Libraries",
    ),
    "verification": ("When it happens is on the timetable.", "/settings/schedules", "Schedules"),
    "player-sync": ("Which players there are, and how they see the folders.", "/settings/players", "Players"),
    "notification": (
        "Words of your own are easier to write with a preview beside them.",
        "/settings/channels/words",
        "Words of messages",
    ),
    "backup": ("Which there are, and making one:", "/settings/backups", "Backups"),
}
_PARTS = {"playerSync": "Player Sync"}  # what the overview calls them, where the key does not say it


def page_of(section: str, key: str) -> str:
    """The last part of the address of the page that has a setting."""
    return next((page for page, form in FORMS.items() if form.section == section and form.has(key)), "artwork")


def known_words() -> dict[str, tuple[str, ...]]:
    """What can be chosen from, where the registry's schema does not say it, by key."""
    return {
        "providerOrder": tuple(sorted(PROVIDERS)),
        "fieldOrder": tuple(sorted(FIELDS)),
        "timeZone": _zones(),
    }


@cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones()))


def _page(name: str) -> Page:
    form = FORMS[name]
    model = actions.model_of(form.section)
    parts = {}
    for field_name, field in model.model_fields.items():
        inner = section_of(model, field_name)
        if inner is not None:
            key = field.alias or field_name
            parts[key] = (_PARTS.get(key, key.capitalize()), inner.__doc__ or "")
    words, address, link = _NOTES[name]
    values = {"heading": _TITLES[name], "parts": parts, "note": words, "note_address": address, "note_link": link}
    return Page(form, "settings_section.html", known_words(), values)


def _add(name: str) -> None:
    async def show(request: Request) -> Response:
        return await _page(name).show(request)

    async def save(request: Request) -> Response:
        return await _page(name).submit(request)

    routes: tuple[tuple[str, Callable[[Request], Awaitable[Response]]], ...] = (("GET", show), ("POST", save))
    for method, route in routes:
        router.add(
            method,
            f"/settings/{name}",
            route,
            dependencies=[ADMIN],
            response_model=None,
            description=f"The settings of the section {FORMS[name].section}.",
        )


for _name in FORMS.keys() - _ELSEWHERE:
    _add(_name)
