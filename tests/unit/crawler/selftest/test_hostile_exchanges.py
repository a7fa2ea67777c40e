"""Exchanges that somebody made up: every fact has a verdict on them, at once."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import Headers, Response

from crawler.archives.cdx_rows import FIELDS
from crawler.selftest import selftest_questions as asked_
from crawler.selftest.evidence import Evidence, Exchange
from crawler.selftest.outcome import Outcome
from crawler.selftest.selftest_questions import QUESTIONS
from crawler.selftest.verdicts import NotSeen
from tests.support.selftest import asked, verdicts

WHOLE = asked()
ROWS = [["example,page)/", "20000101000000", "http://page.example/", "text/html", "200", "A" * 32, "1"]]
BODIES = (
    st.binary(max_size=40)
    | st.sampled_from([b"[]", b"[[]]", b"\x1f\x8b", json.dumps([FIELDS, *ROWS]).encode(), b"[[],[null]]", b"{}"])
    | st.lists(st.lists(st.none() | st.text(max_size=8) | st.integers(), max_size=8), max_size=4).map(
        lambda rows: json.dumps(rows).encode()
    )
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Memento-Datetime", "Link", "Location", "Content-Encoding", "X-Archive-Orig-Content-Length", "Retry-After"]
    ),
    st.binary(max_size=20).filter(lambda value: not {10, 13} & set(value))
    | st.sampled_from([b"Sat, 01 Jan 2000 00:00:00 GMT", b"http://[", b"//x/web/1id_/", b"gzip", b"99999999999999999"]),
    max_size=3,
)


@given(
    question=st.sampled_from([each.name for each in QUESTIONS]),
    status=st.integers(0, 999),
    headers=HEADERS,
    body=BODIES,
)
def test_any_answer_has_verdicts(question: str, status: int, headers: dict[str, bytes], body: bytes) -> None:
    known = Evidence(WHOLE.archive, WHOLE.page, dict(WHOLE.exchanges))
    url = known.exchanges[question].url
    known.add(Exchange(question, url, Response(url, status=status, headers=Headers(headers), body=body)))
    assert str(Outcome.of(known))
    for each in QUESTIONS:
        each.request(known)


@pytest.mark.parametrize("question", [each.name for each in QUESTIONS])
@pytest.mark.parametrize(
    "address",
    [
        "http://double.example/cdx/search/cdx?url=x&limit=many&filter=(a%2B)%2Bb&collapse=timestamp:99999999999",
        "http://double.example/web/1id_/http://page.example/",
        "http://double.example/web/99999999999999id_/http://[/",
        "http://other.example/",
    ],
)
def test_any_address_has_verdicts(question: str, address: str) -> None:
    known = Evidence(WHOLE.archive, WHOLE.page, dict(WHOLE.exchanges))
    received = known.exchanges[question].received
    assert received is not None
    known.add(Exchange(question, address, received.replace(url=address)))
    assert str(Outcome.of(known))


@pytest.mark.parametrize("question", [asked_.FILTER_STATUS, asked_.FILTER_URLKEY, asked_.FILTER_DOMAIN])
def test_filter_of_a_file_is_not_run(question: str) -> None:
    known = Evidence(WHOLE.archive, WHOLE.page, dict(WHOLE.exchanges))
    received = known.exchanges[question].received
    known.add(Exchange(question, "http://double.example/cdx/search/cdx?filter=urlkey:((a%2B)%2B)%2Bb", received))
    assert NotSeen("asked with another filter") in verdicts(known).values()
