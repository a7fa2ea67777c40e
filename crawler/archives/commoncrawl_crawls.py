"""Common Crawl's crawls: the list of them (collinfo.json), and which of them `crawls=` and the dates choose. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from crawler.archives.warc_dates import timestamp_of

if TYPE_CHECKING:
    from collections.abc import Iterable

LATEST: Final = "latest"
MAX_CRAWLS: Final = 2_000
"""Crawls of a list that are kept, the newest: there were 115 in August 2025, and twelve are added a year."""

_NAME: Final = re.compile(r"CC-MAIN-((?:19|20)\d\d)(?:-((?:19|20)\d\d|\d\d))?", re.ASCII)
"""`CC-MAIN-2025-30` is of a week of 2025; the three oldest are of years: `CC-MAIN-2009-2010`, `CC-MAIN-2012`."""
_SHORT: Final = re.compile(r"(?:19|20)\d\d(?:-\d\d)?", re.ASCII)
_YEAR_DIGITS: Final = 4
_LAST: Final = "~"
"""Sorts after every character of a name."""
_FORMS: Final = "write CC-MAIN-2025-30, a year, latest, or a range of them as 2023..2024, with commas between"


@dataclass(frozen=True, slots=True)
class Crawl:
    """A crawl: its name, and the timestamps (14 digits) of its first and last capture; empty if the list has none."""

    name: str
    start: str = ""
    end: str = ""

    def overlaps(self, since: str, until: str) -> bool:
        """Whether captures of it can lie between two CDX timestamp prefixes, inclusive; empty ones are no bounds."""
        start, end = self.start or _years(self.name)[0], self.end or _years(self.name)[1] + _LAST
        return (not until or start[: len(until)] <= until) and (not since or end >= since)


@dataclass(frozen=True, slots=True)
class CrawlChoice:
    """What `crawls=` says: `text` as it was given, `ranges` of first and last name. Without any, every crawl is chosen."""

    text: str = ""
    ranges: tuple[tuple[str, str], ...] = ()

    def chosen(self, crawls: Iterable[Crawl], since: str = "", until: str = "") -> tuple[Crawl, ...]:
        """Return the crawls chosen that can have captures between two CDX timestamp prefixes, the oldest first."""
        by_name = sorted(crawls, key=lambda crawl: crawl.name)
        newest = by_name[-1].name if by_name else ""
        return tuple(crawl for crawl in by_name if self._has(crawl.name, newest) and crawl.overlaps(since, until))

    def has(self, name: str) -> bool:
        """Whether a crawl is chosen by its name, where no list says which is the latest: that is any then."""
        return self._has(name, name)

    def unknown(self, crawls: Iterable[Crawl]) -> list[str]:
        """Return the crawls that were chosen by name and that there are not."""
        names = {crawl.name for crawl in crawls}
        return [first for first, last in self.ranges if first == last and _NAME.fullmatch(first) and first not in names]

    def _has(self, name: str, newest: str) -> bool:
        ranges = ([newest if end == LATEST else end for end in ends] for ends in self.ranges)
        return not self.ranges or any(first <= name <= last for first, last in ranges)


def read_choice(value: str) -> CrawlChoice:
    """Return the choice of crawls that `crawls=` names. Raises ValueError with the remedy.

    >>> read_choice("2024, 2025-30").ranges
    (('CC-MAIN-2024', 'CC-MAIN-2024~'), ('CC-MAIN-2025-30', 'CC-MAIN-2025-30'))
    """
    parts = [part.strip() for part in value.split(",")]
    if not value:
        return CrawlChoice()
    return CrawlChoice(",".join(parts), tuple(_range(part) for part in parts))


def _range(part: str) -> tuple[str, str]:
    first, dots, last = (each.strip() for each in part.partition(".."))
    ends = _ends(first)[0], _ends(last if dots else first)[1]
    if LATEST not in ends and ends[0] > ends[1]:
        raise ValueError(f"{part:.80} ends before it begins; {_FORMS}")
    if ends[0] == LATEST != ends[1]:
        raise ValueError(f"{part:.80} begins with the latest crawl; {_FORMS}")
    return ends


def _ends(name: str) -> tuple[str, str]:
    """Return the first and the last name that a name or year stands for."""
    if name.lower() == LATEST:
        return LATEST, LATEST
    full = f"CC-MAIN-{name}" if _SHORT.fullmatch(name) else name.upper()
    if not _NAME.fullmatch(full):
        raise ValueError(f"{name!r:.80} is no crawl; {_FORMS}")
    return (full, full + _LAST) if len(name) == _YEAR_DIGITS else (full, full)


def _years(name: str) -> tuple[str, str]:
    """Return the first and last year of a name."""
    match = _NAME.fullmatch(name)
    assert match  # noqa: S101 - only such names are read
    second = match[2] or ""
    return match[1], second if len(second) == _YEAR_DIGITS else match[1]


def is_crawl(name: str) -> bool:
    """Whether this is the name of a crawl, which may stand in an address."""
    return _NAME.fullmatch(name) is not None


def read_crawls(body: bytes) -> tuple[Crawl, ...]:
    """Return the crawls of collinfo.json, oldest first. Raises ValueError for a body that is no such list.

    Of an entry only name and dates are used: a crawl's index is asked at its place on the index server, whatever address
    the list gives.
    """
    try:
        listed: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("no JSON") from None
    if not isinstance(listed, list):
        raise ValueError("no list of crawls")  # noqa: TRY004 - of the body's form
    entries = [entry for entry in listed if isinstance(entry, dict)]
    found = {crawl.name: crawl for entry in entries if (crawl := _crawl(entry))}
    if not found:
        raise ValueError("a list without a crawl")
    return tuple(found[name] for name in sorted(found)[-MAX_CRAWLS:])


def _crawl(entry: dict[str, Any]) -> Crawl | None:
    name, start, end = (value if isinstance(value := entry.get(key), str) else "" for key in ("id", "from", "to"))
    return Crawl(name, timestamp_of(start), timestamp_of(end)) if is_crawl(name) else None
