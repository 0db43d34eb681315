"""Settings: the overview's keys and defaults, exactly."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from metarr.model.artwork import ArtworkKind
from metarr.model.media import ItemKind
from metarr.settings import PhaseConfig, Settings

OVERVIEW = {
    "scanning": {"enabled": True},
    "enrichment": {"enabled": True, "autoSelectAssets": False, "preferredLanguage": "en"},
    "publishing": {"enabled": True, "cleanupUnselected": True},
    "playerSync": {"enabled": True, "autoSync": False},
}


def test_phase_config_holds_exactly_the_overviews_keys_and_defaults() -> None:
    assert PhaseConfig().model_dump(by_alias=True) == OVERVIEW


@pytest.mark.parametrize(
    "wrong",
    [
        {"phaseConfig": {"scanning": {"enabled": False}}},
        {"phaseConfig": {"enrichment": {"preferredLanguage": "EN"}}},
        {"phaseConfig": {"verification": {"enabled": True}}},
        {"enrichment": {"certificationCountry": "us"}},
        {"enrichment": {"artworkLimits": {"poster": 21}}},
        {"enrichment": {"artworkWeights": {"poster": {"votes": 30}}}},
        {"enrichment": {"artworkWeights": {"poster": {"votes": 120, "resolution": -70}}}},
        {"enrichment": {"artworkWeights": {"posters": {}}}},
        {"enrichment": {"artworkWeights": {"planet.poster": {}}}},
        {"enrichment": {"artworkLanguages": {"poster": ["English"]}}},
        {"enrichment": {"artworkLanguages": {"poster.season": ["de"]}}},
        {"scanning": {"concurrentDirectories": 0}},
        {"publishing": {"movieSetsFolder": "/media/Sets"}},
        {"publishing": {"movieSetsFolder": "../Sets"}},
        {"publishing": {"movieSetsFolder": "Sets/"}},
        {"jobs": {"backoffSeconds": 0}},
        {"surprise": {}},
    ],
    ids=repr,
)
def test_what_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)


@pytest.mark.parametrize(
    ("preferred", "further", "expected"),
    [
        ("en", [], ("en",)),
        ("de", ["en", "original"], ("de", "en", "original")),
        ("de", ["en", "de", "en"], ("de", "en")),
    ],
    ids=["one", "the preferred one first", "no repeats"],
)
def test_the_order_of_languages(preferred: str, further: list[str], expected: tuple[str, ...]) -> None:
    phases = {"enrichment": {"preferredLanguage": preferred}}
    settings = Settings.model_validate({"phaseConfig": phases, "enrichment": {"languages": further}})
    assert settings.languages == expected


def _fields(model: type[BaseModel]) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found += _fields(field.annotation)
        else:
            found.append((f"{model.__name__}.{name}", field.description))
    return found


@pytest.mark.parametrize(("name", "description"), _fields(Settings))
def test_every_setting_says_what_it_does(name: str, description: str | None) -> None:
    assert description, name


@pytest.mark.parametrize(
    ("level", "kind", "expected"),
    [
        (ItemKind.SEASON, ArtworkKind.POSTER, 1),
        (ItemKind.MOVIE, ArtworkKind.POSTER, 2),
        (ItemKind.SEASON, ArtworkKind.FANART, 3),
        (ItemKind.MOVIE, ArtworkKind.FANART, 20),
    ],
    ids=["both are named", "the kind is named", "the level is named", "nothing is named"],
)
def test_the_nearest_weights_count(level: ItemKind, kind: ArtworkKind, expected: int) -> None:
    weights = {
        name: {"votes": votes, "resolution": 50 - votes}
        for name, votes in (("season.poster", 1), ("poster", 2), ("season", 3))
    }
    settings = Settings.model_validate({"enrichment": {"artworkWeights": weights}})
    assert settings.enrichment.weights_of(level, kind).votes == expected


def test_languages_of_pictures_differ_by_kind_where_nobody_says_otherwise() -> None:
    settings = Settings().enrichment
    assert settings.languages_of(ItemKind.MOVIE, ArtworkKind.FANART) == ("textless", "preferred")
    assert settings.languages_of(ItemKind.MOVIE, ArtworkKind.POSTER) == ("preferred", "textless")
