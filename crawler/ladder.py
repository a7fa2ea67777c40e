"""What to ask when the archive refuses a bulk listing: narrower listings, exact guesses, then playback itself. Pure.

Popular sites are refused domain, host and prefix queries with 403 (research/wayback.md section 1); reports differ on
which. A refusal says nothing about what is archived, so the program goes down by itself:

    domain → prefix (host/privacy …) → exact (host/privacy-policy …) → nearest (playback's redirect to a capture)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.archives.base import Match, Query

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIXES = (
    "privacy",
    "legal",
    "policies",
    "policy",
    "company/privacy",
    "company/legal",
    "about/privacy",
    "datenschutz",
)
"""Paths under which companies.yaml's companies keep their policy; a prefix costs a fiftieth of a domain query."""

GUESSES = (
    "privacy", "privacy-policy", "privacy-policy/", "privacypolicy", "privacy.html", "privacy.htm", "privacy.php",
    "privacy.asp", "privacy.aspx", "privacy_policy.html", "privacy-policy.html", "privacy-policy.php",
    "legal/privacy", "legal/privacy-policy", "legal/privacy.html", "policies/privacy", "policies/privacy-policy",
    "about/privacy", "company/privacy", "company/legal/privacy", "terms/privacy", "datenschutz", "datenschutz.html",
    "privacystatement", "privacy-statement", "privacy-notice",
)  # fmt: skip
"""Exact URLs to ask for, most usual first. SURT merges www, scheme, case and trailing slash, so each stands for many."""

PROBED = 10
"""Guesses that are still asked for where only playback answers: each costs a request of the larger budget."""

ANY_TIME = "20120701000000"
"""Where the first probe of a URL looks: playback answers with the capture nearest to it, however far."""

_NEXT = {Match.DOMAIN: Match.PREFIX, Match.HOST: Match.PREFIX, Match.PREFIX: Match.EXACT, Match.EXACT: Match.NEAREST}
_PATHS = {Match.PREFIX: PREFIXES, Match.EXACT: GUESSES, Match.NEAREST: GUESSES[:PROBED]}


def lower_rung(refused: Query, rest: Sequence[Query], domain: str, pages: Sequence[str]) -> tuple[Query, ...]:
    """Return what to ask instead of `refused` and of those in `rest` that would be refused, too.

    `pages` are the known policy URLs of the domain: asked for, however far down the ladder leads.
    """
    match = _NEXT.get(refused.match)
    if match is None:
        return tuple(rest)
    guesses = [f"http://{domain}/{path}" for path in _PATHS[match]]
    known = list(pages) if match in {Match.EXACT, Match.NEAREST} else []
    urls = dict.fromkeys([*known, *guesses])
    narrower = [Query(url, match, refused.since, refused.until) for url in urls]
    asked = {query.url for query in narrower}
    others = [query for query in rest if query.match is not refused.match and query.url not in asked]
    return (*narrower, *others)


def follow_up(probe: Query, found: bool, last_year: int) -> tuple[Query, ...]:  # noqa: FBT001 - the question itself
    """Return the probes that follow a first one which found a capture: one in the middle of each half-year."""
    if probe.match is not Match.NEAREST or not found or probe.at:
        return ()
    first = max(int(probe.since[:4] or 1996), 1996)
    last = min(int(probe.until[:4] or last_year), last_year)
    moments = (f"{year}{day}000000" for year in range(first, last + 1) for day in ("0401", "1001"))
    return tuple(Query(probe.url, Match.NEAREST, probe.since, probe.until, at=moment) for moment in moments)
