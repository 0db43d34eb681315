"""What a person sets on the command line, as the API takes it."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from metarr.actions.editing import Edit
from metarr.cli.items import edited


@pytest.mark.parametrize(
    ("words", "body"),
    [
        pytest.param(["title=1917"], {"title": "1917"}, id="a title that looks like a number"),
        pytest.param(["plot=a = b"], {"plot": "a = b"}, id="a value with the sign in it"),
        pytest.param(["plot="], {"plot": None}, id="nothing empties a field"),
        pytest.param(["genres=Crime, Drama"], {"genres": ["Crime", "Drama"]}, id="names with commas between them"),
        pytest.param(["genres="], {"genres": []}, id="nothing empties a list"),
        pytest.param(["year=1995", "user_rating=9"], {"year": "1995", "user_rating": "9"}, id="numbers"),
        pytest.param(['crew=[{"name":"A","job":"writer"}]'], {"crew": [{"name": "A", "job": "writer"}]}, id="JSON"),
        pytest.param(['collection={"name":"X"}'], {"collection": {"name": "X"}}, id="an object"),
    ],
)
def test_fields_and_values(words: list[str], body: dict[str, Any]) -> None:
    assert edited(words) == body


def test_the_values_are_what_an_edit_takes() -> None:
    wanted = Edit.model_validate(edited(["title=1917", "year=2019", "genres=War", "plot=", "cast=[]"]))
    assert (wanted.title, wanted.year, wanted.genres, wanted.plot, wanted.cast) == ("1917", 2019, ("War",), None, ())


@pytest.mark.parametrize("word", ["title", "cast=[", "crew=x"])
def test_what_is_no_field_with_a_value(word: str) -> None:
    with pytest.raises(typer.BadParameter):
        edited([word])
