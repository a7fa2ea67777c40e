"""Asking again for what failed in passing: how often, after how long, and what the failure is called."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from tenacity import RetryCallState, Retrying, wait_exponential, wait_random
from twisted.internet.error import ConnectError, ConnectionDone, ConnectionLost

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.statscollectors import StatsCollector

logger = logging.getLogger(__name__)

MAX_TRIES = 6
"""Tries of one request at what passes: edgi's client waits 0, 2, 4, 8, 16, 32 s between its six."""
RETRY_WAIT = wait_exponential(multiplier=2, max=60) + wait_random(0, 1)
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

_CAUSES: dict[type[Exception], str] = {
    DownloadTimeoutError: "timed out",
    ResponseDataLossError: "connection cut",
    DownloadFailedError: "connection cut",
    ConnectionLost: "connection cut",
    ConnectionDone: "connection cut",
    DownloadConnectionRefusedError: "connection refused",
    CannotResolveHostError: "host not found",
}


def again(request: Request, cause: str, stats: StatsCollector | None) -> Request | None:
    """Return the request to repeat, with the seconds to wait before it in its meta, or None after MAX_TRIES."""
    tries = request.meta.get("tries", 1)
    last = tries >= MAX_TRIES
    if stats:
        stats.inc_value("retries/given up" if last else "retries/made")
    if last:
        logger.warning("%s for %s: given up after %d tries", cause, request.url, tries)
        return None
    wait = float(RETRY_WAIT(attempt(tries)))
    logger.info("%s for %s: try %d of %d in %.0f s", cause, request.url, tries + 1, MAX_TRIES, wait)
    meta = {**request.meta, "tries": tries + 1, "retry_after": wait}
    return request.replace(meta=meta, dont_filter=True, priority=request.priority + 1)


def cause_of(exception: BaseException | None) -> str:
    """Return a few words that name a download error, the same for all of its kind."""
    return next((words for kind, words in _CAUSES.items() if isinstance(exception, kind)), type(exception).__name__)


def attempt(number: int) -> RetryCallState:
    """Return what tenacity's wait strategies look at: the number of the attempt, from 1."""
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = number
    return state
