from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.errors import InvalidInput
from metarr.model.schedule import DEFAULTS, next_run

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        pytest.param(
            "0 4 * * *", "2026-01-10T02:00Z", "2026-01-10T03:00Z", id="four in Berlin is three in UTC in winter"
        ),
        pytest.param("0 4 * * *", "2026-07-10T00:00Z", "2026-07-10T02:00Z", id="and two in summer"),
        pytest.param("0 4 * * *", "2026-01-10T03:00Z", "2026-01-11T03:00Z", id="at the moment itself, the next day"),
        pytest.param(
            "30 2 * * *", "2026-03-28T12:00Z", "2026-03-29T01:00Z", id="an hour that is skipped: right after it"
        ),
        pytest.param("30 2 * * *", "2026-10-24T12:00Z", "2026-10-25T00:30Z", id="an hour that comes twice: the first"),
        pytest.param("30 2 * * *", "2026-10-25T00:30Z", "2026-10-26T01:30Z", id="an hour that comes twice: only once"),
        pytest.param("0 2 * * 1", "2026-11-22T12:00Z", "2026-11-23T01:00Z", id="weekly on Monday"),
    ],
)
def test_the_next_run_follows_the_clocks_of_the_zone(cron: str, after: str, expected: str) -> None:
    assert next_run(cron, BERLIN, datetime.fromisoformat(after)) == datetime.fromisoformat(expected)


@pytest.mark.parametrize("cron", ["", "0 4 * *", "61 4 * * *", "every day", "0 4 * * * * *"])
def test_a_malformed_expression_is_refused_with_an_example(cron: str) -> None:
    with pytest.raises(InvalidInput, match="Example"):
        next_run(cron, UTC, datetime(2026, 1, 1, tzinfo=UTC))


@given(
    st.sampled_from(sorted(DEFAULTS.values())),
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  bounds are naive
)
def test_the_next_run_lies_ahead_and_within_a_week(cron: str, after: datetime) -> None:
    found = next_run(cron, BERLIN, after)
    assert found is not None
    assert after < found <= after + timedelta(days=8)
