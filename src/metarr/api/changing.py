"""Changing an item over the API: in one transaction, unless somebody else has changed it since it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metarr.actions import items
from metarr.api import etags, shapes

if TYPE_CHECKING:
    from collections.abc import Callable

    from metarr.actions.installation import Installation
    from metarr.actions.phases import Submitted
    from metarr.store.db import Tx


async def submit(
    house: Installation, item_id: int, if_match: str | None, change: Callable[[Tx], Submitted]
) -> shapes.Submitted:
    """Carry out a change of an item that leads to work. Raises Outdated."""
    check = unchanged(item_id, if_match)

    def body(tx: Tx) -> Submitted:
        check(tx)
        return change(tx)

    return shapes.Submitted.model_validate(await house.store.write(body))


def unchanged(item_id: int, if_match: str | None) -> Callable[[Tx], None]:
    """What to call first in the transaction: raises Outdated where the item is another than the caller knows."""

    def check(tx: Tx) -> None:
        if if_match is not None:
            items.hold(tx, item_id)
            etags.check(if_match, etags.of_parts(items.version(tx, item_id), None))

    return check
