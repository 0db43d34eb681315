"""Languages as they stand in the names of subtitles and sound tracks. Pure."""

from __future__ import annotations

import re

# ISO 639-1, then the codes of ISO 639-2 and the names by which files call it.
_TABLE = """
ar ara arabic | bg bul bulgarian | bn ben bengali | bs bos bosnian | ca cat catalan | cs cze ces czech
cy wel cym welsh | da dan danish dansk | de ger deu german deutsch | el gre ell greek | en eng english
es spa spanish espanol español castellano | et est estonian | eu baq eus basque | fa per fas persian farsi
fi fin finnish suomi | fr fre fra french francais français | gl glg galician | he heb hebrew | hi hin hindi
hr hrv croatian | hu hun hungarian | hy arm hye armenian | id ind indonesian | is ice isl icelandic
it ita italian italiano | ja jpn japanese | ka geo kat georgian | kk kaz kazakh | ko kor korean
lt lit lithuanian | lv lav latvian | mk mac mkd macedonian | ml mal malayalam | ms may msa malay
nb nob bokmal | nl dut nld dutch | nn nno nynorsk | no nor norwegian norsk | pl pol polish polski
pt por portuguese | ro rum ron romanian | ru rus russian | sk slo slk slovak | sl slv slovenian
sq alb sqi albanian | sr srp serbian | sv swe swedish svenska | ta tam tamil | te tel telugu | th tha thai
tl tgl tagalog filipino | tr tur turkish | uk ukr ukrainian | ur urd urdu | vi vie vietnamese
zh chi zho chinese
"""
_CODES = {
    word: words[0]
    for words in (entry.split() for entry in re.split(r"[|\n]", _TABLE) if entry.strip())
    for word in words
}
_REGIONAL = re.compile(r"^(?P<language>[a-z]{2,3})[-_](?P<region>[a-z]{2}|[a-z]{4}|\d{3})$", re.IGNORECASE)
_OWN_CODES = {"pob": "pt-BR", "ptbr": "pt-BR", "chs": "zh-Hans", "cht": "zh-Hant", "und": "und"}


def language_code(word: str) -> str | None:
    """BCP 47 code of a word in a file name (`eng`, `German`, `pt-BR`, `zh-Hans`), or None if it is no language."""
    lower = word.lower()
    if lower in _OWN_CODES:
        return _OWN_CODES[lower]
    if lower in _CODES:
        return _CODES[lower]
    match = _REGIONAL.match(word)
    language = _CODES.get(match["language"].lower()) if match else None
    if match is None or language is None:
        return None
    region = match["region"]
    return f"{language}-{region.title() if len(region) == 4 else region.upper()}"  # noqa: PLR2004 - a script has four letters
