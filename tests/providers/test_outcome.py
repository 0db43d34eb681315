"""Reading what an answer says beside its content."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from metarr.providers.outcome import Verdict, by_status, retry_after, words_of


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Verdict.OK),
        (404, Verdict.ABSENT),
        (401, Verdict.BAD_KEY),
        (403, Verdict.BAD_KEY),
        (429, Verdict.QUOTA),
        (301, Verdict.FAULT),
        (400, Verdict.FAULT),
        (500, Verdict.FAULT),
        (503, Verdict.FAULT),
    ],
)
def test_a_status_has_one_meaning(status: int, expected: Verdict) -> None:
    assert by_status(status) is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"success": False, "status_code": 7, "status_message": "Invalid API key"}, "Invalid API key"),
        ({"Response": "False", "Error": "Request limit reached!"}, "Request limit reached!"),
        ({"status": "failure", "message": "Unauthorized", "data": None}, "Unauthorized"),
        ({"status": "error", "error message": "Not found"}, "Not found"),
        ({"message": ""}, ""),
        (["message"], ""),
        (None, ""),
    ],
    ids=["TMDB", "OMDb", "TVDB", "Fanart.tv", "empty words", "a list", "no JSON"],
)
def test_the_words_of_every_provider_are_found(body: Any, expected: str) -> None:
    assert words_of(body) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("5", timedelta(seconds=5)),
        (" 0 ", timedelta()),
        ("Fri, 06 Mar 2026 12:00:30 GMT", timedelta(seconds=30)),
        ("Fri, 06 Mar 2026 11:00:00 GMT", timedelta()),
        ("99999999999999", timedelta(hours=1)),
        ("soon", None),
        ("-3", None),
    ],
    ids=["absent", "seconds", "no time", "a date", "a date gone by", "absurdly long", "a word", "negative"],
)
def test_retry_after_is_read_as_seconds_or_date(value: str | None, expected: timedelta | None) -> None:
    assert retry_after(value, datetime(2026, 3, 6, 12, 0, 0, tzinfo=UTC)) == expected
