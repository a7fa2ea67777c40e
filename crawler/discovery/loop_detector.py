"""LoopDetector: detects whether a listing continues, is complete, or repeats itself without an end."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawler.archives.base import ListingPage

STALE_PAGES = 10
"""Pages in a row without new rows that count as a loop. A single page can have a resume key and no rows."""


class ListingState(Enum):
    """State of a listing after a page."""

    CONTINUES = auto()
    COMPLETE = auto()
    INCOMPLETE = auto()


@dataclass(slots=True)
class LoopDetector:
    """The resume keys and the furthest row of a listing under way, from which a loop is detected."""

    _keys: set[str] = field(default_factory=set)
    _furthest: tuple[str, str] = ("", "")
    _stale: int = 0
    _largest: int = 0

    def state_after(self, page: ListingPage) -> ListingState:
        """Return the state after a page. A loop after a page that is not full is the end, after a full page a cut."""
        if page.incomplete:
            return ListingState.INCOMPLETE
        if page.resume_key is None:
            return ListingState.COMPLETE
        if page.is_part:  # the next one begins another index
            self._furthest, self._stale = ("", ""), 0
            return ListingState.CONTINUES
        end = max(((capture.urlkey, capture.timestamp) for capture in page.captures), default=("", ""))
        self._stale = 0 if end > self._furthest else self._stale + 1
        self._furthest = max(self._furthest, end)
        self._largest = max(self._largest, page.rows)
        if page.resume_key not in self._keys and self._stale < STALE_PAGES:
            self._keys.add(page.resume_key)
            return ListingState.CONTINUES
        return ListingState.COMPLETE if page.rows < self._largest and not self._stale else ListingState.INCOMPLETE
