"""WARC files made for a test: responses, and the offset of each."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

URL = "http://acme.example/privacy"


@dataclass(frozen=True, slots=True)
class Exchange:
    """An archived response. `body` is written unchanged after `headers`.

    A missing Content-Length is added, unless
    they have a Transfer-Encoding.
    """

    timestamp: str
    body: bytes
    url: str = URL
    status: str = "200 OK"
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html; charset=utf-8"),)
    warc: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Warc:
    """The bytes of a WARC file; `ends` has the offset after each record."""

    data: bytes
    ends: tuple[int, ...]

    @property
    def starts(self) -> tuple[int, ...]:
        return (0, *self.ends[:-1])


def warc(exchanges: Sequence[Exchange], *, gzip: bool = True) -> Warc:
    """Write responses to a WARC file."""
    stream = BytesIO()
    writer = WARCWriter(stream, gzip=gzip, warc_version="WARC/1.1")
    ends = []
    for exchange in exchanges:
        writer.write_record(_response(writer, exchange))
        ends.append(stream.tell())
    return Warc(stream.getvalue(), tuple(ends))


def _response(writer: WARCWriter, exchange: Exchange) -> Any:
    stamp = exchange.timestamp
    date = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[8:10]}:{stamp[10:12]}:{stamp[12:]}Z"
    headers = list(exchange.headers)
    if not any(name.lower() in {"content-length", "transfer-encoding"} for name, _ in headers):
        headers.append(("Content-Length", str(len(exchange.body))))
    facts: Mapping[str, str] = {"WARC-Date": date, **dict(exchange.warc)}
    return writer.create_warc_record(
        exchange.url,
        "response",
        payload=BytesIO(exchange.body),
        length=len(exchange.body),
        http_headers=StatusAndHeaders(exchange.status, headers, protocol="HTTP/1.1"),
        warc_headers_dict=facts,
    )
