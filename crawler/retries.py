"""Asking again for what failed in passing: how often, after how long, and what the failure is called."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from tenacity import RetryCallState, Retrying, wait_exponential, wait_random
from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost

from crawler.bodies import TooLarge
from crawler.captures import Fate
from crawler.header_limit import HeadersTooLong

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.statscollectors import StatsCollector

logger = logging.getLogger(__name__)

MAX_TRIES = 6
"""Tries of one request at what passes: edgi's client waits 0, 2, 4, 8, 16, 32 s between its six."""
LONGEST_WAIT = 60
"""Seconds between two tries of one request."""
RETRY_STATUSES = frozenset({413, 421, 500, 502, 503, 504, 520, 522, 524, 599})
"""edgi's list (`_client.py`) and Cloudflare's own; 429 is no failure of the request but a pause for all."""

PASSING = (
    CannotResolveHostError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    ConnectError,
    ConnectionDone,
    ConnectionLost,
    OSError,
)
"""Exceptions of a download that say nothing about the next try; a refused connection is a pause for all instead."""

_CAUSES: dict[type[Exception], tuple[Fate, str]] = {
    TooLarge: (Fate.NOT_A_POLICY, "too large"),
    DownloadCancelledError: (Fate.NOT_A_POLICY, "too large"),  # by DOWNLOAD_MAXSIZE, the only one who cancels
    HeadersTooLong: (Fate.FAILED, "headers too long"),
    DownloadTimeoutError: (Fate.FAILED, "timed out"),
    ResponseDataLossError: (Fate.CUT_SHORT, "connection cut"),
    DownloadFailedError: (Fate.CUT_SHORT, "connection cut"),
    ConnectionLost: (Fate.CUT_SHORT, "connection cut"),
    ConnectionDone: (Fate.CUT_SHORT, "connection cut"),
    DownloadConnectionRefusedError: (Fate.FAILED, "connection refused"),
    CannotResolveHostError: (Fate.FAILED, "host not found"),
}


class Retries:
    """Asks again for what failed in passing: after `seconds`, and twice as long each time."""

    def __init__(self, seconds: float, stats: StatsCollector | None) -> None:
        self._wait = wait_exponential(multiplier=seconds, max=LONGEST_WAIT) + wait_random(0, seconds / 2)
        self._stats = stats

    def again(self, request: Request, cause: str) -> Request | None:
        """Return the request to repeat, with the seconds to wait before it in its meta, or None after MAX_TRIES."""
        tries = request.meta.get("tries", 1)
        last = tries >= MAX_TRIES
        if self._stats:
            self._stats.inc_value("retries/given up" if last else "retries/made")
        if last:
            logger.warning("%s for %s: given up after %d tries", cause, request.url, tries)
            return None
        wait = float(self._wait(attempt(tries)))
        logger.info("%s for %s: try %d of %d in %.0f s", cause, request.url, tries + 1, MAX_TRIES, wait)
        meta = {**request.meta, "tries": tries + 1, "retry_after": wait}
        return request.replace(meta=meta, dont_filter=True, priority=request.priority + 1)


def fate_of(exception: BaseException | None) -> tuple[Fate, str]:
    """Return what a download error makes of a capture, with a few words for it, the same for all of its kind."""
    words = (found for kind, found in _CAUSES.items() if isinstance(exception, kind))
    return next(words, (Fate.FAILED, type(exception).__name__))


def attempt(number: int) -> RetryCallState:
    """Return what tenacity's wait strategies look at: the number of the attempt, from 1."""
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = number
    return state
