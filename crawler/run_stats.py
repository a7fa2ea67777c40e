"""RunStats: a run's counts by company, from which run.json, its tables (console.run_tables) and the exit status come."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from crawler.company_stats import CompanyStats, by_text
from crawler.discovery.costs import Cost
from pipelines.columns import plain
from pipelines.output.run_file import ARCHIVE_FILE, DOMAIN, LISTING, NOTIFICATION, RECORD, TEXT_FILE, Loss
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crawler.archives.warc_indexing import IndexProgress
    from crawler.discovery.questions import Phase
    from pipelines.catalog.archive_counts import ArchiveCounts
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
    ExitStatus.FAILED: "the program failed, or no archive answered",
    ExitStatus.BAD_USAGE: "bad arguments or configuration",
    ExitStatus.OPEN_LOSSES: "done, with open losses",
}


@dataclass
class RunStats:
    """One run's counts, and how it ended. `archive` names those that it asks, `archives` each of them.

    `damages` are parts of the archive's files that can't be read, `left_out` the captures in them that can't be used, by
    file and cause. `indexing` is set while they are indexed.
    `replaced` is the number of mementos fetched again because their records in our WARC files can't be read, `restored` the
    number of text files written again because they were deleted or changed.
    `news` is the number of versions first seen since the last run that ended in order, `news_elsewhere` that of companies
    which this run did not have, as other shards do; None if they were not counted.
    """

    archive: str
    companies: dict[str, CompanyStats]
    archives: tuple[str, ...] = ()
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    finished: datetime | None = None
    reason: str = ""
    error: str = ""
    news: int | None = None
    news_elsewhere: int | None = None
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
    is_of_files: bool = False
    """Whether all archives are in files."""
    requests: Counter[str] = field(default_factory=Counter)
    requests_of: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """The same by archive."""
    given_up_archives: dict[str, str] = field(default_factory=dict)
    """The archives that were given up in this run, each with why."""
    is_counted: bool = False
    """Whether texts and versions were counted at the end. They are not if the catalog or the disk fails before."""
    archive_counts: list[ArchiveCounts] = field(default_factory=list)
    """What each archive has given, in this run and earlier; set at the end."""
    _of_domain: dict[str, CompanyStats] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)
    _lost: set[tuple[str, CaptureKey]] = field(default_factory=set)
    _defective: defaultdict[tuple[str, CaptureKey], list[Loss]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.archives = self.archives or (self.archive,)
        self._of_domain = {domain: company for company in self.companies.values() for domain in company.domains}

    def of(self, domain: str) -> CompanyStats:
        """Return the counts of the company that a listed domain belongs to."""
        return self._of_domain[domain]

    def __contains__(self, domain: str) -> bool:
        return domain in self._of_domain

    def add_answer(self, answer: Answer) -> None:
        company = self.of(answer.domain)
        if not answer.fate.is_final:
            loss = self._loss(answer)
            company.losses[loss] += 1
            self._lost.add((answer.domain, answer.capture.key))
            if answer.defect:
                self._defective[answer.domain, answer.capture.key].append(loss)

    def _loss(self, answer: Answer) -> Loss:
        return Loss(answer.fate, self._of_archive(answer.capture.archive, answer.cause))

    def withdraw_answer(self, answer: Answer) -> None:
        """Take back an answer that was counted: its capture is asked for again in this run."""
        company = self.of(answer.domain)
        company.fates -= Counter([answer.fate])
        loss = self._loss(answer)
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

    def add_lost_listing(self, domain: str, cause: str, archive: str = "") -> None:
        """Count a lost listing of an archive."""
        self.of(domain).losses[Loss(LISTING, self._of_archive(archive, cause))] += 1

    def _of_archive(self, archive: str, cause: str) -> str:
        """Return a cause with the archive whose it is, where there are several."""
        return f"{archive}: {cause}" if archive and len(self.archives) > 1 else cause

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
        company.unlisted[domain] = coverage.unlisted

    def add_lost_texts(self, domain: str, causes: Iterable[str]) -> None:
        """Count missing and changed text files that could not be restored."""
        self.of(domain).losses.update(Loss(TEXT_FILE, cause) for cause in causes)

    def add_damaged_reading(self, domain: str, key: CaptureKey, why: str) -> None:
        """Count a capture whose record can't be read any more, unless it was asked for again and that was counted."""
        if (domain, key) not in self._lost:
            by = "the next run" if key.archive in self.archives else f"a crawl of {key.archive}"
            self.of(domain).losses[Loss(RECORD, f"{why}; what was read of it stays, {by} asks again")] += 1

    def add_news(self, found: Mapping[str, int]) -> None:
        """Take the number of new versions by listed domain: those of this run's companies, and of others."""
        self.news = sum(count for domain, count in found.items() if domain in self)
        self.news_elsewhere = sum(found.values()) - self.news

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
            "archives": self._archives(),
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
            "losses": by_text(sum((company.losses for company in companies), damages_of(self) + _not_told(self))),
            "unreadable": by_text(sum((company.unreadable for company in companies), Counter())),
            "damages": self.damages,
            "captures_left_out": by_text(self.left_out),
            "unfinished": self.unfinished,
            "companies": [company.as_json() for company in companies],
        }

    def _archives(self) -> list[dict[str, Any]]:
        """Return what run.json has of each archive: those of the run, and others with captures in the catalog."""
        counts = {each.archive: each.as_json() for each in self.archive_counts}
        return [
            {
                **counts.get(name, {"archive": name}),
                "requests": by_text(self.requests_of[name]),
                "given_up": self.given_up_archives.get(name),
            }
            for name in dict.fromkeys([*self.archives, *counts])
        ]

    def count_request(self, kind: str, archive: str) -> None:
        """Count a request to an archive, or one answered from our own files."""
        self.requests[kind] += 1
        self.requests_of[archive][kind] += 1

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


def damages_of(stats: RunStats) -> Counter[Loss]:
    """Return the losses that are damaged parts of the archive's files."""
    return Counter(Loss(ARCHIVE_FILE, damage) for damage in stats.damages)


def _not_told(stats: RunStats) -> Counter[Loss]:
    return Counter(Loss(NOTIFICATION, f"{name}: {cause}") for name, cause in stats.told.items() if cause)
