"""WarcArchive: a WARC file or a folder of them, played back in this process in the Wayback Machine's layout.

WarcArchive is a WaybackArchive at `warc://archive`. WarcHandler, a Scrapy download handler, answers its requests from
the files. Middlewares and spider treat its responses as the Wayback Machine's.
"""

from __future__ import annotations

import hashlib
import json
import os
from email.utils import format_datetime
from operator import attrgetter
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from scrapy.http import Headers, Response

from crawler.archives.cdx_rows import FIELDS
from crawler.archives.http_body import CUT
from crawler.archives.playback_urls import playback_address
from crawler.archives.warc_files import shown_path
from crawler.archives.warc_records import read_stored
from crawler.archives.wayback import WaybackArchive
from pipelines.errors import RecordDamaged
from pipelines.items import moment_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crawler.archives.warc_index import Row, WarcIndex
    from crawler.archives.warc_records import Payload

BASE = "warc://archive"
_DROPPED = {"content-encoding", "transfer-encoding", "content-length", "memento-datetime", "link"}
"""Stored headers that playback leaves out: they describe the encoded body, or playback sets its own."""

_fields_of = attrgetter(*FIELDS)


class WarcArchive(WaybackArchive):
    """The WARC files at `path`. `index_dir` is the folder of their index."""

    is_local = True

    def __init__(self, path: Path, *, index_dir: Path, name: str | None = None) -> None:
        super().__init__(BASE, name=name or shown_path(path.resolve()))
        self.path = path.resolve()
        key = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:8]
        self.index_file = index_dir / f"{self.path.stem.removesuffix('.warc')}-{key}.db"


def answer_listing(index: WarcIndex, address: str) -> Response:
    """Answer a CDX query as the CDX server does: header row, rows, and a resume key if there are `limit` rows."""
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
    table = [FIELDS, *map(_fields_of, rows)] if rows else []
    if len(rows) == limit:
        table += [(), (rows[-1].resume_key,)]
    return Response(address, body=json.dumps(table).encode())


def answer_playback(index: WarcIndex, address: str) -> Response:
    """Answer an `id_` request as playback does: memento, redirect to the nearest capture, or 404.

    Raises RecordDamaged, TooLarge.
    """
    timestamp, _, url = address.removeprefix(f"{BASE}/web/").partition("id_/")
    row = index.nearest(url, timestamp)
    if row and row.timestamp != timestamp:
        location = playback_address(f"{BASE}/web/", row.timestamp, row.original)
        return Response(
            address,
            status=302,
            headers={"Location": location, "X-Archive-Redirect-Reason": f"found capture at {row.timestamp}"},
        )
    return (row and _memento(index, address, row)) or _not_found(index, address)


def _memento(index: WarcIndex, address: str, nearest: Row) -> Response | None:
    """Return a capture's first whole payload, or the first that is cut if none is whole; None if there is no payload.

    A capture can be in several files. Raises RecordDamaged if no file has a readable payload and one is damaged.
    """
    cut: Response | None = None
    unreadable: RecordDamaged | None = None
    for row, stored in _payload_rows(index, nearest):
        try:
            payload = _payload(index, row, stored)
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


def _payload_rows(index: WarcIndex, nearest: Row) -> Iterator[tuple[Row, Row]]:
    """Yield pairs of a capture's row and a row whose record may store its payload."""
    for row in index.of_same_second(nearest):
        for stored in index.stored_captures(row):
            yield row, stored


def _not_found(index: WarcIndex, address: str) -> Response:
    """Return playback's 404 for a capture that no file has. Raises RecordDamaged if a file has damaged parts."""
    if index.damages:
        raise RecordDamaged(f"{address}: not in what can be read of damaged files")
    return Response(address, status=404, body=b"Wayback Machine has not archived that URL.")


def _payload(index: WarcIndex, row: Row, stored: Row) -> Payload | None:
    """Return a capture's payload: its own, or with the body of the capture that it refers to."""
    record, payload = ((index.part(each.file), each.offset) for each in (row, stored))
    return read_stored(record, payload)


def replay(address: str, payload: Payload, timestamp: str, url: str) -> Response:
    """Return a stored payload as a memento: with the archived status and headers, and with Memento-Datetime.

    Header values have the bytes that were stored. A Warning header, as the Wayback Machine's, names the reason if the
    archive's crawler cut the body. A CUT flag names the cause if the stored body is not whole.
    """
    moment = moment_of(timestamp)
    headers = Headers()
    for name, value in payload.headers:
        if name.lower() not in _DROPPED:
            headers.appendlist(name, value.encode("utf-8", "surrogateescape"))
    headers["Memento-Datetime"] = format_datetime(moment, usegmt=True)
    headers["Link"] = f'<{url}>; rel="original"'
    if payload.truncated:
        headers["Warning"] = f'299 - "truncated by \\"{payload.truncated}\\""'
    flags = [f"{CUT}{payload.cut}"] if payload.cut else []
    return Response(address, status=payload.status, headers=headers, body=payload.body, flags=flags)
