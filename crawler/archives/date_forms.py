"""Forms of dates that records have besides W3CDTF, rewritten as digits: of ISO 8601, of HTTP, with slashes. Pure."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT: Final = 3
"""Letters of an abbreviated name."""
_CENTURIES: Final = {range(70): 2000, range(90, 100): 1900}
"""What is added to a year of two digits (RFC 850). Nothing was captured before 1990, and 70 to 89 is neither century."""
_CLOCK: Final = r"(?P<clock>\d\d:\d\d(?::\d\d)?)"
_ZONE: Final = r"(?P<zone>| ?(?:GMT|UTC|UT|Z)| ?[+-]\d\d:?\d\d)"
"""No zone counts as UTC, as in W3CDTF. Other names of zones have several meanings, as CST has."""
_NAMED: Final = r"(?:(?P<weekday>[a-z]{3,9}),? )?"


def _with_month(found: re.Match[str]) -> str:
    """Return the digits of a date with the name of its month; empty if its weekday is another."""
    year = int(found["year"])
    if len(found["year"]) == len("94"):
        year += next((added for years, added in _CENTURIES.items() if year in years), 0)
    named = date(year, 1 + _place(found["month"], _MONTHS), int(found["day"]))
    if found["weekday"] and _place(found["weekday"], _WEEKDAYS) != named.weekday():
        return ""
    zone = re.sub("[a-z ]+", "", found["zone"], flags=re.IGNORECASE)
    return f"{named:%Y%m%d}{found['clock']}{zone}"


def _of_year(found: re.Match[str]) -> str:
    """Return the digits of an ordinal date: the number of a day in its year."""
    first = date(int(found["year"]), 1, 1)
    named = date.fromordinal(first.toordinal() + int(found["day"]) - 1)
    return f"{named:%Y%m%d}{found['rest']}" if named.year == first.year and int(found["day"]) else ""


def _of_week(found: re.Match[str]) -> str:
    """Return the digits of a week date."""
    return f"{date.fromisocalendar(*map(int, found.group('year', 'week', 'day'))):%Y%m%d}{found['rest']}"


def _with_marks(found: re.Match[str]) -> str:
    """Return the digits of a date whose parts are marked off. After a year of four digits comes the month."""
    return f"{date(*map(int, found.group('year', 'month', 'day'))):%Y%m%d}{found['rest']}"


_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = tuple(
    (re.compile(pattern, re.ASCII | re.IGNORECASE), read)
    for pattern, read in (
        (r"(?P<year>\d{4})-(?P<day>\d{3})(?P<rest>(?:[T ].*)?)", _of_year),
        (r"(?P<year>\d{4})-?W(?P<week>\d\d)-?(?P<day>\d)(?P<rest>(?:[T ].*)?)", _of_week),
        (r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?)(?P<rest>(?:[T ].*)?)", _with_marks),
        # RFC 1123 (Sun, 06 Nov 1994 08:49:37 GMT), with hyphens as in RFC 850 and in cookies, and as RFC 5322 has it
        (
            rf"{_NAMED}(?P<day>\d\d?)(?P<mark>[ -])(?P<month>[a-z]{{3,9}})(?P=mark)(?P<year>\d{{4}}) {_CLOCK}{_ZONE}",
            _with_month,
        ),
        # RFC 850 (Sunday, 06-Nov-94 08:49:37 GMT)
        (
            rf"(?P<weekday>[a-z]{{3,9}}), (?P<day>\d\d)-(?P<month>[a-z]{{3}})-(?P<year>\d\d) {_CLOCK}{_ZONE}",
            _with_month,
        ),
        # asctime (Sun Nov  6 08:49:37 1994), and date(1), which has the zone before the year
        (rf"{_NAMED}(?P<month>[a-z]{{3,9}})  ?(?P<day>\d\d?) {_CLOCK}{_ZONE} (?P<year>\d{{4}})", _with_month),
    )
)


def as_digits(text: str) -> str:
    """Return a date of one of these forms as `20170506`, what follows as it was; any other text unchanged.

    Empty for a date that there is not, and for one whose weekday is another's: nobody knows which of the two is right.
    """
    for form, read in _FORMS:
        if found := form.fullmatch(text):
            try:
                return read(found)
            except ValueError:
                return ""
    return text


def _place(name: str, names: tuple[str, ...]) -> int:
    """Return the place of a name, in full or abbreviated. Raises ValueError."""
    folded = name.lower()
    return (names if len(folded) > _SHORT else tuple(each[:_SHORT] for each in names)).index(folded)
