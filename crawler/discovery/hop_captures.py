"""HopCaptures: the pages one hop from home pages, as captures that playback is asked for without a listing."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from crawler.archives.base import Match
from crawler.archives.urlkey import urlkey_of
from crawler.discovery.home_links import FRAME
from crawler.discovery.hops import next_hops
from pipelines.items import Capture, Fate

if TYPE_CHECKING:
    from crawler.discovery.knowledge import Known
    from crawler.run import Run
    from pipelines.items import Answer


class HopCaptures:
    """The hops of a listed domain's home pages under way. Playback leads to the nearest capture.

    With several archives, a hop that one of them lacks is made in the next.
    """

    def __init__(self, domain: str, run: Run) -> None:
        self._domain = domain
        self._run = run
        self._archives = [
            archive.name
            for archive in sorted(run.archives, key=lambda archive: not archive.is_local)
            if Match.NEAREST in archive.can_list
        ]
        self._kinds: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        """The kinds for which each hop, a timestamp and a URL, is made."""
        self._frames: set[tuple[str, str]] = set()
        """Those of the hops that are frames of home pages."""
        self._failed: set[tuple[str, str]] = set()
        self._missing: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        """The archives that lack a hop's page."""

    def next(self, known_of_kinds: list[Known]) -> list[Capture]:
        """Return the next pages to read for links where a home page has none, as captures at the home page's time."""
        self._kinds.clear()
        self._frames.clear()
        for known in known_of_kinds if self._archives else ():
            for hop in next_hops(known.home_links, self._failed, known.in_vain):
                self._kinds[hop.timestamp, hop.url].append(known.kind.name)
                self._frames |= {(hop.timestamp, hop.url)} if hop.relation == FRAME else set()
        return [self._capture(*hop) for hop in self._kinds]

    def _capture(self, timestamp: str, url: str) -> Capture:
        archive = next(name for name in self._archives if name not in self._missing[timestamp, url])
        return Capture(urlkey_of(url), timestamp, url, "-", "-", "-", "-", archive)

    def has(self, capture: Capture) -> bool:
        """Whether a capture stands for a page one hop from a home page: it has the home page's timestamp, and no row."""
        return (capture.timestamp, capture.original) in self._kinds and capture.digest == "-"

    def has_frame(self, capture: Capture) -> bool:
        """Whether a capture stands for a frame of a home page."""
        return self.has(capture) and (capture.timestamp, capture.original) in self._frames

    def kinds_of(self, capture: Capture) -> list[str]:
        """Return the kinds for whose links a hop's page is read."""
        return self._kinds[capture.timestamp, capture.original]

    async def answered(self, answer: Answer) -> None:
        """Note that a hop was made; one that was lost stays for the next run."""
        capture = answer.capture
        hop = capture.timestamp, capture.original
        kinds = self._kinds.pop(hop, [])
        if not answer.fate.is_final:
            self._failed.add(hop)
            return
        self._missing[hop] |= {capture.archive} if answer.fate in {Fate.MISSING, Fate.EXCLUDED} else set(self._archives)
        if self._missing[hop].issuperset(self._archives):
            del self._missing[hop]  # another kind may want the same hop later
            for kind in kinds:
                await self._run.folder.end_hop(self._domain, *hop, kind)

    def take_up(self) -> None:
        """Let the hops be made again that were lost."""
        self._failed.clear()
