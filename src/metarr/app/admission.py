"""From the process configuration to who is admitted: the doors, and the names that the server answers to."""

from __future__ import annotations

import secrets
import socket
from typing import TYPE_CHECKING

import structlog

from metarr.actions.entrance import Doors, Entrance
from metarr.app.server import is_loopback
from metarr.web import proxied
from metarr.web.hosts import Hosts

if TYPE_CHECKING:
    from metarr.config import Config
    from metarr.store.db import Store
    from metarr.web.proxied import ProxyRules

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is easily taken for another
_CODE = 10  # letters: 50 bits
_LONG_ENOUGH = 16  # characters of a key that somebody thought up
log = structlog.get_logger()


def entrance(config: Config, token: str, store: Store) -> Entrance:
    """What opens: the owner's key, this start's `token`, and whatever accounts and keys the database has."""
    if config.api_key is not None and len(config.api_key) < _LONG_ENOUGH:
        log.warning("METARR_API_KEY is short enough to be guessed; make it longer, or use: metarr key add")
    keys = () if config.api_key is None else (config.api_key,)
    code = "".join(secrets.choice(_LETTERS) for _ in range(_CODE))
    return Entrance(store, Doors(keys, not config.loopback_auth, code, token))


async def setup_code(config: Config, entrance: Entrance) -> str | None:
    """What is printed for whoever creates the first account; None: there is one, or nobody here will ever need one."""
    is_needless = not config.loopback_auth and is_loopback(config.host)
    return None if is_needless or await entrance.has_accounts() else entrance.doors.setup_code


def proxy_rules(config: Config) -> ProxyRules | None:
    """How proxies say who is there; None: they do not. Raises InvalidInput."""
    if config.proxy_user_header is None:
        return None
    separator = config.proxy_groups_separator
    return proxied.rules(config.proxies, config.proxy_user_header, config.proxy_groups_header, separator)


def hosts(config: Config) -> Hosts:
    """The names that requests may be meant for."""
    is_local = is_loopback(config.host)
    own = () if is_local else (config.host, socket.gethostname())
    return Hosts((*config.hosts, *own), is_local=is_local)
