"""A Common Crawl of a WARC file, on 127.0.0.1: list of crawls, index, Parquet files and records, as the real servers answer.

Each quarter's captures are a crawl. The index has pages of PAGE_ROWS rows before the filter, and a record is served by Range
from a file of its crawl.
"""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections import Counter, defaultdict, deque
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from crawler.archives.urlkey import urlkey_of
from crawler.archives.warc_records import read_captures
from pipelines.items import moment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from crawler.archives.warc_records import WarcCapture

PAGE_ROWS = 15
Answer = tuple[int, "Mapping[str, str]", bytes]
SUBSETS = ("warc", "crawldiagnostics", "robotstxt")
_WEEKS = {"1": "05", "2": "18", "3": "31", "4": "44"}
NDJSON = {"Content-Type": "text/x-ndjson"}
JSON = {"Content-Type": "application/json; charset=utf-8"}


def quarter(timestamp: str) -> str:
    """Return the crawl in which a capture is."""
    return f"CC-MAIN-{timestamp[:4]}-{_WEEKS[str((int(timestamp[4:6]) + 2) // 3)]}"


def eight_years(timestamp: str) -> str:
    """Return one crawl for eight years, where a test needs few of them."""
    return f"CC-MAIN-{int(timestamp[:4]) // 8 * 8}-05"


class CommonCrawlDouble:
    """The holdings, and what was asked. `faults` are answered first: by path prefix, a queue of answers for each request."""

    def __init__(self, warc: Path, empty: Iterable[str] = (), crawl_of: Callable[[str], str] = quarter) -> None:
        """Take the captures of a WARC file with a gzip member for each, and the names of crawls without any of them.

        `crawl_of` returns the crawl of a timestamp.
        """
        self._crawl_of = crawl_of
        data = warc.read_bytes()
        self.rows: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
        self.files: dict[str, bytes] = {}
        for capture in sorted(read_captures(warc), key=lambda each: each.timestamp):
            self._add(capture, data[capture.offset : capture.offset + capture.length])
        for rows in self.rows.values():
            rows.sort(key=lambda row: (row["urlkey"], row["timestamp"]))
        self.rows.update({name: [] for name in empty})
        self.asked: list[str] = []
        self.busiest: Counter[str] = Counter()
        self.faults: dict[str, deque[Answer | None]] = {}
        self._busy: Counter[str] = Counter()
        self._lock = threading.Lock()

    def _add(self, capture: WarcCapture, member: bytes) -> None:
        crawl = self._crawl_of(capture.timestamp)
        name = f"crawl-data/{crawl}/segments/1754151279521.11/warc/{crawl}-00970.warc.gz"
        offset = len(self.files.setdefault(name, b""))
        self.files[name] += member
        self.rows[crawl].append(
            {
                "urlkey": urlkey_of(capture.url),
                "timestamp": capture.timestamp,
                "url": capture.url,
                "mime": capture.mimetype,
                "mime-detected": capture.mimetype,
                "status": capture.statuscode,
                "digest": capture.digest,
                "length": str(len(member)),
                "offset": str(offset),
                "filename": name,
            }
        )

    @property
    def crawls(self) -> list[str]:
        return sorted(self.rows)

    # Answers

    def answer(self, path: str, asked_range: str = "") -> Answer | None:
        """Return status, headers and body; None to close the connection without an answer. `asked_range`: as in `Range`."""
        for prefix, queue in self.faults.items():
            if path.startswith(prefix) and queue:
                return queue.popleft()
        parts = urlsplit(path)
        if parts.path == "/collinfo.json":
            return 200, JSON, json.dumps([self._about(crawl) for crawl in reversed(self.crawls)]).encode()
        if parts.path.endswith("-index"):
            return self._index(parts.path[1:].removesuffix("-index"), parts.query)
        if parts.path.startswith(("/cc-index/", "/crawl-data/")) and parts.path[1:] not in self.files:
            self._add_columns()
        data = self.files.get(parts.path[1:])
        if data is None:
            return 404, {"Content-Type": "application/xml"}, b"<Error><Code>NoSuchKey</Code></Error>"
        return ranged(data, asked_range)

    def _about(self, crawl: str) -> dict[str, str]:
        times = sorted(row["timestamp"] for row in self.rows[crawl]) or [f"{crawl[8:12]}0101000000"]
        start, end = (f"{t[:4]}-{t[4:6]}-{t[6:8]}T{t[8:10]}:{t[10:12]}:{t[12:]}" for t in (times[0], times[-1]))
        address = f"https://evil.example/{crawl}-index"  # never to be followed
        return {"id": crawl, "name": crawl, "timegate": address, "cdx-api": address, "from": start, "to": end}

    def _add_columns(self) -> None:
        """Add each crawl's Parquet files to those served, with the list of them."""
        for crawl, rows in self.rows.items():
            names = [
                f"cc-index/table/cc-main/warc/crawl={crawl}/subset={subset}/part-00000-0.c000.gz.parquet"
                for subset in SUBSETS
            ]
            for name in names:
                self.files.setdefault(name, parquet(rows if "subset=warc" in name else []))
            listed = gzip.compress("".join(f"{name}\n" for name in names).encode(), mtime=0)
            self.files[f"crawl-data/{crawl}/cc-index-table.paths.gz"] = listed

    def write_columns(self, folder: Path) -> list[Path]:
        """Write each crawl's Parquet file to a folder; return their paths."""
        paths = [folder / f"crawl={crawl}" / "subset=warc" / "part-0.parquet" for crawl in self.crawls]
        for crawl, path in zip(self.crawls, paths, strict=True):
            path.parent.mkdir(parents=True)
            path.write_bytes(parquet(self.rows[crawl]))
        return paths

    def _index(self, crawl: str, query: str) -> Answer:
        if crawl not in self.rows:
            return 404, {"Content-Type": "text/html"}, b"<html>404 Not Found</html>"
        asked = {name: values[-1] for name, values in parse_qs(query).items()}
        found = [row for row in self.rows[crawl] if _matches(row, asked)]
        pages, page = max(1, -(-len(found) // PAGE_ROWS)), int(asked.get("page", 0))
        if "showNumPages" in asked:
            body = json.dumps({"pages": pages, "pageSize": 5, "blocks": pages * 5})
            return 200, {"Content-Type": "text/x-cdxj"}, body.encode() + b"\n"
        if page >= pages:
            message = f"Page {page} invalid: First Page is 0, Last Page is {pages - 1}"
            return 400, JSON, json.dumps({"message": message}).encode()
        rows = [row for row in found[page * PAGE_ROWS :][:PAGE_ROWS] if _passes(row, asked)]
        rows = rows[: int(asked.get("limit", PAGE_ROWS))]
        if not rows:
            return 404, JSON, json.dumps({"message": f"No Captures found for: {asked['url']}"}).encode()
        fields = asked.get("fl", ",".join(rows[0])).split(",")
        lines = (json.dumps({name: row[name] for name in fields}) for row in rows)
        return 200, NDJSON, "".join(f"{line}\n" for line in lines).encode()

    # The server

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve the holdings; yield the address, which is that of the index server and of the data server."""
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                kind = "index" if "-index?" in self.path or self.path == "/collinfo.json" else "records"
                with double._lock:
                    double.asked.append(self.path)
                    double._busy[kind] += 1
                    double.busiest[kind] = max(double.busiest[kind], double._busy[kind])
                try:
                    self._send(double.answer(self.path, self.headers.get("Range", "")))
                finally:
                    with double._lock:
                        double._busy[kind] -= 1

            def do_HEAD(self) -> None:
                self.do_GET()

            def _send(self, answer: Any) -> None:
                if answer is None:
                    self.close_connection = True
                    return
                status, headers, body = answer
                if "gzip" in self.headers.get("Accept-Encoding", "") and headers in (NDJSON, JSON):
                    headers, body = {**headers, "Content-Encoding": "gzip"}, gzip.compress(body, 1, mtime=0)
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | dict(headers)).items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def parquet(rows: Sequence[Mapping[str, str]], *, group: int = 8) -> bytes:
    """Return a file of the columnar index with some rows, `group` of them in each row group."""
    import pyarrow as pa  # noqa: PLC0415 - for these tests alone
    from pyarrow import parquet as pq  # noqa: PLC0415

    def column(name: str, kind: Any, read: Any = str) -> Any:
        return pa.array([read(row[name]) for row in rows], kind)

    table = pa.table(
        {
            "url_surtkey": column("urlkey", pa.string()),
            "url": column("url", pa.string()),
            "fetch_time": column("timestamp", pa.timestamp("ms", tz="UTC"), moment_of),
            "fetch_status": column("status", pa.int16(), lambda status: int(status) if status.isdigit() else None),
            "content_digest": column("digest", pa.string()),
            "content_mime_type": column("mime", pa.string()),
            "warc_filename": column("filename", pa.string()),
            "warc_record_offset": column("offset", pa.int32(), int),
            "warc_record_length": column("length", pa.int32(), int),
        }
    )
    sink = BytesIO()
    pq.write_table(table, sink, row_group_size=group, compression="gzip")
    return sink.getvalue()


def ranged(data: bytes, asked: str) -> Answer:
    """Return a file as S3 answers a Range request for it."""
    kind = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"}
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", asked)
    if match is None:
        return 200, kind, data
    first, last = int(match[1]), min(int(match[2] or len(data)), len(data) - 1)
    if first >= len(data):
        return 416, {"Content-Type": "application/xml"}, b"<Error><Code>InvalidRange</Code></Error>"
    part = data[first : last + 1]
    return 206, {**kind, "Content-Range": f"bytes {first}-{last}/{len(data)}"}, part


def _matches(row: Mapping[str, str], asked: Mapping[str, str]) -> bool:
    url, match = asked["url"], asked.get("matchType", "")
    if not match:
        match = "domain" if url.startswith("*.") else "prefix" if url.endswith("*") else "exact"
    key = urlkey_of(url.removeprefix("*.").removesuffix("*"))
    host = key.partition(")")[0]
    return {
        "exact": row["urlkey"] == key,
        "prefix": row["urlkey"].startswith(key),
        "host": row["urlkey"].startswith(f"{host})"),
        "domain": row["urlkey"].startswith((f"{host})", f"{host},")),
    }[match]


def _passes(row: Mapping[str, str], asked: Mapping[str, str]) -> bool:
    since, until = asked.get("from", ""), asked.get("to", "")
    if row["timestamp"] < since or (until and row["timestamp"][: len(until)] > until):
        return False
    name, _, regex = asked.get("filter", "").removeprefix("~").partition(":")
    return not name or re.match(regex, row[name]) is not None
