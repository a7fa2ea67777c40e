"""RunStats: a run's counts by company, from which run.json, the closing table and the exit status come."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from crawler.company_stats import OUTSIDE, CompanyStats, by_text
from crawler.console.text_table import text_table
from crawler.discovery.costs import Cost
from crawler.sampling.estimate import Estimate
from pipelines.columns import plain
from pipelines.output.run_file import ARCHIVE_FILE, DOMAIN, LISTING, NOTIFICATION, RECORD, TEXT_FILE, Loss
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crawler.archives.warc_indexing import IndexProgress
    from crawler.discovery.questions import Phase
    from pipelines.coverage import Coverage
    from pipelines.items import Answer, CaptureKey


RETRY: Final = "retry=unreadable"
"""The argument that asks again for captures that were given up."""


class ExitStatus(IntEnum):
    """Exit status of every command (design: names others rely on)."""

    DONE = 0
    FAILED = 1
    BAD_USAGE = 2
    OPEN_LOSSES = 3

    @property
    def meaning(self) -> str:
        """The status in words."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitStatus.DONE: "everything is final",
    ExitStatus.FAILED: "the program failed",
    ExitStatus.BAD_USAGE: "bad arguments or configuration",
    ExitStatus.OPEN_LOSSES: "done, with open losses",
}


@dataclass
class RunStats:
    """One run's counts, and how it ended. `damages` are parts of the archive's files that can't be read.

    `left_out` are the captures in them that can't be used, by file and cause. `indexing` is set while they are indexed.
    `replaced` is the number of mementos fetched again because their records in our WARC files can't be read, `restored` the
    number of text files written again because they were deleted or changed.
    `news` is the number of versions first seen since the last run that ended in order; None if they were not counted.
    """

    archive: str
    companies: dict[str, CompanyStats]
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    finished: datetime | None = None
    reason: str = ""
    error: str = ""
    news: int | None = None
    told: dict[str, str] = field(default_factory=dict)
    """Services and commands that were told of changes, each with why it could not be; empty if it could."""
    damages: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    indexing: IndexProgress | None = None
    replaced: int = 0
    forgotten: int = 0
    """Mementos whose records can't be read, and that were dropped as no capture was read from them."""
    restored: int = 0
    given_up: int = 0
    """Captures that were given up at the end of this run."""
    requests: Counter[str] = field(default_factory=Counter)
    _of_domain: dict[str, CompanyStats] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)
    _lost: set[tuple[str, CaptureKey]] = field(default_factory=set)
    _defective: defaultdict[tuple[str, CaptureKey], list[Loss]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._of_domain = {domain: company for company in self.companies.values() for domain in company.domains}

    def of(self, domain: str) -> CompanyStats:
        """Return the counts of the company that a listed domain belongs to."""
        return self._of_domain[domain]

    def __contains__(self, domain: str) -> bool:
        return domain in self._of_domain

    def add_answer(self, answer: Answer) -> None:
        company = self.of(answer.domain)
        if not answer.fate.is_final:
            loss = Loss(answer.fate, answer.cause)
            company.losses[loss] += 1
            self._lost.add((answer.domain, answer.capture.key))
            if answer.defect:
                self._defective[answer.domain, answer.capture.key].append(loss)

    def withdraw_answer(self, answer: Answer) -> None:
        """Take back an answer that was counted: its capture is asked for again in this run."""
        company = self.of(answer.domain)
        company.fates -= Counter([answer.fate])
        loss = Loss(answer.fate, answer.cause)
        company.losses -= Counter([loss])
        self._lost.discard((answer.domain, answer.capture.key))
        with suppress(ValueError):
            self._defective[answer.domain, answer.capture.key].remove(loss)

    def give_up(self, captures: Iterable[tuple[str, CaptureKey]]) -> None:
        """Take back the losses of captures of listed domains that have become unreadable: they are final."""
        for domain, key in captures:
            if domain in self:
                self.given_up += 1
                self.of(domain).losses -= Counter(self._defective.pop((domain, key), ()))

    def add_lost_listing(self, domain: str, cause: str) -> None:
        self.of(domain).losses[Loss(LISTING, cause)] += 1

    def add_costs(self, domain: str, costs: Mapping[Phase, Cost]) -> None:
        """Add what the phases of a listed domain would cost."""
        known = self.of(domain).costs
        for phase, cost in costs.items():
            known[phase.name] = known.get(phase.name, Cost()) + cost

    def add_coverage(self, domain: str, coverage: Coverage) -> None:
        """Take what is known of a listed domain's policies over time."""
        company = self.of(domain)
        company.half_years |= coverage.half_years
        company.policy_dates |= {coverage.first_policy, coverage.last_policy} - {""}

    def add_lost_texts(self, domain: str, causes: Iterable[str]) -> None:
        """Count missing and changed text files that could not be restored."""
        self.of(domain).losses.update(Loss(TEXT_FILE, cause) for cause in causes)

    def add_damaged_reading(self, domain: str, key: CaptureKey, why: str) -> None:
        """Count a capture whose record can't be read any more, unless it was asked for again and that was counted."""
        if (domain, key) not in self._lost:
            by = "the next run" if key.archive == self.archive else f"a crawl of {key.archive}"
            self.of(domain).losses[Loss(RECORD, f"{why}; what was read of it stays, {by} asks again")] += 1

    def add_failure(self, domain: str, cause: str) -> None:
        """Count a listed domain whose crawl an exception ended: the next run begins it again."""
        self.of(domain).losses[Loss(DOMAIN, cause)] += 1

    def add_damage(self, what: str) -> None:
        """Count an unreadable part of the archive's files. `what` names file, byte, cause and remedy."""
        self.damages.append(what)

    def end(self, domain: str) -> None:
        """Note that a listed domain is done."""
        self._ended.add(domain)
        company = self.of(domain)
        company.finished = self._ended.issuperset(company.domains)

    @property
    def unfinished(self) -> list[str]:
        return [company.name for company in self.companies.values() if not company.finished]

    @property
    def exit_status(self) -> ExitStatus:
        if self.error:
            return ExitStatus.FAILED
        losses = any(company.losses or company.unmet for company in self.companies.values())
        is_open = losses or self.damages or self.unfinished or any(self.told.values())
        return ExitStatus.OPEN_LOSSES if is_open else ExitStatus.DONE

    def as_json(self) -> dict[str, Any]:
        """Return the content of run.json: the whole run's counts and each company's."""
        companies = list(self.companies.values())
        return {
            "started": plain(self.started),
            "finished": plain(self.finished),
            "archive": self.archive,
            "exit_status": self.exit_status,
            "reason": self.reason,
            "error": self.error or None,
            "requests": by_text(self.requests),
            "captures_listed": sum(company.listed for company in companies),
            "fetched": sum(company.fetched for company in companies),
            "versions": sum(company.versions for company in companies),
            "new_versions": self.news,
            "told": self.told,
            "records_replaced": self.replaced,
            "records_forgotten": self.forgotten,
            "texts_restored": self.restored,
            "losses": by_text(sum((company.losses for company in companies), _damages(self) + _not_told(self))),
            "unreadable": by_text(sum((company.unreadable for company in companies), Counter())),
            "damages": self.damages,
            "captures_left_out": by_text(self.left_out),
            "unfinished": self.unfinished,
            "companies": [company.as_json() for company in companies],
        }

    def progress(self) -> str:
        """Return the counts so far in one line."""
        companies = self.companies.values()
        ended = sum(company.finished for company in companies)
        totals = {name: sum(getattr(c, name) for c in companies) for name in ("rows", "listed", "fetched")}
        losses = sum(company.losses.total() for company in companies) + len(self.damages)
        return (
            f"{ended} of {quantity(len(companies), 'company')} done; {quantity(totals['rows'], 'row')}, "
            f"{quantity(totals['listed'], 'capture')} listed; "
            f"{totals['fetched']} fetched, {losses} lost"
        )

    def plan(self, per_minute: float, per_second: float) -> str:
        """Return the tables of `plan=1`: what each company and each phase would take, at least and at most.

        The rates are the budgets of index calls and of playback requests.
        """
        shown = [company for company in self.companies.values() if company.listed or company.losses or company.notes]
        whole = sum((company.planned for company in shown), Estimate())
        rows = [(c.name, c.listed, _span(c.planned), _hours(c.planned, per_second)) for c in shown]
        total = ("total", sum(c.listed for c in shown), _span(whole), _hours(whole, per_second))
        table = text_table([("company", "captures", "requests", "hours"), *rows, total], align="<>>")
        return "\n".join([table, *self._phases(per_minute, per_second), *map(str, _damages(self))])

    def _phases(self, per_minute: float, per_second: float) -> list[str]:
        """Return the table of the phases' costs of all companies, if they cost anything."""
        costs: dict[str, Cost] = {}
        for company in self.companies.values():
            for phase, cost in company.costs.items():
                costs[phase] = costs.get(phase, Cost()) + cost
        costs = {phase: cost for phase, cost in costs.items() if cost != Cost()}
        if not costs:
            return []
        rows = [*costs.items(), ("total", sum(costs.values(), Cost()))]
        shown = [(n, _span(c.calls), _span(c.playbacks), c.hours(per_minute, per_second)) for n, c in rows]
        return ["", text_table([("phase", "index calls", "playbacks", "hours"), *shown], align="<>>")]

    def table(self) -> str:
        """Return the closing table: a line for each company that the archive knows, the totals, and remarks."""
        shown = [company for company in self.companies.values() if company.listed or company.losses or company.notes]
        head = ("company", "captures", "fetched", "texts", "versions", "losses")
        rows = [
            (c.name, c.listed, c.fetched, c.texts, c.versions, _losses(c) or "none") for c in shown
        ]  # fmt: skip
        totals = (
            "total",
            *(sum(getattr(c, name) for c in shown) for name in ("listed", "fetched", "texts", "versions")),
        )
        rows.append((*totals, sum(c.losses.total() for c in shown) + len(self.damages) or "none"))
        lines = [text_table([head, *rows], align="<>>>>")]
        silent = len(self.companies) - len(shown)
        if silent:
            lines.append(f"{silent} more: the archive has listed no page that can be their policy")
        if self.unfinished:
            lines.append(f"not finished: {', '.join(self.unfinished[:10])}{' …' if len(self.unfinished) > 10 else ''}")  # noqa: PLR2004
        if not any(c.fetched for c in shown) and not self.unfinished and not self.error:
            lines.append("nothing new: every capture that is wanted was known already")
        if self.replaced:
            fetched = quantity(self.replaced, "memento")
            lines.append(f"{fetched} fetched again whose record in warc/ can't be read or is cut short")
        if self.forgotten:
            forgotten = quantity(self.forgotten, "memento")
            lines.append(f"{forgotten} forgotten whose record in warc/ can't be read: no capture was read from it")
        if self.given_up:
            given_up = quantity(self.given_up, "capture")
            lines.append(f"{given_up} given up as unreadable, the same way in each run: -a {RETRY} asks again")
        if self.restored:
            lines.append(f"{quantity(self.restored, 'missing or changed text file')} restored")
        if self.news:
            lines.append(f"{quantity(self.news, 'version')} {'is' if self.news == 1 else 'are'} new: see changes.jsonl")
        lines += [
            f"{company.name}: the archive lists no capture of {page}, which the companies file gives"
            for company in self.companies.values()
            for page in company.without_captures
        ]
        lines += [
            f"{company.name}: {note}"
            for company in self.companies.values()
            for note in company.notes
            if note.startswith(OUTSIDE)
        ]
        lines += map(str, _damages(self))
        lines += [f"not told: {name}: {cause}; the next run tries again" for name, cause in self.told.items() if cause]
        lines += [f"{quantity(count, 'capture')} left out of {cause}" for cause, count in self.left_out.items()]
        lines += [f"not as expected: {c.name}: {unmet}" for c in self.companies.values() for unmet in c.unmet]
        return "\n".join(lines)


def _damages(stats: RunStats) -> Counter[Loss]:
    return Counter(Loss(ARCHIVE_FILE, damage) for damage in stats.damages)


def _not_told(stats: RunStats) -> Counter[Loss]:
    return Counter(Loss(NOTIFICATION, f"{name}: {cause}") for name, cause in stats.told.items() if cause)


def _losses(company: CompanyStats) -> str:
    return ", ".join(f"{count} {cause}" for cause, count in company.losses.most_common())


def _span(planned: Estimate) -> str:
    return f"{planned.low} to {planned.high}"


def _hours(planned: Estimate, per_second: float) -> str:
    if not per_second:
        return "no limit"
    return f"{planned.low / per_second / 3600:.2f} to {planned.high / per_second / 3600:.2f}"
