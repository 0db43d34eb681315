from __future__ import annotations

import pytest

from metarr.model.words import is_name, is_plain


@pytest.mark.parametrize(
    ("text", "is_one", "is_other"),
    [
        pytest.param("Filme", True, True, id="letters"),
        pytest.param("می\u200cخواهم", True, True, id="Persian with its joiner"),
        pytest.param("👨\u200d👩\u200d👧", True, True, id="an emoji that is put together"),
        pytest.param("", True, False, id="nothing"),
        pytest.param("\u200c ", True, False, id="nothing to see"),
        pytest.param("a\nb", False, False, id="two lines"),
        pytest.param("a\u202eb", False, False, id="what turns the rest round"),
        pytest.param("\0", False, False, id="no text"),
    ],
)
def test_what_can_be_seen(text: str, *, is_one: bool, is_other: bool) -> None:
    assert (is_plain(text), is_name(text)) == (is_one, is_other)
