"""Removal of dates from a text, in the languages that hosting companies write in."""

from __future__ import annotations

import re

from pipelines.similarity.month_names import MONTHS
from pipelines.similarity.words import words

# For raw text, which still has the separators: 2020-01-31, 31.1.2020, 01/31/20, 12:30, 12:30:05. The pattern starts with a
# plain character set and looks behind afterwards, so the regex engine skips to the next digit.
_FIGURES = re.compile(
    r"[0-9](?<![0-9.][0-9])(?:[0-9]{3}([-./])[0-9]{1,2}\1[0-9]{1,2}|[0-9]?([-./])[0-9]{1,2}\2(?:[0-9]{4}|[0-9]{2})"
    r"|[0-9]?:[0-9]{2}(?::[0-9]{2})?)(?!\.?[0-9])"
)
# For words joined by single spaces. A \0 precedes the name of a month.
_DAY = r"\d{1,2}(?:st|nd|rd|th|er|re|º|ª)?(?!\w)"
_YEAR = r"(?:19|20)\d\d(?!\w)"
_MONTH = r"\x00\w+"
_OF = r"(?: (?:of|de|del))?"
_DATE = re.compile(
    rf"(?<!\w)(?:{_DAY}{_OF} {_MONTH}(?:{_OF} {_YEAR})?"  # 31 januar 2020; 1er mars; 5 de mayo de 2020
    rf"|{_MONTH}(?: {_DAY}(?: {_YEAR})?|{_OF} {_YEAR})"  # may 31st 2020; may 31; may 2020
    rf"|{_YEAR} 年 \d{{1,2}} 月(?: \d{{1,2}} 日)?"
    rf"|{_YEAR}(?: {_YEAR}| \d\d(?!\w))*)"  # 2004; 1999-2020; 2018-19
)


def words_without_dates(text: str) -> list[str]:
    """Return the words of a case-folded text, with `0` in place of each date, year and clock time.

    Dates are numeric (2020-01-31, 31.1.2020, 1/31/20, 2020年1月31日) or have a month name of one of sixteen languages.
    Years are 1900 to 2099, alone or in ranges. A month name counts next to a number only ("may"). Linear in the text.
    """
    found = words(_FIGURES.sub(" 0 ", text))
    marked = " ".join(f"\0{word}" if word in MONTHS else word for word in found)
    return _DATE.sub("0", marked).replace("\0", "").split(" ")
