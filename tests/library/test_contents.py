from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from metarr.library import contents

if TYPE_CHECKING:
    from pathlib import Path


def _jpeg() -> bytes:
    sent = io.BytesIO()
    Image.effect_noise((200, 300), 50).save(sent, "JPEG")
    return sent.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "is_valid", "is_on_purpose"),
    [
        pytest.param("a.jpg", _jpeg(), True, False, id="a picture"),
        pytest.param("a.jpg", _jpeg()[:2000], False, False, id="a picture cut short"),
        pytest.param("a.jpg", b"words", False, False, id="words in a picture's place"),
        pytest.param("a.nfo", b"<movie><title>Up</title></movie>", True, True, id="an NFO"),
        pytest.param("a.NFO", b"words", False, True, id="words that are no NFO"),
        pytest.param("a.nfo", b" \n", False, False, id="an empty NFO"),
        pytest.param("a.nfo", b"words\0\0\0", False, False, id="what a power failure leaves"),
    ],
)
def test_what_a_file_holds(tmp_path: Path, name: str, data: bytes, *, is_valid: bool, is_on_purpose: bool) -> None:
    place = tmp_path / name
    place.write_bytes(data)
    assert contents.is_valid(place) is is_valid
    assert contents.is_on_purpose(place) is is_on_purpose


def test_a_digest_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to("file")
    assert contents.digest(tmp_path / "file").startswith("e3b0c442")
    with pytest.raises(OSError, match="link"):
        contents.digest(tmp_path / "link")
