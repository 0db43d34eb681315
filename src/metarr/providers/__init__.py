"""The registry of providers: the only place that knows concrete ones. Adding one is adding its value here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metarr.providers.fanarttv import FANARTTV
from metarr.providers.omdb import OMDB
from metarr.providers.tmdb import TMDB
from metarr.providers.tvdb import TVDB
from metarr.providers.tvmaze import TVMAZE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metarr.providers.base import Provider

# Any: each provider has its own settings model, and a mapping of them has no common one.
PROVIDERS: Mapping[str, Provider[Any]] = {provider.name: provider for provider in (TMDB, TVDB, TVMAZE, FANARTTV, OMDB)}
