"""Dates of records: W3CDTF in every precision and zone, the digits of ARC, and what is no date."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.archives.cdx_rows import valid_timestamp
from crawler.archives.warc_dates import date_digits, timestamp_of

DATES = {
    "2016": "2016",
    "2016-05": "201605",
    "2016-05-06": "20160506",
    "2017-05-06T10Z": "2017050610",
    "2017-05-06T10:20Z": "201705061020",
    "2017-05-06T10:20": "201705061020",
    "2017-05-06T10:20:30Z": "20170506102030",
    "2017-05-06t10:20:30z": "20170506102030",
    "2017-05-06 10:20:30": "20170506102030",
    "2017-05-06 10:20:30 UTC": "20170506102030",
    " 2017-05-06T10:20:30.123456789Z ": "20170506102030",
    "2017-05-06T10:20:30,5Z": "20170506102030",
    "2017-05-06T10:20+02:00": "201705060820",
    "2017-05-06T00:20:30+02:00": "20170505222030",
    "2016-12-31T20:00:00-05:30": "20170101013000",
    "2017-05-06T10:20:30+0200": "20170506082030",
    "2017-05-06T10:20:30+02": "20170506082030",
    "2017-05-06T10:20:30-00:00": "20170506102030",
    "2016-12-31T23:59:60Z": "20161231235959",
    "20170506102030": "20170506102030",
    "201705061020": "201705061020",
    "20170506": "20170506",
}
NO_DATES = [
    "", "May", "17-05-06", "2016-13", "2016-02-30", "2017-05-06T24:00:00Z", "2017-05-06T10:61Z", "0000-01-01",
    "9999-12-31T23:59:59Z", "2017-05-06T10:20:30+99:00", "2017-05-06T10:20:30Zulu", "\u0662\u0660\u0661\u0667", "2017" * 50_000,
    "2017-05-06T10:20:30+02:00 2", "1969-12-31T23:59:59Z",
]  # fmt: skip


@pytest.mark.parametrize(("date", "digits"), DATES.items())
def test_date_digits(date: str, digits: str) -> None:
    assert date_digits(date) == digits
    assert timestamp_of(date) == digits + "00000101000000"[len(digits) :]


@pytest.mark.parametrize("date", NO_DATES)
def test_timestamp_of_no_date(date: str) -> None:
    assert timestamp_of(date) == ""


@given(st.from_regex(r"\A[0-9]{4}(-[0-9]{2}(-[0-9]{2}([T ][0-9:]{2,8}([+-][0-9:]{2,5}|Z)?)?)?)?\Z"))
def test_timestamp_of_is_valid_or_empty(date: str) -> None:
    found = timestamp_of(date)
    assert found == "" or valid_timestamp(found) == found
