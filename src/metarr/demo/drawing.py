"""Draws the demo's artwork: the same picture for the same subject and name, always. No photograph, nothing foreign."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from zlib import crc32

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from metarr.demo.works import Colour, Words

_HORIZON_LAYERS = 4
_STARS = 60
_QUALITY = 88  # JPEG


class Subject(Protocol):
    """What can be drawn: a film, a set of films, a show. `palette`: its dark, middle and light colour."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def translations(self) -> Mapping[str, Words]: ...
    @property
    def palette(self) -> tuple[Colour, Colour, Colour]: ...


@dataclass(frozen=True, slots=True)
class Asset:
    """A picture that can be drawn. `group` is TMDB's name of its kind; `name` is unique among all pictures."""

    name: str
    group: str  # "posters", "backdrops", "logos", "stills"
    width: int  # pixels
    height: int  # pixels
    language: str | None
    average: float  # 0-10
    votes: int
    shape: str  # which drawing: "poster", "fanart", "landscape", "clearlogo", "still"


def assets(subject: Subject) -> tuple[Asset, ...]:
    """Every picture offered for a film, set or show: several posters and backdrops, with and without text."""
    posters = [("en", 5.8, 24), ("en", 5.5, 12), (None, 5.4, 9), ("de", 5.3, 4)]
    fanart = [(5.7, 18), (5.6, 14), (5.5, 8), (5.4, 5), (5.2, 3)]
    return (
        *(
            Asset(f"{subject.key}-poster-{place}.jpg", "posters", 1000, 1500, code, average, votes, "poster")
            for place, (code, average, votes) in enumerate(posters)
        ),
        *(
            Asset(f"{subject.key}-fanart-{place}.jpg", "backdrops", 1920, 1080, None, average, votes, "fanart")
            for place, (average, votes) in enumerate(fanart)
        ),
        Asset(f"{subject.key}-landscape-0.jpg", "backdrops", 1920, 1080, "en", 5.3, 6, "landscape"),
        Asset(f"{subject.key}-clearlogo-0.png", "logos", 800, 310, "en", 5.2, 4, "clearlogo"),
    )


def season_assets(show: Subject, season: int) -> tuple[Asset, ...]:
    """The posters of a season."""
    return tuple(
        Asset(f"{show.key}s{season}-poster-{place}.jpg", "posters", 1000, 1500, code, 5.4, votes, "poster")
        for place, (code, votes) in enumerate([("en", 8), ("de", 3)])
    )


def still(show: Subject, season: int, episode: int) -> Asset:
    """The picture of an episode."""
    return Asset(f"{show.key}s{season}e{episode}-still-0.jpg", "stills", 1280, 720, None, 5.3, 2, "still")


def portrait_name(person: str) -> str:
    """The file name of a person's head shot."""
    return f"person-{crc32(person.encode())}.jpg"


def draw(subject: Subject, asset: Asset) -> bytes:
    """The picture's bytes: JPEG, or PNG with transparency for a logo."""
    if asset.shape == "clearlogo":
        return _logo(subject, asset)
    image = _scene(subject, asset)
    if asset.language is not None:
        words = subject.translations.get(asset.language)
        _write(image, (words.title if words else "") or subject.title, subject.palette[2])
    return _jpeg(image)


def draw_portrait(person: str) -> bytes:
    """A head and shoulders with the person's initials, 300x450."""
    dice = random.Random(crc32(person.encode()))  # noqa: S311 - a drawing, not a secret
    dark, light = ((dice.randrange(20, 70), dice.randrange(20, 70), dice.randrange(40, 100)), (214, 208, 200))
    image = _gradient((300, 450), [dark, light])
    pen = ImageDraw.Draw(image)
    pen.ellipse((20, 300, 280, 620), fill=dark)
    pen.ellipse((90, 110, 210, 270), fill=_mixed(dark, light, 0.45))
    initials = "".join(part[0] for part in person.split()[:2])
    pen.text((150, 390), initials, fill=light, font=ImageFont.load_default(size=56), anchor="mm")
    return _jpeg(image)


def _scene(subject: Subject, asset: Asset) -> Image.Image:
    """Sky, sun, stars and hills in the subject's colours; each name has its own composition."""
    dice = random.Random(crc32(asset.name.encode()))  # noqa: S311 - a drawing, not a secret
    dark, middle, light = subject.palette
    width, height = asset.width, asset.height
    image = _gradient((width, height), [dark, middle, light] if dice.random() < 0.5 else [middle, dark, middle])  # noqa: PLR2004 - one half
    pen = ImageDraw.Draw(image)
    for _ in range(_STARS):
        x, y = dice.randrange(width), dice.randrange(height // 2)
        pen.ellipse((x, y, x + 3, y + 3), fill=light)
    radius = dice.randrange(min(width, height) // 9, min(width, height) // 4)
    x, y = dice.randrange(radius, width - radius), dice.randrange(radius, height // 2)
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=light)
    for layer in range(_HORIZON_LAYERS):
        colour = _mixed(middle, dark, (layer + 1) / _HORIZON_LAYERS)
        pen.polygon(_hills(dice, width, height, layer), fill=colour)
    return image


def _hills(dice: random.Random, width: int, height: int, layer: int) -> list[tuple[int, int]]:
    base = height * (0.45 + 0.14 * layer)
    steps = dice.randrange(3, 8)
    ridge = [(width * step // steps, int(base + dice.uniform(-0.16, 0.1) * height)) for step in range(steps + 1)]
    return [(0, height), *ridge, (width, height)]


def _logo(subject: Subject, asset: Asset) -> bytes:
    image = Image.new("RGBA", (asset.width, asset.height), (0, 0, 0, 0))
    lines = _wrapped(subject.title, 16)
    size = min(96, 250 // len(lines))
    text, font = "\n".join(lines), ImageFont.load_default(size=size)
    ImageDraw.Draw(image).multiline_text(
        (asset.width / 2, asset.height / 2),
        text,
        fill=(*subject.palette[2], 255),
        font=font,
        anchor="mm",
        align="center",
        stroke_width=4,
        stroke_fill=(*subject.palette[0], 255),
    )
    sent = io.BytesIO()
    image.save(sent, "PNG")
    return sent.getvalue()


def _write(image: Image.Image, title: str, colour: Colour) -> None:
    """The title in the lower third, as large as it fits, outlined so that it can be read on any scene."""
    lines = _wrapped(title, 14)
    size = min(int(image.width * 1.4) // max(map(len, lines)), image.height // 8)
    centre = (image.width / 2, image.height * 0.8)
    ImageDraw.Draw(image).multiline_text(
        centre,
        "\n".join(lines),
        fill=colour,
        font=ImageFont.load_default(size=size),
        anchor="mm",
        align="center",
        stroke_width=max(2, size // 20),
        stroke_fill=(10, 10, 14),
    )


def _wrapped(title: str, width: int) -> list[str]:
    lines = [""]
    for word in title.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _gradient(size: tuple[int, int], colours: list[Colour]) -> Image.Image:
    """From the first colour at the top to the last at the bottom."""
    strip = Image.new("RGB", (1, len(colours)))
    strip.putdata(colours)
    return strip.resize(size, Image.Resampling.BICUBIC)


def _mixed(first: Iterable[int], second: Iterable[int], share: float) -> Colour:
    """`share` of the second colour in the first."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _jpeg(image: Image.Image) -> bytes:
    sent = io.BytesIO()
    image.save(sent, "JPEG", quality=_QUALITY)
    return sent.getvalue()
