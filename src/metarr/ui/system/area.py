"""The pages of the system, as the list beside each of them shows them."""

from __future__ import annotations

from typing import Final

from metarr.model.access import Right
from metarr.ui.areas import Area, Place

SYSTEM: Final = Area(
    "system",
    "System",
    (
        (
            "",
            (
                Place("/system", "Health", "What is wrong, and what to do about it."),
                Place("/system/doctor", "Doctor", "Looks for everything that can be wrong.", Right.ADMIN),
                Place("/system/logs", "Logs", "What the program wrote down.", Right.ADMIN),
                Place("/system/audit", "Audit log", "Who logged in, and who changed what.", Right.ADMIN),
                Place("/system/support", "Support bundle", "One file for whoever helps you with a fault.", Right.ADMIN),
                Place("/system/figures", "Figures", "Queue, phases, providers, space."),
                Place("/about", "About", "Version, licences, and where metadata and artwork come from."),
            ),
        ),
    ),
)
