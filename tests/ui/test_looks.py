"""The style sheet: both ways to the dark colours lead to the same ones."""

from __future__ import annotations

import re
from pathlib import Path

import metarr.ui

_SHEET = (Path(metarr.ui.__file__).parent / "static" / "metarr.css").read_text(encoding="utf-8")


def test_dark_by_choice_is_dark_by_the_system() -> None:
    chosen = re.search(r':root\[data-theme="dark"\] \{(.*?)\}', _SHEET, re.DOTALL)
    by_system = re.search(r':root:not\(\[data-theme="light"\]\) \{(.*?)\}', _SHEET, re.DOTALL)
    assert chosen
    assert by_system
    assert _tokens(chosen[1]) == _tokens(by_system[1])
    assert len(_tokens(chosen[1])) > 15


def _tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"(--[a-z-]+): ([^;]+);", block))
