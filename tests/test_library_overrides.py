"""Settings that one library has of its own, and who goes by them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from metarr.jobs.policy import Conditions
from metarr.model.artwork import ArtworkKind
from metarr.model.media import LibraryId
from metarr.settings import LibraryOverrides, Settings, in_library

FILMS, SHOWS = LibraryId(1), LibraryId(2)


def test_nothing_of_its_own_is_as_everywhere() -> None:
    assert in_library(Settings(), LibraryOverrides()) == Settings()


def test_each_override_has_its_place_and_changes_nothing_else() -> None:
    own = LibraryOverrides(
        auto_select_assets=True,
        publish=False,
        cleanup_unselected=False,
        auto_sync=True,
        auto_repair=False,
        actor_pictures=0,
        movie_sets_folder="Sets",
        artwork_limits={ArtworkKind.FANART: 1},
        ignore_patterns=("x*",),
    )
    found = in_library(Settings(), own)
    phases = found.phase_config
    assert phases.enrichment.auto_select_assets
    assert (phases.publishing.enabled, phases.publishing.cleanup_unselected) == (False, False)
    assert (phases.player_sync.auto_sync, found.verification.auto_repair) == (True, False)
    assert (found.publishing.actor_pictures, found.publishing.movie_sets_folder) == (0, "Sets")
    assert found.enrichment.artwork_limits == {ArtworkKind.POSTER: 3, ArtworkKind.FANART: 1}
    assert found.scanning.ignore_patterns == ("x*",)
    assert (found.general, found.jobs, found.notification) == (
        Settings().general,
        Settings().jobs,
        Settings().notification,
    )
    assert set(own.model_dump(exclude_none=True)) == set(LibraryOverrides.model_fields), "all are tried here"


def test_only_what_a_library_can_have_of_its_own_is_taken() -> None:
    with pytest.raises(ValidationError):
        LibraryOverrides.model_validate({"timeZone": "Europe/Berlin"})


def test_conditions_are_those_of_the_library() -> None:
    own = in_library(Settings(), LibraryOverrides(publish=False))
    everywhere = Conditions(Settings(), {}, can_sync=False, libraries={FILMS: own})
    assert everywhere.of(FILMS).settings is own
    assert everywhere.of(FILMS).of(FILMS).settings is own
    assert everywhere.of(SHOWS) is everywhere
    assert everywhere.of(None) is everywhere
