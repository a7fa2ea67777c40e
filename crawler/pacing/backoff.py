"""Retry transient failures: how often, and after how long."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tenacity import RetryCallState, Retrying, wait_exponential, wait_random

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.statscollectors import StatsCollector

    from pipelines.defects import Defect

logger = logging.getLogger(__name__)

MAX_TRIES = 6
"""Tries of one request with transient failures: edgi's client waits 0, 2, 4, 8, 16, 32 s between its six."""
SAME_DEFECT_TRIES = 3
"""Tries with the same defect in a row: a body that is cut at the same length three times is not cut by chance."""
LONGEST_WAIT = 60
"""Seconds between two tries of one request."""


class Retries:
    """Retries after transient failures. The first wait is `seconds`; each further one is twice as long."""

    def __init__(self, seconds: float, stats: StatsCollector | None) -> None:
        self._wait = wait_exponential(multiplier=seconds, max=LONGEST_WAIT) + wait_random(0, seconds / 2)
        self._stats = stats

    def retry_request(self, request: Request, cause: str, defect: Defect | None = None) -> Request | None:
        """Return the request again, with its wait in `meta["retry_after"]` (seconds).

        None after its `max_tries`, or after SAME_DEFECT_TRIES with the same defect of the capture: this run gives up.
        """
        tries, most = request.meta.get("tries", 1), request.meta.get("max_tries", MAX_TRIES)
        same = 1 + request.meta.get("same_defect", 0) * (defect == request.meta.get("defect")) if defect else 0
        last = tries >= most or same >= SAME_DEFECT_TRIES
        if self._stats:
            self._stats.inc_value("retries/given up" if last else "retries/made")
        if last:
            logger.warning("%s for %s: given up after %d tries", cause, request.url, tries)
            return None
        wait = float(self._wait(attempt(tries)))
        logger.info("%s for %s: try %d of %d in %.0f s", cause, request.url, tries + 1, most, wait)
        meta = {**request.meta, "tries": tries + 1, "retry_after": wait, "defect": defect, "same_defect": same}
        return request.replace(meta=meta, dont_filter=True, priority=request.priority + 1)


def attempt(number: int) -> RetryCallState:
    """Return the state from which tenacity's wait strategies read the number of the attempt, from 1."""
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = number
    return state
