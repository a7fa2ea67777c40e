"""Scrapy's HTTP download handler, for headers as archives replay them: bounded as a whole, and else as browsers take them.

Headers without end fill the memory at the speed of the network, before any middleware sees a response. A single line may
be as long as all of them together (Twisted ends the connection at 16 KiB), and one whose name is no token is skipped
(Twisted ends the connection there, too).
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from scrapy.exceptions import DownloadFailedError, ResponseDataLossError
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS, ResponseFailed
from twisted.web.http_headers import InvalidHeaderName

from crawler.archives.proxies import PROXY_ERRORS, proxy_failure, proxy_name, refused_by_proxy
from crawler.archives.response_headers import MAX_HEADER_BYTES
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IAddress
    from twisted.web._newclient import Request as TwistedRequest
    from twisted.web.iweb import IResponse

_READ_AT_ONCE = 1 << 16
"""Bytes that Twisted hands over at once (tcp.Connection.bufferSize): the last of the headers come with so much body."""
_LIMIT = MAX_HEADER_BYTES + _READ_AT_ONCE


class HeadersTooLong(Exception):
    """A response whose headers are longer than MAX_HEADER_BYTES."""


class ConnectionCut(ResponseDataLossError):
    """A connection that ended within a body. `is_in_memento`: within that of a memento, after its first byte."""

    def __init__(self, received: int, *, is_in_memento: bool) -> None:
        super().__init__(f"connection cut after {quantity(received, 'byte')}")
        self.is_in_memento = is_in_memento


class HeaderLimitHandler(HTTP11DownloadHandler):
    """Downloads as Scrapy does; raises HeadersTooLong, ConnectionCut, and ProxyFailed for what a proxy is the cause of."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _Factory  # noqa: SLF001 - as Scrapy's own handler does

    async def download_request(self, request: Request) -> Response:
        try:
            response = await super().download_request(request)
        except PROXY_ERRORS as error:
            if proxy_name(request):
                raise proxy_failure(request, error) from error
            raise
        except DownloadFailedError as error:
            if _is_too_long(error.__cause__):
                raise HeadersTooLong(f"more than {MAX_HEADER_BYTES} bytes of headers") from None
            raise
        if failure := refused_by_proxy(request, response):
            raise failure
        if "dataloss" in response.flags:  # as DOWNLOAD_FAIL_ON_DATALOSS is False
            is_in_memento = b"Memento-Datetime" in response.headers and response.body != b""
            raise ConnectionCut(len(response.body), is_in_memento=is_in_memento)
        return response


def _is_too_long(cause: BaseException | None) -> bool:
    reasons: list[Failure] = cause.reasons if isinstance(cause, ResponseFailed) else []
    return any(isinstance(reason.value, HeadersTooLong) for reason in reasons)


class _Parser(_LenientHTTPClientParser):
    """Reads lines as long as all headers may be, and skips those whose name is no token (RFC 9110, 5.1)."""

    MAX_LENGTH = _LIMIT + _READ_AT_ONCE  # more than the protocol lets through, so that it is the one to give up

    def headerReceived(self, name: bytes, value: bytes) -> None:  # noqa: N802 - Twisted's name
        with suppress(InvalidHeaderName):
            super().headerReceived(name, value)  # type: ignore[no-untyped-call]


class _Protocol(_LenientHTTP11ClientProtocol):
    """Aborts a response whose headers are too long. Interim responses (1xx) before it count, too."""

    _headers = 0

    def request(self, request: TwistedRequest) -> Deferred[IResponse]:
        self._headers = 0
        answer = super().request(request)
        assert self._parser is not None  # noqa: S101 - as Scrapy's own protocol has it, whose way this is
        self._parser.__class__ = _Parser
        return answer

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        if self._parser is None:
            return  # given up; the rest is on its way until the connection is closed
        if self._parser.state in {STATUS, HEADER}:
            self._headers += len(data)
            if self._headers > _LIMIT:
                self._giveUp(Failure(HeadersTooLong()))  # type: ignore[no-untyped-call]
                return
        super().dataReceived(data)  # type: ignore[no-untyped-call]


class _Factory(_LenientHTTP11ClientFactory):
    """Builds such protocols."""

    def buildProtocol(self, addr: IAddress | None) -> _Protocol:  # noqa: ARG002, N802 - Twisted's name
        return _Protocol(self._quiescentCallback)  # type: ignore[no-untyped-call]
