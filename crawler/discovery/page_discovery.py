"""PageDiscovery: how DomainCrawl finds a listed domain's pages: the plan, what is known, the listings under way."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crawler.archives.urlkey import urlkey_of
from crawler.company_stats import OUTSIDE
from crawler.discovery.costs import phase_costs
from crawler.discovery.coverage import Causes, half_year_index
from crawler.discovery.hop_captures import HopCaptures
from crawler.discovery.knowledge import read_known
from crawler.discovery.listing_losses import OTHERS, count_others, count_required
from crawler.discovery.listings import now, relist_days
from crawler.discovery.listings_by_archive import ListingsByArchive
from crawler.discovery.plan import Plan
from crawler.discovery.questions import REQUIRED, Ending, Phase
from crawler.discovery.recorded_coverage import record_coverage
from crawler.options.argument_values import have_no_moment, is_within
from crawler.sampling.estimate import Estimate, estimate
from pipelines.items import SAME_DIGEST
from pipelines.kinds import KINDS
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from crawler.archives.base import Archive
    from crawler.companies import Company
    from crawler.discovery.knowledge import Known
    from crawler.discovery.listings import Listings
    from crawler.discovery.questions import Question
    from crawler.run import Run
    from pipelines.items import Answer, Capture
    from pipelines.kinds.base import Kind

MAX_SEARCHED = 36
"""Pages of a domain that are searched in a run, twelve at a time: the best ones first, further ones if those are none."""


class PageDiscovery:
    """The search for one listed domain's pages. Everything is read from the catalog anew before each question.

    So a killed run, a scheduled one and a first one go the same way.
    """

    def __init__(self, company: Company, domain: str, run: Run) -> None:
        self.domain = domain
        self.home = urlkey_of(domain)
        self.listings = ListingsByArchive(domain, run)
        self.hops = HopCaptures(domain, run)
        self._run = run
        self.archives = [archive.name for archive in run.archives]
        """The names of the archives of the run, whose captures of a page make one time line."""
        self._kinds = run.arguments.kinds
        self._given = {kind.name: company.pages_of(domain, kind.name) for kind in self._kinds}
        self.planned = Estimate()
        """The playback requests of the searches, as `plan=1` estimates them."""
        self.blank: set[str] = set()
        """The home pages without a link of any use, by timestamp."""
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
        """Give each archive the phase's next question; return whether there is one.

        Files of this machine are asked before the others: what they have need not be asked for elsewhere.
        `only_without_text`: for the kinds of which no text is known.
        """
        if (
            self._is_outside
            or phase > Phase.SHARED
            or (phase is Phase.HOME and not self._run.settings.getbool("HOME_PAGES"))
        ):
            return False
        for tier in self.listings.tiers:
            if any([await self._ask(each, phase, only_without_text=only_without_text) for each in tier]):
                return True
        return False

    async def _ask(self, listings: Listings, phase: Phase, *, only_without_text: bool) -> bool:
        """Give an archive the phase's next question; return whether there is one, and the archive can be asked now.

        Files of this machine are listed whole when others would be guessed at. The questions to an archive that is given
        up are lost.
        """
        archive = listings.archive
        phase = Phase.BULK if archive.is_local and phase is Phase.GUESSED else phase
        while True:
            known = [await self._known(kind, archive) for kind in self._kinds]
            asking = (each for each in known if not (only_without_text and each.has_text))
            question = await self._next_question(asking, listings, phase)
            if question is None or not self.listings.may_ask(archive.name):
                return False
            if not (cause := self._run.throttles[archive.name].given_up):
                listings.ask(question, frozenset().union(*(each.wanted for each in known)))
                return True
            listings.give_up(question, str(cause))
            if phase in OTHERS:  # one loss stands for what would have been guessed
                return False

    async def _next_question(self, asking: Iterable[Known], listings: Listings, phase: Phase) -> Question | None:
        for known in asking:
            if question := (await self._plan(known, listings)).next_question(phase):
                return question
        return None

    async def _plan(self, known: Known, listings: Listings) -> Plan:
        """Return the plan for an archive."""
        settings, archive = self._run.settings, listings.archive
        return Plan(
            known,
            listings.asked,
            half_year_index(min(now(), self._dates[1].ljust(14, "9"))),
            dates=self._dates,
            is_whole=archive.is_local,
            parts=archive.parts(*self._dates),
            bulk_pages=-(-settings.getint("BULK_LISTING_ROWS") // getattr(archive, "limit", 1)),
            reads_home=self.reads_home,
            is_estimate=self._run.arguments.plan,
            can_list=archive.can_list,
            asks_prefixes=archive.asks_prefixes,
            own=await self._own(archive),
        )

    async def _own(self, archive: Archive) -> frozenset[str] | None:
        """Return the pages of which an archive has captures; None for the only archive of the run."""
        if len(self.archives) == 1:
            return None
        return frozenset(urlkey for urlkey, _ in await self._run.folder.pages(self.domain, archive.name))

    async def _plans(self, kind: Kind) -> list[Plan]:
        """Return the plan of each archive for a kind."""
        return [await self._plan(await self._known(kind, each.archive), each) for each in self.listings]

    async def _known(self, kind: Kind, archive: Archive | None = None) -> Known:
        """Return what is known of a kind's pages by all archives of the run, and of the listings of one of them."""
        archive = archive or self._run.archives[0]
        run, folder = self._run, self._run.folder
        others = {name: urls for name, urls in self._given.items() if name != kind.name}
        reads = partial(
            read_known,
            given=self._given[kind.name],
            dates=self._dates,
            period=self._period,
            relist_days=relist_days(run, archive),
            listed_in=archive.listing_name,
            kind=kind,
            others=others,
        )
        return await folder.run(lambda: reads(folder.store.catalog, self.domain, self.archives))

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

    async def next_hops(self) -> list[Capture]:
        """Return the next pages to read for links where a home page has none. No index was asked for them."""
        return self.hops.next([await self._known(kind) for kind in self._kinds])

    def kinds_read_for(self, capture: Capture) -> list[str]:
        """Return the kinds for whose links a home page is read, or a page one hop from it."""
        return self.hops.kinds_of(capture) if self.hops.has(capture) else [kind.name for kind in self._kinds]

    def take_up(self) -> None:
        """Let the archives be asked that were put aside, and for what of them was lost."""
        self.listings.take_up()
        self.hops.take_up()

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
            if is_left and any(plan.wants_more for plan in await self._plans(kind)):
                return True
        return False

    async def end(self) -> None:
        """Count the losses and given pages without captures, and record the domain's coverage."""
        if self._is_outside:
            self._note_outside()
            return
        is_plan, stats = self._run.arguments.plan, self._run.stats
        count_required(self.listings, stats)
        for kind in self._kinds:
            known = await self._known(kind)
            has_policy = known.has_text or (is_plan and known.policies)
            count_others(self.listings, stats, kind.name, has_policy=bool(has_policy))
            self._note_given(known)
            if is_plan:
                planned = self.planned if kind is self._kinds[0] else Estimate()  # the searches of all kinds
                planned += await self._unlisted(known, kind)
                for plan in await self._plans(kind):
                    stats.add_costs(self.domain, phase_costs(plan, planned))
                    planned = Estimate()
        if not is_plan and PRIVACY in self._kinds:
            await self._record_coverage()

    async def _unlisted(self, known: Known, kind: Kind) -> Estimate:
        """Return the cost of the search of a policy that a plan has not listed, if none is known.

        At most, it has as many captures as the home page by month.
        """
        is_listed = all(plan.is_whole for plan in await self._plans(kind))
        if known.policies or not known.home_half_years or is_listed:
            return Estimate()
        of_home = self.in_dates(await self._run.folder.page(self.domain, self.home, self.archives))
        most = estimate([capture for capture, _ in of_home], {}, self._run.arguments.versions).high
        self._run.stats.of(self.domain).planned += Estimate(0, most)
        return Estimate(0, most)

    def _note_outside(self) -> None:
        """Note that the company had the domain at no time within the dates of the run."""
        own = ", ".join(f"{key} {date}" for key, date in zip(("since", "until"), self._period, strict=True) if date)
        note = f"{OUTSIDE}the run's dates are outside those of the companies file ({own})"
        self._run.stats.of(self.domain).notes[note] += 1

    def _note_given(self, known: Known) -> None:
        """Note the given pages of which the archive has said that it has no capture."""
        given = frozenset({Phase.GIVEN})
        failed = {each.query.url for of_one in self.listings for each, _ in of_one.asked.failures(given)}
        missing = [url for urlkey, url in known.given.items() if urlkey not in known.pages and url not in failed]
        self._run.stats.of(self.domain).without_captures += missing

    async def _record_coverage(self) -> None:
        failures = [failure for each in self.listings for failure in each.asked.failures(REQUIRED | OTHERS)]
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
