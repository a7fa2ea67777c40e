"""Recorded exchanges of real archives (../shared/recorded), as requests and responses; none of them is copied here."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from scrapy.http import Headers, Request, Response

from crawler.archives.cdx_rows import FIELDS
from crawler.downloadermiddlewares.decode_body import DecodeBodyMiddleware
from tests.support.commands import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

RECORDED = ROOT.parent / "shared" / "recorded" / "wayback.jsonl.gz"
BASE = "https://web.archive.org"
_LARGEST = 64 << 20


@dataclass(frozen=True, slots=True)
class Exchange:
    """A recorded request of the URL `url`, and the answer as it went over the wire."""

    number: int
    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def is_listing(self) -> bool:
        return self.url.startswith(f"{BASE}/cdx/")

    @property
    def response(self) -> Response:
        """The answer as the middlewares get it from the downloader, with its content coding undone."""
        headers = Headers()
        for name, value in self.headers:
            headers.appendlist(name, value)
        received = Response(self.url, status=self.status, headers=headers, body=self.body)
        return DecodeBodyMiddleware(_LARGEST).process_response(Request(self.url), received)

    @property
    def listing(self) -> Response:
        """The answer with its rows in JSON, as this program asks for them: most recordings are of text."""
        response = self.response
        text = response.body.decode() if response.status == 200 else "["
        if text.lstrip().startswith("["):
            return response
        return response.replace(body=json.dumps(_json_rows(text)).encode())


def _json_rows(text: str) -> list[list[str]]:
    """Return the rows of a text listing: a header row, the rows, and after an empty row the resume key."""
    rows, _, key = text.rstrip("\n").partition("\n\n")
    if not rows:
        return []
    table = [list(FIELDS), *(line.split(" ") for line in rows.split("\n"))]
    return [*table, [], [key]] if key else table


@cache
def exchanges() -> Sequence[Exchange]:
    """Return the recorded exchanges in their order; none where the recordings are absent."""
    if not RECORDED.exists():
        return ()
    with gzip.open(RECORDED) as file:
        return tuple(_exchange(number, json.loads(line)) for number, line in enumerate(file))


def _exchange(number: int, row: dict[str, Any]) -> Exchange:
    headers = tuple((name, value) for name, value in row["headers"])
    return Exchange(number, row["url"], row["status"], headers, base64.b64decode(row["body_base64"] or ""))
