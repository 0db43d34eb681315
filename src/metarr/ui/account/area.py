"""The pages about oneself, as the list beside each of them shows them."""

from __future__ import annotations

from typing import Final

from metarr.ui.areas import Area, Place

ACCOUNT: Final = Area(
    "account",
    "Your account",
    (
        (
            "",
            (
                Place("/account", "Account", "Your password, and where you are logged in."),
                Place("/account/interface", "Interface", "Colours, density, posters, times and the first page."),
            ),
        ),
    ),
)
