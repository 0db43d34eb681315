from __future__ import annotations

import pytest

from metarr.phases.scan.progress import progress

_CASES = {
    "nothing is done yet": ((0, 100, 60.0), "0 of 100 movies"),
    "a young scan says nothing of its end": ((50, 100, 2.0), "50 of 100 movies"),
    "a few seconds": ((90, 100, 90.0), "90 of 100 movies, less than a minute left"),
    "one minute": ((50, 100, 65.0), "50 of 100 movies, about 1 minute left"),
    "minutes": ((2500, 10000, 60.0), "2500 of 10000 movies, about 3 minutes left"),
    "still minutes": ((100, 200, 7100.0), "100 of 200 movies, about 118 minutes left"),
    "hours": ((100, 400, 3600.0), "100 of 400 movies, about 3 hours left"),
    "all is done": ((100, 100, 600.0), "100 of 100 movies"),
}


@pytest.mark.parametrize(("figures", "words"), _CASES.values(), ids=_CASES)
def test_a_scan_says_how_far_it_is(figures: tuple[int, int, float], words: str) -> None:
    done, total, seconds = figures
    assert progress(done, total, "movies", seconds) == words
