"""PageDiscovery: how DomainCrawl finds a listed domain's pages: the plan, what is known, the listings under way."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crawler.archives.urlkey import urlkey_of
from crawler.archives.warc import WarcArchive
from crawler.company_stats import OUTSIDE
from crawler.discovery.costs import phase_costs
from crawler.discovery.coverage import (
    Causes,
    half_year_index,
    spans_of_texts,
    states,
)
from crawler.discovery.hops import next_hops
from crawler.discovery.knowledge import read_known
from crawler.discovery.listings import Listings, now, relist_days
from crawler.discovery.plan import Plan
from crawler.discovery.questions import REQUIRED, Ending, Phase
from crawler.options.argument_values import have_no_moment, is_within
from crawler.sampling.estimate import Estimate
from pipelines.coverage import Coverage
from pipelines.items import Capture, moment_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from crawler.companies import Company
    from crawler.discovery.knowledge import Known
    from crawler.run import Run
    from pipelines.items import Answer
    from pipelines.output.store import OutputStore

MAX_SEARCHED = 36
"""Pages of a domain that are searched in a run, twelve at a time: the best ones first, further ones if those are none."""

_OTHERS = frozenset({Phase.HOME, Phase.GUESSED, Phase.FILTERED})
"""Phases whose failures are losses only if no policy was found: another phase serves in their place."""


class PageDiscovery:
    """The search for one listed domain's pages. Everything is read from the catalog anew before each question.

    So a killed run, a scheduled one and a first one go the same way.
    """

    def __init__(self, company: Company, domain: str, run: Run) -> None:
        self.domain = domain
        self.home = urlkey_of(domain)
        self.listings = Listings(domain, run)
        self._run = run
        self._given = company.pages_of(domain)
        self.planned = Estimate()
        """The playback requests of the searches, as `plan=1` estimates them."""
        self._hops: set[tuple[str, str]] = set()
        self._failed_hops: set[tuple[str, str]] = set()
        self._period = company.since, company.until
        self._dates = company.dates_within(run.arguments.since, run.arguments.until)
        self._is_outside = have_no_moment(*self._dates)

    @property
    def reads_home(self) -> bool:
        """Whether home pages are read for their links."""
        may_read = not self._run.arguments.plan and self._run.settings.getbool("HOME_PAGES")
        return may_read and not self._is_outside

    def in_dates(self, known: Iterable[tuple[Capture, Answer | None]]) -> list[tuple[Capture, Answer | None]]:
        """Return the captures with their answers that lie within the dates of the run and of the company."""
        return [(capture, answer) for capture, answer in known if is_within(capture.timestamp, *self._dates)]

    # Questions

    async def ask_next(self, phase: Phase) -> bool:
        """Give the phase's next question to the listings; return whether there is one."""
        if (
            self._is_outside
            or phase > Phase.BULK
            or (phase is Phase.HOME and not self._run.settings.getbool("HOME_PAGES"))
        ):
            return False
        known = await self._known()
        question = self._plan(known).next_question(phase)
        if question:
            self.listings.ask(question, known.wanted)
        return question is not None

    def _plan(self, known: Known) -> Plan:
        settings, rows = self._run.settings, getattr(self._run.archive, "limit", 1)
        return Plan(
            known,
            self.listings.asked,
            half_year_index(min(now(), self._dates[1].ljust(14, "9"))),
            dates=self._dates,
            is_whole=isinstance(self._run.archive, WarcArchive),
            bulk_pages=-(-settings.getint("BULK_LISTING_ROWS") // rows),
            reads_home=self.reads_home,
            is_estimate=self._run.arguments.plan,
        )

    async def _known(self) -> Known:
        run = self._run
        reads = partial(
            _read_known, self.domain, run.archive.name, self._given, self._dates, self._period, relist_days(run)
        )
        return await run.folder.run(reads, run.folder.store)

    # One hop further than the home pages

    async def next_hops(self) -> list[Capture]:
        """Return the next pages to read for links where a home page has none, as captures at the home page's time.

        No index was asked for them: playback leads to the nearest capture.
        """
        hops = next_hops((await self._known()).home_links, self._failed_hops)
        self._hops |= {(hop.timestamp, hop.url) for hop in hops}
        archive = self._run.archive.name
        return [Capture(urlkey_of(hop.url), hop.timestamp, hop.url, "-", "-", "-", "-", archive) for hop in hops]

    def is_hop(self, capture: Capture) -> bool:
        return (capture.timestamp, capture.original) in self._hops and capture.digest == "-"

    async def hop_answered(self, answer: Answer) -> None:
        """Note that a hop was made; one that was lost stays for the next run."""
        capture = answer.capture
        self._hops.discard((capture.timestamp, capture.original))
        if answer.fate.is_final:
            await self._run.folder.end_hop(self.domain, capture.timestamp, capture.original)
        else:
            self._failed_hops.add((capture.timestamp, capture.original))

    # Results

    async def given_pages(self) -> list[str]:
        """Return the urlkeys of the pages that the companies file gives."""
        return [*(await self._known()).given]

    async def choose_pages(self) -> list[str]:
        """Return the pages to search, best first."""
        return (await self._known()).chosen

    async def has_more_pages(self, searched: Collection[str]) -> bool:
        """Whether there are further pages to search, within MAX_SEARCHED, for half-years without a text."""
        known = await self._known()
        is_left = len(searched) < MAX_SEARCHED and not set(known.chosen).issubset(searched)
        return is_left and self._plan(known).wants_more

    async def end(self) -> None:
        """Count the losses and given pages without captures, and record the domain's coverage."""
        if self._is_outside:
            self._note_outside()
            return
        known = await self._known()
        has_policy = any(page.texts for page in known.pages.values()) or (self._run.arguments.plan and known.policies)
        self._count_losses(has_policy=bool(has_policy))
        self._note_given(known)
        if self._run.arguments.plan:
            self._run.stats.add_costs(self.domain, phase_costs(self._plan(known), self.planned))
        else:
            await self._record_coverage()

    def _count_losses(self, *, has_policy: bool) -> None:
        asked, stats = self.listings.asked, self._run.stats
        for _, outcome in asked.failures(REQUIRED):
            stats.add_lost_listing(self.domain, outcome.cause)
        others = [] if asked.is_excluded else asked.failures(_OTHERS)
        if has_policy:  # refusals were noted when they came
            causes = (outcome.cause for _, outcome in others if outcome.ending is not Ending.REFUSED)
            stats.of(self.domain).notes.update(f"not listed, and found otherwise: {cause}" for cause in causes)
            return
        for _, outcome in others:
            if outcome.ending is not Ending.REFUSED:
                stats.add_lost_listing(self.domain, outcome.cause)
        if others and all(outcome.ending is Ending.REFUSED for _, outcome in others):
            stats.add_lost_listing(self.domain, "refused, and nothing found by narrower questions")

    def _note_outside(self) -> None:
        """Note that the company had the domain at no time within the dates of the run."""
        own = ", ".join(f"{key} {date}" for key, date in zip(("since", "until"), self._period, strict=True) if date)
        note = f"{OUTSIDE}the run's dates are outside those of the companies file ({own})"
        self._run.stats.of(self.domain).notes[note] += 1

    def _note_given(self, known: Known) -> None:
        """Note the given pages of which the archive has said that it has no capture."""
        failed = {each.query.url for each, _ in self.listings.asked.failures(frozenset({Phase.GIVEN}))}
        missing = [url for urlkey, url in known.given.items() if urlkey not in known.pages and url not in failed]
        self._run.stats.of(self.domain).without_captures += missing

    async def _record_coverage(self) -> None:
        failures = self.listings.asked.failures(REQUIRED | _OTHERS)
        causes = Causes(
            is_refused=any(outcome.ending is Ending.REFUSED for _, outcome in failures),
            is_lost=any(outcome.ending is not Ending.REFUSED for _, outcome in failures),
        )
        folder = self._run.folder
        found = await folder.run(_record_coverage, folder.store, self.domain, self._given, self._period, causes)
        self._run.stats.add_coverage(self.domain, found)


def _read_known(  # noqa: PLR0917 - one call on the writer thread
    domain: str,
    archive: str,
    given: tuple[str, ...],
    dates: tuple[str, str],
    period: tuple[str, str],
    days: float,
    store: OutputStore,
) -> Known:
    return read_known(store.catalog, domain, archive, given=given, dates=dates, period=period, relist_days=days)


def _record_coverage(
    store: OutputStore, domain: str, given: tuple[str, ...], period: tuple[str, str], causes: Causes
) -> Coverage:
    """Record the states of a domain's half-years, over all archives; return them with the dates of its policies."""
    known = read_known(store.catalog, domain, None, given=given, period=period)
    readings = [each for each in store.catalog.texts_in_time(domain, known.kind.name) if is_within(each[1], *period)]
    found = states(known, spans_of_texts(readings), causes)
    store.catalog.put_half_years(domain, found)
    days = sorted(f"{moment_of(timestamp):%Y-%m-%d}" for _, timestamp, _ in readings)
    return Coverage({domain: found} if found else {}, *((days[0], days[-1]) if days else ()))
