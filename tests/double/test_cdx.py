"""Listings of the double, plain and troubled, over HTTP."""

from __future__ import annotations

import gzip
import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from crawler.archives.cdx_rows import FIELDS
from pipelines.items import Capture
from tests.support.archive_double import ArchiveDouble, Behaviour, Generated, Held, memento
from tests.support.double.cdx import BLOCKED, ODD_ROWS, REFUSED, ROBOTS
from tests.support.double.client import fetch, search, search_page

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "http://www.example.com/privacy"
STAMPS = [f"{year}0{month}01120000" for year in range(2001, 2011) for month in (1, 6)]


def _holdings() -> Held:
    mine = [memento(URL, stamp, f"text of {stamp[:4]}") for stamp in STAMPS]
    others = [
        memento("https://example.com/", "20050101000000", "home"),
        memento("https://shop.example.com/privacy", "20060101000000", "shop"),
        memento("https://example.com.au/privacy", "20060101000000", "another domain"),
        memento("https://example-hosting.com/privacy", "20060101000000", "another domain"),
        memento("https://example.com/privacy/old?b&a", "20070101000000", "gone", status=404),
    ]
    return Held([*mine, *others])


@pytest.fixture(scope="module")
def double() -> Iterator[ArchiveDouble]:
    with ArchiveDouble(_holdings()) as running:
        yield running


def _stamps(rows: list[list[str]]) -> list[str]:
    return [row[1] for row in rows]


@pytest.mark.parametrize(
    "given",
    [
        {"collapse": "timestamp:4"},
        {"filter": "statuscode:404"},
        {"limit": "-3"},
        {"showResumeKey": "true", "limit": "3"},
    ],
    ids=str,
)
def test_ignored_parameters_change_nothing(given: dict[str, str]) -> None:
    query = {"url": URL, **given}
    ignored = next(iter(given))
    bare = {name: value for name, value in query.items() if name != ignored}
    with ArchiveDouble(_holdings(), Behaviour(ignores=(f"{ignored}={given[ignored]}",))) as double:
        assert search_page(double.url, **query) == search_page(double.url, **bare)
    with ArchiveDouble(_holdings()) as double:
        assert search_page(double.url, **query) != search_page(double.url, **bare)


def test_rows_are_seven_strings(double: ArchiveDouble) -> None:
    row = search(double.url, url="example.com", limit=1)[0]
    assert row[:5] == ["com,example)/", "20050101000000", "https://example.com/", "text/html", "200"]
    assert len(row[5]) == 32
    assert row[6].isdigit()


@pytest.mark.parametrize(
    ("url", "match", "count"),
    [
        ("example.com/privacy", "exact", 20),
        ("example.com/privacy", "prefix", 21),
        ("example.com", "host", 22),
        ("www.example.com", "domain", 23),
        ("*.example.com", "exact", 23),
        ("example.com/priv*", "exact", 21),
        ("nothing.example", "domain", 0),
    ],
)
def test_match_types(double: ArchiveDouble, url: str, match: str, count: int) -> None:
    rows = search(double.url, url=url, matchType=match)
    assert len(rows) == count
    assert rows == sorted(rows, key=lambda row: (row[0], row[1])) or match == "domain"


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"from_": "2005", "to": "2005"}, ["20050101120000", "20050601120000"]),
        ({"to": "200101"}, ["20010101120000"]),
        ({"from_": "20100601120000"}, ["20100601120000"]),
        ({"limit": 2}, STAMPS[:2]),
        ({"limit": -2}, STAMPS[-2:]),
        ({"filter": "timestamp:2003.*"}, ["20030101120000", "20030601120000"]),
        ({"filter": ["timestamp:2003", "mimetype:text/html"]}, []),  # a filter is for the whole field
        ({"filter": ["~timestamp:2003", "!timestamp:20030101120000"]}, ["20030601120000"]),
        ({"filter": "!~timestamp:0601120000"}, STAMPS[::2]),
        ({"filter": "!statuscode:200"}, []),
        ({"collapse": "timestamp:4"}, STAMPS[::2]),
        ({"collapse": "digest", "limit": 3}, STAMPS[:6:2]),
        ({"collapse": "urlkey"}, STAMPS[:1]),
    ],
)
def test_selection(double: ArchiveDouble, params: dict[str, object], expected: list[str]) -> None:
    assert _stamps(search(double.url, url="example.com/privacy", **params)) == expected


def test_fields_selected_and_unknown(double: ArchiveDouble) -> None:
    rows = search(double.url, url="example.com", fl="timestamp,offset,urlkey")
    assert rows == [["20050101000000", None, "com,example)/"]]


def test_render_text_and_json(double: ArchiveDouble) -> None:
    base = f"{double.url}/cdx/search/cdx?"
    lines = fetch(f"{base}url=example.com/privacy&limit=2&showResumeKey=true").body.decode().split("\n")
    assert [line.split(" ")[1] for line in lines[:2]] == STAMPS[:2]
    assert lines[2::2] == ["", ""]
    assert re.fullmatch(r"[\w-]+", lines[3])
    assert fetch(f"{base}url=nothing.example").body == b""
    assert fetch(f"{base}url=nothing.example&output=json").body == b"[]\n"
    assert fetch(f"{base}url=example.com&page=1").body == b""
    assert fetch(f"{base}output=json").status == 400


def test_gzip_only_if_accepted(double: ArchiveDouble) -> None:
    plain = fetch(f"{double.url}/cdx/search/cdx?url=example.com")
    packed = fetch(f"{double.url}/cdx/search/cdx?url=example.com", Accept_Encoding="gzip")
    refused = fetch(f"{double.url}/cdx/search/cdx?url=example.com&gzip=false", Accept_Encoding="gzip")
    assert packed.header("Content-Encoding") == "gzip"
    assert gzip.decompress(packed.body) == plain.body == refused.body


def _walk(behaviour: Behaviour, limit: int = 6, most: int = 40) -> list[tuple[list[list[str]], str | None]]:
    """All pages of a listing as a client that trusts keys sees them; stops at a key that comes back."""
    pages: list[tuple[list[list[str]], str | None]] = []
    params: dict[str, object] = {"url": "example.com", "matchType": "domain", "limit": limit, "showResumeKey": "true"}
    seen: set[str | None] = {None}
    with ArchiveDouble(_holdings(), behaviour) as double:
        for _ in range(most):
            rows, key = search_page(double.url, **params)
            pages.append((rows, key))
            if key in seen:
                return pages
            seen.add(key)
            params["resumeKey"] = key
    raise AssertionError("the listing does not end")


WALKS = {
    "plain": (Behaviour(), 23),
    "old keys": (Behaviour(key_format="old"), 23),
    "inclusive keys": (Behaviour(key_inclusive=True), 23 + 4),
    "overlap": (Behaviour(overlap=2), 23 + 2 * 5),
    "repeats": (Behaviour(repeat_every=3), 23 + 7),
    "empty pages": (Behaviour(empty_every=2), 23),
    "empty pages, old keys": (Behaviour(empty_every=2, key_format="old"), 23),
    "twins": (Behaviour(twin_every=6), 23 + 3),
    "a key that comes back at the end": (Behaviour(key_returns_after=-1), 23),
}


@pytest.mark.parametrize("name", WALKS)
def test_listing_faults_keep_every_row(name: str) -> None:
    behaviour, sent = WALKS[name]
    pages = _walk(behaviour)
    rows = [tuple(row) for page, _ in pages for row in page]
    plain = {tuple(row) for page, _ in _walk(Behaviour()) for row in page}
    assert len(plain) == 23
    assert plain <= set(rows)
    assert len(rows) == sent


def test_empty_page_has_resume_key() -> None:
    pages = _walk(Behaviour(empty_every=2))
    assert [len(rows) for rows, _ in pages] == [6, 0, 6, 0, 6, 0, 5]
    assert all(key for rows, key in pages[:-1])


def test_returning_key_is_that_of_first_page() -> None:
    pages = _walk(Behaviour(key_returns_after=2))
    assert len(pages) == 2
    assert pages[0][1] == pages[1][1]
    at_end = _walk(Behaviour(key_returns_after=-1))
    assert at_end[-1][1] == at_end[0][1]


def test_exactly_full_page_has_key_to_empty_page() -> None:
    pages = _walk(Behaviour(key_on_exact_fit=True), limit=23)
    assert [len(rows) for rows, _ in pages] == [23, 0]
    assert len(_walk(Behaviour(), limit=23)) == 1


def test_twin_rows_share_second_and_differ_in_digest() -> None:
    (rows, _), *_ = _walk(Behaviour(twin_every=6), limit=23)
    twins = [(row, twin) for row, twin in itertools.pairwise(rows) if row[:2] == twin[:2]]
    assert len(twins) == 3
    assert all(row[5] != twin[5] for row, twin in twins)


def test_cut_rows_at_without_key() -> None:
    ((rows, key),) = _walk(Behaviour(cut_rows_at=4))
    assert (len(rows), key) == (4, None)


@pytest.mark.parametrize("name", ODD_ROWS)
def test_odd_rows_start_each_page(name: str) -> None:
    with ArchiveDouble(_holdings(), Behaviour(odd_rows=(name,))) as double:
        rows = search(double.url, url="example.com/privacy")
    real = Capture(*[*rows[1], "double"])
    assert rows[0] == [getattr(ODD_ROWS[name](real), field) for field in FIELDS]
    assert len(rows) == 21


def test_refusals_by_cause() -> None:
    behaviour = Behaviour(
        refused=frozenset({"domain", "prefix"}), excluded=frozenset({"gone.example"}), robots=frozenset({"shy.example"})
    )
    with ArchiveDouble(_holdings(), behaviour) as double:
        base = f"{double.url}/cdx/search/cdx?url="
        refused = fetch(f"{base}example.com&matchType=domain")
        excluded = fetch(f"{base}www.gone.example/privacy")
        robots = fetch(f"{base}shy.example&matchType=host")
        assert fetch(f"{base}example.com/privacy").status == 200
        assert fetch(f"{base}*.example.com").status == 403
    assert (refused.status, refused.body) == (403, REFUSED)
    assert (excluded.status, excluded.header("X-Archive-Wayback-Runtime-Error")) == (403, BLOCKED)
    assert (robots.status, robots.header("X-Archive-Wayback-Runtime-Error")) == (403, ROBOTS)


def test_pages_refused() -> None:
    with ArchiveDouble(_holdings(), Behaviour(pages_refused=True)) as double:
        assert fetch(f"{double.url}/cdx/search/cdx?url=example.com&page=0").status == 400
        assert fetch(f"{double.url}/cdx/search/cdx?url=example.com").status == 200


def test_generated_rows_are_made_on_demand() -> None:
    made = 0
    sample, payload = memento(URL, "20010101000000", "x")

    def capture(index: int) -> Capture:
        nonlocal made
        made += 1
        return replace(sample, urlkey=f"com,example)/{index:07d}")

    with ArchiveDouble(Generated(1_000_000, capture, lambda _: payload)) as double:
        params = {"url": "example.com", "matchType": "domain", "limit": 100, "showResumeKey": "true"}
        _, key = search_page(double.url, **params)
        rows, _ = search_page(double.url, **params, resumeKey=key)
    assert [row[0] for row in rows[:2]] == ["com,example)/0000100", "com,example)/0000101"]
    assert made < 600  # two pages, and the steps of some binary searches
