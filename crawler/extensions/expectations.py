"""Checks of a company's expectations (`expect:`) against the versions known after a run. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.items import moment_of
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from crawler.companies import Expectations


def unmet(expect: Expectations, *, versions: int, newest: str, now: datetime) -> Iterator[str]:
    """Yield, in words, each expectation that is not met.

    `versions` are all known of the company, `newest` is the timestamp of its latest capture with a text (14 digits, or
    empty), `now` is when the run ended.
    """
    if expect.min_versions is not None and versions < expect.min_versions:
        yield f"{quantity(versions, 'version')}, expected at least {expect.min_versions}"
    if expect.max_age_days is None:
        return
    if not newest:
        yield f"no text at all, expected one of the last {quantity(expect.max_age_days, 'day')}"
    elif (age := (now - moment_of(newest)).days) > expect.max_age_days:
        yield f"latest text is {age} days old, expected at most {expect.max_age_days}"
