"""Values of arguments: pure functions of the text given. Each raises ValueError, or UsageError, with the remedy."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from crawler.options.spelling import nearest
from crawler.sampling.strategies import STRATEGIES
from pipelines.errors import UsageError
from pipelines.kinds import KINDS

if TYPE_CHECKING:
    from pipelines.kinds.base import Kind

_HYPHENATED: Final = re.compile(r"\d{4}-\d{2}(?:-\d{2})?", re.ASCII)
_TIMESTAMP_PREFIX: Final = re.compile(r"(?:\d{4}|\d{6}|\d{8}|\d{10}|\d{12}|\d{14})?", re.ASCII)
_FILL: Final = "00000101000000"
"""The earliest moment, digit by digit, which completes a prefix to 14 digits. No year is left out."""
FIRST_PAGE: Final = "199012"
"""Month of the first page of the Web (info.cern.ch). No capture is earlier."""


def read_names(value: str) -> tuple[str, ...]:
    """Return a list of names with commas between."""
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    if value and not names:
        raise ValueError("a list without a name; write names with commas between")
    return names


def read_timestamp_prefix(value: str) -> str:
    """Return a date as CDX timestamp prefix, an even number of 4 to 14 digits. `2015-06` and `2015-06-30` are read too."""
    digits = value.replace("-", "") if _HYPHENATED.fullmatch(value) else value
    if not _TIMESTAMP_PREFIX.fullmatch(digits):
        raise ValueError("no date; write a CDX timestamp prefix, as 2015, 201506, 20150630 or 2015-06-30")
    if not digits:
        return ""
    moment = digits + _FILL[len(digits) :]
    year, month, day, hour, minute, second = int(moment[:4]), *(int(moment[at : at + 2]) for at in range(4, 14, 2))
    try:
        datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"no such date ({error}); write year, month, day as 2015, 201506 or 20150630") from None
    return digits


def first_moment(prefix: str) -> str:
    """Return the first moment of a CDX timestamp prefix in ISO 8601: `2015-01-01T00:00:00`."""
    digits = prefix + _FILL[len(prefix) :]
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}T{digits[8:10]}:{digits[10:12]}:{digits[12:14]}"


def read_moment(since: str | None) -> str:
    """Return a date or moment as the catalog writes moments; an empty string for None. Raises UsageError."""
    if since is None:
        return ""
    try:
        moment = datetime.fromisoformat(since)
        utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"--since {since!r:.80}: no date; write 2026-11-01 or 2026-11-01T06:00") from error
    return utc.isoformat(timespec="microseconds")


def is_within(timestamp: str, since: str, until: str) -> bool:
    """Whether a timestamp of 14 digits lies within CDX timestamp prefixes, inclusive; an empty one is no bound."""
    return since <= timestamp <= until.ljust(14, "9")


def have_no_moment(since: str, until: str) -> bool:
    """Whether no moment lies within CDX timestamp prefixes."""
    return until.ljust(14, "9") < since.ljust(14, "0")


def check_period(since: str, until: str) -> None:
    """Raise ValueError for a period in which no capture can be."""
    if have_no_moment(since, until):
        raise ValueError("until is before since; exchange the two")
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y%m%d%H%M%S}"
    if since.ljust(14, "0") > tomorrow:
        raise ValueError("since is in the future; write the earliest date wanted, as 2015")
    if until and until.ljust(14, "9") < FIRST_PAGE:
        raise ValueError("until is before the first page of the Web; write the latest date wanted, as 2018")


def read_strategy(value: str) -> str:
    """Return the name of a sampling strategy."""
    if value not in STRATEGIES:
        raise ValueError(f"use one of {', '.join(STRATEGIES)}")
    return value


def read_kinds(value: str) -> tuple[Kind, ...]:
    """Return kinds of documents by their names, with commas between, in the order in which they are searched for."""
    names = [name.lower() for name in read_names(value)]
    for name in names:
        if name not in KINDS:
            near = nearest(name, KINDS)
            hint = f"did you mean {near}?" if near else f"known: {', '.join(KINDS)}"
            raise ValueError(f"no kind {name!r:.80}; {hint}")
    return tuple(kind for name, kind in KINDS.items() if name in names)


def read_shard(value: str) -> tuple[int, int]:
    """Return i and n of `i/n`; an empty value is the whole, 1/1."""
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", value or "1/1", re.ASCII)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise ValueError("write i/n with 1 <= i <= n, as 1/4")
    return int(match[1]), int(match[2])


def read_retry(value: str) -> bool:
    """Return whether captures that were given up are asked for again: `unreadable`; an empty value is none."""
    if value not in {"", "unreadable"}:
        raise ValueError("use unreadable, or leave it out")
    return bool(value)


def read_flag(value: str) -> bool:
    """Return a truth value."""
    if value.lower() not in {"0", "1", "no", "yes", "false", "true"}:
        raise ValueError("use 1 or 0")
    return value.lower() in {"1", "yes", "true"}
