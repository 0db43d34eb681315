"""The log tells of faults without the variables of the frames, which may hold keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import structlog

from metarr.app import logs
from metarr.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_a_traceback_shows_no_variables(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    secret = "tmdb-key-of-somebody"
    try:
        raise LookupError(len(secret))
    except LookupError as error:
        structlog.get_logger().error("unforeseen fault", exc_info=error)
    said = capsys.readouterr().err
    assert "LookupError" in said
    assert "tmdb-key" not in said.replace('secret = "tmdb-key-of-somebody"', "")


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(InvalidInput, match="METARR_LOG_LEVEL"):
        logs.configure("loud")
