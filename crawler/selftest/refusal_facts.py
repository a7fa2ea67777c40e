"""Judgements on refusals: a kind of listing, everything for now, an outage, an excluded site, a missing page. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from crawler.archives.archive_pages import Said, says
from crawler.archives.cdx_rows import first_line
from crawler.archives.failures import RETRY_STATUSES
from crawler.archives.playback import Absence, is_memento, is_refusal
from crawler.archives.response_headers import header_of
from crawler.selftest import selftest_questions as asked
from crawler.selftest.verdicts import Differs, Held, NotSeen, Settled
from pipelines.items import Fate
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy.http import Response

    from crawler.selftest.evidence import Evidence
    from crawler.selftest.verdicts import Verdict

_RUNTIME_ERROR: Final = "X-Archive-Wayback-Runtime-Error"
_AUTHORIZATION: Final = re.compile(rb"requires? authori[sz]ation", re.IGNORECASE)  # tldfinder#166
_TOO_MANY: Final = re.compile(rb"too many requests|rate limit", re.IGNORECASE)
_ROBOTS: Final = re.compile(rb"robot(?:s\.txt|AccessControl)", re.IGNORECASE)
_MAX_SHOWN: Final = 1 << 12


def refused_kind(known: Evidence) -> Verdict:
    """A 403 for a kind of listing is told from one for a site."""
    for question, response in _answers(known):
        if response.status != 403 or not known.is_listing(question) or _is_other(response):  # noqa: PLR2004
            continue
        line = first_line(response.body)[:60]
        return Held(f"{question}: {line}") if _AUTHORIZATION.search(response.body) else Differs(f"{question}: {line!r}")
    return NotSeen("no kind of listing was refused")


def rate_limit(known: Evidence) -> Verdict:
    """A refusal of everything is HTTP 429, or a page that says so."""
    for question, response in _answers(known):
        if is_refusal(response):
            after = header_of(response, "Retry-After")
            return Held(f"{question}: HTTP {response.status}, Retry-After {after or 'not given'}"[:80])
        if _is_error(response) and _TOO_MANY.search(_said(response)):
            return Differs(f"{question}: HTTP {response.status}, {first_line(response.body):.40}")
    return NotSeen("no refusal")


def outage(known: Evidence) -> Verdict:
    """An outage, or a listing that takes too long, has a status after which a crawl asks again."""
    for question, response in _answers(known):
        if is_memento(response) or response.status < 500:  # noqa: PLR2004
            continue
        words = f"{question}: HTTP {response.status}"
        return Held(words) if response.status in RETRY_STATUSES else Differs(words)
    return NotSeen("no answer of 500 or more")


def robots(known: Evidence) -> Verdict:
    """A site that is hidden for its robots.txt is said so."""
    for question, response in _answers(known):
        if not _is_error(response) or not _ROBOTS.search(_said(response)):
            continue
        words = f"{question}: HTTP {response.status}"
        if says(_said(response), Said.ROBOTS):
            return Held(words)
        return Differs(f"{words}, {first_line(response.body)!r:.60}")
    return NotSeen("no such site")


def excluded_listing(known: Evidence) -> Verdict:
    """The listing of an excluded site is a 403 that names the cause, and never an empty listing."""
    response = known.answer(asked.EXCLUDED_LISTING)
    if says(_said(response), Said.EXCLUDED) and response.status == 403:  # noqa: PLR2004
        return Held("HTTP 403, the cause is named")
    rows = known.rows(asked.EXCLUDED_LISTING)
    if not rows and _page_is_excluded(known):
        return Differs("an empty listing, though playback says that the site is excluded")
    return NotSeen(f"the site is not excluded here: {quantity(len(rows), 'row')}")


def excluded_page(known: Evidence) -> Verdict:
    """A page of an excluded site is told from one that was never archived."""
    response, found = known.playback(asked.EXCLUDED_PAGE)
    if isinstance(found, Absence) and found.fate is Fate.EXCLUDED:
        return Held(f"HTTP {response.status}: {found.cause}")
    if _listing_is_excluded(known):
        cause = found.cause if isinstance(found, Absence) else type(found).__name__.lower()
        return Differs(f"HTTP {response.status}: {cause}, though the listing says that the site is excluded"[:100])
    return NotSeen(f"HTTP {response.status}; the site is not excluded here")


def missing(known: Evidence) -> Verdict:
    """A page that was never archived is said so."""
    response, found = known.playback(asked.MISSING)
    if isinstance(found, Absence) and found.fate is Fate.MISSING:
        words = "with" if says(response.body, Said.NOT_ARCHIVED) else "without"
        return Held(f"HTTP {response.status}, {words} the known sentence")
    cause = found.cause if isinstance(found, Absence) else type(found).__name__.lower()
    return Differs(f"HTTP {response.status}: {cause}"[:80])


def _answers(known: Evidence) -> Iterator[tuple[str, Response]]:
    """Yield the answers with their questions."""
    for question in known.exchanges:
        try:
            yield question, known.answer(question)
        except Settled:
            continue


def _said(response: Response) -> bytes:
    return header_of(response, _RUNTIME_ERROR).encode("latin-1") + response.body[:_MAX_SHOWN]


def _is_error(response: Response) -> bool:
    """Whether a response is an error of the archive's own."""
    return not is_memento(response) and response.status >= 400  # noqa: PLR2004


def _is_other(response: Response) -> bool:
    """Whether a refusal is one of everything, or of a site."""
    said = _said(response)
    return says(said, Said.EXCLUDED) or bool(_ROBOTS.search(said) or _TOO_MANY.search(said))


def _page_is_excluded(known: Evidence) -> bool:
    try:
        found = known.playback(asked.EXCLUDED_PAGE)[1]
    except Settled:
        return False
    return isinstance(found, Absence) and found.fate is Fate.EXCLUDED


def _listing_is_excluded(known: Evidence) -> bool:
    try:
        return says(_said(known.answer(asked.EXCLUDED_LISTING)), Said.EXCLUDED)
    except Settled:
        return False
