"""How well and how fast names are read; `--write` puts the tables into docs/names.md.

Two collections: names with the expectations of ten other parsers' own tests (recorded data, METARR_TEST_SHARED; left
out where it is not at hand), and names rendered from the documented templates of five programs.
"""

from __future__ import annotations

import os
import random
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from metarr.phases.scan.names import NameKind, ParsedName, identify, parse  # noqa: E402 - runs from a checkout
from metarr.phases.scan.naming.segment import read  # noqa: E402
from name_rows import disagreement, load, plain, wrong  # noqa: E402
from name_templates import TITLES, Truth, choose, clean, legal, render, words  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_PAGE = ROOT / "docs" / "names.md"
_REVIEW = 80  # below, a person is asked
_STYLE = re.compile(r" [(](?:extend|duplicate|repeat|scene|range|prefixed range)[)]$")
_ROUNDS = 5  # of all titles through all templates


@dataclass(slots=True)
class Tally:
    """Counts by source or template."""

    rows: Counter[str] = field(default_factory=Counter)
    ours: Counter[str] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)


def main() -> None:
    """Measure, print, and write if asked to."""
    tables = "\n\n".join([*_collection(), *_templates()])
    print(tables)
    if "--write" in sys.argv:
        page = _PAGE.read_text(encoding="utf-8")
        marked = re.sub(
            r"(?s)(<!-- measured -->\n).*(\n<!-- end -->)", lambda match: match[1] + tables + match[2], page
        )
        _PAGE.write_text(marked, encoding="utf-8")


def _collection() -> Iterator[str]:
    folder = Path(os.environ.get("METARR_TEST_SHARED", ROOT / ".." / "shared")) / "data"
    if not folder.is_dir():
        yield f"SKIPPED: the names of other parsers' tests are not here ({folder}, METARR_TEST_SHARED)"
        return
    rows = load(folder.resolve())
    tally, reasons, by_guessit = Tally(), Counter[str](), _guessit_alone(row.path for row in rows)
    for row, guess in zip(rows, by_guessit, strict=True):
        answer = identify(row.path)
        tally.rows[row.source] += 1
        tally.ours[row.source] += not wrong(row, answer)
        tally.other[row.source] += not wrong(row, guess)
        if wrong(row, answer):
            reasons[disagreement(row, answer) or "other"] += 1
    lines = [
        f"| {source} | {n} | {_share(tally.ours[source], n)} | {_share(tally.other[source], n)} |"
        for source, n in sorted(tally.rows.items())
    ]
    total = tally.rows.total()
    lines.append(f"| **all** | {total} | {_share(tally.ours.total(), total)} | {_share(tally.other.total(), total)} |")
    yield "| source | names | ours | guessit alone |\n|---|---|---|---|\n" + "\n".join(lines)
    yield "| not as the source expects, because it expects | names |\n|---|---|\n" + "\n".join(
        f"| {reason} | {n} |" for reason, n in reasons.most_common()
    )
    yield _speed("names of other parsers' tests", [row.path for row in rows])


def _guessit_alone(paths: Iterable[str]) -> Iterator[dict[str, Any]]:
    from guessit import guessit

    for path in paths:
        answer = guessit(path)
        episode = answer.get("episode")
        yield {
            "title": answer.get("title"),
            "year": answer.get("year"),
            "season": answer.get("season"),
            "episodes": episode if isinstance(episode, list) else [] if episode is None else [episode],
            "air_date": str(answer.get("date") or ""),
        }


def _templates() -> Iterator[str]:
    chance = random.Random(1)  # noqa: S311 - a seeded choice of examples
    truths = [truth for _ in range(_ROUNDS) for title in words(TITLES) for truth in render(choose(chance, title))]
    tally, unasked = Tally(), Counter[str]()
    for truth in truths:
        key = f"{truth.program} | `{_STYLE.sub('', truth.template)}`"
        name = parse(truth.path)
        tally.rows[key] += 1
        tally.ours[key] += _is_right(truth, name)
        tally.other[key] += _is_right(truth, parse(truth.path, expected=NameKind.MOVIE) if truth.is_movie else name)
        unasked[key] += not _is_right(truth, name) and name.confidence >= _REVIEW
    lines = [
        f"| {key} | {n} | {_share(tally.ours[key], n)} | {n - tally.ours[key] - unasked[key]} | {unasked[key]} |"
        for key, n in sorted(tally.rows.items())
    ]
    total, ours = tally.rows.total(), tally.ours.total()
    lines.append(
        f"| **all** | | {total} | {_share(ours, total)} | {total - ours - unasked.total()} | {unasked.total()} |"
    )
    head = "| program | template | names | right | wrong, asked about | wrong, not asked |\n|---|---|---|---|---|---|\n"
    yield head + "\n".join(lines)
    yield f"The same where the kind of the library is known: {_share(tally.other.total(), total)}."
    yield _speed("rendered names", [truth.path for truth in truths])


def _is_right(truth: Truth, name: ParsedName) -> bool:
    titles = {plain(form) for form in (truth.title, legal(truth.title), clean(truth.title))}
    numbers = (truth.year, truth.season, truth.episodes, truth.air_date)
    return plain(name.title or "") in titles and (name.year, name.season, name.episodes, name.air_date) == numbers


def _speed(what: str, paths: list[str]) -> str:
    asked = sum(any(line.startswith("guessit") for line in parse(path).evidence) for path in paths)
    own = _milliseconds(paths, lambda path: parse(path, is_quick=True))
    full = _milliseconds(paths, parse)
    return (
        f"{what}: own grammar {own:.2f} ms a name, with guessit {full:.2f} ms; "
        f"guessit was asked about {_share(asked, len(paths))}."
    )


def _milliseconds(paths: list[str], action: Callable[[str], object]) -> float:
    read.cache_clear()
    start = time.process_time()
    for path in paths:
        action(path)
    return 1000 * (time.process_time() - start) / len(paths)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} % ({part})"


if __name__ == "__main__":
    main()
