"""The plan of a listed domain's discovery: what to ask next, cheapest first. Pure: from what is known to one question.

The index is the scarce thing (24 calls a minute). So a phase asks only for the half-years that the phases before it have
left open, and one question at a time: each answer can make the next one needless.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from crawler.archives.base import BY_MONTH, Match, Query
from crawler.archives.urlkey import urlkey_of
from crawler.discovery.coverage import open_half_years
from crawler.discovery.questions import Asked, Ending, Phase, Question, identity
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.discovery.home_links import Link
    from crawler.discovery.knowledge import Known

MAX_LINKED: Final = 12
"""Linked pages listed for a domain in a run: home pages are foreign input, and must not cause unbounded requests."""
ALWAYS_LINKED: Final = 3
"""Of the linked pages, the best are listed in any case; further ones for half-years that are still open."""
MAX_HOME_CALLS: Final = 2
MAX_GUESS_PAGES: Final = 2
"""Result pages read of one listing of GUESSED or FILTERED."""
MAX_PREFIXES: Final = 8
MAX_GUESSES: Final = 4
HALF_YEARS_A_GUESS: Final = 2
"""Open half-years for which one guess is made once a policy is known: most are those before a company's first policy."""
LEAST_GUESSES: Final = 2
"""Guesses made if any half-year is open: the likeliest prefix, and FILTERED."""
MAX_CALLS: Final = 20
"""Index calls of a domain after which nothing more is guessed."""
_IN_ANY_CASE: Final = {Phase.GIVEN, Phase.HOME, Phase.LINKED, Phase.SHARED}


@dataclass(frozen=True)
class Plan:
    """The plan of one domain in one archive. `dates` are the run's `since` and `until`, `now` the current half-year.

    `is_whole`: the archive's rows cost nothing (WARC files), so that it is listed whole, and nothing is guessed.
    `parts`: in how many parts the archive answers each question, at a call or two each, so that one of the whole domain is
    cheaper than guesses; 0 for an archive that answers as one.
    `bulk_pages`: result pages of BULK; 0 for no such listing. `reads_home`: whether home pages are read.
    `is_estimate`: whether it is for the costs only (`plan=1`): then only what a crawl asks in any case, and no guesses.
    `can_list` are the matches that the archive can be asked for; a prefix only if it also `asks_prefixes`. `own` are the
    pages of which the archive has captures, where there are other archives; None where it is the only one.
    """

    known: Known
    asked: Asked
    now: int
    dates: tuple[str, str] = ("", "")
    is_whole: bool = False
    parts: int = 0
    bulk_pages: int = 0
    reads_home: bool = True
    is_estimate: bool = False
    can_list: frozenset[Match] = frozenset(Match)
    asks_prefixes: bool = True
    own: frozenset[str] | None = None

    def next_question(self, phase: Phase) -> Question | None:
        """Return the phase's next question; None if it has no more."""
        if phase > Phase.SHARED or (self.asked.is_excluded and phase > Phase.GIVEN):
            return None
        if self.is_estimate and not self.is_whole and phase not in _IN_ANY_CASE:
            return None
        questions = (each for each in _ASKERS[phase](self) if each.query.match in self.can_list)
        found = next((each for each in questions if each not in self.asked), None)
        return found and replace(found, kind=self.known.kind.name)

    @property
    def wants_more(self) -> bool:
        """Whether pages are to be guessed: half-years are open, or no page is known that can be the policy."""
        return not self.is_whole and (not self.known.policies or bool(self.open_half_years))

    @property
    def _calls(self) -> int:
        return self.asked.calls_without(self.known.kind.name)

    @property
    def _about(self) -> str:
        """What tells this kind's listings of many pages from those of the first kind."""
        return "" if self.known.kind is PRIVACY else self.known.kind.name

    @property
    def open_half_years(self) -> set[int]:
        return open_half_years(self.known, self.known.policies, now=self.now)

    def _is_worth_a_guess(self, phase: Phase) -> bool:
        """Whether one more guess is worth its call: no page is known that can be the policy, or enough half-years are open.

        Once a policy is known, the guesses made, in this run or lately, are in proportion to the half-years that are open.
        One is kept for FILTERED, whose answer can settle all of them; where the gaps are only supposed, it is the only one.
        Where FILTERED has failed, guesses are made in its place.
        """
        if not self.wants_more or not self.known.policies:
            return self.wants_more
        worth = max(LEAST_GUESSES, len(self.open_half_years) // HALF_YEARS_A_GUESS)
        if phase is Phase.GUESSED:
            worth = worth if self.known.home_half_years else min(1, worth)
            worth -= self._may_ask(self._filtered())
        return self._guesses_made() < worth

    def _guesses_made(self) -> int:
        """Return how many guesses have used their share. One that was refused has not, nor a FILTERED one that failed."""
        ends = [(each, self.asked.outcome(each)) for each in (*self._prefixes(), *self._exact_guesses())]
        made = sum(end.ending is not Ending.REFUSED if end else self._was_asked_lately(each) for each, end in ends)
        return made + any(self._was_answered(each) for each in self._filtered_by_match())

    # Phases

    def given(self) -> Iterator[Question]:
        """Each given page; one that has died only every RELIST_DAYS."""
        for urlkey, url in self.known.given.items():
            page = self.known.pages.get(urlkey)
            if page is None or page.is_alive or not self._is_fresh(url):
                yield from self._page(url, Phase.GIVEN)

    def home(self) -> Iterator[Question]:
        """The home page by month; without an answer, playback's nearest capture of each half-year."""
        domain = self.known.domain
        listed = Query(domain, Match.EXACT, *self.dates, collapse="" if self.is_whole else BY_MONTH)
        outcome = self.asked.outcome(listed)
        if outcome is None and not self._is_refused(listed):
            yield Question(listed, Phase.HOME, 0 if self.is_whole else MAX_HOME_CALLS)
        elif self.reads_home and not self.parts:
            nearest = Query(f"http://{domain}/", Match.NEAREST, *self.dates)
            is_blank = not self.known.home_half_years and not self._was_asked_lately(nearest)
            if outcome is None or outcome.ending is not Ending.READ or is_blank:
                yield Question(nearest, Phase.HOME)

    def linked(self) -> Iterator[Question]:
        """The known pages that are alive, those that died every RELIST_DAYS, and what home pages link to, best first."""
        for page in self.known.policies:
            if page.texts and page.urlkey not in self.known.given and (page.is_alive or not self._is_fresh(page.url)):
                yield from self._page(page.url, Phase.LINKED)
        listed = 0
        for urlkey, link in self._ranked_links():
            if urlkey in self.known.given or self._is_fresh(link.url):
                continue
            if listed >= MAX_LINKED:
                return
            is_asked = self.asked.outcome(self._exact(link.url)) is not None
            if is_asked or listed < ALWAYS_LINKED or link.half_years & self._open_to_links():
                listed += 1
                yield from self._page(link.url, Phase.LINKED)

    def guessed(self) -> Iterator[Question]:
        """Prefixes, then exact addresses, while half-years are open."""
        if self.parts or self._calls >= MAX_CALLS - MAX_GUESS_PAGES:
            return
        is_worth = self._is_worth_a_guess(Phase.GUESSED)
        for query in self._prefixes() if is_worth else ():
            if not self._is_refused(query) and not self._was_asked_lately(query):
                yield Question(query, Phase.GUESSED, MAX_GUESS_PAGES)
        yield from self._pages_of_cut_listings(Phase.GUESSED)
        for query in self._exact_guesses() if is_worth else ():
            if not self._was_asked_lately(query):
                yield from self._page(query.url, Phase.GUESSED, MAX_GUESS_PAGES)

    def filtered(self) -> Iterator[Question]:
        """The whole domain, filtered by the archive; its main host, if the archive refuses listings of the domain alone.

        If it fails, the guesses that were not made for its sake: without a known policy, all were made.
        """
        query, is_worth = self._filtered(), self._is_worth_a_guess(Phase.FILTERED)
        if is_worth and (self.parts or self._calls < MAX_CALLS) and not self._was_asked_lately(query):
            yield Question(query, Phase.FILTERED, MAX_GUESS_PAGES)
        yield from self._pages_of_cut_listings(Phase.FILTERED)
        outcome = self.asked.outcome(query)
        if self.known.policies and outcome and outcome.ending.is_failure:
            yield from self.guessed()

    def bulk(self) -> Iterator[Question]:
        """The whole domain unfiltered: of WARC files, or if the user asks for it."""
        if self.is_whole or self.bulk_pages:
            yield Question(Query(self.known.domain, Match.DOMAIN, *self.dates), Phase.BULK, self.bulk_pages)

    def shared(self) -> Iterator[Question]:
        """The pages to be searched of which other archives alone have captures, exactly."""
        if self.own is None:
            return
        for urlkey in self.known.chosen:
            url = self.known.pages[urlkey].url
            if urlkey not in self.own and not self._is_fresh(url):
                yield from self._page(url, Phase.SHARED)

    # Parts of phases

    def _prefixes(self) -> list[Query]:
        can_ask = self.asks_prefixes and Match.PREFIX in self.can_list
        paths = self.known.kind.prefixes[:MAX_PREFIXES] if can_ask else ()
        urls = ((f"http://{self.known.domain}/{path}", self._filter_below(path)) for path in paths)
        return [Query(url, Match.PREFIX, *self.dates, filter=wanted, about=self._about) for url, wanted in urls]

    def _exact_guesses(self) -> list[Query]:
        """Return the addresses to guess. One below a prefix whose listing was read is known by it."""
        read = tuple(each.url for each in self._prefixes() if self._was_read(each))
        urls = (f"http://{self.known.domain}/{path}" for path in self.known.kind.guesses)
        return [self._exact(url) for url in urls if not url.startswith(read)][:MAX_GUESSES]

    def _was_read(self, query: Query) -> bool:
        """Whether a listing was read whole, in this run or within RELIST_DAYS."""
        outcome = self.asked.outcome(query)
        return outcome.ending is Ending.READ if outcome else self._was_answered(query)

    def _was_answered(self, query: Query) -> bool:
        """Whether a listing was answered, in this run, be it up to its bound, or within RELIST_DAYS."""
        outcome, listed = self.asked.outcome(query), self.known.listed.get(identity(query))
        return not outcome.ending.is_failure if outcome else listed is not None and listed.is_fresh

    def _may_ask(self, query: Query) -> bool:
        """Whether a listing can still be asked for in this run."""
        is_open = self.asked.outcome(query) is None and not self._was_asked_lately(query)
        return is_open and query.match in self.can_list

    def _filtered(self) -> Query:
        """Return the listing of FILTERED: the domain's, or the main host's if the archive has refused the domain's."""
        of_domain, of_host = self._filtered_by_match()
        return of_host if self._is_refused(of_domain) else of_domain

    def _filtered_by_match(self) -> tuple[Query, Query]:
        wanted = f"urlkey:{self.known.kind.urls.filter_regex}"
        of_domain = Query(self.known.domain, Match.DOMAIN, *self.dates, filter=wanted, about=self._about)
        return of_domain, replace(of_domain, match=Match.HOST)

    def _page(self, url: str, phase: Phase, max_pages: int = 0) -> Iterator[Question]:
        """One page, exactly; if its listing is refused or too slow, by playback's nearest captures."""
        exact = self._exact(url)
        outcome = self.asked.outcome(exact)
        if outcome is None and not self._is_refused(exact):
            yield Question(exact, phase, max_pages)
        elif outcome is None or outcome.ending in {Ending.REFUSED, Ending.TOO_SLOW}:
            yield Question(Query(url, Match.NEAREST, *self.dates), phase)

    def _is_refused(self, query: Query) -> bool:
        """Whether the archive has refused a listing of this match, on the company's hosts or on the foreign one."""
        host, own = urlkey_of(query.url).partition(")")[0], self.known.home.partition(")")[0]
        return self.asked.refuses(query.match, own if f"{host},".startswith(f"{own},") else host)

    def _pages_of_cut_listings(self, phase: Phase) -> Iterator[Question]:
        """The best pages, exactly, if a listing that was to find them ended at its bound."""
        if any(each.phase is phase and end.ending is Ending.CUT for each, end in self.asked.outcomes.items()):
            for page in self.known.policies[:ALWAYS_LINKED]:
                yield from self._page(page.url, phase)

    def _exact(self, url: str) -> Query:
        """Return the query of a page, by the spelling of its address that it was listed by before."""
        query = Query(url, Match.EXACT, *self.dates)
        listed = self.known.listed.get(identity(query))
        return replace(query, url=listed.url) if listed else query

    def _filter_below(self, path: str) -> str:
        """Return the filter of a prefix listing; none below a name of policies, where every page is of interest."""
        regex = self.known.kind.urls.filter_regex
        return "" if re.fullmatch(regex, f"com,example)/{path}") else f"urlkey:{regex}"

    def _ranked_links(self) -> list[tuple[str, Link]]:
        def order(item: tuple[str, Link]) -> tuple[bool, int, int, str]:
            urlkey, link = item
            return not link.is_sure, -link.times, len(link.url), urlkey

        return sorted(self.known.links.items(), key=order)

    def _open_to_links(self) -> set[int]:
        """Return the half-years without a capture of a page that can be the policy."""
        captured = set().union(*(page.usable | page.leads | page.texts for page in self.known.policies))
        return set().union(*(link.half_years for link in self.known.links.values())) - captured

    def _is_fresh(self, url: str) -> bool:
        listed = self.known.listed.get(identity(self._exact(url)))
        return listed is not None and listed.is_fresh

    def _was_asked_lately(self, query: Query) -> bool:
        """Whether a query was read within RELIST_DAYS, or could not be had then and is not needed."""
        listed = self.known.listed.get(identity(query))
        if listed is None or self.asked.outcome(query) is not None:
            return False
        return listed.is_fresh or (listed.failed_lately and bool(self.known.policies))


_ASKERS: Final = {
    Phase.GIVEN: Plan.given,
    Phase.HOME: Plan.home,
    Phase.LINKED: Plan.linked,
    Phase.GUESSED: Plan.guessed,
    Phase.FILTERED: Plan.filtered,
    Phase.BULK: Plan.bulk,
    Phase.SHARED: Plan.shared,
}
