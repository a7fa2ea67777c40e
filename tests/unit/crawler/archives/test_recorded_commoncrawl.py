"""Every recorded exchange of Common Crawl's servers, sent again by a server on this machine, through the real reading code.

The recordings are third parties' and stay beside the project; without them the tests are skipped.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections import Counter
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from crawler.archives.base import Match, Query
from crawler.archives.commoncrawl_crawls import read_crawls
from crawler.archives.playback import Absence, Refusal
from crawler.archives.urlkey import surt
from pipelines.errors import ListingTooSlow
from pipelines.items import Memento
from tests.support.commands import SHARED
from tests.support.commoncrawl_client import archive_at, exchange, fetched, judged, listed, received

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scrapy.http import Request, Response

RECORDED = SHARED / "recorded" / "commoncrawl.jsonl.gz"
pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="needs the recorded exchanges in ../shared")
_NOT_SENT = {"connection", "content-length", "transfer-encoding", "content-encoding", "server", "date"}


@cache
def recorded() -> Sequence[dict[str, Any]]:
    """Return the exchanges of Common Crawl's own servers, with `path` and `body`. A record's body is in base64 twice."""
    found = []
    with gzip.open(RECORDED) as file:
        for row in map(json.loads, file):
            parts, body = urlsplit(row["url"]), base64.b64decode(row["body_base64"] or "")
            if parts.netloc.endswith(".commoncrawl.org"):
                is_record = parts.netloc.startswith("data.")
                path = f"{parts.path}?{parts.query}".rstrip("?")
                found.append({**row, "path": path, "body": base64.b64decode(body) if is_record else body})
    return found


@contextmanager
def played() -> Iterator[str]:
    """Serve the recorded answers by their path; one of a crawl's index for a question that was not recorded."""
    by_path: dict[str, dict[str, Any]] = {}
    for each in recorded():
        by_path.setdefault(_with_range(each) or each["path"], each)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = f"{self.path} {self.headers['Range'].removeprefix('bytes=')}" if self.headers["Range"] else self.path
            found = by_path.get(path) or by_path[_recorded_question(self.path)]
            self.send_response(found["status"])
            for name, value in found["headers"]:
                if name.lower() not in _NOT_SENT:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(found["body"])

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _with_range(each: dict[str, Any]) -> str:
    part = next((value for name, value in each["headers"] if name == "Content-Range"), "")
    return f"{each['path']} {part.removeprefix('bytes ').partition('/')[0]}" if part else ""


def _recorded_question(path: str) -> str:
    """Return the recorded path of the question that ours is: the whole domain's page, or a page that there is not."""
    parts = urlsplit(path)
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if "showNumPages" in asked:
        return next(each["path"] for each in recorded() if "showNumPages" in each["path"])
    url = asked["url"].rstrip("/") + ("%2F%2A" if asked["matchType"] == "domain" else "%2Fthisurlneverdidexist")
    return f"{parts.path}?limit=10&url={url}&output=json&page={asked['page']}"


def test_every_recorded_answer_is_judged() -> None:
    archive, found = archive_at("https://index.commoncrawl.org", "2025-33"), Counter[str]()
    archive.crawls = read_crawls(next(each["body"] for each in recorded() if each["path"].endswith("collinfo.json")))
    assert len(archive.crawls) == 115
    for each in recorded():
        if "-index?" not in each["path"]:
            continue
        crawl, asked = each["path"][1:].partition("-index?")[0], "showNumPages" in each["path"]
        query = Query("commoncrawl.org", Match.DOMAIN if asked or each["status"] == 504 else Match.EXACT)
        request = archive.listing_request(query, f"{crawl} 0 {0 if asked else 1}")
        response = _response(request, each)
        answer, response = judged(archive, request, response)
        if isinstance(answer, Absence):
            found[f"{answer.cause}"] += 1
            with pytest.raises(ListingTooSlow):
                archive.read_listing(response, query)
            continue
        assert not isinstance(answer, Refusal)
        page = archive.read_listing(response, query)
        found["rows" if page.captures else f"none, {each['status']}"] += 1
        assert page.rows == len(page.captures) == (each["body"].count(b'"filename"'))
    assert found == {
        "none, 404": 408,
        "none, 400": 143,
        "rows": 23,
        "none, 200": 2,
        "HTTP 504 without memento": 1,
    }


def test_recorded_urlkeys_are_ours() -> None:
    rows = [
        json.loads(line) for each in recorded() if b'"urlkey"' in each["body"] for line in each["body"].splitlines()
    ]
    assert len(rows) > 150
    assert [row["urlkey"] for row in rows] == [surt(row["url"]) for row in rows]


def _response(request: Request, each: dict[str, Any]) -> Response:
    headers = [(name, value) for name, value in each["headers"] if name.lower() != "content-encoding"]
    return received(request, each["status"], headers, each["body"])


def test_recorded_records_over_a_server() -> None:
    with played() as url:
        archive = archive_at(url, "2025-33")
        captures = listed(archive, Query("commoncrawl.org", Match.DOMAIN, filter="urlkey:.*"))
        assert len(captures) == 10
        first = captures[0]
        found = fetched(archive, first.timestamp, first.original, first.locator)
        assert isinstance(found, Memento)
        assert (found.timestamp, found.url, found.status) == ("20250804103329", "https://www.commoncrawl.org/", 200)
        assert b"Common Crawl" in found.body
        assert len(found.body) > 20_000
        assert listed(archive, Query("commoncrawl.org", Match.EXACT)) == []


def test_recorded_redirect_and_robots_file_are_mementos() -> None:
    with played() as url:
        archive = archive_at(url)
        found = [fetched(archive, *row) for row in _recorded_rows_with_a_record()]
    assert Counter(each.status for each in found) == {200: 2, 301: 1}
    assert next(each.location for each in found if each.status == 301) is not None


def _recorded_rows_with_a_record() -> list[tuple[str, str, str]]:
    """Return timestamp, URL and locator of the recorded rows whose record was recorded."""
    ranges = {_with_range(each) for each in recorded()}
    found = set()
    for each in recorded():
        for line in each["body"].splitlines() if b'"filename"' in each["body"] else ():
            row = json.loads(line)
            offset, length = int(row["offset"]), int(row["length"])
            if f"/{row['filename']} {offset}-{offset + length - 1}" in ranges:
                found.add((row["timestamp"], row["url"], f"{row['filename']} {offset} {length}"))
    return sorted(found)


def test_collinfo_over_a_server() -> None:
    with played() as url:
        archive = archive_at(url)
        request = archive.listing_request(Query("commoncrawl.org", Match.EXACT))
        response = exchange(request)
        page = archive.read_listing(response, Query("commoncrawl.org", Match.EXACT))
    assert page.resume_key == "CC-MAIN-2008-2009 0 0"
