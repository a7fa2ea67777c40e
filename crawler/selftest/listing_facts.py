"""Judgements on the index: what its answers say of `collapse`, `filter`, negative `limit`, resume keys, fields. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from crawler.archives.cdx_rows import FIELDS
from crawler.archives.json_rows import Unreadable, json_rows
from crawler.archives.pywb import PywbArchive
from crawler.selftest import selftest_questions as asked
from crawler.selftest.evidence import REFERENCE
from crawler.selftest.verdicts import Differs, Held, NotSeen, Settled
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Collection

    from crawler.selftest.evidence import Evidence
    from crawler.selftest.verdicts import Verdict
    from pipelines.items import Capture

_INTERVALS = {6: "month", 8: "day"}


def collapse(known: Evidence, question: str, digits: int) -> Verdict:
    """`collapse=timestamp:N` leaves one row of each month or day, and a row of every one that has captures."""
    interval, reference = _INTERVALS[digits], known.reference
    expected = dict.fromkeys(row.timestamp[:digits] for row in reference)
    if len(expected) == len(reference):
        return NotSeen(f"no two captures of one {interval}")
    rows = known.rows(question)
    found = [row.timestamp[:digits] for row in rows]
    if missing := [each for each in expected if each not in found]:
        return Differs(f"{_rows(rows)}, none of {missing[0]} and {quantity(len(missing) - 1, f'more {interval}')}")
    if len(found) > len(set(found)):
        is_ignored = len(rows) >= len(reference)
        return Differs(
            f"{'ignored' if is_ignored else 'incomplete'}: {_rows(rows)} of {quantity(len(set(found)), interval)}"
        )
    first = {row.timestamp[:digits]: row.timestamp for row in reversed(reference)}
    is_first = all(first.get(row.timestamp[:digits], row.timestamp) == row.timestamp for row in rows)
    return Held(f"{_rows(reference)} are {len(rows)}, {'' if is_first else 'not '}the first of each {interval}")


def filter_status(known: Evidence) -> Verdict:
    """`filter=statuscode:regex` leaves the rows whose whole field matches, `!` the others."""
    reference = known.reference
    text = known.asked(asked.FILTER_STATUS, "filter")
    if text not in {asked.PAGES_THERE, asked.PAGES_GONE}:
        return NotSeen("asked with another filter")
    is_wanted = text == asked.PAGES_THERE
    rows = known.rows(asked.FILTER_STATUS)
    wrong = [row for row in rows if _is_there(row) is not is_wanted]
    if wrong:
        return Differs(f"{len(wrong)} of {_rows(rows)} with another status: {wrong[0].statuscode}")
    expected = [row for row in reference if _is_there(row) is is_wanted]
    if missing := set(expected) - set(rows):
        verb = "is" if len(missing) == 1 else "are"
        return Differs(f"{_rows(missing)} of the {len(expected)} that match {verb} not there")
    return Held(f"{text}: {len(rows)} of {_rows(reference)}")


def _rows(rows: Collection[Capture]) -> str:
    return quantity(len(rows), "row")


def _is_there(row: Capture) -> bool:
    return re.fullmatch("2..", row.statuscode) is not None


def filter_urlkey(known: Evidence, question: str) -> Verdict:
    """`filter=urlkey:regex` leaves the rows whose urlkey matches."""
    rows = known.rows(question)
    text = asked.BELOW_A_HOST if question == asked.FILTER_DOMAIN else asked.below(known.page)
    if known.asked(question, "filter") != text:  # nothing that a file names is run as a regular expression
        return NotSeen("asked with another filter")
    wrong = [row for row in rows if not re.fullmatch(text.partition(":")[2], row.urlkey)]
    if wrong:
        return Differs(f"{len(wrong)} of {_rows(rows)} that don't match: {wrong[0].urlkey:.40}")
    return Held(f"{_rows(rows)}, all match") if rows else NotSeen("no rows: no such page, or the filter finds none")


def newest_rows(known: Evidence) -> Verdict:
    """`limit=-N` gives the newest N rows, oldest of them first."""
    reference = known.reference
    rows, limit = known.rows(asked.NEWEST), asked.FEW
    times = [row.timestamp for row in rows]
    last = max(row.timestamp for row in reference)
    if not rows:
        return Differs("no rows")
    if len(rows) > limit:
        return Differs(f"{_rows(rows)}, not {limit}")
    if max(times) < last or (len(reference) > limit and set(rows) <= set(reference[:limit])):
        return Differs(f"{times[0]} to {times[-1]}, but there are captures of {last}")
    if times != sorted(times):
        return Differs("the newest, in reverse order")
    return Held(f"{_rows(rows)}, the newest of {times[-1]}")


def resume_key(known: Evidence) -> Verdict:
    """JSON rows that reach the limit are followed by an empty row and the key of the next page."""
    if isinstance(known.archive, PywbArchive):
        return NotSeen("pywb has none")
    page, limit = known.reference_page, asked.ROWS
    if page.resume_key is not None:
        return Held(f"after {quantity(page.rows, 'row')}: {page.resume_key:.24}")
    if page.rows < limit:
        return NotSeen(f"all {quantity(page.rows, 'row')} in one page")
    last = max((row.timestamp for row in page.captures), default="")
    try:
        newest = max((row.timestamp for row in known.rows(asked.NEWEST)), default="")
    except Settled:
        newest = ""
    if newest > last:
        return Differs(f"no key after {quantity(page.rows, 'row')} up to {last}, but there are captures of {newest}")
    return NotSeen(f"no key after {quantity(page.rows, 'row')}; that may be all")


def next_page(known: Evidence) -> Verdict:
    """A resume key continues the listing after its last row, or with that row again."""
    reference, rows = known.reference, known.rows(asked.RESUMED)
    if not rows:
        return Held("no more rows")
    before = set(reference)
    again = [row for row in rows if row in before]
    if set(again) - {row for row in reference if row.timestamp == reference[-1].timestamp}:
        return Differs(f"{len(again)} of {_rows(rows)} on the page before already")
    if min(row.timestamp for row in rows) < reference[-1].timestamp:
        return Differs(f"goes back to {min(row.timestamp for row in rows)}")
    return Held(f"{_rows(rows)}, {'the last one of the page before again' if again else 'none of them again'}")


def fields(known: Evidence) -> Verdict:
    """`fl` gives the seven fields in their order, all of them text, below a header row."""
    page = known.listing(REFERENCE)
    if isinstance(known.archive, PywbArchive):
        return NotSeen("pywb names each field in each row")
    if page.unusable:
        cause, count = page.unusable.most_common(1)[0]
        return Differs(f"{count} of {quantity(page.rows, 'row')}: {cause}")
    if not page.captures:
        return NotSeen("no rows")
    header = _first_row(known.answer(REFERENCE).body)
    if header != list(FIELDS):
        return Differs(f"header row {header!r:.60}")
    if problem := _misplaced(page.captures):
        return Differs(problem)
    return Held(f"{quantity(page.rows, 'row')} of seven fields")


def _first_row(body: bytes) -> Any:
    """Return the first row of a listing that was read."""
    found = next(json_rows(body), None)
    return None if isinstance(found, Unreadable) else found


def _misplaced(rows: Collection[Capture]) -> str:
    """Return in words what stands in a wrong field."""
    for row in rows:
        if not row.statuscode.isdecimal() and row.statuscode != "-":
            return f"statuscode {row.statuscode!r:.20}"
        if not row.length.isdecimal() and row.length != "-":
            return f"length {row.length!r:.20}"
        if ")" not in row.urlkey:
            return f"urlkey {row.urlkey!r:.40}"
    return ""
