"""Dates of WARC and ARC records to the timestamps of a CDX index. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from crawler.archives.cdx_rows import valid_timestamp
from crawler.archives.date_forms import as_digits

_DATE: Final = re.compile(
    r"(\d{4})(?:-?(\d\d)(?:-?(\d\d)(?:[T ]?(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,]\d{1,18}|(?<=\d{14})\d{3})?)?)?)?)?)?"
    r" ?(?:Z|UTC|GMT|([+-])(\d\d):?(\d\d)?)?",
    re.ASCII | re.IGNORECASE,
)
"""W3CDTF as WARC 1.1 has it (ISO 28500:2017, 5.4), its forms without separators, and the 14 digits of ARC.

Heritrix also writes 17 digits, with milliseconds. `date_forms` has the forms that begin otherwise.
"""
_EARLIEST: Final = "00000101000000"
"""The digits that complete a reduced date: the first moment of the period that it names."""
_YEAR, _DAY, _TIMESTAMP = 4, 8, 14
_MAX_LENGTH: Final = 60


def date_digits(date: str) -> str:
    """Return a date in UTC as 4 to 14 digits, as many as it is precise; empty if it is no date, or not sure which.

    A date without a time zone is UTC. A leap second becomes the second before it, as Python has none.

    >>> date_digits("2016-05"), date_digits("2017-05-06T10:20+02:00"), date_digits("May")
    ('201605', '201705060820', '')
    """
    given = date.strip() if len(date) <= _MAX_LENGTH else ""
    match = _DATE.fullmatch(given) or _DATE.fullmatch(as_digits(given))
    if match is None:
        return ""
    *parts, sign, hours, minutes = match.groups()
    digits = "".join(part or "" for part in parts)
    if len(digits) == _TIMESTAMP and digits.endswith("60"):
        digits = f"{digits[:-2]}59"
    padded = digits + _EARLIEST[len(digits) :]
    whole = valid_timestamp(padded)
    if whole is None or padded not in {whole, given}:  # it mends digits that are shifted, not `2017-05-00`
        return ""
    if sign is None or len(digits) <= _DAY:
        return whole[: len(digits)]
    return _in_utc(whole, sign, int(hours), int(minutes or 0))[: len(digits)]


def timestamp_of(date: str) -> str:
    """Return the 14-digit timestamp of a date: of a reduced one its first moment. Empty if it is no date.

    >>> timestamp_of("2016-05"), timestamp_of("2017-05-06T10:20Z")
    ('20160501000000', '20170506102000')
    """
    digits = date_digits(date)
    return digits + _EARLIEST[len(digits) :] if digits else ""


def _in_utc(timestamp: str, sign: str, hours: int, minutes: int) -> str:
    """Return a timestamp with an offset from UTC in UTC; empty for an offset that there can't be."""
    offset = timedelta(hours=hours, minutes=minutes)
    if offset >= timedelta(days=1):
        return ""
    zone = timezone(-offset if sign == "-" else offset)
    local = datetime.fromisoformat(f"{timestamp[:_DAY]}T{timestamp[_DAY:]}").replace(tzinfo=zone)
    return valid_timestamp(f"{local.astimezone(UTC):%Y%m%d%H%M%S}") or ""
