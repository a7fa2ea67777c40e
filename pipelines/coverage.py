"""Coverage: of the half-years in which a company's home pages were captured, those with a policy, and why others have none.

A run records the state of each half-year when it ends a domain (crawler.discovery.coverage); here they are read and worded.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from pipelines.catalog.version_rows import in_batches
from pipelines.catalog.views import VERSIONS_AMONG
from pipelines.items import moment_of
from pipelines.kinds.privacy import PRIVACY
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FEW_HOME_PAGES: Final = 2
"""Half-years with a capture of the home page up to which an archive has little of a company."""


UNLISTED: Final = "not listed yet"
"""Verdict on a company for which no archive has answered yet, so that nothing is known of what they have."""


class State(StrEnum):
    """State of a half-year in which the home page was captured: a policy is known, or why none is."""

    POLICY = "policy"
    THIN = "archive thin"
    NO_LINK = "no link found"
    NO_TEXT = "no policy text"
    REFUSED = "refused"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Coverage:
    """A company's coverage: states of half-years (`2015A`) by listed domain, and dates of its first and last policy.

    `unlisted` says why no index of an archive was read for it (REFUSED, UNLISTED); it is empty where one was.
    """

    half_years: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    first_policy: str = ""
    last_policy: str = ""
    unlisted: str = ""

    @property
    def counts(self) -> Counter[str]:
        """The number of half-years by state, over all listed domains."""
        return Counter(state for domain in self.half_years.values() for state in domain.values())

    @property
    def share(self) -> float | None:
        """The share of half-years with a policy; None if it is unknown: no capture of the home page."""
        counts = self.counts
        return round(counts[State.POLICY] / counts.total(), 3) if counts else None

    @property
    def verdict(self) -> str:
        """What there is of the company's policy, in a few words."""
        counts = self.counts
        if self.first_policy:
            known = f"policy in {counts[State.POLICY]} of {quantity(counts.total(), 'half-year')}"
            return known if counts else "policy found, no home page to compare with"
        for state in (State.REFUSED, State.LOST):
            if counts[state]:
                return state.value
        if self.unlisted:
            return self.unlisted
        return "the archive has little here" if counts.total() <= FEW_HOME_PAGES else "no policy found"

    def gaps(self) -> Iterator[tuple[str, str]]:
        """Yield the stretches of half-years without a policy: domain and half-years in words, and why."""
        for domain, states in sorted(self.half_years.items()):
            for state, run in groupby(sorted(states), key=lambda name: states[name]):
                names = list(run)
                if state != State.POLICY:
                    yield f"{domain} {names[0]}{f' to {names[-1]}' if len(names) > 1 else ''}", str(state)

    def as_json(self) -> dict[str, Any]:
        """Return what run.json has of it."""
        counts = self.counts
        without = {
            domain: {name: str(state) for name, state in states.items() if state != State.POLICY}
            for domain, states in self.half_years.items()
        }
        return {
            "verdict": self.verdict,
            "half_years": counts.total(),
            "with_policy": counts[State.POLICY],
            "share": self.share,
            "first_policy": self.first_policy or None,
            "last_policy": self.last_policy or None,
            "without_policy": {domain: states for domain, states in without.items() if states},
        }


def read_coverage(db: sa.Connection) -> dict[str, Coverage]:
    """Return the coverage of each company that a run has ended, by name."""
    half_years: defaultdict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for company, domain, half_year, state, since, until in db.execute(_HALF_YEARS):
        of_domain = half_years[company].setdefault(domain, {})
        if half_year and _name(since or "0000", "01") <= half_year <= _name(until or "9999", "12"):
            of_domain[half_year] = state
    seen, unlisted = _dates_seen(db), _verdicts(db.execute(_UNLISTED))
    return {
        name: Coverage(
            {key: of for key, of in half_years[name].items() if of},
            *seen.get(name, ("", "")),
            min((unlisted.get(domain, "") for domain in half_years[name]), default=""),
        )
        for name in {*half_years, *seen}
    }


def _verdicts(unlisted: Iterable[sa.Row[Any]]) -> dict[str, str]:
    """Return why no index was read to its end, by listed domain. Each row has the number of refused listings."""
    return {row.domain: State.REFUSED.value if row.refused else UNLISTED for row in unlisted}


def _name(date: str, month: str) -> str:
    """Return the half-year (`2015A`) of a date, a prefix of a timestamp; of a year alone, that of the month."""
    return f"{date[:4]}{'A' if (date[4:6] or month) <= '06' else 'B'}"


def _dates_seen(db: sa.Connection) -> dict[str, tuple[str, str]]:
    """Return the days of each company's first and last policy: of a domain with dates, those captured between them."""
    seen: defaultdict[str, list[str]] = defaultdict(list)
    for company, first, last in db.execute(_SEEN_ONLY, {"kind": PRIVACY.name}):
        seen[company] += [f"{moment_of(moment):%Y-%m-%d}" for moment in (first, last)]
    for among in in_batches(db.scalars(_OF_SEVERAL_KINDS, {"kind": PRIVACY.name}).all()):
        for company, first, last in db.execute(_SEEN, {"kind": PRIVACY.name, "among": among}):
            seen[company] += [first[:10], last[:10]]
    for company, first, last in db.execute(_SEEN_BETWEEN, {"kind": PRIVACY.name}):
        seen[company] += [f"{moment_of(moment):%Y-%m-%d}" for moment in (first, last)]
    return {company: (min(days), max(days)) for company, days in seen.items()}


def coverage_of(
    db: sa.Connection, domain: str, states: Mapping[str, str], readings: Iterable[tuple[str, str, str]]
) -> Coverage:
    """Return the coverage of one listed domain. `readings` are as `DiscoveryQueries.texts_in_time` returns them."""
    days = sorted(f"{moment_of(timestamp):%Y-%m-%d}" for _, timestamp, _ in readings)
    if days:
        return Coverage({domain: dict(states)} if states else {}, days[0], days[-1])
    if states:
        return Coverage({domain: dict(states)})
    return Coverage(unlisted=_verdicts(db.execute(_UNLISTED_OF, {"domain": domain})).get(domain, ""))


def recorded_states(db: sa.Connection, domain: str) -> dict[str, str]:
    """Return the states of a listed domain's half-years, as the last run that ended it left them."""
    return {row.half_year: row.state for row in db.execute(_OF_DOMAIN, {"domain": domain})}


_OF_DOMAIN: Final = sa.text("SELECT half_year, state FROM half_years WHERE domain = :domain ORDER BY half_year")
_HALF_YEARS: Final = sa.text(
    "SELECT d.company, d.domain, h.half_year, h.state, d.since, d.until "
    "FROM domains d LEFT JOIN half_years h ON h.domain = d.domain "
    "ORDER BY d.domain, h.half_year"
)
_LISTINGS: Final = (
    "SELECT d.domain, count(l.failed) AS refused FROM domains d LEFT JOIN listings l ON l.domain = d.domain "
)
_NONE_READ: Final = "GROUP BY d.domain HAVING count(l.finished) + count(l.finished_full) = 0"
_UNLISTED: Final = sa.text(_LISTINGS + _NONE_READ)
_UNLISTED_OF: Final = sa.text(f"{_LISTINGS} WHERE d.domain = :domain {_NONE_READ}")
"""Listed domains without a listing that was ever read to its end, and how many of theirs were refused.

`finished` is empty while a listing is read again."""
_WITHOUT_DATES: Final = "NOT IN (SELECT domain FROM domains WHERE since IS NOT NULL OR until IS NOT NULL)"
_OTHERS: Final = "(SELECT domain FROM documents WHERE kind <> :kind UNION SELECT domain FROM pages WHERE kind <> :kind)"
_SEEN_ONLY: Final = sa.text(
    "SELECT coalesce(d.company, c.domain), min(coalesce(c.memento_timestamp, c.timestamp)), "  # noqa: S608 - our own names
    "max(coalesce(c.memento_timestamp, c.timestamp)) FROM captures c "
    "JOIN documents t ON t.domain = c.domain AND t.text_sha256 = c.text_sha256 LEFT JOIN domains d ON d.domain = c.domain "
    f"WHERE c.domain {_WITHOUT_DATES} AND c.domain NOT IN {_OTHERS} GROUP BY coalesce(d.company, c.domain)"
)
"""Of domains that have documents of one kind alone, for which all their pages are searched: whatever the versions are."""
_OF_SEVERAL_KINDS: Final = sa.text(
    f"SELECT o.domain FROM {_OTHERS} AS o WHERE o.domain {_WITHOUT_DATES} ORDER BY o.domain"  # noqa: S608 - our own names
)
_SEEN: Final = sa.text(
    f"SELECT company, min(first_seen), max(last_seen) FROM ({VERSIONS_AMONG}) AS v WHERE kind = :kind GROUP BY company"  # noqa: S608 - our own names
).bindparams(sa.bindparam("among", expanding=True))
_SEEN_BETWEEN: Final = sa.text(
    "SELECT company, min(moment), max(moment) FROM ("
    "SELECT d.company, d.since, d.until, coalesce(c.memento_timestamp, c.timestamp) AS moment FROM domains d "
    "JOIN captures c ON c.domain = d.domain "
    "JOIN documents t ON t.domain = c.domain AND t.text_sha256 = c.text_sha256 "
    "WHERE (d.since IS NOT NULL OR d.until IS NOT NULL) AND t.kind = :kind AND t.searched_as = :kind) AS of_text "
    "WHERE moment >= coalesce(since, '') AND (until IS NULL OR substr(moment, 1, length(until)) <= until) "
    "GROUP BY company"
)
"""Of domains with dates: a version that began before them has no capture at the date itself."""


def in_words(coverage: Mapping[str, Coverage], most: int = 10) -> list[str]:
    """Return a few lines: the share of half-years with a policy, and the companies without one by what is said of them."""
    counts = sum((each.counts for each in coverage.values()), Counter[str]())
    found = sum(bool(each.first_policy) for each in coverage.values())
    total, known = counts.total(), counts[State.POLICY]
    share = f"; {known:,} of {quantity(total, 'half-year')} with a home page, {known / total:.0%}" if total else ""
    lines = [f"{found:,} of {quantity(len(coverage), 'company')} with a policy{share}"]
    without: defaultdict[str, list[str]] = defaultdict(list)
    for name, each in sorted(coverage.items()):
        if not each.first_policy:
            without[each.verdict].append(name)
    for verdict, names in sorted(without.items()):
        more = f" and {len(names) - most} more" if len(names) > most else ""
        lines.append(f"{verdict}: {', '.join(names[:most])}{more}")
    causes = ", ".join(f"{count} {state}" for state, count in counts.most_common() if state != State.POLICY)
    return [*lines, f"half-years without: {causes}"] if causes else lines
