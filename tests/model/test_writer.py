from __future__ import annotations

import pytest

from metarr.library.nfo import Hand
from metarr.model.writer import NAMES, Evidence, Writer, judge


@pytest.mark.parametrize(
    ("evidence", "writer"),
    [
        pytest.param(Evidence(), Writer.UNKNOWN, id="nothing is known"),
        pytest.param(Evidence(was_ours=True, hand="metarr"), Writer.METARR, id="an earlier version of ours"),
        pytest.param(Evidence(hand="metarr"), Writer.USER, id="our text with other words is a person's work"),
        pytest.param(Evidence(hand="radarr"), Writer.RADARR, id="Radarr's text"),
        pytest.param(Evidence(hand="sonarr", account="anna", is_person=True), Writer.SONARR, id="the text goes first"),
        pytest.param(Evidence(hand="unknown", account="jellyfin"), Writer.JELLYFIN, id="a program's own account"),
        pytest.param(Evidence(account="root", beside="kodi"), Writer.KODI, id="written together with an NFO"),
        pytest.param(Evidence(importer="radarr"), Writer.RADARR, id="written as the video came"),
        pytest.param(Evidence(account="anna", is_person=True), Writer.USER, id="a person's account"),
        pytest.param(Evidence(account="uid 99"), Writer.UNKNOWN, id="an account that nobody knows"),
        pytest.param(Evidence(hand="unknown"), Writer.UNKNOWN, id="a text without marks"),
    ],
)
def test_who_wrote_a_file_last(evidence: Evidence, writer: Writer) -> None:
    found, why = judge(evidence)
    assert (found, bool(why)) == (writer, True)


def test_every_hand_of_an_nfo_is_a_writer_with_a_name() -> None:
    assert {str(hand) for hand in Hand} < {str(writer) for writer in Writer}
    assert NAMES.keys() == set(Writer)
