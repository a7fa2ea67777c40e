"""The made-up archive of benchmarks/discovery.py answers as one that enumerates all its rows."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import discovery_archive
from benchmarks.discovery_archive import Archive
from benchmarks.discovery_companies import FIRST_RUN, SECOND_RUN, YEAR, Company, Era
from benchmarks.discovery_pages import PolicyLink
from benchmarks.discovery_score import truth_of
from crawler.discovery.link_texts import page_links
from pipelines.convert import convert_html
from tests.support.double import cdx, playback
from tests.support.double.behaviour import Behaviour

if TYPE_CHECKING:
    import pytest

OLD, NEW = "https://www.acme.example/privacy.html", "https://acme.example/legal/privacy"


def company(rows: int = 2_000, **facts: object) -> Company:
    """Return a company whose policy moved once, and whose home page links to it."""
    moved = SECOND_RUN - 4 * YEAR
    links = [PolicyLink("direct", "Privacy Policy", url, "Legal", "/legal-notices") for url in (OLD, NEW)]
    eras = (
        Era(OLD, SECOND_RUN - 9 * YEAR, moved, links[0], "", "moved"),
        Era(NEW, moved, math.inf, links[1], "", "gone"),
    )
    made = {
        "number": 7, "domain": "acme.example", "language": "en", "rows": rows, "began": SECOND_RUN - 10 * YEAR,
        "ended": math.inf, "eras": eras, "changes": (SECOND_RUN - 6 * YEAR, SECOND_RUN - 2 * YEAR), "refused": frozenset(),
        "has_home": True, "landing": "", "is_static": False, "has_widget": True, "product": "", "blank_filter": False,
        "footer": (("Legal", "/legal-notices"), ("About Us", "/about")),
    }  # fmt: skip
    return Company(**{**made, **facts})  # type: ignore[arg-type]


ARCHIVE = Archive([company()], FIRST_RUN)


def listed(archive: Archive, **parameters: object) -> tuple[int, list[list[str]], str]:
    """Return the status, rows and resume key of a listing's page."""
    query = urlencode({"output": "json", "showResumeKey": "true", **parameters}, doseq=True)
    answer = archive.answer_listing(query)
    rows = json.loads(answer.body) if answer.status == 200 else []
    key = rows.pop()[0] if len(rows) > 1 and rows[-2] == [] else ""
    return answer.status, [row for row in rows[1:] if row], key


@settings(max_examples=60, deadline=None)
@given(
    url=st.sampled_from(
        ["acme.example", OLD, NEW, "acme.example/p", "acme.example/legal", "acme.example/blog", "shop.acme.example"]
    ),
    match=st.sampled_from(["exact", "prefix", "host", "domain"]),
    filters=st.lists(
        st.sampled_from(
            ["urlkey:.*privac.*", "!urlkey:.*blog.*", "~original:shop", "statuscode:200", "!mimetype:warc.revisit"]
        ),
        max_size=2,
    ),
    collapse=st.sampled_from([[], ["timestamp:6"], ["urlkey"], ["digest"]]),
    limit=st.integers(1, 400) | st.just(-5),
    since=st.sampled_from(["", "2015", "2025", "20260801"]),
)
def test_answer_listing_equals_enumeration(
    *, url: str, match: str, filters: list[str], collapse: list[str], limit: int, since: str
) -> None:
    query = {"url": url, "matchType": match, "filter": filters, "collapse": collapse, "limit": limit, "from": since}
    key, naive_key = "", ""
    for _ in range(3):
        resumed = {**query, "resumeKey": key} if key else query
        status, rows, key = listed(ARCHIVE, **resumed)
        naive = cdx.CdxServer().answer(
            urlencode({"output": "json", "showResumeKey": "true", **query, **({"resumeKey": naive_key} if naive_key else {})},
                      doseq=True),
            ARCHIVE.index, Behaviour(),
        )  # fmt: skip
        expected = json.loads(naive.body)
        naive_key = expected.pop()[0] if len(expected) > 1 and expected[-2] == [] else ""
        assert (status, rows, key) == (200, [row for row in expected[1:] if row], naive_key)
        if not key:
            return


def test_index_is_in_order() -> None:
    index = Archive([company(40_000)], FIRST_RUN).index
    assert 35_000 < len(index) < 45_000
    rows = [(row.urlkey, row.timestamp) for row in map(index.__getitem__, range(len(index)))]
    assert all(one <= other for one, other in pairwise(rows))


def test_archive_grows() -> None:
    later = Archive([company()], SECOND_RUN)
    before, after = ({(row.urlkey, row.timestamp, row.digest) for row in map(each.index.__getitem__, range(len(each.index)))
                      if row.urlkey in each.policies} for each in (ARCHIVE, later))  # fmt: skip
    assert before < after


def test_scan_of_many_rows_is_too_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery_archive, "SCAN_LIMIT", 1_000)
    filtered = {"url": "acme.example", "matchType": "domain", "filter": "urlkey:.*nothing.*", "limit": 10}
    assert listed(ARCHIVE, **filtered)[0] == 504
    assert listed(Archive([company(blank_filter=True)], FIRST_RUN), **filtered) == (200, [], "")
    assert listed(ARCHIVE, url="acme.example", matchType="domain", limit=10)[0] == 200
    assert listed(ARCHIVE, url=NEW, limit=10)[0] == 200


def test_refused_match_types() -> None:
    archive = Archive([company(refused=frozenset({"domain", "prefix"}))], FIRST_RUN)
    answers = [
        listed(archive, url="acme.example", matchType=match, limit=5)[0] for match in ("domain", "prefix", "exact")
    ]
    assert answers == [403, 403, 200]
    assert [(asked.company, asked.status) for asked in archive.asked] == [(7, 403), (7, 403), (7, 200)]


def test_bulk_listing_of_large_domain_counts_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery_archive, "PASSED_OVER_FROM", 3_000)
    archive = Archive([company(300_000)], FIRST_RUN)
    key, calls = "", 0
    while key or not calls:
        resumed = {"resumeKey": key} if key else {}
        key = listed(archive, url="acme.example", matchType="domain", limit=1_000, **resumed)[2]
        calls += 1
    assert calls < 100
    assert 250 < sum(asked.calls for asked in archive.asked) < 350


def test_playback_of_home_page_and_policy() -> None:
    """The home page links to the policy, the gate accepts its text, and a capture's own redirect is never served."""
    policies, homes = (listed(ARCHIVE, url=url, limit=10_000)[1] for url in (NEW, "acme.example"))
    moved = [row for row in homes if row[4] == "301"][:5]
    assert moved
    accepted = 0
    for row in [*policies[-10:], *moved]:
        answer = ARCHIVE.answer_playback(f"/web/{row[1]}id_/{row[2]}", "http://127.0.0.1")
        assert answer.status == {"200": 200, "503": 503, "301": 302, "404": 404}[row[4]]
        if answer.status == 200:
            document = convert_html(answer.body, url=row[2], timestamp=row[1], domain="acme.example")
            accepted += document.is_policy and "document 0007-" in document.text
    assert accepted == sum(row[4] == "200" for row in policies[-10:])
    newest = next(row for row in reversed(homes) if row[4] == "200")
    body = playback.answer(f"/web/{newest[1]}id_/{newest[2]}", "", ARCHIVE.index, Behaviour()).body
    found = page_links(body, "text/html", url="https://acme.example/", domain="acme.example")
    assert found.policies == (NEW,)


def test_truth_of_has_every_edition() -> None:
    truth = truth_of(ARCHIVE.zones[0])
    assert truth.editions == {0, 1, 2}
    assert not truth.excepted
    assert min(truth.half_years) >= "2017B"
