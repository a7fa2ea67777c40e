"""The index of WARC files, asked by several threads at once, as the download handler does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from crawler.archives import SAMPLE
from crawler.archives.warc_index import Row, WarcIndex

if TYPE_CHECKING:
    from pathlib import Path


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
