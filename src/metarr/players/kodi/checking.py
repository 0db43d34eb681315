"""The connection test of a Kodi: one thing after the other, each with the Kodi setting that is the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from metarr.errors import BadCredentials, MetarrError
from metarr.players.base import Checked
from metarr.players.kodi.paths import source_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from metarr.clients.kodi import KodiClient
    from metarr.model.paths import PathMapping

_OLDEST: Final = 18  # user ratings, and all the methods that are called
_NEEDED: Final = {"readdata": "read its library", "updatedata": "refresh it", "removedata": "remove from it"}
_CONTROL: Final = "Settings > Services > Control"


async def checks(client: KodiClient, mappings: Sequence[PathMapping]) -> AsyncIterator[Checked]:
    """What was looked at, up to the first thing that is wrong."""
    try:
        version = await client.version()
    except BadCredentials:
        yield Checked("address", True, f"{client.who} answers")
        yield Checked("credentials", False, _refused(client))
        return
    except MetarrError as error:
        yield Checked("address", False, str(error))
        return
    yield Checked("address", True, f"{client.who} answers")
    yield Checked("credentials", True, "accepted")
    try:
        async for found in _rest(client, version, mappings):
            yield found
            if not found.is_well:
                return
    except MetarrError as error:
        yield Checked("answers", False, str(error))


async def _rest(
    client: KodiClient, version: tuple[int, int], mappings: Sequence[PathMapping]
) -> AsyncIterator[Checked]:
    yield _version(client, version)
    yield _permission(client, await client.permissions())
    yield _sources(client, await client.sources(), mappings)
    yield _notifications(client, is_told=await client.tells())


def _refused(client: KodiClient) -> str:
    return (
        f"{client.who} rejects them: take 'Username' and 'Password' from its {_CONTROL}, under 'Require authentication'"
    )


def _version(client: KodiClient, version: tuple[int, int]) -> Checked:
    text = f"Kodi {version[0]}.{version[1]}"
    if version[0] < _OLDEST:
        return Checked("version", False, f"{client.who} is {text}: Metarr needs {_OLDEST} or newer")
    return Checked("version", True, text)


def _permission(client: KodiClient, allowed: frozenset[str]) -> Checked:
    missing = [words for name, words in _NEEDED.items() if name not in allowed]
    if missing:
        way = f"switch on 'Allow remote control via HTTP' in its {_CONTROL}"
        return Checked("permission", False, f"{client.who} does not let us {' or '.join(missing)}: {way}")
    return Checked("permission", True, "may read, refresh and remove")


def _sources(client: KodiClient, sources: Sequence[str], mappings: Sequence[PathMapping]) -> Checked:
    if not sources:
        return Checked(
            "sources", False, f"{client.who} has no video source: add one in its Videos > Files > Add videos"
        )
    listed = ", ".join(sources)
    for mapping in mappings:
        if source_of(mapping.remote, sources) is None and not any(source_of(one, [mapping.remote]) for one in sources):
            text = f"no video source of {client.who} has to do with {mapping.remote}: correct that path mapping, or add"
            return Checked("sources", False, f"{text} a source. It has {listed}")
    return Checked("sources", True, listed)


def _notifications(client: KodiClient, *, is_told: bool) -> Checked:
    """Without them everything works, by asking instead of listening: so this is never wrong."""
    if is_told:
        return Checked("notifications", True, f"port {client.tcp_port} tells at once what happens")
    if not client.tcp_port:
        return Checked("notifications", True, "not used: Kodi is asked again and again instead")
    switches = "'Allow remote control from applications on this system' and '... on other systems'"
    text = f"port {client.tcp_port} cannot be reached or is another Kodi's, so this one is asked again and again: for"
    return Checked(
        "notifications", True, f"{text} quicker answers switch on {switches} in its {_CONTROL}, or set the port to 0"
    )
