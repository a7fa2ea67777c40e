"""The facts that a crawl relies on, each with its judgement and with what it means for a crawl. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crawler.selftest import listing_facts as listings
from crawler.selftest import playback_facts as playback
from crawler.selftest import refusal_facts as refusals
from crawler.selftest import selftest_questions as asked
from crawler.selftest.verdicts import Differs, Held, Settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.selftest.evidence import Evidence
    from crawler.selftest.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact. `if_held` and `if_differs` are what a crawl has from it."""

    name: str
    judge: Callable[[Evidence], Verdict]
    if_held: str
    if_differs: str

    def verdict(self, known: Evidence) -> Verdict:
        try:
            return self.judge(known)
        except Settled as settled:
            return settled.verdict

    def means(self, verdict: Verdict) -> str:
        """Return what a verdict means for a crawl: until something else is seen, the fact is taken to hold."""
        if isinstance(verdict, Differs):
            return self.if_differs
        return self.if_held if isinstance(verdict, Held) else f"assumed: {self.if_held}"


FACTS: Final = (
    Fact(
        "collapse=timestamp:6",
        lambda known: listings.collapse(known, asked.COLLAPSE_MONTH, 6),
        "one listing finds the home pages of all half-years",
        "home pages cost more listings",
    ),
    Fact(
        "collapse=timestamp:8",
        lambda known: listings.collapse(known, asked.COLLAPSE_DAY, 8),
        "a page of many captures is listed by the day",
        "a page of many captures is listed whole",
    ),
    Fact(
        "filter=statuscode",
        listings.filter_status,
        "listings can leave redirects and errors out",
        "rows of every status are listed",
    ),
    Fact(
        "filter=urlkey, prefix",
        lambda known: listings.filter_urlkey(known, asked.FILTER_URLKEY),
        "listings can be narrowed to addresses of policies",
        "policies are found by links and guesses alone",
    ),
    Fact(
        "filter=urlkey, domain",
        lambda known: listings.filter_urlkey(known, asked.FILTER_DOMAIN),
        "one listing can find policies anywhere on a domain",
        "policies are found by links and guesses alone",
    ),
    Fact("limit=-N", listings.newest_rows, "one row shows the newest capture", "the newest capture needs a listing"),
    Fact(
        "resume key in JSON",
        listings.resume_key,
        "long listings are read to their end",
        "long listings are cut: raise LISTING_ROWS",
    ),
    Fact(
        "next page",
        listings.next_page,
        "the pages of a listing join",
        "listings repeat rows, or lack some; repeats are dropped",
    ),
    Fact("fl: seven fields", listings.fields, "rows are read as they come", "rows are misread or dropped: report this"),
    Fact(
        "403: a kind of listing",
        refusals.refused_kind,
        "that kind of listing is not asked again for the domain",
        "taken for the refusal of a kind of listing: report this",
    ),
    Fact(
        "429: everything",
        refusals.rate_limit,
        "everything pauses",
        "a crawl does not pause, and may be blocked: report this",
    ),
    Fact("5xx: an outage", refusals.outage, "the question is asked again", "counted as lost: report this"),
    Fact("robots.txt", refusals.robots, "the captures are final: excluded", "the captures stay open"),
    Fact(
        "excluded site, listing",
        refusals.excluded_listing,
        "run.json says that the site is excluded",
        "an excluded site looks as if it had no captures",
    ),
    Fact(
        "excluded site, page",
        refusals.excluded_page,
        "the captures are final: excluded",
        "the captures stay open, or count as missing",
    ),
    Fact("page never archived", refusals.missing, "the captures are final: missing", "the captures stay open"),
    Fact(
        "Memento-Datetime",
        playback.memento_datetime,
        "archived errors are told from the archive's own",
        "pages are not taken for mementos: nothing is stored",
    ),
    Fact("Link: original", playback.link_original, "the URL really captured is known", "the URL asked for is stored"),
    Fact(
        "id_: raw body", playback.raw_body, "texts are those of the pages", "texts have the archive's own words in them"
    ),
    Fact(
        "id_: length",
        playback.body_length,
        "a body that is cut is seen",
        "whole pages may count as cut, or cut ones as whole: report this",
    ),
    Fact("Content-Encoding", playback.content_encoding, "bodies are decoded", "these bodies are lost: report this"),
    Fact(
        "nearest capture",
        playback.nearest,
        "without a listing, playback finds captures",
        "captures that are not listed may not be found",
    ),
    Fact(
        "archived redirect",
        playback.archived_redirect,
        "redirects are followed within the archive",
        "redirects are followed as captured, if they have a Location at all",
    ),
    Fact(
        "stored in WARC",
        playback.stored_whole,
        "what was read is kept",
        "what was read is not kept, and is asked for again: report this",
    ),
)
