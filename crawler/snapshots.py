"""What a response to a snapshot request becomes: the next hop's request, a snapshot, or an answer.

A meta refresh, a Refresh header and frames are followed as a redirect is: within the archive, MAX_HOPS in all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from crawler.archives.playback import SAME_SECOND, Absence, Pointer, Refusal, redirect_problem, why_not
from crawler.archives.response_headers import header_of
from crawler.archives.targets import archived_target
from crawler.discovery.embedded import Inside, look_inside, may_send_on
from crawler.discovery.home_links import FOREIGN, FRAME, HOP, POLICY, POSSIBLE
from crawler.discovery.link_texts import PageLinks, links_of_kinds
from crawler.discovery.site_owner import registered_domain
from crawler.discovery.url_scores import can_be_policy
from crawler.downloadermiddlewares.warc_cache import CACHED
from crawler.sampling.same_second import is_unserved
from pipelines.defects import conversion_defect
from pipelines.errors import ConversionError, PoolClosed
from pipelines.item_pipelines import convert, failure
from pipelines.items import HOME_PAGE, Answer, Fate, Memento, Snapshot
from pipelines.kinds import KINDS
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

    from crawler.archives.targets import Target
    from crawler.domain import DomainCrawl
    from crawler.run import Run
    from pipelines.items import Capture
    from pipelines.kinds.base import Kind

MAX_FRAMES = 4
"""Frames of a page that are tried, the likeliest first. Each is a request."""

Outcome: TypeAlias = "Request | Snapshot | Answer | None"
"""None: the run ended first, and the capture stays open."""


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of a page that are still to be tried, and what is answered if none of them is the policy.

    A frameset has no text of its own: if the archive lacks one of its frames, what the page said is missing.
    """

    left: tuple[Target, ...]
    otherwise: Snapshot | Answer
    is_frameset: bool = False


class SnapshotJob(NamedTuple):
    """A requested capture. `hops` are its playback targets so far: the capture's own, then those of the redirects.

    `frames`: if a page has led into its frames, those that are still to be tried.
    """

    domain: str
    capture: Capture
    hops: tuple[Target, ...]
    frames: Frames | None = None


class SnapshotReader:
    """Reads the responses to a run's snapshot requests."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def read(self, crawl: DomainCrawl, job: SnapshotJob, response: Response) -> Outcome:
        """Follow redirects within the archive to a memento with a page, or say why there is none."""
        self._count(response, crawl, first=len(job.hops) == 1)
        found = self._judged(crawl, job, response.meta["answer"])
        if isinstance(found, Absence):
            return self._without(crawl, job, found)
        if isinstance(found, Pointer):
            return self._next_hop(crawl, job, (found.timestamp, found.url))
        if found.location:
            return self._next_hop(crawl, job, found.location)
        try:
            return await self._read_memento(crawl, job, found, response)
        except PoolClosed:
            return None

    async def _read_memento(self, crawl: DomainCrawl, job: SnapshotJob, found: Memento, response: Response) -> Outcome:
        inside = await self._look_inside(job, found, response)
        if inside.refresh:
            return self._refreshed(crawl, job, found, inside.refresh)
        if not crawl.is_searching:
            return await self._read_home(crawl, job, found)
        return await self._read_page(crawl, job, found, inside)

    def _judged(
        self, crawl: DomainCrawl, job: SnapshotJob, found: Memento | Pointer | Absence | Refusal
    ) -> Memento | Pointer | Absence:
        if isinstance(found, Refusal):
            return found.absence
        if isinstance(found, Absence):
            return found
        page = crawl.captures_of(job.capture.urlkey)
        if absence := why_not(found, job.capture, job.hops, page):
            return absence
        if isinstance(found, Memento) and len(job.hops) == 1 and is_unserved(job.capture, page, found.body):
            return Absence(Fate.MISSING, SAME_SECOND)
        return found

    def _without(self, crawl: DomainCrawl, job: SnapshotJob, absence: Absence) -> Outcome:
        """Answer that there is no page; of a frame, try the next one unless this one may still be had."""
        if job.frames is None:
            return Answer(job.domain, job.capture, absence.fate, absence.cause, defect=absence.defect)
        if not absence.fate.is_final:
            return Answer(job.domain, job.capture, absence.fate, f"frame: {absence.cause}", defect=absence.defect)
        frames = job.frames
        if frames.is_frameset and absence.fate in {Fate.MISSING, Fate.EXCLUDED}:
            lost = Answer(job.domain, job.capture, absence.fate, f"frame: {absence.cause}")
            frames = replace(frames, otherwise=lost)
        return self._next_frame(crawl, job, frames)

    def _next_hop(self, crawl: DomainCrawl, job: SnapshotJob, target: Target) -> Request:
        return crawl.snapshot_request(job._replace(hops=(*job.hops, target)))

    def _count(self, response: Response, crawl: DomainCrawl, *, first: bool) -> None:
        stats = self._run.stats
        stats.requests["kept" if CACHED in response.flags else "playback"] += 1
        if first and crawl.is_searching:
            stats.of(crawl.domain).fetched += 1
        elif first:
            stats.of(crawl.domain).home_pages += 1

    # Refresh and frames

    async def _look_inside(self, job: SnapshotJob, found: Memento, response: Response) -> Inside:
        header = header_of(response, "Refresh") or header_of(response, "X-Archive-Orig-Refresh")
        if not header and not may_send_on(found.body):
            return Inside()
        about, facts = f"{found.url} of {found.timestamp}", {"url": found.url, "domain": job.domain, "header": header}
        try:
            return await self._run.pool.run(about, look_inside, found.body, found.content_type, **facts)
        except PoolClosed:
            raise
        except ConversionError:  # the conversion of the page itself says what is wrong with it
            return Inside()

    def _target(self, found: Memento, reference: str) -> Target | None:
        return archived_target(self._run.archive, found.source_url, (found.timestamp, found.url), reference)

    def _refreshed(self, crawl: DomainCrawl, job: SnapshotJob, found: Memento, reference: str) -> Outcome:
        target = self._target(found, reference)
        assert target is not None  # noqa: S101 - the reference is not empty
        problem = redirect_problem(target, job.capture, job.hops, crawl.captures_of(job.capture.urlkey))
        return self._without(crawl, job, problem) if problem else self._next_hop(crawl, job, target)

    async def _read_page(self, crawl: DomainCrawl, job: SnapshotJob, found: Memento, inside: Inside) -> Outcome:
        """Return the snapshot of a page, unless it is no policy and has frames, or is itself such a frame."""
        snapshot = Snapshot(job.domain, job.capture, found, crawl.evidence_of(job.capture.urlkey))
        kind = KINDS[snapshot.evidence.kind]
        inner = likeliest(inside, found.url, job.domain, kind)
        frames = tuple(filter(None, (self._target(found, frame) for frame in inner)))
        if not frames and job.frames is None:
            return snapshot
        if snapshot.memento.is_truncated:
            return snapshot  # the item pipeline says so
        read = await self._converted(snapshot)
        if isinstance(read, Snapshot) and read.document and read.document.is_sought:
            return read
        if job.frames is None:
            return self._next_frame(crawl, job, Frames(frames, read, inside.is_frameset))
        return self._next_frame(crawl, job, replace(job.frames, left=(*frames, *job.frames.left)))

    def _next_frame(self, crawl: DomainCrawl, job: SnapshotJob, frames: Frames) -> Outcome:
        for number, target in enumerate(frames.left, start=1):
            if redirect_problem(target, job.capture, job.hops) is None:
                rest = replace(frames, left=frames.left[number:])
                return self._next_hop(crawl, job._replace(frames=rest), target)
        return frames.otherwise

    async def _converted(self, snapshot: Snapshot) -> Snapshot | Answer:
        """Return a snapshot with its document, or the answer to one without. Raises PoolClosed."""
        try:
            return replace(snapshot, document=await convert(self._run.pool, snapshot))
        except PoolClosed:
            raise
        except ConversionError as error:
            return snapshot.answer(*failure(snapshot.domain, error))

    # Home pages

    async def _read_home(self, crawl: DomainCrawl, job: SnapshotJob, memento: Memento) -> Answer:
        """Remember where the links of a home page lead, or of a page one hop from it, for each kind. Raises PoolClosed.

        The links are the home page's, and so is the timestamp of the capture that stands for a hop.
        """
        about = f"{memento.url} of {memento.timestamp}"
        html, facts = memento.body, {"url": memento.url, "domain": job.domain}
        kinds = crawl.discovery.kinds_read_for(job.capture)
        try:
            found = await self._run.pool.run(about, links_of_kinds, html, memento.content_type, kinds=kinds, **facts)
        except PoolClosed:
            raise
        except ConversionError as error:
            fate, cause = failure(job.domain, error)
            defect = conversion_defect(error, len(html))
            return Answer(job.domain, job.capture, fate, f"home page: {cause}", defect=defect)
        folder, timestamp = self._run.folder, job.capture.timestamp
        is_frame = crawl.discovery.is_frame(job.capture)  # a part of the home page
        for kind, links in zip(kinds, found, strict=True):
            await folder.add_links(job.domain, timestamp, links.policies, POLICY if links.is_sure else POSSIBLE, kind)
            await folder.add_links(job.domain, timestamp, links.foreign, FOREIGN, kind)
            if not links.is_sure and (is_frame or not crawl.discovery.is_hop(job.capture)):
                await folder.add_links(job.domain, timestamp, links.frames, FRAME, kind)
                await folder.add_links(job.domain, timestamp, links.hubs, HOP, kind)
        if not crawl.discovery.is_hop(job.capture):
            await folder.add_home_reading(job.domain, timestamp, kinds)
            if not any(links != PageLinks() for links in found):
                crawl.discovery.blank.add(timestamp)
        return Answer(job.domain, job.capture, Fate.NOT_A_POLICY, HOME_PAGE)


def likeliest(inside: Inside, url: str, domain: str, kind: Kind = PRIVACY) -> list[str]:
    """Return the frames to try: those whose URL can be a policy's first, and of a page with a body only near ones.

    Near is what is in the registered domain of the page or of the company.
    """
    own = {registered_domain(url), registered_domain(domain)}

    def is_near(frame: str) -> bool:
        return registered_domain(frame) in own or f".{urlsplit(frame).hostname}".endswith(f".{domain}")

    near = [frame for frame in inside.frames if inside.is_frameset or can_be_policy(frame, kind) or is_near(frame)]
    return sorted(near, key=lambda frame: not can_be_policy(frame, kind))[:MAX_FRAMES]
