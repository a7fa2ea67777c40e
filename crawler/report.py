"""What a run did, company by company: counted while it runs, written to run.json, shown as a table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from crawler.estimate import Estimate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crawler.captures import Answer

DONE, FAILED, BAD_USAGE, OPEN_LOSSES = 0, 1, 2, 3
"""Exit statuses of `scrapy crawl` (design: names others rely on)."""


@dataclass
class CompanyReport:
    """One company's counts in this run."""

    name: str
    domains: tuple[str, ...]
    rows: int = 0
    listed: int = 0
    fetched: int = 0
    home_pages: int = 0
    kept: int = 0
    versions: int = 0
    texts: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    losses: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    without_captures: list[str] = field(default_factory=list)
    """Given pages (`pages:`) of which the archive has listed no capture."""
    unmet: list[str] = field(default_factory=list)
    planned: Estimate = field(default_factory=Estimate)
    finished: bool = False


@dataclass
class Report:
    """One run's counts. `losses` are open ones, by cause: what the next run asks for again. `damages` are an archive's.

    `replaced` is the number of mementos fetched again because their records in our WARC files can't be read, `restored` that
    of text files written anew because they were not what had been written.
    `news` is the number of versions first seen since the last run that ended in order; None if nobody has looked.
    """

    archive: str
    companies: dict[str, CompanyReport]
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    finished: datetime | None = None
    reason: str = ""
    error: str = ""
    news: int | None = None
    replaced: int = 0
    restored: int = 0
    damages: list[str] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)
    _of_domain: dict[str, CompanyReport] = field(default_factory=dict)
    _ended: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._of_domain = {domain: company for company in self.companies.values() for domain in company.domains}

    def of(self, domain: str) -> CompanyReport:
        return self._of_domain[domain]

    def __contains__(self, domain: str) -> bool:
        return domain in self._of_domain

    def add_answer(self, answer: Answer) -> None:
        company = self.of(answer.domain)
        company.fates[answer.fate] += 1
        if not answer.fate.is_final:
            company.losses[f"{answer.fate}: {answer.cause}"] += 1

    def add_lost_listing(self, domain: str, cause: str) -> None:
        self.of(domain).losses[f"listing: {cause}"] += 1

    def add_lost_texts(self, domain: str, causes: Iterable[str]) -> None:
        """Count text files that are not what was written there and could not be restored."""
        self.of(domain).losses.update(f"text file: {cause}" for cause in causes)

    def add_failure(self, domain: str, cause: str) -> None:
        """Count a listed domain that ended wrongly: the next run begins it again."""
        self.of(domain).losses[f"the domain's work ended: {cause}"] += 1

    def add_damage(self, what: str) -> None:
        """Count a part of the archive's files that can't be read; `what` names file, byte, cause and remedy."""
        self.damages.append(what)

    def end(self, domain: str) -> None:
        """Note that nothing more is wanted of a listed domain."""
        self._ended.add(domain)
        company = self.of(domain)
        company.finished = self._ended.issuperset(company.domains)

    @property
    def unfinished(self) -> list[str]:
        return [company.name for company in self.companies.values() if not company.finished]

    @property
    def exit_status(self) -> int:
        if self.error:
            return FAILED
        losses = any(company.losses or company.unmet for company in self.companies.values())
        return OPEN_LOSSES if losses or self.damages or self.unfinished else DONE

    def as_json(self) -> dict[str, Any]:
        """Return run.json: what design.md lists, whole and per company."""
        companies = list(self.companies.values())
        return {
            "started": self.started.isoformat(timespec="seconds"),
            "finished": self.finished.isoformat(timespec="seconds") if self.finished else None,
            "archive": self.archive,
            "exit_status": self.exit_status,
            "reason": self.reason,
            "error": self.error or None,
            "requests": dict(sorted(self.requests.items())),
            "captures_listed": sum(company.listed for company in companies),
            "fetched": sum(company.fetched for company in companies),
            "versions": sum(company.versions for company in companies),
            "new_versions": self.news,
            "records_replaced": self.replaced,
            "texts_restored": self.restored,
            "losses": dict(sorted(sum((company.losses for company in companies), _damages(self)).items())),
            "damages": self.damages,
            "unfinished": self.unfinished,
            "companies": [
                {
                    "name": company.name,
                    "domains": list(company.domains),
                    "finished": company.finished,
                    "rows_listed": company.rows,
                    "captures_listed": company.listed,
                    "fetched": company.fetched,
                    "home_pages": company.home_pages,
                    "planned_requests": [company.planned.low, company.planned.high],
                    "versions": company.versions,
                    "texts": company.texts,
                    "fates": dict(sorted(company.fates.items())),
                    "losses": dict(sorted(company.losses.items())),
                    "notes": dict(sorted(company.notes.items())),
                    "given_pages_without_captures": company.without_captures,
                    "unmet_expectations": company.unmet,
                }
                for company in companies
            ],
        }

    def progress(self) -> str:
        """Return the line that is logged while the run works."""
        companies = self.companies.values()
        ended = sum(company.finished for company in companies)
        totals = {name: sum(getattr(c, name) for c in companies) for name in ("rows", "listed", "fetched")}
        losses = sum(company.losses.total() for company in companies) + len(self.damages)
        return (
            f"{ended} of {len(companies)} companies done; {totals['rows']} rows, {totals['listed']} captures listed; "
            f"{totals['fetched']} fetched, {losses} lost"
        )

    def plan(self, per_second: float) -> str:
        """Return the table of `plan=1`: requests and hours that each company's run would cost, at least and at most."""
        shown = [company for company in self.companies.values() if company.listed or company.losses or company.notes]
        whole = sum((company.planned for company in shown), Estimate())
        rows = [(c.name, c.listed, _span(c.planned), _hours(c.planned, per_second)) for c in shown]
        total = ("total", sum(c.listed for c in shown), _span(whole), _hours(whole, per_second))
        table = _columns([("company", "captures", "requests", "hours"), *rows, total])
        return "\n".join([*table, *_damages(self)])

    def table(self) -> str:
        """Return the closing table: a line per company that the archive knows, and one for the whole."""
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
        lines = list(_columns([head, *rows]))
        silent = len(self.companies) - len(shown)
        if silent:
            lines.append(f"{silent} more: the archive has listed no page that can be their policy")
        if self.unfinished:
            lines.append(f"not finished: {', '.join(self.unfinished[:10])}{' …' if len(self.unfinished) > 10 else ''}")  # noqa: PLR2004
        if not any(c.fetched for c in shown) and not self.unfinished and not self.error:
            lines.append("nothing new: every capture that is wanted was known already")
        if self.replaced:
            lines.append(f"{self.replaced} mementos fetched again, as their records in warc/ can't be read")
        if self.restored:
            lines.append(f"{self.restored} text files restored, as they were not what had been written")
        if self.news:
            lines.append(f"{self.news} versions are new: see changes.jsonl")
        lines += [
            f"{company.name}: the archive lists no capture of {page}, which the companies file gives"
            for company in self.companies.values()
            for page in company.without_captures
        ]
        lines += _damages(self)
        lines += [f"not as expected: {c.name}: {unmet}" for c in self.companies.values() for unmet in c.unmet]
        return "\n".join(lines)


def _damages(report: Report) -> Counter[str]:
    return Counter(f"archive file: {damage}" for damage in report.damages)


def _losses(company: CompanyReport) -> str:
    return ", ".join(f"{count} {cause}" for cause, count in company.losses.most_common())


def _span(planned: Estimate) -> str:
    return f"{planned.low} to {planned.high}"


def _hours(planned: Estimate, per_second: float) -> str:
    if not per_second:
        return "no limit"
    return f"{planned.low / per_second / 3600:.2f} to {planned.high / per_second / 3600:.2f}"


def _columns(rows: Sequence[Sequence[object]]) -> Iterable[str]:
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        cells = [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:-1], widths[1:-1], strict=True)), row[-1]]
        yield "  ".join(cells).rstrip()
