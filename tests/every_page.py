"""Every page there is, by its route: the browser tests open them all, and a page that is missing here fails them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from metarr.model.access import Role

if TYPE_CHECKING:
    from collections.abc import Mapping


class Place(NamedTuple):
    """Something that a page is about."""

    id: int
    title: str


@dataclass(frozen=True, slots=True)
class PageOf:
    """`address` and `heading` name places in braces; `who`: the least that a visitor must be."""

    route: str
    address: str
    heading: str
    who: Role = Role.VIEWER

    def at(self, places: Mapping[str, Place]) -> str:
        """Its address."""
        return self.address.format_map({name: place.id for name, place in places.items()})

    def headed(self, places: Mapping[str, Place]) -> str:
        """What its heading begins with."""
        return self.heading.format_map({name: place.title for name, place in places.items()})


def _item(tab: str, heading: str, *kinds: str) -> list[PageOf]:
    """The tab's page for items of these kinds. `heading` has its title as {}."""
    route = f"/items/{{item_id}}{tab}"
    return [PageOf(route, f"/items/{{{kind}}}{tab}", heading.format(f"{{{kind}}}")) for kind in kinds]


def _step(name: str, heading: str) -> PageOf:
    return PageOf(f"/welcome/{name}", f"/welcome/{name}", heading, Role.ADMINISTRATOR)


def _list(path: str, heading: str) -> list[PageOf]:
    return [PageOf(path, path, heading), PageOf(path, f"{path}?view=table", heading)]


def _setting(path: str, heading: str, route: str = "") -> PageOf:
    return PageOf(route or f"/settings/{path}", f"/settings/{path}", heading, Role.ADMINISTRATOR)


_CONNECTIONS = (
    _setting("providers", "Providers"),
    _setting("players", "Players"),
    _setting("players/new", "Add a player"),
    _setting("players/new?kind=plex", "Add a player", "/settings/players/new"),
    _setting("players/{player}", "{player}", "/settings/players/{player_id}"),
    _setting("players/{player}/settings", "Settings of {player}", "/settings/players/{player_id}/settings"),
    _setting("players/groups/new", "Add a group"),
    _setting("players/groups/{group}", "Group {group}", "/settings/players/groups/{group_id}"),
    _setting("channels", "Notifications"),
    _setting("channels/new", "Add a channel"),
    _setting("channels/{channel}", "{channel}", "/settings/channels/{channel_id}"),
    _setting("channels/words", "Words of messages"),
    _setting("channels/words/publishing_completed", "Publishing completed", "/settings/channels/words/{kind}"),
    _setting("webhooks", "Radarr and Sonarr"),
    _setting("webhooks/deliveries", "What Radarr and Sonarr sent"),
    _setting("webhooks/deliveries/{delivery}", "Delivery", "/settings/webhooks/deliveries/{delivery_id}"),
    _setting("webhooks/paths", "Path mappings"),
)
_SCHEDULES = (
    _setting("schedules", "Schedules"),
    _setting("schedules/new", "Add a schedule"),
    _setting("schedules/preview?every=week&at=06:30&day=5", "Add a schedule", "/settings/schedules/preview"),
    _setting("schedules/1", "Change a schedule", "/settings/schedules/{schedule_id}"),
    _setting(
        "schedules/1/preview?every=written&cron=wrong", "Change a schedule", "/settings/schedules/{schedule_id}/preview"
    ),
)
_DOOR = ("/login/local", "/login/oidc", "/login/oidc/callback", "/logged-out")  # for who is not in
_FORMS = (
    _setting("phases", "Phases"),
    _setting("general", "Time zone"),
    _setting("jobs", "Jobs"),
    _setting("scanning", "Scanning"),
    _setting("enrichment", "Enrichment"),
    _setting("artwork", "Artwork"),
    _setting("artwork?item={movie}", "Artwork", "/settings/artwork"),
    _setting("publishing", "Publishing"),
    _setting("verification", "Verification"),
    _setting("player-sync", "Player sync"),
    _setting("notification", "Messages"),
    _setting("backup", "Keeping backups"),
    _setting("single-sign-on", "Single sign-on"),
    _setting("libraries", "Libraries"),
    _setting("libraries/add", "Add a library"),
    _setting("libraries/add?path=/usr/share", "Add a library", "/settings/libraries/add"),
    _setting("libraries/{library}", "{library}", "/settings/libraries/{library_id}"),
    _setting("libraries/{library}/relocate", "Where {library} lies now", "/settings/libraries/{library_id}/relocate"),
    _setting("libraries/{library}/remove", "Remove {library}", "/settings/libraries/{library_id}/remove"),
)
PAGES = (
    PageOf("/settings", "/settings", "Settings", Role.ADMINISTRATOR),
    *_FORMS,
    *_CONNECTIONS,
    PageOf("/", "/", "Dashboard"),
    PageOf("/about", "/about", "About Metarr"),
    *_list("/movies", "Movies"),
    PageOf("/movies", "/movies?search=in&sort=year&descending=true&resolution=1080", "Movies"),
    PageOf("/movies", "/movies?search=qqqqq", "Movies"),
    *_list("/series", "Series"),
    PageOf("/series", "/series?kind=episode", "Series"),
    *_list("/collections", "Collections"),
    PageOf("/collections/{item_id}", "/collections/{collection}", "{collection}"),
    PageOf("/people", "/people", "People"),
    PageOf("/people/{person_id}", "/people/{person}", "{person}"),
    PageOf("/search", "/search", "Search"),
    PageOf("/needs", "/needs", "Needs you"),
    PageOf("/account", "/account", "Your account"),
    PageOf("/account/interface", "/account/interface", "Interface"),
    PageOf("/system", "/system", "Health"),
    PageOf("/system/doctor", "/system/doctor", "Doctor", Role.ADMINISTRATOR),
    PageOf("/system/logs", "/system/logs", "Logs", Role.ADMINISTRATOR),
    PageOf("/system/logs", "/system/logs?level=error&text=qqq", "Logs", Role.ADMINISTRATOR),
    PageOf("/system/audit", "/system/audit", "Audit log", Role.ADMINISTRATOR),
    PageOf("/system/audit", "/system/audit?result=refused&who=nobody", "Audit log", Role.ADMINISTRATOR),
    PageOf("/system/support", "/system/support", "Support bundle", Role.ADMINISTRATOR),
    PageOf("/system/figures", "/system/figures", "Figures"),
    PageOf("/settings/backups", "/settings/backups", "Backups", Role.ADMINISTRATOR),
    PageOf("/settings/users", "/settings/users", "Users", Role.ADMINISTRATOR),
    PageOf("/settings/api-keys", "/settings/api-keys", "API keys", Role.ADMINISTRATOR),
    PageOf("/search", "/search?q=an", "Search"),
    *_item("", "{}", "movie", "series", "season", "doubtful"),
    *_item("", "", "episode"),
    *_item("/edit", "Edit {}", "movie", "series", "collection"),
    *_item("/edit", "Edit", "episode"),
    *_item("/artwork", "Artwork of {}", "movie", "series", "season", "collection"),
    *_item("/files", "Files of {}", "movie", "series"),
    *_item("/history", "History of {}", "movie", "collection"),
    *_item("/plan", "Plan of {}", "movie", "collection"),
    *_item("/identify", "Identify {}", "movie", "doubtful", "series"),
    PageOf("/review", "/review", "Review"),
    PageOf("/review/{item_id}", "/review/{doubtful}", "What is {doubtful}?"),
    PageOf("/jobs", "/jobs", "Jobs"),
    PageOf("/jobs", "/jobs?state=ended&kind=scan", "Jobs"),
    PageOf("/jobs", "/jobs?state=failed", "Jobs that failed"),
    PageOf("/jobs/waiting", "/jobs/waiting", "Jobs that wait"),
    PageOf("/jobs/{job_id}", "/jobs/{job}", ""),
    PageOf("/verification", "/verification", "Verification"),
    PageOf("/verification/{run_id}", "/verification/{report}", "Verification of {library}"),
    PageOf("/activity", "/activity", "Activity"),
    PageOf("/activity", "/activity?severity=fault&since=2020-01-01&item={movie}", "Activity"),
    PageOf("/recycle-bin", "/recycle-bin", "Recycle bin"),
    *_SCHEDULES,
    _step("library", "Library"),
    PageOf("/welcome/library", "/welcome/library?path=/usr/share", "Library", Role.ADMINISTRATOR),
    _step("providers", "Providers"),
    _step("artwork", "Artwork"),
    _step("player", "Player"),
    _step("webhooks", "Radarr and Sonarr"),
    _step("scan", "First scan"),
    PageOf(
        "/welcome/publishing/{library_id}",
        "/welcome/publishing/{library}",
        "First publishing of {library}",
        Role.ADMINISTRATOR,
    ),
)
# `/welcome` sends a visitor on; `/settings/backups/{name}` is a file; `/search/offers` is a part that the search dialog
# asks for, and `/live` a stream; the others are pages for nobody known, which `browser/test_tasks.py` goes through.
OTHERS = frozenset({"/settings/backups/{name}", "/login", *_DOOR, "/search/offers", "/live", "/setup", "/welcome"})
