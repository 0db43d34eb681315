"""What the API says about health and providers: shapes beside those of `shapes.py`."""

from __future__ import annotations

from datetime import datetime

from metarr.api.shapes import Names, Seconds, Shape, Text


class HealthLine(Shape):
    cause: Text
    message: Text
    since: datetime


class ProviderHealth(Shape):
    name: str
    state: str
    """`ok`, `paused`, `unreachable`, `no key`, `key refused` or `off`."""
    has_key: bool
    needs_key: bool
    kinds: Names
    """Of what items it may know something."""
    calls: int
    """Since this process began."""
    calls_today: int
    """Of this process, since midnight UTC."""
    per_second: float
    """The most calls that it gets in a second; 0: it is not used."""
    paused_for: Seconds
    """Seconds for which the provider is left alone; null: it works."""
    attribution: Text
    """The words that its terms ask for."""


class ProviderTest(Shape):
    """What a test of address and key came to."""

    name: str
    is_well: bool
    message: Text


class Health(Shape):
    version: str
    is_well: bool
    lines: list[HealthLine]
    providers: list[ProviderHealth]
    notices: list[Text]
