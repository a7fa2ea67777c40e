"""The state of an output folder in one screen: read from the catalog and run.json, without the lock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from crawler.console.program import command_line
from crawler.run_stats import RETRY, ExitStatus
from pipelines.catalog.archive_counts import archive_counts, has_several_archives
from pipelines.catalog.delivery_writer import OpenDelivery, open_deliveries
from pipelines.catalog.indexes import IS_NAMED
from pipelines.catalog.memento_queries import MementoQueries, is_lost_after
from pipelines.catalog.read_only import ends_of_rounds, reading, writers
from pipelines.catalog.schema import runs
from pipelines.catalog.version_rows import VersionCounts, count_versions, is_of_one_run, newest_rows, version_rows
from pipelines.coverage import Coverage, in_words, read_coverage
from pipelines.items import Fate
from pipelines.output.feeds import EVER
from pipelines.output.run_file import read_run_file
from pipelines.output.storage import open_storage
from pipelines.output.warc_writer import WarcStore
from pipelines.quantity import quantity
from pipelines.redaction import redacted
from pipelines.versions import NEWS_FIRST, Version, read_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pipelines.catalog.archive_counts import ArchiveCounts
    from pipelines.output.location import Location

LINES: Final = 10
"""Lines of each kind that are shown; files have the rest."""
_REFUSED: Final = re.compile(r"(?<!connection )refus|exclu|robots|\b(?:403|429|451|509|529)\b", re.IGNORECASE)
"""Causes of lost listings that are the archive's refusal. A refused connection is nobody's answer."""


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A run that ended in order. Moments are in ISO 8601 (UTC)."""

    moment: str
    finished: str
    archive: str
    exit_status: int
    reason: str


@dataclass(frozen=True, slots=True)
class LostCaptures:
    """A company's captures without a text for one cause."""

    company: str
    captures: int
    cause: str

    def __str__(self) -> str:
        return f"{self.company}: {quantity(self.captures, 'capture')} {self.cause}"


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of the whole folder: companies with a version, texts, versions."""

    companies: int
    texts: int
    versions: int

    def __str__(self) -> str:
        return f"{quantity(self.versions, 'version')}, {quantity(self.texts, 'text')}, {quantity(self.companies, 'company')}"


@dataclass(frozen=True, slots=True)
class Records:
    """The number of mementos with a record in warc/, and what can be seen without reading them of files that lost some."""

    mementos: int
    damages: tuple[str, ...] = ()

    def __str__(self) -> str:
        mementos = quantity(self.mementos, "memento")
        return f"{mementos} in warc/, home pages and redirects among them; `{command_line('check')}` reads them all"


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a folder. `unlisted` (lost listings and domains) and `unmet` are (company, cause), from run.json.

    `unlisted` are lost listings and domains, `unmet` expectations, `damages` unreadable parts of the archive's own files.
    """

    folder: str
    run: EndedRun | None
    writers: tuple[tuple[str, bool], ...]
    """The processes at work there, each with whether it was killed."""
    since: str
    news: int
    newest: tuple[Version, ...]
    losses: tuple[LostCaptures, ...]
    excluded: tuple[LostCaptures, ...]
    unreadable: tuple[LostCaptures, ...]
    scripts: tuple[LostCaptures, ...]
    unlisted: tuple[tuple[str, str], ...]
    unmet: tuple[tuple[str, str], ...]
    damages: tuple[str, ...]
    records: Records
    not_told: tuple[OpenDelivery, ...]
    totals: Totals
    coverage: Mapping[str, Coverage]
    archives: tuple[ArchiveCounts, ...] = ()
    """What each archive has given; empty where there is one."""


def read_status(root: Location, *, catalog_url: str = "", since: str = "") -> Status:
    """Read an output folder. Versions are new since a moment in the catalog's form, or since the run before the last.

    Raises OutputError if there is no catalog.
    """
    last = read_run_file(root)
    with reading(root, catalog_url) as db:
        at_work = tuple(writers(root, db))
        ended = [EndedRun(*row) for row in db.execute(sa.select(*_RUN).order_by(runs.c.moment.desc()).limit(1))]
        since = since or next(iter(ends_of_rounds(db)[1:]), EVER)
        counts = count_versions(db, LINES)
        news, newest = _news_since(db, root, since, counts)
        without = _without_text(db)
        return Status(
            folder=str(root),
            run=ended[0] if ended else None,
            writers=at_work,
            since=since,
            news=news,
            newest=newest,
            losses=_sorted(loss for fate, loss in without if not fate.is_final) + _counted(db, _DAMAGED),
            excluded=_sorted(loss for fate, loss in without if fate is Fate.EXCLUDED),
            unreadable=_sorted(loss for fate, loss in without if fate is Fate.UNREADABLE),
            scripts=_sorted(loss for fate, loss in without if fate is Fate.NEEDS_SCRIPT),
            unlisted=tuple(
                (each.name, str(loss)) for each in last.companies for loss in each.losses if not loss.is_of_capture
            ),
            unmet=tuple((each.name, unmet) for each in last.companies for unmet in each.unmet),
            damages=last.damages,
            records=_records(db, root),
            not_told=tuple(open_deliveries(db)),
            totals=Totals(counts.companies, counts.texts, counts.versions),
            coverage=read_coverage(db),
            archives=tuple(archive_counts(db)) if has_several_archives(db) else (),
        )


_RUN: Final = (runs.c.moment, runs.c.finished, runs.c.archive, runs.c.exit_status, runs.c.reason)
_WITHOUT_TEXT: Final = sa.text(
    "SELECT coalesce(d.company, c.domain), c.fate, coalesce(c.cause, ''), count(*) "  # noqa: S608 - our own names
    f"FROM captures c LEFT JOIN domains d ON d.domain = c.domain WHERE c.{IS_NAMED} "
    "GROUP BY coalesce(d.company, c.domain), c.fate, coalesce(c.cause, '')"
)
_OPEN: Final = ", ".join(f"'{fate}'" for fate in Fate if not fate.is_final)
_DAMAGED: Final = sa.text(
    "SELECT coalesce(d.company, c.domain), count(*), 'whose record in warc/ can''t be used: ' || c.again AS why "  # noqa: S608 - our own names
    "FROM captures c LEFT JOIN domains d ON d.domain = c.domain WHERE c.again IS NOT NULL "
    f"AND c.fate NOT IN ({_OPEN}) "
    "GROUP BY coalesce(d.company, c.domain), c.again ORDER BY count(*) DESC, 1"
)


def _without_text(db: sa.Connection) -> list[tuple[Fate, LostCaptures]]:
    """Return the captures that are lost, excluded, unreadable or need a script, by company, fate and cause."""
    return [
        (Fate(fate), LostCaptures(company, count, cause if Fate(fate).is_final else f"{fate}: {cause}"))
        for company, fate, cause, count in db.execute(_WITHOUT_TEXT)
    ]


def _sorted(found: Iterable[LostCaptures]) -> tuple[LostCaptures, ...]:
    return tuple(sorted(found, key=lambda loss: (-loss.captures, loss.company, loss.cause)))


def _news_since(
    db: sa.Connection, root: Location, since: str, counts: VersionCounts
) -> tuple[int, tuple[Version, ...]]:
    """Return the number of versions of later runs, and the newest of them."""
    if since == EVER and is_of_one_run(db):
        found = read_versions(db, root, order=NEWS_FIRST, of=counts.newest, limit=LINES) if counts.newest else ()
        return counts.versions, tuple(found)
    count = 0

    def counted() -> Iterator[sa.RowMapping]:
        nonlocal count
        for row in version_rows(db, after=since):
            count += 1
            yield row

    newest = {row["id"]: row["domain"] for row in newest_rows(counted(), LINES)}
    domains = set(newest.values())
    found = read_versions(db, root, order=NEWS_FIRST, after=since, of=domains) if domains else ()
    return count, tuple(version for version in found if version.id in newest)


def _counted(db: sa.Connection, query: sa.TextClause) -> tuple[LostCaptures, ...]:
    return tuple(LostCaptures(str(company), int(captures), str(why)) for company, captures, why in db.execute(query))


def _records(db: sa.Connection, root: Location) -> Records:
    found, storage = MementoQueries(db), open_storage(root)
    warcs = WarcStore(storage, "warc/", software="")
    lost = ((each, found.count(is_lost_after(each.file, each.size))) for each in warcs.damage(found.ends_of_ended()))
    damages = tuple(f"{storage.location(warcs.name(each.file))}: {each.what(count)}" for each, count in lost)
    return Records(found.count(), damages)


def show(status: Status) -> str:
    """Return the screen."""
    return "\n".join(line for name, lines in _sections(status) for line in _section(name, lines))


def _sections(status: Status) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the name of each section with its lines."""
    yield "folder", [status.folder, str(status.totals)]
    yield "last run", [_last_run(status.run, _meaning(status))]
    if status.writers:
        killed = "was killed while working here; its responses are stored, and the next run continues from them"
        lines = [f"{who} {killed if gone else 'is at work here'}" for who, gone in status.writers]
        yield "now", _cut(lines, len(lines))
    since = f"since {status.since[:16]}" if status.since > EVER else "in all"
    yield "new", [f"{quantity(status.news, 'version')} {since}", *_cut(map(_news, status.newest), status.news)]
    captures = sum(loss.captures for loss in status.losses)
    head = [f"{quantity(captures, 'capture')}; the next run asks again"] if captures else []
    files = [*(f"archive file: {damage}" for damage in status.damages), *status.records.damages]
    listings = [(f"{company}: {why}", bool(_REFUSED.search(why))) for company, why in status.unlisted]
    lost = [*map(str, status.losses), *(line for line, is_refused in listings if not is_refused), *files]
    yield "lost", [*head, *_cut(lost, len(lost))] or ["nothing"]
    yield "records", [str(status.records)]
    if status.archives:
        yield "archives", _cut(map(str, status.archives), len(status.archives))
    if status.unreadable:
        captures = sum(loss.captures for loss in status.unreadable)
        given_up = f"{quantity(captures, 'capture')}, the same way in each run; a crawl with -a {RETRY} asks again"
        yield "unreadable", [given_up, *_cut(map(str, status.unreadable), len(status.unreadable))]
    refused = [*(line for line, is_refused in listings if is_refused), *map(str, status.excluded)]
    yield "refused", _cut(refused, len(refused)) or ["nothing"]
    if status.not_told:
        why = (
            f"{each.channel}: {each.cause} ({quantity(each.tries, 'try')}); the next run tries again"
            for each in status.not_told
        )
        yield "not told", _cut(why, len(status.not_told))
    if status.scripts:
        filled = (
            f"{each.company}: {quantity(each.captures, 'capture')}, filled in by a script" for each in status.scripts
        )
        yield "need a script", _cut(filled, len(status.scripts))
    if status.coverage and status.run:  # before, half-years without a policy are not searched yet
        yield "coverage", in_words(status.coverage, LINES)
    if status.unmet:
        yield "not as expected", _cut((f"{company}: {why}" for company, why in status.unmet), len(status.unmet))


def _cut(lines: Iterable[str], count: int) -> list[str]:
    """Return the first LINES of `count` lines, and how many are left out."""
    more = [f"… and {count - LINES} more (the files in the folder have them)"] if count > LINES else []
    return [*islice(lines, LINES), *more]


def _meaning(status: Status) -> str:
    """Return the exit status of the last run in words."""
    exit_status = status.run.exit_status if status.run else None
    open_ones = (status.losses, status.damages, status.records.damages, status.unlisted)
    if exit_status == ExitStatus.OPEN_LOSSES and not any(open_ones) and (status.unmet or status.not_told):
        others = [
            *(["not as expected"] if status.unmet else []),
            *(["not everybody was told"] if status.not_told else []),
        ]
        return f"done, {' and '.join(others)}"
    return next((each.meaning for each in ExitStatus if each == exit_status), "unknown")


def _last_run(run: EndedRun | None, meaning: str) -> str:
    if run is None:
        return "none has ended in order yet; a plan is no run"
    began, ended = (datetime.fromisoformat(moment) for moment in (run.moment, run.finished))
    took = str(ended - began).partition(".")[0]
    why = "" if run.reason == "finished" else f"; {run.reason}"
    archive = redacted(run.archive)  # an earlier release recorded it with user name and password
    return f"{began:%Y-%m-%d %H:%M} UTC, {took}, archive {archive}: exit status {run.exit_status}, {meaning}{why}"


def _news(version: Version) -> str:
    return f"{version.first_seen:%Y-%m-%d}  {version.change:8}  {version.company}  {version.path}"


def _section(name: str, lines: Sequence[str]) -> Iterator[str]:
    """Yield a section's lines, the first of them after its name."""
    for head, line in zip(chain([name], repeat("")), lines, strict=False):
        yield f"{head:16}{line}"
