"""The documentation as a whole: every page can be reached, every link leads somewhere, and nothing needs a network.

`scripts/docs` builds it with every warning an error; this looks at the same in a moment, README and CONTRIBUTING too.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lxml import etree

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
_FENCE = re.compile(r"^( *)(`{3,}|~{3,}).*?^\1\2\s*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!`)(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(<?([^)\s>]+)>?\)")
_TOCTREE = re.compile(r"```\{toctree\}\n(?::[^\n]*\n)*\n(.*?)```", re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_BARE = re.compile(r"<(https?://[^>\s]+)>")


def prose(page: Path) -> str:
    """Without blocks of code, where brackets mean something else."""
    return _FENCE.sub("", page.read_text())


def anchors(page: Path) -> set[str]:
    """As GitHub and MyST make them of headings."""
    found: set[str] = set()
    for heading in _HEADING.findall(prose(page)):
        words = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found.add(slug if slug not in found else f"{slug}-{sum(one.startswith(slug) for one in found)}")
    return found


def links(page: Path) -> list[tuple[bool, str, str]]:
    """(is a picture, words, target)."""
    return [(mark == "!", words, target) for mark, words, target in _LINK.findall(prose(page))]


def test_every_page_is_in_the_navigation_once() -> None:
    listed = [name for block in _TOCTREE.findall((DOCS / "index.md").read_text()) for name in block.split()]
    assert sorted(listed) == sorted(page.stem for page in DOCS.glob("*.md") if page.stem != "index")


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_within_lead_to_a_page_and_a_heading(page: Path) -> None:
    for _, _, target in links(page):
        if urlsplit(target).scheme:
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert there.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(there), target


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_to_others_are_whole_addresses_over_https(page: Path) -> None:
    """Only their form: whether somebody else's page is still there is not for a test without a network to say."""
    outside = [target for _, _, target in links(page) if urlsplit(target).scheme] + _BARE.findall(prose(page))
    for target in outside:
        parts = urlsplit(target)
        is_here = parts.hostname == "127.0.0.1"
        assert parts.scheme == "https" or is_here, target
        assert parts.hostname, target
        assert "." in parts.hostname, target


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_pictures_are_ours_and_say_what_they_show(page: Path) -> None:
    for is_picture, words, target in links(page):
        if is_picture:
            assert words, target
            assert not urlsplit(target).scheme, target


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_a_page_begins_with_its_title(page: Path) -> None:
    text = page.read_text()
    assert text.startswith("# ")
    assert len(re.findall(r"^# ", prose(page), re.MULTILINE)) == 1


@pytest.mark.parametrize("name", sorted(path.name for path in (DOCS / "pictures").glob("*.svg")))
def test_drawings_run_no_script_load_nothing_and_are_described(name: str) -> None:
    root = etree.parse(DOCS / "pictures" / name).getroot()
    tags = {etree.QName(element).localname for element in root.iter("*")}
    assert {"title", "desc"} <= tags
    assert not {"script", "image", "foreignObject", "style"} & tags
    for element in root.iter("*"):
        for key, value in element.attrib.items():
            assert not str(key).endswith("href"), (name, value)
            assert not str(key).startswith("on"), (name, key)
