"""PageDiscovery: how DomainCrawl finds a listed domain's pages: the plan, what is known, the listings under way."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from crawler.archives.urlkey import urlkey_of
from crawler.archives.warc import WarcArchive
from crawler.company_stats import OUTSIDE
from crawler.discovery.costs import phase_costs
from crawler.discovery.coverage import Causes, half_year_index
from crawler.discovery.home_links import FRAME
from crawler.discovery.hops import next_hops
from crawler.discovery.knowledge import read_known
from crawler.discovery.listings import Listings, now, relist_days
from crawler.discovery.plan import Plan
from crawler.discovery.questions import REQUIRED, Ending, Phase
from crawler.discovery.recorded_coverage import record_coverage
from crawler.options.argument_values import have_no_moment, is_within
from crawler.sampling.estimate import Estimate, estimate
from pipelines.items import SAME_DIGEST, Capture
from pipelines.kinds import KINDS
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from crawler.companies import Company
    from crawler.discovery.knowledge import Known
    from crawler.run import Run
    from pipelines.items import Answer
    from pipelines.kinds.base import Kind

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
        self._kinds = run.arguments.kinds
        self._given = {kind.name: company.pages_of(domain, kind.name) for kind in self._kinds}
        self.planned = Estimate()
        """The playback requests of the searches, as `plan=1` estimates them."""
        self._hops: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        """The kinds for which each hop, a timestamp and a URL, is made."""
        self._frames: set[tuple[str, str]] = set()
        """Those of the hops that are frames of home pages."""
        self.blank: set[str] = set()
        """The home pages without a link of any use, by timestamp."""
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

    async def ask_next(self, phase: Phase, *, only_without_text: bool = False) -> bool:
        """Give the phase's next question to the listings; return whether there is one.

        `only_without_text`: for the kinds of which no text is known.
        """
        if (
            self._is_outside
            or phase > Phase.BULK
            or (phase is Phase.HOME and not self._run.settings.getbool("HOME_PAGES"))
        ):
            return False
        known = [await self._known(kind) for kind in self._kinds]
        asking = (each for each in known if not (only_without_text and each.has_text))
        question = next((found for each in asking if (found := self._plan(each).next_question(phase))), None)
        if question:
            self.listings.ask(question, frozenset().union(*(each.wanted for each in known)))
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

    async def _known(self, kind: Kind) -> Known:
        run, folder = self._run, self._run.folder
        others = {name: urls for name, urls in self._given.items() if name != kind.name}
        reads = partial(
            read_known,
            given=self._given[kind.name],
            dates=self._dates,
            period=self._period,
            relist_days=relist_days(run),
            kind=kind,
            others=others,
        )
        return await folder.run(lambda: reads(folder.store.catalog, self.domain, run.archive.name))

    async def not_read_for_all(
        self, known: Sequence[tuple[Capture, Answer | None]]
    ) -> list[tuple[Capture, Answer | None]]:
        """Return captures of the home page with their answers, but those that were not read for links to all kinds.

        Nor is an answer kept then that was credited for the same digest: it would be that of the other capture again.
        """
        catalog, run = self._run.folder.store.catalog, self._run.folder.run
        read = {name: frozenset(await run(catalog.home_pages_read, self.domain, self.home, name)) for name in KINDS}
        for_all = frozenset.intersection(*(read[kind.name] for kind in self._kinds))
        unread = frozenset[str]().union(*read.values()) - for_all
        if not unread:
            return [*known]
        return [(capture, None if answer and _is_of(answer, unread) else answer) for capture, answer in known]

    async def find_blank(self) -> set[str]:
        """Return `blank` with the home pages of earlier runs that had no link of any use, by timestamp."""
        catalog, run = self._run.folder.store.catalog, self._run.folder.run
        for kind in self._kinds:
            read = await run(catalog.home_pages_read, self.domain, self.home, kind.name)
            self.blank.update(timestamp for timestamp, of in read.items() if timestamp == of)
        for kind in self._kinds:
            self.blank.difference_update(
                each.timestamp for each in await run(catalog.home_links, self.domain, kind.name)
            )
        return self.blank

    # One hop further than the home pages

    async def next_hops(self) -> list[Capture]:
        """Return the next pages to read for links where a home page has none, as captures at the home page's time.

        No index was asked for them: playback leads to the nearest capture.
        """
        self._hops.clear()
        self._frames.clear()
        for kind in self._kinds:
            known = await self._known(kind)
            for hop in next_hops(known.home_links, self._failed_hops, known.in_vain):
                self._hops[hop.timestamp, hop.url].append(kind.name)
                self._frames |= {(hop.timestamp, hop.url)} if hop.relation == FRAME else set()
        archive = self._run.archive.name
        return [Capture(urlkey_of(url), timestamp, url, "-", "-", "-", "-", archive) for timestamp, url in self._hops]

    def kinds_read_for(self, capture: Capture) -> list[str]:
        """Return the kinds for whose links a home page is read, or a page one hop from it."""
        if self.is_hop(capture):
            return self._hops[capture.timestamp, capture.original]
        return [kind.name for kind in self._kinds]

    def is_hop(self, capture: Capture) -> bool:
        """Whether a capture stands for a page one hop from a home page: it has the home page's timestamp, and no row."""
        return (capture.timestamp, capture.original) in self._hops and capture.digest == "-"

    def is_frame(self, capture: Capture) -> bool:
        """Whether a capture stands for a frame of a home page."""
        return self.is_hop(capture) and (capture.timestamp, capture.original) in self._frames

    async def hop_answered(self, answer: Answer) -> None:
        """Note that a hop was made; one that was lost stays for the next run."""
        capture = answer.capture
        kinds = self._hops.pop((capture.timestamp, capture.original), [])
        if answer.fate.is_final:
            for kind in kinds:
                await self._run.folder.end_hop(self.domain, capture.timestamp, capture.original, kind)
        else:
            self._failed_hops.add((capture.timestamp, capture.original))

    # Results

    async def record_given(self) -> None:
        """Record the pages that the companies file gives."""
        for kind in self._kinds:
            await self._run.folder.add_given(self.domain, (await self._known(kind)).given, kind.name)

    async def choose_pages(self) -> dict[str, str]:
        """Record the pages to search; return their kinds by urlkey, the pages of a kind together and best first."""
        chosen: dict[str, str] = {}
        for kind in self._kinds:
            of_kind = (await self._known(kind)).chosen
            await self._run.folder.add_pages(self.domain, of_kind, kind.name)
            chosen |= dict.fromkeys(of_kind, kind.name)
        return chosen

    async def has_more_pages(self, searched: Mapping[str, str]) -> bool:
        """Whether there are further pages to search, within MAX_SEARCHED of each kind, for half-years without a text.

        `searched` are the kinds of the pages that were searched, by urlkey.
        """
        for kind in self._kinds:
            known = await self._known(kind)
            of_kind = {urlkey for urlkey, name in searched.items() if name == kind.name}
            is_left = len(of_kind) < MAX_SEARCHED and not of_kind.issuperset(known.chosen)
            if is_left and self._plan(known).wants_more:
                return True
        return False

    async def end(self) -> None:
        """Count the losses and given pages without captures, and record the domain's coverage."""
        if self._is_outside:
            self._note_outside()
            return
        is_plan, stats = self._run.arguments.plan, self._run.stats
        for _, outcome in self.listings.asked.failures(REQUIRED):
            stats.add_lost_listing(self.domain, outcome.cause)
        for kind in self._kinds:
            known = await self._known(kind)
            has_policy = known.has_text or (is_plan and known.policies)
            self._count_losses(kind, has_policy=bool(has_policy))
            self._note_given(known)
            if is_plan:
                planned = self.planned if kind is self._kinds[0] else Estimate()  # the searches of all kinds
                planned += await self._unlisted(known)
                stats.add_costs(self.domain, phase_costs(self._plan(known), planned))
        if not is_plan and PRIVACY in self._kinds:
            await self._record_coverage()

    async def _unlisted(self, known: Known) -> Estimate:
        """Return the cost of the search of a policy that a plan has not listed, if none is known.

        At most, it has as many captures as the home page by month.
        """
        if known.policies or not known.home_half_years or self._plan(known).is_whole:
            return Estimate()
        of_home = self.in_dates(await self._run.folder.page(self.domain, self.home, self._run.archive.name))
        most = estimate([capture for capture, _ in of_home], {}, self._run.arguments.versions).high
        self._run.stats.of(self.domain).planned += Estimate(0, most)
        return Estimate(0, most)

    def _count_losses(self, kind: Kind, *, has_policy: bool) -> None:
        """Count the failures of a kind's listings that others serve in place of, if nothing was found by them."""
        asked, stats = self.listings.asked, self._run.stats
        failures = [] if asked.is_excluded else asked.failures(_OTHERS)
        others = [(each, outcome) for each, outcome in failures if each.kind == kind.name]
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
        given = self._given[PRIVACY.name]
        found = await folder.run(record_coverage, folder.store, self.domain, given, self._period, causes)
        self._run.stats.add_coverage(self.domain, found)


def _is_of(answer: Answer, timestamps: Collection[str]) -> bool:
    """Whether an answer is that of a capture of these moments, or credited for the same digest."""
    return answer.capture.timestamp in timestamps or answer.cause.startswith(SAME_DIGEST)
