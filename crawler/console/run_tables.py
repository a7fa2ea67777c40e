"""The tables that a run ends with, from its counts: the closing table, and that of `plan=1`."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from crawler.company_stats import OUTSIDE
from crawler.console.program import command_line
from crawler.console.text_table import text_table
from crawler.discovery.costs import Cost
from crawler.run_stats import RETRY, damages_of
from crawler.sampling.estimate import Estimate
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crawler.company_stats import CompanyStats
    from crawler.run_stats import RunStats

NAMED: Final = 10
"""Companies that a remark names; of the others it says how many they are."""
_ASKED: Final = (
    "given pages, the home page by month, and pages known from earlier runs; nothing is guessed or listed in bulk"
)
_OF_RUN: Final = {"captures": "listed", "fetched": "fetched"}
_OF_CATALOG: Final = {"texts": "texts", "versions": "versions"}
"""The columns of counts, by what they are called in the table: those made on the way, and those made at the end."""


def closing_table(stats: RunStats) -> str:
    """Return a line for each company that the archive knows, the totals, and remarks.

    What could not be counted at the end has no column; a run of which nothing at all is known then has no table.
    """
    shown = _shown(stats)
    columns = _OF_RUN | (_OF_CATALOG if stats.is_counted else {})
    rows = [(c.name, *_counts([c], columns), _losses(c) or "none") for c in shown]
    lost = sum(c.losses.total() for c in shown) + len(stats.damages)
    head, total = ("company", *columns, "losses"), ("total", *_counts(shown, columns), lost or "none")
    table = [text_table([head, *rows, total], align="<>>>>"[: len(head) - 1])] if shown or stats.is_counted else []
    remarks = (
        _uncounted(stats),
        _on_companies(stats, shown),
        _on_records(stats),
        _on_each(stats),
        _on_strange_files(stats),
    )
    return "\n".join([*table, *chain.from_iterable(remarks)])


def _uncounted(stats: RunStats) -> Iterator[str]:
    if not stats.is_counted:
        yield (
            f"texts and versions could not be counted; what was stored stays, `{command_line('status')}` shows it, and the "
            "next run goes on"
        )


def plan_table(stats: RunStats, per_minute: float, per_second: float) -> str:
    """Return what each company and each phase would take, at least and at most.

    The rates are the budgets of index calls and of playback requests.
    """
    shown = [company for company in stats.companies.values() if company in _shown(stats) or company.planned.high]
    whole = sum((company.planned for company in shown), Estimate())
    rows = [(c.name, c.listed, _span(c.planned), _hours(c.planned, per_second)) for c in shown]
    total = ("total", sum(c.listed for c in shown), _span(whole), _hours(whole, per_second))
    table = text_table([("company", "captures", "requests", "hours"), *rows, total], align="<>>")
    phases = _phases(stats, per_minute, per_second)
    lines = [
        table,
        *phases,
        *_silent(stats, shown),
        *_not_planned(stats),
        *map(str, damages_of(stats)),
        *_on_strange_files(stats),
    ]
    return "\n".join(lines)


def _not_planned(stats: RunStats) -> Iterator[str]:
    """Yield what a plan lacks, so that its numbers are too low."""
    if lost := sum(company.losses.total() for company in stats.companies.values()):
        yield f"planned without {quantity(lost, 'listing')} that could not be had"
    yield from _unfinished(stats)
    yield from _given_up(stats)


def _unfinished(stats: RunStats) -> Iterator[str]:
    if stats.unfinished:
        yield f"not finished: {_names(stats.unfinished)}"


def _given_up(stats: RunStats) -> Iterator[str]:
    for name, why in stats.given_up_archives.items():
        yield f"{name}: given up in this run: {why}; the next run asks again"


def _shown(stats: RunStats) -> list[CompanyStats]:
    return [company for company in stats.companies.values() if company.listed or company.losses or company.notes]


def _counts(companies: Sequence[CompanyStats], columns: Mapping[str, str]) -> tuple[int, ...]:
    return tuple(sum(getattr(company, name) for company in companies) for name in columns.values())


def _on_companies(stats: RunStats, shown: Sequence[CompanyStats]) -> Iterator[str]:
    """Yield the remarks on companies without a line, and on those for which nothing was to do."""
    yield from _silent(stats, shown)
    yield from _unfinished(stats)
    is_whole = not stats.unfinished and not stats.error
    if is_whole and shown and not any(c.fetched or c.losses for c in shown):
        yield "nothing new: every capture that is wanted was known already"


def _silent(stats: RunStats, shown: Sequence[CompanyStats]) -> Iterator[str]:
    asked = [company for company in stats.companies.values() if company.name not in stats.unfinished]
    silent = [company.name for company in asked if company not in shown]
    if silent and not stats.error:
        yield f"the archive has listed no page that can be their policy: {_names(silent)}"


def _on_strange_files(stats: RunStats) -> Iterator[str]:
    """Yield the remedy if files hold no row of any company: they were made with another list."""
    is_whole = not stats.unfinished and not stats.error
    if stats.is_of_files and is_whole and not any(company.rows for company in stats.companies.values()):
        yield (
            "the files of archive= have no capture of any company of this run: name the list that they were made with, "
            "-s COMPANIES_FILE=, or one of their domains, -a domain="
        )


def _names(names: Sequence[str]) -> str:
    more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
    return ", ".join([*names[:NAMED], *more])


def _on_records(stats: RunStats) -> Iterator[str]:
    """Yield the remarks on stored records and on texts."""
    if stats.replaced:
        yield f"{quantity(stats.replaced, 'memento')} fetched again whose record in warc/ can't be read or is cut short"
    if stats.forgotten:
        forgotten = quantity(stats.forgotten, "memento")
        yield f"{forgotten} forgotten whose record in warc/ can't be read: no capture was read from it"
    if stats.given_up:
        given_up = quantity(stats.given_up, "capture")
        yield f"{given_up} given up as unreadable, the same way in each run: -a {RETRY} asks again"
    if stats.restored:
        yield f"{quantity(stats.restored, 'missing or changed text file')} restored"
    if stats.news or stats.news_elsewhere:
        are = "is" if stats.news == 1 else "are"
        also = f", and {stats.news_elsewhere:,} of companies of other runs" if stats.news_elsewhere else ""
        new = f"{quantity(stats.news or 0, 'version')} {are} new{also}"
        yield f"{new}: `{command_line('changes')}` shows them, changes.jsonl has them"


def _on_each(stats: RunStats) -> Iterator[str]:
    """Yield the remarks that name a company, an archive's file or a service each."""
    companies = stats.companies.values()
    yield from _on_archives(stats)
    for company in companies:
        for page in company.without_captures:
            yield f"{company.name}: the archive lists no capture of {page}, which the companies file gives"
    for company in companies:
        yield from (f"{company.name}: {note}" for note in company.notes if note.startswith(OUTSIDE))
    yield from map(str, damages_of(stats))
    for name, cause in stats.told.items():
        if cause:
            yield f"not told: {name}: {cause}; the next run tries again"
    for cause, count in stats.left_out.items():
        yield f"{quantity(count, 'capture')} left out of {cause}"
    for company in companies:
        yield from (f"not as expected: {company.name}: {unmet}" for unmet in company.unmet)


def _on_archives(stats: RunStats) -> Iterator[str]:
    """Yield the remarks on each archive, where there are several: what it has given, and whether it was given up."""
    if len(stats.archive_counts) > 1:
        yield from map(str, stats.archive_counts)
    yield from _given_up(stats)


def _phases(stats: RunStats, per_minute: float, per_second: float) -> list[str]:
    """Return the table of the phases' costs of all companies, if they cost anything."""
    costs: dict[str, Cost] = {}
    for company in stats.companies.values():
        for phase, cost in company.costs.items():
            costs[phase] = costs.get(phase, Cost()) + cost
    costs = {phase: cost for phase, cost in costs.items() if cost != Cost()}
    if not costs:
        return []
    rows = [*costs.items(), ("total", sum(costs.values(), Cost()))]
    shown = [(n, _span(c.calls), _span(c.playbacks), c.hours(per_minute, per_second)) for n, c in rows]
    table = text_table([("phase", "index calls", "playbacks", "hours"), *shown], align="<>>")
    made = quantity(sum(company.index_calls for company in stats.companies.values()), "index call")
    return ["", table, f"{made} made for this plan: {_ASKED}"]


def _losses(company: CompanyStats) -> str:
    return ", ".join(f"{count} {cause}" for cause, count in company.losses.most_common())


def _span(planned: Estimate) -> str:
    return f"{planned.low} to {planned.high}"


def _hours(planned: Estimate, per_second: float) -> str:
    if not per_second:
        return "no limit"
    return f"{planned.low / per_second / 3600:.2f} to {planned.high / per_second / 3600:.2f}"
