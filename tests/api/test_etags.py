"""Entity tags: what is the same has the same, and who knows only what was is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metarr.api import etags
from metarr.errors import Outdated

if TYPE_CHECKING:
    from pydantic import JsonValue

NOW = etags.of_parts({"revision": 2, "locks": ["plot"]}, {"jobs": [1]})
LATER = etags.of_parts({"revision": 2, "locks": ["plot"]}, {"jobs": [1, 2]})
OTHER = etags.of_parts({"revision": 3, "locks": ["plot"]}, {"jobs": [1]})


def test_the_order_of_keys_does_not_matter_and_every_value_does() -> None:
    assert etags.etag_of({"a": 1, "b": [2]}) == etags.etag_of({"b": [2], "a": 1})
    different: list[JsonValue] = [{"a": 1}, {"a": 2}, {"a": "1"}, {"b": 1}, [1], None]
    assert len({etags.etag_of(one) for one in different}) == len(different)


@pytest.mark.parametrize(
    ("sent", "is_current"),
    [
        pytest.param(None, True, id="no condition"),
        pytest.param(NOW, True, id="what is so"),
        pytest.param(LATER, True, id="what differs only in what changes by itself"),
        pytest.param(OTHER, False, id="what was"),
        pytest.param("*", True, id="anything"),
        pytest.param(f"{OTHER}, {NOW}", True, id="a list that holds it"),
        pytest.param(f"{OTHER},{OTHER}", False, id="a list that does not"),
        pytest.param("", False, id="nothing"),
        pytest.param('""', False, id="an empty tag"),
        pytest.param("revision 2", False, id="no tag at all"),
    ],
)
def test_a_change_is_refused_unless_its_sender_knows_the_present_state(sent: str | None, is_current: bool) -> None:  # noqa: FBT001  a column of the table
    if is_current:
        etags.check(sent, NOW)
    else:
        with pytest.raises(Outdated, match="changed since you read it"):
            etags.check(sent, NOW)


@pytest.mark.parametrize(
    ("sent", "is_seen"),
    [
        pytest.param(NOW, True, id="all of it"),
        pytest.param(f"W/{NOW}", True, id="as a proxy weakens it"),
        pytest.param(LATER, False, id="other jobs"),
        pytest.param("*", True, id="anything"),
        pytest.param(f"{OTHER}, {NOW}", True, id="a list that holds it"),
    ],
)
def test_what_a_reader_has_seen_already(sent: str, is_seen: bool) -> None:  # noqa: FBT001  a column of the table
    assert etags.matches(sent, NOW) is is_seen
