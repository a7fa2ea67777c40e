"""What a response to a snapshot request becomes: the next hop's request, a snapshot, or an answer.

A meta refresh, a Refresh header and frames are followed as a redirect is: within the archive, MAX_HOPS in all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Self, TypeAlias
from urllib.parse import urlsplit

from crawler.archives.base import Match
from crawler.archives.playback import (
    MAX_DRIFT_DAYS,
    SAME_SECOND,
    Absence,
    Pointer,
    Refusal,
    drift_days,
    redirect_problem,
    why_not,
)
from crawler.archives.response_headers import header_of
from crawler.archives.targets import archived_target
from crawler.archives.urlkey import urlkey_of
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
    from collections.abc import Collection, Iterable

    from scrapy import Request
    from scrapy.http import Response

    from crawler.archives.targets import Target
    from crawler.domain import DomainCrawl
    from crawler.run import Run
    from pipelines.items import Capture
    from pipelines.kinds.base import Kind

NOT_LISTED = "redirect to a page that the archive has not listed"
"""The cause of a capture that redirects where an archive can't be asked without an index row."""

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

    `frames`: if a page has led into its frames, those that are still to be tried. `locator` is that of the last hop.
    """

    domain: str
    capture: Capture
    hops: tuple[Target, ...]
    frames: Frames | None = None
    locator: str = ""

    @classmethod
    def of(cls, domain: str, capture: Capture) -> Self:
        """Return the job of a capture that was not requested yet."""
        return cls(domain, capture, ((capture.timestamp, capture.original),), locator=capture.locator)


def snapshot_request(run: Run, job: SnapshotJob) -> Request:
    """Return the request for the last hop of a job. Raises ValueError if the archive can't be asked for it."""
    archive = run.archive_named(job.capture.archive)
    request = archive.snapshot_request(*job.hops[-1], job.locator)
    if request is None:
        raise ValueError(f"{archive.name} can't be asked for {job.hops[-1][1]:.500} without its index row")
    meta = {**request.meta, "job": job, "capture": job.capture}
    return request.replace(meta=meta, dont_filter=True, priority=len(job.hops) - 1)


class SnapshotReader:
    """Reads the responses to a run's snapshot requests."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def read(self, crawl: DomainCrawl, job: SnapshotJob, response: Response) -> Outcome:
        """Follow redirects within the archive to a memento with a page, or say why there is none."""
        self._count(response, crawl, job)
        found = self._judged(crawl, job, response.meta["answer"])
        if isinstance(found, Absence):
            return await self._without(crawl, job, found)
        if isinstance(found, Pointer):
            return await self._next_hop(crawl, job, (found.timestamp, found.url))
        if found.location:
            return await self._next_hop(crawl, job, found.location)
        try:
            return await self._read_memento(crawl, job, found, response)
        except PoolClosed:
            return None

    async def _read_memento(self, crawl: DomainCrawl, job: SnapshotJob, found: Memento, response: Response) -> Outcome:
        inside = await self._look_inside(job, found, response)
        if inside.refresh:
            return await self._refreshed(crawl, job, found, inside.refresh)
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
        page = crawl.captures_beside(job.capture)
        if absence := why_not(found, job.capture, job.hops, page):
            return absence
        if isinstance(found, Memento) and len(job.hops) == 1 and is_unserved(job.capture, page, found.body):
            return Absence(Fate.MISSING, SAME_SECOND)
        return found

    async def _without(self, crawl: DomainCrawl, job: SnapshotJob, absence: Absence) -> Outcome:
        """Answer that there is no page; of a frame, try the next one unless this one may still be had."""
        if job.frames is None:
            return Answer(job.domain, job.capture, absence.fate, absence.cause, defect=absence.defect)
        if not absence.fate.is_final:
            return Answer(job.domain, job.capture, absence.fate, f"frame: {absence.cause}", defect=absence.defect)
        frames = job.frames
        if frames.is_frameset and absence.fate in {Fate.MISSING, Fate.EXCLUDED}:
            lost = Answer(job.domain, job.capture, absence.fate, f"frame: {absence.cause}")
            frames = replace(frames, otherwise=lost)
        return await self._next_frame(crawl, job, frames)

    async def _next_hop(self, crawl: DomainCrawl, job: SnapshotJob, target: Target) -> Outcome:
        """Return the request for the next hop. An archive whose playback leads nowhere is asked for the nearest row."""
        archive, locator = self._run.archive_named(job.capture.archive), ""
        if Match.NEAREST not in archive.can_list:
            rows = await self._run.folder.page(job.domain, urlkey_of(target[1]), archive.name)
            row = nearest_page((capture for capture, _ in rows), target, job.hops)
            target, locator = ((row.timestamp, row.original), row.locator) if row else (target, "")
            if archive.snapshot_request(*target, locator) is None:
                return await self._without(crawl, job, Absence(Fate.MISSING, NOT_LISTED))
        return snapshot_request(self._run, job._replace(hops=(*job.hops, target), locator=locator))

    def _count(self, response: Response, crawl: DomainCrawl, job: SnapshotJob) -> None:
        stats, first = self._run.stats, len(job.hops) == 1
        stats.count_request("kept" if CACHED in response.flags else "playback", job.capture.archive)
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
        archive = self._run.archive_named(found.archive)
        return archived_target(archive, found.source_url, (found.timestamp, found.url), reference)

    async def _refreshed(self, crawl: DomainCrawl, job: SnapshotJob, found: Memento, reference: str) -> Outcome:
        target = self._target(found, reference)
        assert target is not None  # noqa: S101 - the reference is not empty
        problem = redirect_problem(target, job.capture, job.hops, crawl.captures_beside(job.capture))
        return await (self._without(crawl, job, problem) if problem else self._next_hop(crawl, job, target))

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
            return await self._next_frame(crawl, job, Frames(frames, read, inside.is_frameset))
        return await self._next_frame(crawl, job, replace(job.frames, left=(*frames, *job.frames.left)))

    async def _next_frame(self, crawl: DomainCrawl, job: SnapshotJob, frames: Frames) -> Outcome:
        for number, target in enumerate(frames.left, start=1):
            if redirect_problem(target, job.capture, job.hops) is None:
                rest = replace(frames, left=frames.left[number:])
                return await self._next_hop(crawl, job._replace(frames=rest), target)
        return frames.otherwise

    async def _converted(self, snapshot: Snapshot) -> Snapshot | Answer:
        """Return a snapshot with its document, or the answer to one without. Raises PoolClosed."""
        try:
            return replace(snapshot, document=await convert(self._run.pool, snapshot))
        except PoolClosed:
            raise
        except ConversionError as error:
            return snapshot.answer(*failure(snapshot.domain, snapshot.memento, error))

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
            fate, cause = failure(job.domain, memento, error)
            defect = conversion_defect(error, len(html))
            return Answer(job.domain, job.capture, fate, f"home page: {cause}", defect=defect)
        folder, timestamp = self._run.folder, job.capture.timestamp
        hops = crawl.discovery.hops
        is_frame = hops.has_frame(job.capture)  # a part of the home page
        for kind, links in zip(kinds, found, strict=True):
            await folder.add_links(job.domain, timestamp, links.policies, POLICY if links.is_sure else POSSIBLE, kind)
            await folder.add_links(job.domain, timestamp, links.foreign, FOREIGN, kind)
            if not links.is_sure and (is_frame or not hops.has(job.capture)):
                await folder.add_links(job.domain, timestamp, links.frames, FRAME, kind)
                await folder.add_links(job.domain, timestamp, links.hubs, HOP, kind)
        if not hops.has(job.capture):
            await folder.add_home_reading(job.domain, timestamp, kinds)
            if not any(links != PageLinks() for links in found):
                crawl.discovery.blank.add(timestamp)
        return Answer(job.domain, job.capture, Fate.NOT_A_POLICY, HOME_PAGE)


def nearest_page(captures: Iterable[Capture], target: Target, hops: Collection[Target]) -> Capture | None:
    """Return the capture of a page nearest in time to a target, within MAX_DRIFT_DAYS and not asked for already, if any."""
    timestamp, _ = target
    pages = (
        each
        for each in captures
        if each.statuscode[:1] in {"2", "3", "-"}
        and (each.timestamp, each.original) not in hops
        and drift_days(each.timestamp, timestamp) <= MAX_DRIFT_DAYS
    )
    return min(pages, key=lambda each: drift_days(each.timestamp, timestamp), default=None)


def likeliest(inside: Inside, url: str, domain: str, kind: Kind = PRIVACY) -> list[str]:
    """Return the frames to try: those whose URL can be a policy's first, and of a page with a body only near ones.

    Near is what is in the registered domain of the page or of the company.
    """
    own = {registered_domain(url), registered_domain(domain)}

    def is_near(frame: str) -> bool:
        return registered_domain(frame) in own or f".{urlsplit(frame).hostname}".endswith(f".{domain}")

    near = [frame for frame in inside.frames if inside.is_frameset or can_be_policy(frame, kind) or is_near(frame)]
    return sorted(near, key=lambda frame: not can_be_policy(frame, kind))[:MAX_FRAMES]
