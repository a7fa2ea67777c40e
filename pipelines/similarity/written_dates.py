"""Calendar dates as texts write them, in words and in figures. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from pipelines.similarity.month_names import MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterator

# Besides MONTHS, which fingerprints rest on: further abbreviations (es, fr, it, pt), and names (bg, ca, da, el, id, nb, sk,
# sv, tr, uk). Those of Croatian are not among them: its October is the November of Polish.
_MORE: Final = {
    "ene": 1, "gen": 1, "janv": 1, "févr": 2, "fev": 2, "fév": 2, "abr": 4, "avr": 4, "maj": 5, "mag": 5, "giu": 6,
    "juil": 7, "lug": 7, "ago": 8, "set": 9, "out": 10, "ott": 10, "desember": 12, "dic": 12,
    "ocak": 1, "şubat": 2, "mart": 3, "nisan": 4, "may\u0131s": 5, "haziran": 6, "temmuz": 7, "ağustos": 8, "eylül": 9,
    "ekim": 10, "kas\u0131m": 11, "aral\u0131k": 12,
    "січня": 1, "лютого": 2, "березня": 3, "квітня": 4, "травня": 5, "червня": 6, "липня": 7, "серпня": 8, "вересня": 9,
    "жовтня": 10, "листопада": 11, "грудня": 12,
    "януари": 1, "февруари": 2, "март": 3, "април": 4, "май": 5, "юни": 6, "юли": 7, "август": 8, "септември": 9,
    "октомври": 10, "ноември": 11, "декември": 12,
    "ιανουαρίου": 1, "φεβρουαρίου": 2, "μαρτίου": 3, "απριλίου": 4, "μα\u03b9\u0308\u0301\u03bf\u03c5": 5,
    "ιουνίου": 6, "ιουλίου": 7,
    "αυγούστου": 8, "σεπτεμβρίου": 9, "οκτωβρίου": 10, "νοεμβρίου": 11, "δεκεμβρίου": 12,
    "gener": 1, "febrer": 2, "març": 3, "maig": 5, "juny": 6, "juliol": 7, "agost": 8, "setembre": 9, "octubre": 10,
    "januára": 1, "februára": 2, "marca": 3, "apríla": 4, "mája": 5, "júna": 6, "júla": 7, "augusta": 8, "septembra": 9,
    "októbra": 10, "novembra": 11, "decembra": 12, "maret": 3, "mei": 5, "agustus": 8,
}  # fmt: skip
_NUMBERS: Final = MONTHS | _MORE
_MONTH: Final = "|".join(sorted(map(re.escape, _NUMBERS), key=len, reverse=True))
_OF: Final = r"(?:\s?(?:of|de|del|di|d['\u2019]))?"
_DAY: Final = r"(?P<day>[0-3]?\d)(?!\d)"
_ORDINAL: Final = r"(?:\s?(?:st|nd|rd|th|er|re)\b|[.ºª°])?"
_YEAR: Final = r"(?P<year>(?:19|20)\d\d)(?![\d.,/:-]*\d)"
_FORMS: Final = (
    rf"(?<![\d./-]){_DAY}{_ORDINAL}{_OF}[\s,/-]{{0,3}}(?P<month>{_MONTH})(?!\w)\.?{_OF}[\s,/-]{{0,3}}{_YEAR}",
    rf"(?<!\w)(?P<month>{_MONTH})(?!\w)[.,]?\s?{_DAY}{_ORDINAL}[\s,]{{0,3}}{_YEAR}",
    rf"(?<![\d./-])(?P<year>(?:19|20)\d\d)\.\s?(?P<month>{_MONTH})\s{_DAY}",
    (
        r"(?<![\d./-])(?P<year>(?:19|20)\d\d)(?:\s?[年년]\s?|(?P<sign>[-/.])\s?)(?P<number>[01]?\d)"
        r"(?:\s?[月월]\s?|(?P=sign)\s?)(?P<day>[0-3]?\d)(?!\d)(?:\s?[日일])?"
    ),
    r"(?<![\d./-])(?P<one>[0-3]?\d)(?P<sign>[./-])\s?(?P<two>[0-3]?\d)(?P=sign)\s?(?P<year>(?:19|20)?\d\d)(?!\d|[./-]\d)",
)
_PATTERNS: Final = tuple(map(re.compile, _FORMS))
_MONTH_FIRST: Final = {"en", "und"}
"""Languages in which 3/4/2018 is 3 April or 4 March, as the country has it."""
_MONTHS_A_YEAR: Final = 12
_FIRST_YEAR: Final = 1990
_LAST_YEAR: Final = 2089


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date in a text, and where it stands there."""

    start: int
    end: int
    value: date


def written_dates(line: str, language: str) -> Iterator[WrittenDate]:
    """Yield the dates of a case-folded line, each of which has a day, a month and a year.

    A date in figures that can be read in two ways is left out: 3/4/2018 in English. `language` is ISO 639-1, or `und`.
    """
    if not any(map(str.isdigit, line)):
        return
    for pattern in _PATTERNS:
        for found in pattern.finditer(line):
            if value := _value(found, language):
                yield WrittenDate(found.start(), found.end(), value)


def _value(found: re.Match[str], language: str) -> date | None:
    parts = found.groupdict()
    year = int(parts["year"])
    year += 0 if len(parts["year"]) > len("99") else 2000
    if parts.get("month"):
        month, day = _NUMBERS[parts["month"]], int(parts["day"])
    elif parts.get("number"):
        month, day = int(parts["number"]), int(parts["day"])
    else:
        one, two = int(parts["one"]), int(parts["two"])
        if language in _MONTH_FIRST and parts["sign"] != "." and one != two and max(one, two) <= _MONTHS_A_YEAR:
            return None
        day, month = (one, two) if two <= _MONTHS_A_YEAR else (two, one)
    try:
        return date(year, month, day) if _FIRST_YEAR <= year <= _LAST_YEAR else None
    except ValueError:
        return None
