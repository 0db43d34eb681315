"""Whether the installation is well: what waits for what, and what people should know about the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import metarr
from metarr.actions import providers
from metarr.actions.provider_settings import unreadable
from metarr.store import health
from metarr.store.settings import ignored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metarr.actions.installation import Installation
    from metarr.actions.providers import Lacking, ProviderState
    from metarr.store.db import Row, Tx


@dataclass(frozen=True, slots=True)
class Health:
    """`is_well`: nothing waits for anything. `remarks` are no faults, but worth knowing; `lacking`: of the providers'
    keys, which pages link to; `notices`: both, in words.
    """

    version: str
    is_well: bool
    lines: Sequence[Row]
    providers: tuple[ProviderState, ...]
    remarks: tuple[str, ...]
    lacking: Lacking | None

    @property
    def notices(self) -> tuple[str, ...]:
        """For places that can link to nothing."""
        return self.remarks if self.lacking is None else (*self.remarks, str(self.lacking))


def report(tx: Tx, installation: Installation) -> Health:
    """One line per cause, as jobs reported them."""
    lines = health.lines(tx)
    lacking = providers.lacking(tx, installation)
    notices = (
        *installation.notices,
        *(f"The setting {key} in the database means nothing to this version and is ignored." for key in ignored(tx)),
        *unreadable(tx, installation),
    )
    return Health(metarr.__version__, not lines, lines, providers.listed(tx, installation), notices, lacking)
