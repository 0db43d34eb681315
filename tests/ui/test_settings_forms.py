"""Forms made from the registry, and what a submitted one asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.actions import settings as actions
from metarr.settings import FIELDS, LibraryOverrides, Settings
from metarr.store.settings import merged
from metarr.ui.settings import forms
from metarr.ui.settings.kinds import AS_EVERYWHERE, Control, Kind, Row, Sent, Typed, Unreadable, kind_of, read, written

if TYPE_CHECKING:
    from metarr.section import Section
    from metarr.ui.settings.forms import Field

WORDS = {"providerOrder": ("fanarttv", "omdb", "tmdb", "tvdb", "tvmaze"), "fieldOrder": tuple(sorted(FIELDS))}
SECTIONS = {group.name: forms.fields_of(group.settings, WORDS) for group in actions.described()}
EVERY = [(name, field) for name, fields in SECTIONS.items() for field in fields]
every_setting = pytest.mark.parametrize(
    ("section", "field"), EVERY, ids=[f"{name}.{field.key}" for name, field in EVERY]
)
# For each kind of control another value than the default, as a person would have it.
OTHERS: dict[str, Any] = {
    "enrichment.preferredLanguage": "de",
    "timeZone": "Europe/Berlin",
    "ignorePatterns": ["*.iso", "Downloads/*"],
    "languages": ["de", "original"],
    "providerOrder": ["tvdb", "tmdb"],
    "fieldOrder": {"plot": ["tvdb"], "ratings": ["omdb", "tmdb"]},
    "artworkLimits": {"poster": 1, "clearlogo": 2},
    "artworkWeights": {"season": {"resolution": 100, "aspect": 0, "language": 0, "votes": 0, "provider": 0}},
    "artworkLanguages": {"poster": ["de", "textless"]},
    "movieSetsFolder": "Movie Sets",
    "folder": "/backups",
    "issuer": "https://auth.example.org",
    "clientId": "metarr",
    "scopes": ["openid", "groups"],
    "nameClaim": "email",
    "groupsClaim": "realm_access.roles",
    "administrators": ["house owners"],
    "editors": ["family"],
    "viewers": ["friends", "guests"],
    "others": "viewer",
    "button": "The family's account",
    "furtherHosts": ["oauth2.example.org:8443"],
    "templates": {"error_occurred": {"title": "Oh", "body": "{{ first.title }}\nand more"}},
}


def other(field: Field) -> Any:
    if field.kind.control is Control.CHECK:
        return not field.default
    if field.kind.control is Control.NUMBER:
        return field.default + 1
    return OTHERS[field.key]


def document(section: str) -> dict[str, Any]:
    everything = Settings().model_dump(mode="json", by_alias=True)
    found: dict[str, Any] = everything[actions.key_of(section)]
    return found


def sent(fields: list[Field], values: dict[str, Any]) -> Sent:
    """What a browser sends of a form that shows these values."""
    found: dict[str, Any] = {}
    for field in fields:
        found |= forms.fragments(field.key, field.kind, written(field.kind, forms.at(values, field.key)))
    return Sent(found)


@every_setting
def test_every_setting_goes_from_the_page_to_the_registry_and_back(section: str, field: Field) -> None:
    was, fields = document(section), SECTIONS[section]
    if field.kind.control is Control.FIXED:
        assert forms.wanted(fields, was, sent(fields, was)).values == {}
        return
    value = other(field)
    form = Sent({**sent(fields, was).values, **forms.fragments(field.key, field.kind, written(field.kind, value))})
    wanted = forms.wanted(fields, was, form)
    assert (wanted.values, wanted.faults) == ({field.key: value}, {})
    model: type[Section] = actions.model_of(section)
    stored = merged(model, {}, forms.patch(fields, was, wanted.values))
    now = model.model_validate(stored, by_alias=True, by_name=False).model_dump(mode="json", by_alias=True)
    assert forms.at(now, field.key) == value
    assert forms.wanted(fields, now, sent(fields, now)).values == {}, "what a form shows, sent unchanged, is no change"
    reset = forms.wanted(fields, now, forms.reworked(fields, sent(fields, now), f"reset:{field.key}"))
    assert forms.at({**forms.patch(fields, now, reset.values)}, field.key) is None, "the default is nothing set"


values_of_enrichment = st.fixed_dictionaries(
    {
        "languages": st.lists(st.sampled_from(["de", "en-US", "original"]), unique=True),
        "providerOrder": st.lists(st.sampled_from(["tmdb", "tvdb", "elsewhere"]), unique=True),
        "fieldOrder": st.dictionaries(st.sampled_from(sorted(FIELDS)), st.lists(st.sampled_from(["tmdb", "omdb"]))),
        "artworkLimits": st.dictionaries(st.sampled_from(["poster", "fanart", "thumb"]), st.integers(0, 20)),
        "artworkLanguages": st.dictionaries(st.sampled_from(["poster", "season.poster"]), st.lists(st.just("de"))),
        "artworkWeights": st.dictionaries(
            st.sampled_from(["poster", "season"]),
            st.fixed_dictionaries(
                dict.fromkeys(("resolution", "aspect", "language", "votes", "provider"), st.integers(0, 100))
            ),
        ),
    }
)


@given(values_of_enrichment)
def test_what_a_form_shows_sent_unchanged_is_no_change(values: dict[str, Any]) -> None:
    fields = SECTIONS["enrichment"]
    found = forms.wanted(fields, values, sent(fields, values))
    assert (found.values, found.faults, forms.patch(fields, values, found.values)) == ({}, {}, {})


@given(values_of_enrichment, values_of_enrichment)
def test_the_patch_leads_from_one_to_the_other(was: dict[str, Any], then: dict[str, Any]) -> None:
    fields = SECTIONS["enrichment"]
    found = forms.wanted(fields, was, sent(fields, then))
    assert found.faults == {}
    model = actions.model_of("enrichment")
    stored = merged(model, was, forms.patch(fields, was, found.values))
    now = {**document("enrichment"), **stored}
    assert {key: now[key] for key in then} == then


@given(st.dictionaries(st.sampled_from(["maxAttempts", "backoffSeconds", "was", "x"]), st.lists(st.text(), min_size=1)))
def test_no_form_is_too_strange(values: dict[str, list[str]]) -> None:
    fields, was = SECTIONS["jobs"], document("jobs")
    found = forms.wanted(fields, was, Sent(values))
    assert found.values.keys() | found.faults.keys() <= set(values) - {"x", "was"}
    forms.lines(fields, was, was, Sent(values), found.faults)


number = Kind(Control.NUMBER, 0, 10, is_whole=True)
measure = Kind(Control.NUMBER, 0, 10)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        pytest.param(number, " 7 ", 7, id="a whole number"),
        pytest.param(measure, "2,5", 2.5, id="a comma is a point"),
        pytest.param(measure, "1e1", 10.0, id="an exponent"),
        pytest.param(Kind(Control.WORDS), " de,, en ", ["de", "en"], id="words with commas"),
        pytest.param(Kind(Control.LINES), "a\n\n  b c \n", ["a", "b c"], id="lines"),
        pytest.param(Kind(Control.TEXT), "  x ", "x", id="a text without what stands around it"),
        pytest.param(Kind(Control.AREA), " x\n", " x\n", id="a long text as it is"),
    ],
)
def test_what_is_typed_is_read(kind: Kind, text: str, value: Any) -> None:
    assert read(kind, Typed(text)) == value


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        pytest.param(number, Typed("many"), "This must be a whole number, not 'many'.", id="no number"),
        pytest.param(number, Typed(""), "This must be a whole number.", id="nothing"),
        pytest.param(number, Typed("2.5"), "whole number", id="half a number"),
        pytest.param(number, Typed("9" * 20), "whole number", id="more digits than JSON carries"),
        pytest.param(measure, Typed("x"), "This must be a number", id="no measure"),
    ],
)
def test_what_is_no_value_is_said(kind: Kind, typed: Typed, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        read(kind, typed)


def _rows(*rows: tuple[str, str]) -> Typed:
    return Typed(rows=tuple(Row(key, (cell,)) for key, cell in rows))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param(_rows(("plot", "tmdb"), ("plot", "tvdb")), "plot stands there twice", id="twice the same"),
        pytest.param(_rows(("", "tvdb")), "what the row with tvdb is for", id="a row for nothing"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(rows: Typed, words: str) -> None:
    [field] = [one for one in SECTIONS["enrichment"] if one.key == "fieldOrder"]
    with pytest.raises(Unreadable, match=words):
        read(field.kind, rows)


def test_a_cell_that_is_no_number_names_its_row_and_column() -> None:
    [field] = [one for one in SECTIONS["enrichment"] if one.key == "artworkWeights"]
    with pytest.raises(Unreadable, match=r"season, votes: This must be a whole number, not 'x'"):
        read(field.kind, Typed(rows=(Row("season", ("30", "20", "20", "x", "10")),)))


def test_buttons_move_add_and_remove_without_scripts() -> None:
    fields, was = SECTIONS["enrichment"], document("enrichment")
    begun = sent(fields, was)

    def order(form: Sent) -> Any:
        return forms.wanted(fields, was, form).values.get("providerOrder", was["providerOrder"])

    assert order(forms.reworked(fields, begun, "down:providerOrder:0"))[:2] == ["tvdb", "tmdb"]
    assert order(forms.reworked(fields, begun, "up:providerOrder:1"))[:2] == ["tvdb", "tmdb"]
    assert order(forms.reworked(fields, begun, "remove:providerOrder:0"))[0] == "tvdb"
    for odd in ("up:providerOrder:0", "down:providerOrder:4", "down:providerOrder:99", "up:x:1", "up", "x:y:z", ""):
        assert order(forms.reworked(fields, begun, odd)) == was["providerOrder"]
    limits = forms.reworked(fields, begun, "remove:artworkLimits:0")
    assert forms.wanted(fields, was, limits).values == {"artworkLimits": {"fanart": 4}}


def test_what_somebody_else_stored_meanwhile_stands_beside_ones_own_words() -> None:
    fields, was = SECTIONS["jobs"], document("jobs")
    now = was | {"maxAttempts": 4, "keepFailedDays": 7}
    mine = Sent({**sent(fields, was).values, "maxAttempts": ["9"]})
    lines = {line.field.key: line for line in forms.lines(fields, was, now, mine, {})}
    assert (lines["maxAttempts"].typed.text, lines["maxAttempts"].theirs) == ("9", "4")
    assert (lines["keepFailedDays"].typed.text, lines["keepFailedDays"].theirs) == ("7", None)


def test_faults_stand_at_their_fields_and_say_where_in_them() -> None:
    found = forms.placed(
        SECTIONS["enrichment"],
        {"languages.0": "odd", "artworkWeights.season": "not 100", "fieldOrder.x.[key]": "unknown", "nobody": "lost"},
    )
    assert found == {"languages": "0: odd", "artworkWeights": "season: not 100", "fieldOrder": "x: unknown"}


def test_what_a_library_has_of_its_own_may_be_as_everywhere() -> None:
    everywhere = {"actorPictures": 15, "autoSync": True}
    fields = {one.key: one for one in forms.fields_of(actions.described_of(LibraryOverrides), {}, everywhere)}
    was = LibraryOverrides().model_dump(mode="json", by_alias=True)
    pictures, sync = fields["actorPictures"], fields["autoSync"]
    assert sync.kind.control is Control.SWITCH
    [line] = forms.lines([pictures], was, was, Sent(), {})
    assert (line.everywhere, line.typed) == ("15", Typed("15", is_own=False)), "it begins with that of everywhere"
    unchanged = Sent({"actorPictures.own": ["no"], "actorPictures": ["15"], "autoSync": [""]})
    assert forms.wanted(list(fields.values()), was, unchanged).values == {}
    own = Sent({"actorPictures.own": ["yes"], "actorPictures": ["15"], "autoSync": ["false"]})
    assert forms.wanted(list(fields.values()), was, own).values == {"actorPictures": 15, "autoSync": False}
    assert read(sync.kind, AS_EVERYWHERE) is None


def test_defaults_are_said_in_words() -> None:
    words = {
        f"{name}.{line.field.key}": line.default
        for name, fields in SECTIONS.items()
        for line in forms.lines(fields, document(name), document(name), Sent(), {})
    }
    assert words["phase-config.enrichment.autoSelectAssets"] == "off"
    assert words["playerSync.settleSeconds"] == "10 seconds"
    assert words["enrichment.artworkLimits"] == "poster 3, fanart 4"
    assert words["enrichment.languages"] == "none"
    assert words["general.timeZone"] == "empty"


def test_a_list_of_known_words_is_put_in_order_and_any_other_written() -> None:
    schema = {"type": "array", "items": {"type": "string"}}
    assert kind_of(schema, ("a", "b")).control is Control.RANKS
    assert kind_of(schema).control is Control.LINES
