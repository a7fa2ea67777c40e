"""Listing rows to captures: what every CDX dialect shares."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from surt import surt

from pipelines.items import Capture

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
"""The CDX server's fields in its own order (research: every recorded cassette)."""


def urlkey_of(url: str) -> str:
    """Return the SURT by which CDX indexes sort a URL (internetarchive/surt); the URL where no browser would take it."""
    try:
        return str(surt(url if "//" in url else f"http://{url}"))
    except ValueError:
        return url


def valid_timestamp(timestamp: str) -> str | None:
    """Return a 14-digit timestamp that is a real date, else None.

    Rows of 2000 exist with "00" put in before the month or the day (`20000800241623`); as edgi's client does, the
    "00" is taken out and "00" added as seconds.
    """
    candidates = (timestamp, timestamp[:4] + timestamp[6:] + "00", timestamp[:6] + timestamp[8:] + "00")
    zeros = (True, timestamp[4:6] == "00", timestamp[6:8] == "00")
    for candidate, applies in zip(candidates, zeros, strict=True):
        if applies and len(candidate) == 14 and candidate.isascii() and candidate.isdigit() and _is_date(candidate):  # noqa: PLR2004
            return candidate
    return None


def _is_date(timestamp: str) -> bool:
    month, day, hour, minute, second = (int(timestamp[at : at + 2]) for at in range(4, 14, 2))
    try:
        datetime(int(timestamp[:4]), month, day, hour, minute, second)  # noqa: DTZ001 - only checked, for each row
    except ValueError:
        return False
    return True


def read_rows(rows: Iterable[Sequence[str]]) -> tuple[tuple[Capture, ...], Counter[str]]:
    """Return the usable rows as captures, and how many were not, by cause. A row has FIELDS' values in order."""
    captures: list[Capture] = []
    unusable: Counter[str] = Counter()
    for row in rows:
        if len(row) != len(FIELDS):
            unusable["wrong number of fields"] += 1
            continue
        urlkey, raw_timestamp, original, *rest = map(str, row)
        timestamp = valid_timestamp(raw_timestamp)
        if timestamp is None:
            unusable["impossible date"] += 1
        elif not original.lower().startswith(("http://", "https://")) or original.lower().startswith("http://mailto:"):
            unusable["not a web address"] += 1
        else:
            captures.append(Capture(urlkey, timestamp, original, *rest))
    return tuple(captures), unusable
