"""ListingsByArchive: a listed domain's listings in each archive of the run, and which archives are put aside."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from crawler.discovery.listings import Listings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy import Request
    from scrapy.http import Response

    from crawler.discovery.listing_jobs import ListingJob
    from crawler.run import Run


class ListingsByArchive:
    """The listings of one listed domain, by archive. Files of this machine come first, as their rows cost nothing.

    An archive that does not answer is put aside, so that the others' work goes on: it is asked at the end of the run.
    """

    def __init__(self, domain: str, run: Run) -> None:
        self._run = run
        ordered = sorted(run.archives, key=lambda archive: not archive.is_local)
        self._of = {archive.name: Listings(domain, run, archive) for archive in ordered}
        self._reading: set[str] = set()
        """The names of the archives whose answer is being read."""
        self.aside: set[str] = set()
        """The names of the archives that are put aside."""

    def __iter__(self) -> Iterator[Listings]:
        return iter(self._of.values())

    @property
    def tiers(self) -> list[list[Listings]]:
        """The listings of local archives, then those of the others."""
        tiers = [[each for each in self if each.archive.is_local is is_local] for is_local in (True, False)]
        return [tier for tier in tiers if tier]

    @property
    def under_way(self) -> list[ListingJob]:
        """The jobs whose requests have no response yet."""
        return [each.under_way for each in self if each.under_way]

    @property
    def is_busy(self) -> bool:
        """Whether a request has no response yet, or one that is still being read."""
        return bool(self._reading or self.under_way)

    def awaits(self, job: ListingJob) -> bool:
        """Whether the request of a job has no response yet."""
        return self._of[job.archive].under_way is job

    async def next_requests(self) -> list[Request]:
        """Return the next request of each archive that has none under way."""
        idle = [each for each in self if not each.under_way and each.archive.name not in self._reading]
        return [request for request in [await each.next_request() for each in idle] if request]

    async def answered(self, job: ListingJob, response: Response) -> Request | None:
        """Commit the response to a request; return the request of the listing's next page, if it has one."""
        with self._read(job):
            return await self._of[job.archive].answered(response)

    async def lost(self, job: ListingJob, cause: str) -> None:
        """Record a listing under way as lost."""
        with self._read(job):
            await self._of[job.archive].lost(cause)

    @contextmanager
    def _read(self, job: ListingJob) -> Iterator[None]:
        """Let an archive be asked nothing more meanwhile."""
        self._reading.add(job.archive)
        try:
            yield
        finally:
            self._reading.discard(job.archive)

    def put_aside(self, archive: str) -> None:
        """Leave an archive alone until `take_up`. Its listing under way goes on there."""
        self.aside.add(archive)
        self._of[archive].put_aside()

    def take_up(self) -> None:
        """Let the archives be asked again that were put aside."""
        self.aside.clear()

    def may_ask(self, archive: str) -> bool:
        """Whether an archive can be asked now. One that is away is put aside."""
        if archive in self.aside:
            return False
        if self._run.throttles[archive].is_away:
            self.put_aside(archive)
            return False
        return True
