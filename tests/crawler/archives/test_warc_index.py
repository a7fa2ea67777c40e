"""The index of WARC files, asked by several threads at once, as the download handler does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING

from warcio.warcwriter import WARCWriter

from crawler.archives import SAMPLE
from crawler.archives.warc_index import Row, WarcIndex

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_threads_do_not_get_each_others_rows(tmp_path: Path) -> None:
    index = WarcIndex.open(SAMPLE, tmp_path / "index.db")
    rows = index.listing("example", "domain", since="", until="", after="", limit=1000)
    assert len(rows) > 50

    def ask(row: Row) -> Row | None:
        found = index.nearest(row.original, row.timestamp)
        return found and index.holder(found)

    alone = [ask(row) for row in rows]
    with ThreadPoolExecutor(16) as threads:
        together = list(threads.map(ask, rows * 20))
    index.close()
    assert together == alone * 20


def test_captures_whose_url_cant_be_used_are_left_out_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    urls = [
        "http://a.example/privacy",
        "http://[evil/",
        "http://a.example:99999/",
        f"http://a.example/?%{'25' * 100_000}",
    ]
    with (tmp_path / "a.warc.gz").open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        body = b"HTTP/1.1 200 OK\r\n\r\nx"
        for url in urls:
            writer.write_record(writer.create_warc_record(url, "response", payload=BytesIO(body), length=len(body)))
    with caplog.at_level("WARNING"):
        index = WarcIndex.open(tmp_path, tmp_path / "index.db")
    found = index.listing("a.example", "domain", since="", until="", after="", limit=10)
    index.close()
    assert [row.original for row in found] == urls[:1]
    said = {record.getMessage().partition("a.warc.gz: ")[2] for record in caplog.records}
    assert said == {"2 captures left out: URL without a usable host", "1 captures left out: URL too long"}
