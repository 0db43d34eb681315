"""What a provider can be told, and what is refused at once."""

from __future__ import annotations

import pytest
from pydantic import SecretStr, ValidationError

from metarr.providers.base import ProviderSettings

URL = "https://api.example.org/3"


@pytest.mark.parametrize("key", ["  abc123\n", "abc123", "\tabc123 "])
def test_blanks_around_a_key_are_dropped(key: str) -> None:
    found = ProviderSettings(url=URL, api_key=SecretStr(key)).api_key
    assert found is not None
    assert found.get_secret_value() == "abc123"


@pytest.mark.parametrize(
    "key", ["abc 123", "abc\n123", "abc\u2026", "clé", "a\x00b"], ids=["space", "line break", "dots", "accent", "zero"]
)
def test_a_key_that_cannot_be_one_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(ValidationError, match="copy it again") as caught:
        ProviderSettings(url=URL, api_key=SecretStr(key))
    assert key not in caught.value.errors()[0]["msg"]


@pytest.mark.parametrize("key", ["", "  "], ids=["empty", "blank"])
def test_an_empty_key_is_none(key: str) -> None:
    assert not ProviderSettings(url=URL, api_key=SecretStr(key)).is_ready


def test_the_addresses_are_all_that_lead_somewhere() -> None:
    class Settings(ProviderSettings):
        image_url: str = "http://192.168.1.5:8080/t/p"
        language: str = "en"

    assert Settings(url=URL).addresses == (URL, "http://192.168.1.5:8080/t/p")
