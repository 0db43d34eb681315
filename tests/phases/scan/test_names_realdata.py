"""The grammar against the tests of ten other parsers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from metarr.phases.scan.names import identify
from name_rows import load, wrong

if TYPE_CHECKING:
    from pathlib import Path

# What guessit alone (3.8.0) has right. Asking it about all names costs this test more than all else that it does, so
# the figures stand here; `python benchmarks/names.py` measures them anew.
_GUESSIT = {
    "anitomy": 73,
    "guessit": 680,
    "jellyfin": 31,
    "ptn-platelminto": 233,
    "ptt-dreulavelle": 40,
    "ptt-thebeastlt": 25,
    "radarr": 56,
    "scttcper": 77,
    "sonarr": 241,
    "tinymediamanager": 29,
}


@pytest.fixture(scope="module")
def right(shared_data: Path) -> Counter[str]:
    """How many names of each source are wholly right."""
    return Counter(row.source for row in load(shared_data) if not wrong(row, identify(row.path)))


@pytest.mark.realdata
@pytest.mark.parametrize("source", _GUESSIT)
def test_is_at_least_as_good_as_guessit_alone(right: Counter[str], source: str) -> None:
    assert right[source] >= _GUESSIT[source]


@pytest.mark.realdata
def test_the_whole_collection(right: Counter[str]) -> None:
    assert right.total() >= 0.885 * 1864  # guessit itself 79.7 %
