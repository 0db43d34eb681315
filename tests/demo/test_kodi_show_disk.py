"""What the demo's Kodi reads of a show's folder: damaged files are not taken, as with the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metarr.demo.kodi_show_disk import episodes_of, show_of

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = b"<episodedetails><title>One</title><season>1</season><episode>1</episode></episodedetails>"


@pytest.mark.parametrize(
    ("nfo", "titles"),
    [
        pytest.param(WHOLE, ["One"], id="a whole NFO"),
        pytest.param(b"\xc3" + WHOLE, ["One"], id="a wrong byte before it"),
        pytest.param(WHOLE.replace(b"<title>", b"<title"), [], id="a broken tag"),
        pytest.param(WHOLE[:40], [], id="cut short"),
        pytest.param(None, [], id="none"),
    ],
)
def test_an_episode_is_taken_when_its_nfo_can_be_read(tmp_path: Path, nfo: bytes | None, titles: list[str]) -> None:
    video = tmp_path / "Show S01E01.mkv"
    video.touch()
    if nfo is not None:
        video.with_suffix(".nfo").write_bytes(nfo)
    assert [episode.title for episode in episodes_of(video)] == titles


def test_a_show_with_a_wrong_byte_is_taken(tmp_path: Path) -> None:
    (tmp_path / "tvshow.nfo").write_bytes(b"<tvshow><title>Dark \xc3</title></tvshow>")
    show = show_of(tmp_path)
    assert show is not None
    assert show.title.startswith("Dark")
