"""Judgements on listings that the double can't be made to give: rows made for the purpose."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scrapy.http import Response

from crawler.archives.cdx_rows import FIELDS
from crawler.selftest import selftest_questions as asked_
from crawler.selftest.evidence import REFERENCE, Exchange
from crawler.selftest.verdicts import Differs, Held, NotSeen
from tests.support.selftest import asked, verdicts

if TYPE_CHECKING:
    from crawler.selftest.evidence import Evidence
    from crawler.selftest.verdicts import Verdict


def answered(known: Evidence, question: str, rows: list[Any]) -> dict[str, Verdict]:
    """Return the verdicts if a question's answer has these rows."""
    url = known.exchanges[question].url
    table = [list(FIELDS), *rows] if rows else []
    known.add(Exchange(question, url, Response(url, body=json.dumps(table).encode())))
    return verdicts(known)


def rows_of(known: Evidence, question: str) -> list[Any]:
    return [[getattr(row, name) for name in FIELDS] for row in known.rows(question)]


def test_collapse_that_keeps_the_last_is_held() -> None:
    known = asked()
    last = {row[1][:6]: row for row in rows_of(known, REFERENCE)}
    verdict = answered(known, asked_.COLLAPSE_MONTH, list(last.values()))["collapse=timestamp:6"]
    assert verdict == Held("200 rows are 40, not the first of each month")


def test_collapse_without_some_months_differs() -> None:
    known = asked()
    rows = rows_of(known, asked_.COLLAPSE_MONTH)[3:]
    verdict = answered(known, asked_.COLLAPSE_MONTH, rows)["collapse=timestamp:6"]
    assert verdict == Differs("37 rows, none of 200001 and 2 more months")


def test_collapse_of_several_rows_a_month_differs() -> None:
    known = asked()
    rows = rows_of(known, REFERENCE)[::2]
    assert isinstance(answered(known, asked_.COLLAPSE_MONTH, rows)["collapse=timestamp:6"], Differs)


def test_collapse_to_nothing_differs() -> None:
    assert isinstance(answered(asked(), asked_.COLLAPSE_DAY, [])["collapse=timestamp:8"], Differs)


def test_filter_that_finds_nothing_differs() -> None:
    verdict = answered(asked(), asked_.FILTER_STATUS, [])["filter=statuscode"]
    assert verdict == Differs("190 rows of the 190 that match are not there")


def test_filter_without_rows_below_the_page_is_not_seen() -> None:
    assert isinstance(answered(asked(), asked_.FILTER_URLKEY, [])["filter=urlkey, prefix"], NotSeen)


def test_negative_limit_that_gives_the_oldest_differs() -> None:
    known = asked()
    verdict = answered(known, asked_.NEWEST, rows_of(known, REFERENCE)[:5])["limit=-N"]
    assert isinstance(verdict, Differs)
    assert verdict.words.endswith("but there are captures of 20030403070000")


def test_negative_limit_in_reverse_order_differs() -> None:
    known = asked()
    verdict = answered(known, asked_.NEWEST, rows_of(known, asked_.NEWEST)[::-1])["limit=-N"]
    assert verdict == Differs("the newest, in reverse order")


def test_negative_limit_without_rows_differs() -> None:
    assert answered(asked(), asked_.NEWEST, [])["limit=-N"] == Differs("no rows")


def test_next_page_that_goes_back_differs() -> None:
    known = asked()
    early = [["example,page)/", "19990101000000", "http://page.example/", "text/html", "200", "A" * 32, "1"]]
    assert answered(known, asked_.RESUMED, early)["next page"] == Differs("goes back to 19990101000000")


def test_next_page_without_rows_is_held() -> None:
    assert answered(asked(), asked_.RESUMED, [])["next page"] == Held("no more rows")


def test_fields_that_changed_places_below_the_header_differ() -> None:
    known = asked()
    digest_last = [[*row[:4], row[6], "x", row[5]] for row in rows_of(known, REFERENCE)]
    verdict = answered(known, REFERENCE, digest_last)["fl: seven fields"]
    assert verdict == Differs("200 of 200 rows: length too long")
    swapped = [[*row[:4], "html", *row[5:]] for row in rows_of(asked(), REFERENCE)]
    assert answered(known, REFERENCE, swapped)["fl: seven fields"] == Differs("statuscode 'html'")


def test_a_field_less_differs_and_null_is_a_dash() -> None:
    known = asked()
    rows = rows_of(known, REFERENCE)
    assert isinstance(answered(known, REFERENCE, [[*row[:6], None] for row in rows])["fl: seven fields"], Held)
    verdict = answered(known, REFERENCE, [*rows[:3], *(row[:6] for row in rows)])["fl: seven fields"]
    assert verdict == Differs("200 of 203 rows: wrong number of fields")


def test_no_key_after_a_full_page_may_be_all() -> None:
    known = asked()
    rows = rows_of(known, REFERENCE)
    answered(known, asked_.NEWEST, rows[-5:])
    assert answered(known, REFERENCE, rows)["resume key in JSON"] == NotSeen("no key after 200 rows; that may be all")
