"""The progress of a run: on a terminal a few live lines, elsewhere a log line now and then."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Self, TextIO

from scrapy import signals
from scrapy.utils.log import get_scrapy_root_handler

from crawler.archives.base import LISTING, LOCAL, PLAYBACK
from crawler.run import Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scrapy import Request
    from scrapy.crawler import Crawler

    from crawler.pacing.archive_throttle import Pause
    from crawler.run_stats import RunStats

logger = logging.getLogger(__name__)

WINDOW = 60.0
"""Seconds over which a rate is taken."""
REDRAW_SECONDS = 0.5
"""Seconds between two states of the live display."""

_ERASE_LINE, _LINE_UP = "\x1b[2K", "\x1b[1A"


@dataclass(frozen=True, slots=True)
class RateUnit:
    """The words for the rate of one download slot: its name, and the unit of time in which its budget is set."""

    name: str
    per: str
    seconds: int


RATE_UNITS: Mapping[str, RateUnit] = {
    LISTING: RateUnit("index", "min", 60),
    PLAYBACK: RateUnit("playback", "s", 1),
    LOCAL: RateUnit("files", "s", 1),
}


@dataclass(slots=True)
class Rates:
    """Requests sent in the last WINDOW seconds, by download slot. Times are monotonic seconds."""

    budgets: Mapping[str, float]
    """Requests a second that a slot may send; 0 or absent: no limit."""
    started: float
    _sent: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def sent(self, slot: str, now: float) -> None:
        self._sent[slot].append(now)

    def per_second(self, slot: str, now: float) -> float:
        """Return the rate over the last WINDOW seconds, or since the start of a younger run."""
        sent = self._sent[slot]
        while sent and sent[0] <= now - WINDOW:
            sent.popleft()
        return len(sent) / min(WINDOW, max(1.0, now - self.started))

    def words(self, now: float) -> str:
        """Return the rate of each slot that sends requests, and the share of its budget that it uses."""
        rates = {slot: self.per_second(slot, now) for slot in RATE_UNITS}
        return ", ".join(
            _rate(RATE_UNITS[slot], rate, self.budgets.get(slot, 0)) for slot, rate in rates.items() if rate
        )


def _rate(unit: RateUnit, rate: float, budget: float) -> str:
    words = f"{unit.name} {rate * unit.seconds:.1f}"
    if not budget:
        return f"{words}/{unit.per}"
    return f"{words} of {budget * unit.seconds:g}/{unit.per} ({rate / budget:.0%})"


def budgets_of(run: Run) -> dict[str, float]:
    """Return the requests a second that each service of all archives may be sent together; 0 for no limit."""
    rates = [throttle.rates for throttle in run.throttles.values()]
    return {name: sum(each[name] for each in rates) * all(each[name] for each in rates) for name in (LISTING, PLAYBACK)}


def pause_words(pause: Pause) -> str:
    """Return the rest of the pause of all requests, and the refusal that caused it."""
    return f"paused for another {duration(pause.seconds)}: {pause.cause}"


def time_left(done: int, companies: int, elapsed: float) -> float | None:
    """Return the seconds left, judging by the companies done so far; None while that would be a guess.

    The cost of a company is known only when its search ends, and companies without captures end first. So there is no
    estimate before a tenth of the list, and at least ten companies, are done.
    """
    if done < max(10, companies / 10) or done >= companies:
        return None
    return elapsed * (companies - done) / done


def duration(seconds: float) -> str:
    """Return seconds in words, with two digits at most: `40 s`, `12 min`, `3 h`."""
    if seconds < 100:  # noqa: PLR2004
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.0f} h"  # noqa: PLR2004


class Display:
    """A few lines at the foot of a terminal, redrawn in place. As a stream it writes log lines above them."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        self._lines: Sequence[str] = ()
        self._drawn = 0
        self._lock = threading.RLock()  # log lines come from other threads, too

    def show(self, *lines: str) -> None:
        """Replace the lines; without any, erase them."""
        with self._lock:
            self._lines = lines
            self._terminal.write(self._erase() + self._draw())
            self._terminal.flush()

    def write(self, text: str) -> int:
        """Write text that ends with a newline, as log handlers do, above the lines."""
        with self._lock:
            self._terminal.write(self._erase() + text + self._draw())
        return len(text)

    def flush(self) -> None:
        self._terminal.flush()

    def _erase(self) -> str:
        """Return the control codes that erase the lines and leave the cursor where the first one began."""
        drawn, self._drawn = self._drawn, 0
        return "\r" + _ERASE_LINE + (_LINE_UP + _ERASE_LINE) * drawn if drawn else ""

    def _draw(self) -> str:
        width = _width(self._terminal) - 1  # a line that wraps could not be erased
        self._drawn = len(self._lines)
        return "".join(f"{line if len(line) <= width else line[: width - 1] + '…'}\n" for line in self._lines)


def can_show(stream: TextIO) -> bool:
    """Whether a stream is a terminal on which lines can be redrawn."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def _width(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80


class Progress:
    """Shows how the run goes: on a terminal in place, elsewhere in a log line every PROGRESS_SECONDS; 0 for neither."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._every = crawler.settings.getfloat("PROGRESS_SECONDS")
        self._task: asyncio.Task[None] | None = None
        self._display: Display | None = None
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)
        crawler.signals.connect(self._sent, signals.request_reached_downloader)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def spider_opened(self) -> None:
        self._started = monotonic()
        self._rates = Rates(budgets_of(Run.of(self._crawler)), self._started)
        if not self._every:
            return
        handler = get_scrapy_root_handler()
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr and can_show(sys.stderr):
            self._display = Display(sys.stderr)
            handler.setStream(self._display)
        self._task = asyncio.ensure_future(self._show(self._display) if self._display else self._log())

    def spider_closed(self) -> None:
        if self._task:
            self._task.cancel()
        handler = get_scrapy_root_handler()
        if self._display and isinstance(handler, logging.StreamHandler):
            self._display.show()
            handler.setStream(sys.stderr)

    def _sent(self, request: Request) -> None:
        self._rates.sent(request.meta["service"], monotonic())

    async def _show(self, display: Display) -> None:
        while True:
            display.show(*self._lines(Run.of(self._crawler).stats))
            await asyncio.sleep(REDRAW_SECONDS)

    async def _log(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            logger.info("%s", "; ".join(self._lines(Run.of(self._crawler).stats)))

    def _lines(self, stats: RunStats) -> list[str]:
        now = monotonic()
        pause = next(filter(None, (each.pause for each in Run.of(self._crawler).throttles.values())), None)
        done = sum(company.finished for company in stats.companies.values())
        left = time_left(done, len(stats.companies), now - self._started)
        facts = (
            stats.progress(),
            str(stats.indexing or ""),
            self._rates.words(now),
            pause_words(pause) if pause else "",
            f"about {duration(left)} left, judging by the companies done" if left else "",
        )
        return [fact for fact in facts if fact]
