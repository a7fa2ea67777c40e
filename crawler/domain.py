"""DomainCrawl: the crawl of one listed domain as a state machine, from its first question to its last answer."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from crawler.discovery.page_discovery import PageDiscovery
from crawler.discovery.page_evidence import evidence_of
from crawler.discovery.questions import Phase
from crawler.lost_answers import LostAnswers
from crawler.sampling.estimate import estimate
from crawler.sampling.search import Search
from crawler.sampling.strategies import every_capture, home_page_of_each_half_year, strategy_of
from crawler.snapshots import SnapshotJob, snapshot_request
from pipelines.gate.prior import NOTHING
from pipelines.items import HOME_PAGE, Answer, Capture, Fate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy import Request
    from scrapy.http import Response

    from crawler.companies import Company
    from crawler.discovery.listing_jobs import ListingJob
    from crawler.discovery.listings_by_archive import ListingsByArchive
    from crawler.run import Run
    from crawler.sampling.search import Strategy
    from pipelines.gate.prior import Evidence

logger = logging.getLogger(__name__)


class DomainCrawl:
    """The crawl of one listed domain. `advance()` returns the next requests. Each of them gets one answer or one loss.

    The phases up to BULK find pages (`PageDiscovery`), each for what the ones before have left open. SEARCHING reads the
    pages that can be the policy, best first; where their texts leave half-years open, further pages, GUESSED and FILTERED
    follow once more, without any text until they have no more to ask. AGAIN, once the other domains are done, asks for the
    captures that playback redirected elsewhere: their files may have been offline for minutes. An archive that does not
    answer is put aside until then.
    """

    def __init__(self, company: Company, domain: str, run: Run) -> None:
        self.domain = domain
        self.phase = Phase.GIVEN
        self._run = run
        self.discovery = PageDiscovery(company, domain, run)
        self._strategy = strategy_of(run.arguments.versions, run.cost_of)
        self._searches: dict[str, Search] = {}
        self._evidence: dict[str, Evidence] = {}
        self._counted: dict[str, str] = {}
        """The kinds of the pages that were searched, by urlkey."""
        self._listed: dict[str, int] = {}
        """The captures of these pages that are counted, by urlkey."""
        self._lost = LostAnswers(run.stats)
        self._is_home_read = self._is_second_pass = self._is_resumed = False
        self.is_waiting = False
        """Whether nothing is left to do but AGAIN, which `resume` begins."""
        self._advancing = asyncio.Lock()

    # Answers and losses. Each method ends with advance()

    async def listing_answered(self, job: ListingJob, response: Response) -> list[Request]:
        """Record the response to a listing request; return the next requests."""
        if not self._listings.awaits(job):
            return []
        request = await self._listings.answered(job, response)
        return [request] if request else await self.advance()

    async def listing_put_aside(self, job: ListingJob) -> list[Request]:
        """Leave the archive of a listing request alone until `resume`; return the next requests."""
        if self._listings.awaits(job):
            self._listings.put_aside(job.archive)
        return await self.advance()

    async def listing_lost(self, job: ListingJob, cause: str) -> list[Request]:
        """Record the loss of a listing request, unless it was answered; return the next requests."""
        if not self._listings.awaits(job):
            return []
        await self._listings.lost(job, cause)
        return await self.advance()

    async def answered(self, answer: Answer) -> list[Request]:
        """Record the answer to a requested capture; return the next requests."""
        self._count(answer)
        self._lost.add(answer, is_searching=self.phase is Phase.SEARCHING)
        if not self.awaits(answer.capture):
            return []
        if self.discovery.hops.has(answer.capture):
            await self.discovery.hops.answered(answer)
        self._searches[answer.capture.urlkey].record_answer(answer)
        return await self.advance()

    async def capture_lost(self, capture: Capture, cause: str) -> list[Request]:
        """Record a requested capture as failed, unless it was answered; return the next requests."""
        if not self.awaits(capture):
            return []
        answer = Answer(self.domain, capture, Fate.FAILED, cause)
        return await self.answered(await self._run.folder.answer(answer))

    async def everything_lost(self, cause: str) -> list[Request]:
        """Record all open requests as lost; return the next requests. Raises RuntimeError if none is open."""
        if under_way := self._listings.under_way:
            return [request for job in under_way for request in await self.listing_lost(job, cause)]
        waiting = [capture for search in self._searches.values() for capture in search.waiting_for]
        if not waiting:
            raise RuntimeError("the crawl is not done, and no request of it is open")
        return [request for capture in waiting for request in await self.capture_lost(capture, cause)]

    async def resume(self) -> list[Request]:
        """Ask again what archives put aside have, or pages with files offline; return the next requests."""
        self.is_waiting, self._is_resumed = False, True
        if self._lost.has_put_aside or self._listings.aside:
            self._lost.take_up_put_aside()
            self.discovery.take_up()
            self.phase, self._is_home_read, self._is_second_pass = Phase.GIVEN, False, False
        else:
            await self._search_all(self._lost.take_up_offline())
        return await self.advance()

    async def _search_all(self, urlkeys: Iterable[str]) -> None:
        for urlkey in urlkeys:
            await self._search(urlkey, self._strategy)

    @property
    def is_searching(self) -> bool:
        """Whether the captures requested are those of pages that can be the policy."""
        return self.phase in {Phase.SEARCHING, Phase.AGAIN}

    def awaits(self, capture: Capture) -> bool:
        """Whether a capture was requested and has no answer yet."""
        search = self._searches.get(capture.urlkey)
        return search is not None and search.awaits(capture)

    def captures_beside(self, capture: Capture) -> list[Capture]:
        """Return the captures that its archive has of a capture's page, if that is being searched, else an empty list."""
        search = self._searches.get(capture.urlkey)
        return [each for each in search.captures if each.archive == capture.archive] if search else []

    # Requests

    async def advance(self) -> list[Request]:
        """Return the next requests. A phase ends when it wants nothing, waits for nothing and begins nothing more."""
        async with self._advancing:  # answers arrive while another one is being processed
            while self.phase is not Phase.DONE and not self.is_waiting:
                if requests := await self._wanted():
                    return requests
                if self._listings.is_busy or any(search.waiting for search in self._searches.values()):
                    return []
                searched = set(self._searches)
                await self._close_searches()
                if self.is_searching and await self._search_again(searched):
                    continue
                if not await self._begin_more():
                    await self._enter(await self._next_phase())
        return []

    @property
    def _listings(self) -> ListingsByArchive:
        return self.discovery.listings

    async def _wanted(self) -> list[Request]:
        if requests := await self._listings.next_requests():
            return requests
        if self._run.arguments.plan:
            return []
        return [
            snapshot_request(self._run, SnapshotJob.of(self.domain, capture))
            for search in self._searches.values()
            for capture in search.wanted()
        ]

    # Phases

    async def _begin_more(self) -> bool:
        """Begin the phase's next piece of work; return whether there was one."""
        if await self.discovery.ask_next(self.phase):
            return True
        if self.phase is not Phase.HOME or not self.discovery.reads_home:
            return False
        if not self._is_home_read:
            self._is_home_read = True
            blank = await self.discovery.find_blank()
            await self._search(self.discovery.home, partial(home_page_of_each_half_year, blank=blank))
            return True
        return await self._begin_hops()

    async def _begin_hops(self) -> bool:
        hops = await self.discovery.next_hops()
        for urlkey in {hop.urlkey for hop in hops}:
            of_page = [(hop, None) for hop in hops if hop.urlkey == urlkey]
            self._searches[urlkey] = Search(self.domain, urlkey, of_page, every_capture)
        return bool(hops)

    async def _next_phase(self) -> Phase:
        """Return the phase that follows.

        Where texts leave half-years open, SEARCHING follows once more with the next best pages, and then GUESSED or
        FILTERED: once, and again while no text is found, as what they find can be anything.
        """
        if self.phase is not Phase.SEARCHING or self._run.arguments.plan:
            return Phase(self.phase + 1)
        if await self.discovery.has_more_pages(self._counted):
            return Phase.SHARED
        for phase in (Phase.GUESSED, Phase.FILTERED):
            if await self.discovery.ask_next(phase, only_without_text=self._is_second_pass):
                self._is_second_pass = True
                return phase
        self._is_second_pass = True
        return Phase(self.phase + 1)

    async def _enter(self, phase: Phase) -> None:
        self.phase = phase
        if phase is Phase.SEARCHING:
            await self._open_searches()
        elif phase is Phase.AGAIN and not self._is_resumed:
            self.is_waiting = bool(self._lost.pages_offline or self._lost.has_put_aside or self._listings.aside)
        elif phase is Phase.AGAIN:
            await self._search_all(self._lost.take_up_offline())
        elif phase is Phase.DONE:
            await self._end()

    # Searches

    async def _open_searches(self) -> None:
        """Start the search of each page that can be the policy, from its captures and answers in the catalog."""
        await self.discovery.record_given()
        if not self._counted:
            await self._run.repairs.begin(self.domain)
        chosen = await self.discovery.choose_pages()
        self._evidence = await evidence_of(self._run.folder, self.domain)
        for urlkey, kind in chosen.items():
            search = await self._search(urlkey, self._strategy)
            self._run.stats.of(self.domain).listed += len(search.captures) - self._listed.get(urlkey, 0)
            self._counted[urlkey], self._listed[urlkey] = kind, len(search.captures)
            await self._credit(search.from_listing)

    async def _search_again(self, searched: set[str]) -> bool:
        """Search pages further whose doubtful texts are kept now; return whether there are any."""
        if self._run.arguments.plan:
            return False
        gained = searched & await self._run.repairs.reconsider(self.domain)
        await self._search_all(sorted(gained))
        return bool(gained)

    def evidence_of(self, urlkey: str) -> Evidence:
        """Return what was known of a page before its search, besides its texts."""
        return self._evidence.get(urlkey, NOTHING)

    async def _search(self, urlkey: str, strategy: Strategy) -> Search:
        known = await self._run.folder.page(self.domain, urlkey, self.discovery.archives)
        if self.phase is Phase.SEARCHING:  # what was lost in this run is asked again at its end, or by the next one
            lost = self._lost.keys
            known = [(capture, answer) for capture, answer in known if capture.key not in lost]
        if self.phase is Phase.HOME:
            known = await self.discovery.not_read_for_all(known)
        if self.is_searching:  # HOME read a given home page only for its links
            known = [(capture, None if answer and answer.cause == HOME_PAGE else answer) for capture, answer in known]
        search = self._searches[urlkey] = Search(
            self.domain, urlkey, self.discovery.in_dates(known), strategy, self._run.cost_of
        )
        return search

    async def _close_searches(self) -> None:
        """Record the answers by digest for captures that were not fetched, and drop the searches."""
        for search in self._searches.values():
            if self._run.arguments.plan:
                cost = estimate(search.captures, search.known, self._run.arguments.versions)
                self._run.stats.of(self.domain).planned += cost
                self.discovery.planned += cost
            elif search.is_open:
                raise RuntimeError(f"the search of {search.urlkey} is closed while it still wants captures")
            await self._credit(search.answers_by_digest())
        self._searches = {}

    async def _credit(self, answers: list[Answer]) -> None:
        """Record and count answers that needed no request."""
        if answers:
            for answer in await self._run.folder.record_by_digest(answers):
                self._count(answer)

    def _count(self, answer: Answer) -> None:
        """Count an answer. Answers of home pages are counted only if they are lost."""
        if self.is_searching or not answer.fate.is_final:
            self._run.stats.add_answer(answer)

    async def _end(self) -> None:
        await self._run.repairs.end(self.domain)
        await self.discovery.end()
        stats = self._run.stats
        stats.end(self.domain)
        company = stats.of(self.domain)
        if company.finished:
            logger.info("%s: done, %s", company.name, company.done)
