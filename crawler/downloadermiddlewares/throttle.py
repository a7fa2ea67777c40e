"""ThrottleMiddleware: few requests in flight, one pause for all after a refusal, retries of transient failures.

Scrapy's Retry, Redirect and HttpCompression middlewares decide by status and header alone, which is wrong for mementos
(research/wayback.md section 3); this one takes their place.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)

from crawler.archives.base import LOCAL
from crawler.archives.failures import TRANSIENT_ERRORS, ArchiveAway, ArchiveRefuses, download_defect, fate_of
from crawler.archives.host_lookup import is_unknown_host
from crawler.archives.playback import Absence, Refusal
from crawler.archives.proxies import ProxyFailed
from crawler.downloadermiddlewares.warc_cache import CACHED
from crawler.pacing.backoff import Retries
from crawler.run import Run
from pipelines.items import Fate

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

MOST_REFUSALS = 10
"""Refusals of one request, while others are answered, after which this request alone is given up."""

_TOO_SLOW = 504
"""Status of a query that took the archive too long: it would again."""


class ThrottleMiddleware:
    """Bounds the requests in flight, pauses all requests after a refusal, and retries transient failures."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._run = Run.of(crawler)
        self._retries = Retries(crawler.settings.getfloat("RETRY_SECONDS"), crawler.stats)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Wait for a place in flight, and for room for the response. Raises GaveUp if the run ends before."""
        throttle = self._run.throttle_of(request)
        if request.meta["service"] != LOCAL:
            await throttle.enter(request, after=request.meta.pop("retry_after", 0.0))
        await throttle.wait_while(self._run.is_backed_up)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        throttle = self._run.throttle_of(request)
        throttle.leave(request)
        if request.meta["service"] == LOCAL or CACHED in response.flags:
            return _next_request(request) or response
        throttle.has_responded = True
        answer = request.meta["answer"]
        if isinstance(answer, Refusal):
            return self._after_refusal(request, answer.cause, answer.retry_after) or response
        if response.status == _TOO_SLOW and not request.meta.get("is_patient", True):
            return response
        if isinstance(answer, Absence) and answer.is_transient:
            if answer.fate is Fate.FAILED:  # cut short, it was answered
                self._failed(request, answer.cause)
            return self._retries.retry_request(request, answer.cause, answer.defect) or response
        throttle.succeeded(request)
        return _next_request(request) or response

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        host = urlsplit(request.url).hostname or ""
        may_be_unknown = (
            isinstance(exception, CannotResolveHostError) and not self._run.throttle_of(request).has_responded
        )
        unknown_host = host if may_be_unknown and await is_unknown_host(host) else ""
        return self._after_exception(request, exception, unknown_host)

    def _after_exception(self, request: Request, exception: Exception, unknown_host: str) -> Request | None:
        throttle = self._run.throttle_of(request)
        throttle.leave(request)
        throttle.has_responded |= isinstance(exception, ResponseDataLossError)
        if isinstance(exception, DownloadConnectionRefusedError):
            host = urlsplit(request.url).hostname or ""
            if not throttle.had_success and host in {"localhost", "127.0.0.1", "::1"}:
                cause = f"{urlsplit(request.url).netloc}: connection refused; is the archive running?"
                self._run.give_up(request.meta["archive"], ArchiveAway(cause))
                return None
            return self._after_refusal(request, "connection refused", None)
        if isinstance(exception, ProxyFailed) and not throttle.had_success:
            self._run.fail(f"{exception}; see PROXY in docs/settings.md")
            return None
        if isinstance(exception, TRANSIENT_ERRORS) and (
            request.meta.get("is_patient", True) or not throttle.had_success
        ):
            self._failed(request, fate_of(exception)[1], unknown_host)
        if isinstance(exception, DownloadTimeoutError) and not request.meta.get("is_patient", True):
            return None
        if isinstance(exception, TRANSIENT_ERRORS):
            return self._retries.retry_request(request, fate_of(exception)[1], download_defect(exception))
        return None

    def _failed(self, request: Request, cause: str, unknown_host: str = "") -> None:
        if why := self._run.throttle_of(request).failed(request, cause, unknown_host):
            self._run.give_up(request.meta["archive"], why)

    def _after_refusal(self, request: Request, cause: str, retry_after: float | None) -> Request | None:
        """Pause all requests to the archive; return this one again.

        None if the archive refuses too long, or refuses this request alone.
        """
        throttle = self._run.throttle_of(request)
        left = throttle.refused(request, cause, retry_after)
        self._crawler.stats.inc_value("pauses/refusals")
        if throttle.is_exhausted:
            reason = f"the archive has refused for {throttle.cooldown.give_up_after:.0f} s ({cause})"
            self._run.give_up(request.meta["archive"], ArchiveRefuses(reason))
            return None
        alone = request.meta.get("refused_alone", 0) + throttle.cooldown.is_first
        if alone > MOST_REFUSALS:
            logger.warning("%s for %s, while other requests are answered: given up", cause, request.url)
            return None
        logger.warning("%s for %s: everything pauses for %.0f s", cause, request.url, left)
        meta = {**request.meta, "refused_alone": alone}
        return request.replace(meta=meta, dont_filter=True, priority=request.priority + 1)


def _next_request(request: Request) -> Request | None:
    """Return the request that follows an answered look-up, with the same job; None for any other."""
    following: Request | None = request.meta.get("next_request")
    if following is None:
        return None
    kept = {name: value for name, value in request.meta.items() if name not in _OF_ONE_REQUEST}
    meta = {**kept, **following.meta}
    return request.replace(
        url=following.url, headers=following.headers, meta=meta, dont_filter=True, priority=request.priority + 1
    )


_OF_ONE_REQUEST: Final = frozenset(
    {"answer", "next_request", "sent", "tries", "defect", "same_defect", "refused_alone"}
)
