"""The control at the end of a run: whether an archive in which captures have defects is healthy.

A capture is given up only after runs in which its archive gave another memento (pipelines.defects). A run that is asked
for nothing else fetches one that is known to be there.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from crawler.downloadermiddlewares.warc_cache import NO_CACHE

if TYPE_CHECKING:
    from scrapy import Request

    from crawler.run import Run
    from pipelines.items import MementoKey


class Control:
    """Names one request after the other until the archive has given a memento, or there is none left to ask for."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._asked: set[MementoKey] = set()
        self._left = deque(run.archives)
        self.has_ended = False

    async def next_requests(self) -> list[Request]:
        """Return the next request, whose response is only stored; none if no archive needs one, which ends the control."""
        while self._left:
            archive = self._left[0]
            candidates = await self._run.folder.controls(archive.name)
            key = next((key for key in candidates if key not in self._asked), None)
            request = archive.snapshot_request(key.timestamp, key.url) if key else None
            if key is None or request is None or self._run.throttles[archive.name].given_up:
                self._left.popleft()
                continue
            self._asked.add(key)
            self._run.stats.count_request("playback", archive.name)
            return [self._only_stored(request)]
        self.has_ended = True
        return []

    @staticmethod
    def _only_stored(request: Request) -> Request:
        return request.replace(meta={**request.meta, NO_CACHE: True}, dont_filter=True)
