"""Listing rows to captures: the part that all CDX dialects share. An unusable row is counted by cause, never raised."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from crawler.archives.json_rows import MAX_SHOWN, Unreadable
from pipelines.items import Capture
from pipelines.untrusted import MAX_URL, TOO_LONG, text_problem, url_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
"""The CDX server's fields in its own order (research: every recorded cassette)."""

MAX_ROWS: Final = 150_000
"""Rows read of one answer: the most that the CDX server sends without a `limit` (research/wayback.md section 1)."""
MAX_RESUME_KEY: Final = 8_192
"""Characters of a resume key, which goes into an address again. Recorded ones have a hundred."""

_MAX_MEDIA_TYPE: Final = 255  # characters (RFC 6838, 4.2)
_LONGEST: Final = (MAX_URL, MAX_URL, MAX_URL, _MAX_MEDIA_TYPE, 8, 128, 20)
"""Characters of each of FIELDS. 128: a digest, with the name of its algorithm."""
_YEARS: Final = range(1990, 2200)
"""Years a capture can be of: the first web page is of 1990, and reckoning with the year 9999 overflows."""


def media_type(content_type: str) -> str:
    """Return the mimetype of a CDX row for a Content-Type header; `unk`, as the CDX server has it, for an invalid one."""
    named = content_type.partition(";")[0].strip().lower()
    return "unk" if not named or len(named) > _MAX_MEDIA_TYPE or text_problem(named) else named


def valid_timestamp(timestamp: str) -> str | None:
    """Return a 14-digit timestamp that is a real date, else None.

    Rows of 2000 exist with "00" put in before the month or the day (`20000800241623`); as edgi's client does, the
    "00" is taken out and "00" added as seconds.
    """
    if len(timestamp) != 14 or not timestamp.isascii() or not timestamp.isdigit():  # noqa: PLR2004
        return None
    if _is_date(timestamp):
        return timestamp
    year, rest = timestamp[:4], timestamp[4:]
    candidates = (f"{year}{rest[:at]}{rest[at + 2 :]}00" for at in (0, 2) if rest[at : at + 2] == "00")
    return next(filter(_is_date, candidates), None)


def _is_date(timestamp: str) -> bool:
    if int(timestamp[:4]) not in _YEARS or timestamp[8:] > "235959":
        return False
    try:
        datetime.fromisoformat(f"{timestamp[:8]}T{timestamp[8:]}")
    except ValueError:
        return False
    return True


def first_line(body: bytes) -> str:
    """Return the first line of an answer, as far as an error shows it."""
    return body[:MAX_SHOWN].decode("utf-8", "replace").strip().partition("\n")[0]


def first_rows(rows: Iterable[Any]) -> tuple[list[Any], str]:
    """Return the first MAX_ROWS of `rows`, and if there are more, in words that they were left out."""
    read = list(islice(rows, MAX_ROWS + 1))
    if len(read) <= MAX_ROWS:
        return read, ""
    return read[:MAX_ROWS], f"the archive sent more than {MAX_ROWS} rows at once"


def is_resume_key(value: Any) -> bool:
    """Whether a value can go into an address as the resume key."""
    return isinstance(value, str) and 0 < len(value) <= MAX_RESUME_KEY and not text_problem(value)


def read_rows(rows: Iterable[Any], archive: str) -> tuple[tuple[Capture, ...], Counter[str]]:
    """Return the usable rows as captures of an archive, and how many were not, by cause.

    A usable row has FIELDS' values in order.
    """
    captures: list[Capture] = []
    unusable: Counter[str] = Counter()
    for row in rows:
        capture = _capture(row, archive)
        if isinstance(capture, Capture):
            captures.append(capture)
        else:
            unusable[capture] += 1
    return tuple(captures), unusable


def _capture(row: Any, archive: str) -> Capture | str:
    """Return the capture that a row is, or why it can't be one."""
    if isinstance(row, Unreadable):
        return row
    if not isinstance(row, list | tuple) or len(row) != len(FIELDS):
        return "wrong number of fields"
    fields = row if None not in row[3:] else [*row[:3], *("-" if value is None else value for value in row[3:])]
    if problem := _problem(fields):
        return problem
    timestamp = valid_timestamp(fields[1])
    if timestamp is None:
        return "impossible date"
    return Capture(*(fields[0], timestamp, *fields[2:], archive))


def _problem(fields: Sequence[Any]) -> str:
    """Return the reason why a row's fields, except the date, can't be a capture; empty if they can."""
    for name, value, longest in zip(FIELDS, fields, _LONGEST, strict=True):
        if not isinstance(value, str):
            return f"{name} that is no text"
        if len(value) > longest:
            return TOO_LONG if name == "original" else f"{name} too long"
        if name != "original" and not value.isprintable() and (problem := text_problem(value)):
            return f"{name} with {problem}"
    return url_problem(fields[2]) if fields[0] else "no urlkey"
