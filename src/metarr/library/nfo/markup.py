"""From the bytes of an NFO, however broken, to an element tree. Nothing is fetched and no entity is ever expanded."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from html.entities import html5

from lxml import etree

from metarr.errors import InvalidInput

SIZE_LIMIT = 10 * 1024 * 1024  # bytes; Radarr refuses to look at larger ones too (XbmcNfoDetector.cs)
OUR_MARK = "created by metarr"

_WRAPPER = "metarr-wrapper"
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # https://www.w3.org/TR/xml/#charsets
_BINARY = re.compile(r"[\x00-\x06\x0e-\x19]")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["']""", re.IGNORECASE)
_INSTRUCTION = re.compile(r"<\?[^<>]*>")
_DOCTYPE_START = re.compile("<!DOCTYPE", re.IGNORECASE)
# With or without an internal subset: `[ ... ]>` holds the entity declarations.
_DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_VERBATIM = re.compile(r"<!\[CDATA\[|<!--")
_AMPERSAND = re.compile(
    r"&(?:#(?P<decimal>[0-9]{1,7});|#x(?P<hex>[0-9a-f]{1,6});|(?P<name>[a-z0-9]+);)?", re.IGNORECASE
)
_LONE_LESS = re.compile(r"<(?![a-z_/!])", re.IGNORECASE)
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})

PROVIDER_PAGE = re.compile(
    r"(?:https?://)?(?:[a-z0-9-]{1,63}\.){0,4}(?:themoviedb\.org|imdb\.com|thetvdb\.com|tvmaze\.com|trakt\.tv)/\S*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Markup:
    """A readable NFO: its top-level elements, the text around them, and what had to be mended."""

    text: str
    elements: tuple[etree._Element, ...]
    outside: str  # text outside of the elements, where provider addresses may stand
    comments: tuple[str, ...]
    warnings: tuple[str, ...]


def parse(data: bytes) -> Markup:
    """Raises InvalidInput when it is empty, too large or binary; anything else comes back, perhaps without elements."""
    text, warnings = _decode(data)
    mended = _mend(text, warnings)
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    wrapper = etree.fromstring(f"<{_WRAPPER}>{mended}</{_WRAPPER}>".encode(), parser)
    if len(parser.error_log) > 0 and len(wrapper) > 0:
        warnings.append(f"broken XML was recovered: {parser.error_log[0].message}")
    nodes = list(wrapper)
    return Markup(
        text=text,
        elements=tuple(node for node in nodes if isinstance(node.tag, str)),
        outside=" ".join([wrapper.text or "", *(node.tail or "" for node in nodes)]),
        comments=tuple(node.text or "" for node in wrapper.iter(etree.Comment)),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def legal(text: str) -> str:
    """The text without the characters that XML cannot carry, with plain line ends and no space around it."""
    return _ILLEGAL.sub("", text).replace("\r\n", "\n").replace("\r", "\n").strip()


def name_of(element: etree._Element) -> str:
    """The tag in lower case, without a namespace; "" for a comment."""
    tag: object = element.tag  # of a comment: a function, whatever the stubs say
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _decode(data: bytes) -> tuple[str, list[str]]:
    if len(data) > SIZE_LIMIT:
        raise InvalidInput(f"the NFO has {len(data)} bytes, more than {SIZE_LIMIT}: this is no NFO of a media item")
    text, encoding = _text(data)
    if not text.strip():
        raise InvalidInput("the NFO is empty")
    if "\x00" in text or len(_BINARY.findall(text)) * 20 > len(text):
        raise InvalidInput("the NFO is binary, not text")
    return text, [] if encoding == "utf-8" else [f"not UTF-8: read as {encoding}"]


def _text(data: bytes) -> tuple[str, str]:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace"), encoding
    declared = _DECLARED.match(data)
    # A file that is valid UTF-8 is UTF-8, whatever it says of itself; latin-1 never fails.
    for name in ("utf-8", declared[1].decode() if declared else "cp1252", "cp1252"):
        try:
            return data.decode(name), name.lower()
        except (UnicodeError, LookupError):
            continue
    return data.decode("latin-1"), "latin-1"


def _mend(text: str, warnings: list[str]) -> str:
    bare = _ILLEGAL.sub("", _INSTRUCTION.sub("", text))
    start = _DOCTYPE_START.search(bare)
    doctype = _DOCTYPE.match(bare, start.start()) if start else None
    if doctype:
        warnings.append("a document type declaration was ignored")
        bare = bare[: doctype.start()] + bare[doctype.end() :]
    pieces = _split(bare)
    # Odd pieces are CDATA sections and comments, where & and < mean themselves.
    mended = [piece if index % 2 else _escape(piece) for index, piece in enumerate(pieces)]
    if mended != pieces:
        warnings.append("broken XML was recovered: a raw & or <, or an HTML entity")
    return "".join(mended)


def _split(text: str) -> list[str]:
    """Plain and verbatim pieces in turn. By hand, since a regular expression would look for every missing end anew."""
    pieces: list[str] = []
    position = 0
    while start := _VERBATIM.search(text, position):
        end = text.find("-->" if start[0] == "<!--" else "]]>", start.end())
        if end < 0:
            break
        pieces += [text[position : start.start()], text[start.start() : end + 3]]
        position = end + 3
    return [*pieces, text[position:]]


def _escape(text: str) -> str:
    return _AMPERSAND.sub(_reference, _LONE_LESS.sub("&lt;", text))


def _reference(found: re.Match[str]) -> str:
    if found["name"] in _XML_NAMES:
        return found[0]
    if found["decimal"] or found["hex"]:
        number = int(found["decimal"]) if found["decimal"] else int(found["hex"], 16)
        is_legal = number <= 0x10FFFF and not _ILLEGAL.match(chr(number))  # noqa: PLR2004 - the last code point
        return found[0] if is_legal else ""
    characters = html5.get(f"{found['name']};", "")
    return "".join(f"&#{ord(character)};" for character in characters) or "&amp;" + found[0][1:]
