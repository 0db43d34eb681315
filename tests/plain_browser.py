"""What a browser without scripts does: it opens pages and sends their forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import html

from metarr.ui import flash

if TYPE_CHECKING:
    from running import Running

HTML = {"Accept": "text/html"}


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it came. `where`: the path that a redirect leads to, with its query; `said`: what is said there."""

    status: int
    where: str
    source: str
    said: str = ""
    work: str = ""

    @property
    def tree(self) -> html.HtmlElement:
        """Its elements."""
        return html.document_fromstring(self.source)

    @property
    def text(self) -> str:
        """What can be read, with single spaces."""
        return " ".join(" ".join(self.tree.itertext()).split())

    def part(self, name: str) -> str:
        """The same of the element with this id."""
        return " ".join(" ".join(self.tree.get_element_by_id(name).itertext()).split())

    def forms(self) -> set[str]:
        """Where its forms that change something go."""
        return {form.get("action", "") for form in self.tree.iter("form") if form.get("method") == "post"}


async def opened(house: Running, path: str, **headers: str) -> Page:
    """A page, or where it sends one on to."""
    async with house.client.get(house.app.url + path, headers=HTML | headers, allow_redirects=False) as answer:
        return Page(answer.status, answer.headers.get("Location", ""), await answer.text())


async def sent(house: Running, path: str, referer: str = "", /, **fields: str | list[str]) -> Page:
    """A form that was on the page `referer`; a list is what was chosen of many."""
    pairs = [(name, one) for name, value in fields.items() for one in ([value] if isinstance(value, str) else value)]
    headers = HTML | ({"Referer": house.app.url + referer} if referer else {})
    async with house.client.post(house.app.url + path, data=pairs, headers=headers, allow_redirects=False) as answer:
        cookie = answer.cookies.get(flash.COOKIE)
        told = flash.read(cookie.value if cookie is not None else "") or flash.Flash("")
        return Page(answer.status, answer.headers.get("Location", ""), await answer.text(), told.said, told.work)
