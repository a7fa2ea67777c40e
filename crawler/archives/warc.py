"""A file or a folder of WARC files, played back in this process as the Wayback Machine would.

The archive itself is WaybackArchive at `warc://archive`; WarcHandler, a Scrapy download handler, answers its requests
from the files. So nothing after the downloader can tell a folder from the Wayback Machine.
"""

from __future__ import annotations

import hashlib
import json
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from scrapy.http import Headers, Response

from crawler.archives.cdx_rows import FIELDS
from crawler.archives.http_body import CUT
from crawler.archives.playback_urls import playback_address
from crawler.archives.warc_index import MAX_COPIES
from crawler.archives.warc_records import Payload, read_payload, read_stored
from crawler.archives.wayback import WaybackArchive
from pipelines.errors import RecordDamaged
from pipelines.items import moment_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crawler.archives.warc_index import Row, WarcIndex

BASE = "warc://archive"
_DROPPED = {"content-encoding", "transfer-encoding", "content-length", "memento-datetime", "link"}
"""Headers of the stored exchange that do not hold for the body as played back, or that playback states itself."""


class WarcArchive(WaybackArchive):
    """The WARC files at `path`; their index is kept in `index_dir`."""

    def __init__(self, path: Path, *, index_dir: Path, name: str | None = None) -> None:
        super().__init__(BASE, name=name or str(path.resolve()))
        self.path = path.resolve()
        key = hashlib.sha256(str(self.path).encode()).hexdigest()[:8]
        self.index_file = index_dir / f"{self.path.stem.removesuffix('.warc')}-{key}.db"


def answer_listing(index: WarcIndex, address: str) -> Response:
    """Answer a CDX query as the CDX server does: header row, rows, and a resume key if `limit` cut it."""
    query = {name: values[-1] for name, values in parse_qs(urlsplit(address).query).items()}
    limit = int(query["limit"])
    rows = index.listing(
        query["url"],
        query["matchType"],
        since=query.get("from", ""),
        until=query.get("to", ""),
        after=query.get("resumeKey", ""),
        limit=limit,
    )
    table: list[list[str]] = [list(FIELDS), *([*row.fields] for row in rows)] if rows else []
    if len(rows) == limit:
        table += [[], [rows[-1].key]]
    return Response(address, body=json.dumps(table).encode())


def answer_playback(index: WarcIndex, address: str) -> Response:
    timestamp, _, url = address.removeprefix(f"{BASE}/web/").partition("id_/")
    row = index.nearest(url, timestamp)
    if row and row.timestamp != timestamp:
        location = playback_address(f"{BASE}/web/", row.timestamp, row.original)
        return Response(
            address,
            status=302,
            headers={"Location": location, "X-Archive-Redirect-Reason": f"found capture at {row.timestamp}"},
        )
    return (row and _memento(index, address, row)) or _nothing(index, address)


def _memento(index: WarcIndex, address: str, nearest: Row) -> Response | None:
    """Return the first whole payload of a capture, or else one that is not whole.

    It may be in several files, and damaged in some. Raises RecordDamaged if it is in all of them.
    """
    cut: Response | None = None
    unreadable: RecordDamaged | None = None
    for row, holder in _places(index, nearest):
        try:
            payload = _payload(index, row, holder)
        except RecordDamaged as error:
            unreadable = unreadable or error
            continue
        if payload is None:
            continue
        response = replay(address, payload, row.timestamp, row.original)
        if payload.is_whole:
            return response
        cut = cut or response
    if cut is None and unreadable is not None:
        raise unreadable
    return cut


def _places(index: WarcIndex, nearest: Row) -> Iterator[tuple[Row, Row]]:
    """Yield the rows of a capture, each with those whose records can have its payload."""
    for row in index.of_same_second(nearest):
        for number in range(MAX_COPIES):
            holder = index.holder(row, number)
            if holder is None:
                break
            yield row, holder


def _nothing(index: WarcIndex, address: str) -> Response:
    """Return what playback says of a capture that it does not have; raises RecordDamaged if damage may hide it."""
    if index.damages:
        raise RecordDamaged(f"{address}: not in what can be read of damaged files")
    return Response(address, status=404, body=b"Wayback Machine has not archived that URL.")


def _payload(index: WarcIndex, row: Row, holder: Row) -> Payload | None:
    """Return what was captured; a revisit without HTTP headers of its own has those of the capture it refers to."""
    own, held = ((index.root / each.file, each.offset) for each in (row, holder))
    return read_stored(own, held) or read_payload(*held)


def replay(address: str, payload: Payload, timestamp: str, url: str) -> Response:
    """Return a stored payload as playback answers it: with the archived status and headers, and as a memento.

    Like the Wayback Machine, it warns of a body that the crawler cut; one that is not whole has a flag that says why.
    """
    moment = moment_of(timestamp)
    headers = Headers()
    for name, value in payload.headers:
        if name.lower() not in _DROPPED:
            headers.appendlist(name, value)
    headers["Memento-Datetime"] = format_datetime(moment, usegmt=True)
    headers["Link"] = f'<{url}>; rel="original"'
    if payload.truncated:
        headers["Warning"] = f'299 - "truncated by \\"{payload.truncated}\\""'
    flags = [f"{CUT}{payload.cut}"] if payload.cut else []
    return Response(address, status=payload.status, headers=headers, body=payload.body, flags=flags)
