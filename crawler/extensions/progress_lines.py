"""What the user sees while a run works: the words, from counts and clocks, and the place on a terminal they stand in."""

from __future__ import annotations

import os
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from crawler.archives.base import LISTING_SLOT, LOCAL_SLOT, PLAYBACK_SLOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WINDOW = 60.0
"""Seconds over which a rate is taken."""

_ERASE_LINE, _LINE_UP = "\x1b[2K", "\x1b[1A"


@dataclass(frozen=True, slots=True)
class Kind:
    """How the rate of one kind of request is said: its name, and the unit of time in which its budget is set."""

    name: str
    unit: str
    seconds: int


KINDS: Mapping[str, Kind] = {
    LISTING_SLOT: Kind("index", "min", 60),
    PLAYBACK_SLOT: Kind("playback", "s", 1),
    LOCAL_SLOT: Kind("files", "s", 1),
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
        """Return the rate over the last WINDOW seconds, or over all of them in a younger run."""
        sent = self._sent[slot]
        while sent and sent[0] <= now - WINDOW:
            sent.popleft()
        return len(sent) / min(WINDOW, max(1.0, now - self.started))

    def words(self, now: float) -> str:
        """Return each slot's rate, and the share of its budget that it uses; nothing of a slot that sends nothing."""
        rates = {slot: self.per_second(slot, now) for slot in KINDS}
        return ", ".join(_rate(KINDS[slot], rate, self.budgets.get(slot, 0)) for slot, rate in rates.items() if rate)


def _rate(kind: Kind, rate: float, budget: float) -> str:
    said = f"{kind.name} {rate * kind.seconds:.1f}"
    if not budget:
        return f"{said}/{kind.unit}"
    return f"{said} of {budget * kind.seconds:g}/{kind.unit} ({rate / budget:.0%})"


def time_left(done: int, companies: int, elapsed: float) -> float | None:
    """Return the seconds that a run has still to go, judging by the companies done so far; None while that is a guess.

    What a company costs is known only when its search ends, and those that the archive has nothing of end first: so
    nothing is said before a tenth of the list, and ten companies, are done.
    """
    if done < max(10, companies / 10) or done >= companies:
        return None
    return elapsed * (companies - done) / done


def duration(seconds: float) -> str:
    """Return seconds in the largest unit that leaves two digits at most before the next one: `40 s`, `12 min`, `3 h`."""
    if seconds < 100:  # noqa: PLR2004
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.0f} h"  # noqa: PLR2004


class Display:
    """A few lines at the foot of a terminal, redrawn in place. A stream: what is written to it goes above them."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        self._lines: Sequence[str] = ()
        self._drawn = 0
        self._lock = threading.RLock()  # log lines come from other threads, too

    def show(self, *lines: str) -> None:
        """Put these lines in place of the last ones; none to clear the place."""
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
        """Return what clears the lines and leaves the cursor where the first one began."""
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
