"""The static site under OUTPUT_DIR/report, built from a read-only catalog without taking the lock.

report/index.html                       the overview
report/index.<kind>.html                the same for another kind of document, if there is any
report/assets/…                         styles, scripts, uPlot
report/companies/<slug>.html            a company: timeline, versions, captures without a text
report/companies/<slug>.<kind>.html     the same for another kind of document, if there is any
report/companies/<slug>/<text>.js       the lines of a text
report/companies/<slug>/<old>-<new>.js  the comparison of two texts
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pipelines.catalog.page_address import address_of
from pipelines.catalog.read_only import reading
from pipelines.digest.excerpts import counted
from pipelines.digest.news import runs_ago
from pipelines.errors import OutputError
from pipelines.kinds import KINDS, suffix_of
from pipelines.kinds.privacy import PRIVACY
from pipelines.output.run_file import read_run_file
from pipelines.output.storage import open_storage
from pipelines.report.data_files import SiteFolder, TextFiles, script
from pipelines.report.elements import elements_of
from pipelines.report.history import steps_of
from pipelines.report.overview import STRIP, Entry, Overview, causes_of
from pipelines.report.page_names import FEEDS, feed_of, overview_of, page_of, slugs
from pipelines.report.page_templates import templates_of
from pipelines.report.recorded import Companies
from pipelines.report.timeline_svg import moment, tick_kind, timeline_of
from pipelines.takedown import NOTHING
from pipelines.topics.topics_file import default_topics
from pipelines.versions import shared_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jinja2 import Environment

    from pipelines.kinds.base import Kind
    from pipelines.output.location import Location
    from pipelines.output.run_file import RunFile
    from pipelines.report.history import Step
    from pipelines.report.recorded import RecordedCompany
    from pipelines.takedown import Takedown
    from pipelines.topics.topics_file import Topics

LISTED_CAPTURES = 500
"""Most captures without a text that a company's page lists one by one."""

LISTED_COMPANIES = 1000
"""Companies whose rows stand in the overview page. Data files of as many have the other rows: each is under a megabyte."""

LISTED_LOST = 500
"""Most companies that the overview names as having lost a listing."""

BARE_LANES = 50
"""Most pages without a version that a company's timeline draws."""

ASSETS = ("report.css", "report.js", "charts.js", "overview.js", "compare.js", "diff.js", "company.js")
VENDORED = ("uPlot.iife.min.js", "uPlot.min.css", "uPlot.LICENSE")

_PLAYBACK = "https://web.archive.org/web/"


@dataclass(frozen=True, slots=True)
class Built:
    """The result of a build: the first page, the companies and versions shown, the files written and left unchanged."""

    index: str
    companies: int
    versions: int
    written: int
    unchanged: int
    withheld: int = 0
    """Versions whose texts the takedown list withholds."""


@dataclass(frozen=True, slots=True)
class Other:
    """A page for another kind of document: the noun, the file, and the numbers of versions and of companies with any."""

    noun: str
    page: str
    versions: int
    companies: int = 1


def build(root: Location, catalog_url: str = "", topics: Topics | None = None, takedown: Takedown = NOTHING) -> Built:
    """Write the report of the output folder `root`, without what `takedown` withholds.

    Raises OutputError if the folder can't be read or written.
    """
    with reading(root, catalog_url) as db:
        try:
            topics = topics or default_topics()
            shared = shared_texts(db)
            kinds = {name: Companies(db, root, topics, name, takedown, shared=shared) for name in KINDS}
            return _Site(root, SiteFolder(root), topics, runs_ago(db, 1), _feeds_of(root)).build(kinds)
        except OSError as error:
            raise OutputError(f"{root / 'report'}: can't write: {error.strerror or error}; see OUTPUT_DIR") from error


@dataclass(frozen=True)
class _Site:
    """The pages of the report of the output folder `root`. `since` is the moment of the run before the last one."""

    root: Location
    folder: SiteFolder
    topics: Topics
    since: str
    feeds: frozenset[str]
    """The names of the feeds that are there."""

    def build(self, kinds: Mapping[str, Companies]) -> Built:
        """Write the report. `kinds` has the companies' pages of each kind; each kind that has any has an overview."""
        run, companies = read_run_file(self.root), kinds[PRIVACY.name]
        named = slugs(companies.names())
        others: defaultdict[str, list[Other]] = defaultdict(list)
        of_others = {name: self._other_kind(KINDS[name], kinds[name], named, run, others) for name in list(kinds)[1:]}
        first = Overview(self.topics.names, self.since)
        for company in companies:
            steps = self._company(company, named[company.name], run, first, others=others[company.name])
            lost = sum(run.lost.get(company.name, {}).values())
            first.add(company, named[company.name], steps, lost=lost)
        self._assets()
        overviews = {PRIVACY.name: first} | {name: overview for name, overview in of_others.items() if overview.entries}
        for name, overview in overviews.items():
            pages = [_page_of_kind(other, each) for other, each in overviews.items() if other != name]
            self._overview(overview, run if overview is first else run.without_companies(), KINDS[name], pages)
        self.folder.sweep()
        return Built(
            index=self.folder.storage.location("index.html"),
            companies=len(first.entries),
            versions=sum(overview.versions for overview in overviews.values()),
            written=self.folder.written,
            unchanged=len(self.folder.kept) - self.folder.written,
            withheld=sum(overview.withheld for overview in overviews.values()),
        )

    def _other_kind(
        self,
        kind: Kind,
        companies: Companies,
        named: Mapping[str, str],
        run: RunFile,
        others: Mapping[str, list[Other]],
    ) -> Overview:
        """Write the companies' pages of a kind but the first; note them in `others`, by company. Return the overview."""
        overview = Overview(self.topics.of(kind.name).names, self.since)
        for company in companies:
            if company.pages:
                slug = named[company.name]
                steps = self._company(company, slug, run.without_companies(), overview, kind=kind)
                others[company.name].append(Other(kind.header_noun, page_of(slug, kind.name), len(steps)))
                overview.add(company, f"{slug}{suffix_of(kind.name)}", steps, lost=0)
        return overview

    def _company(
        self,
        company: RecordedCompany,
        slug: str,
        run: RunFile,
        overview: Overview,
        *,
        kind: Kind = PRIVACY,
        others: Sequence[Other] = (),
    ) -> tuple[Step, ...]:
        texts = TextFiles(self.root, self.folder, slug, self.topics.of(kind.name))
        steps = steps_of(company, texts.measure)
        readable = {step.number: name for step in steps if (name := texts.add(step.version))}
        self._page(
            f"companies/{page_of(slug, kind.name)}",
            company=company,
            noun=kind.header_noun,
            index=overview_of(kind.name),
            policies="" if kind is PRIVACY else page_of(slug, PRIVACY.name),
            others=others,
            steps=steps,
            slug=slug,
            readable=readable,
            withheld=sum(step.version.is_withheld for step in steps),
            noise_by_class=sorted(Counter(str(step.kind) for step in steps if step.is_noise).items()),
            fresh={step.number for step in overview.fresh_of(steps)},
            differences={step.number: texts.difference(step, steps) for step in steps if step.before},
            timeline=timeline_of(company, steps),
            causes=sorted(causes_of(company.pages).items(), key=lambda item: (-item[1], item[0])),
            silent=_without_text(company),
            listed_captures=LISTED_CAPTURES,
            bare_lanes=BARE_LANES,
            lost=run.lost.get(company.name, {}),
            notes=run.notes.get(company.name, {}),
            run=run,
            feeds=self._feeds("../../", kind, company.name, slug),
        )
        return steps

    def _overview(self, overview: Overview, run: RunFile, kind: Kind, others: Sequence[Other]) -> None:
        first, end = overview.years
        row, suffix = _environment().get_template("macros.html").module.company_row, suffix_of(kind.name)  # type: ignore[attr-defined]
        parts: list[str] = []
        for start in range(0, max(1, len(overview.entries)), LISTED_COMPANIES):
            entries = overview.entries[start : start + LISTED_COMPANIES]
            rows = [[*_row(entry), overview.strip(entry)] for entry in entries]
            place = len(parts) + 1
            parts.append(f"overview-data{f'-{place}' if start else ''}{suffix}.js")
            if start:
                shown = [elements_of(row(entry, kind is PRIVACY)) for entry in entries]
                self.folder.put(parts[-1], script(f"overview {place}", [rows, shown]))
            else:
                self.folder.put(parts[-1], script("overview", [first, end, STRIP, rows, overview.topics]))
        limits = {"listed_companies": LISTED_COMPANIES, "listed_lost": LISTED_LOST, "has_coverage": kind is PRIVACY}
        facts = {
            "noun": kind.header_noun,
            "others": others,
            "feeds": self._feeds("../", kind),
            "parts": parts,
            **limits,
        }
        self._page(overview_of(kind.name), overview=overview, run=run, **facts)

    def _feeds(self, up: str, kind: Kind = PRIVACY, company: str = "", slug: str = "") -> list[tuple[str, str]]:
        """Return titles and addresses of a kind's feeds that are there: a company's, if one is named, and that of all."""
        all_ = "all companies", feed_of(kind.name)
        named = [(company, feed_of(kind.name, slug)), all_] if slug else [all_]
        return [(f"Changes of {title}", f"{up}{name}") for title, name in named if name in self.feeds]

    def _assets(self) -> None:
        source = files("pipelines.report") / "assets"
        for name in ASSETS:
            self.folder.put(f"assets/{name}", (source / name).read_bytes())
        for name in VENDORED:
            self.folder.put(f"assets/{name}", (source / "vendor" / name).read_bytes())

    def _page(self, name: str, **facts: Any) -> None:
        template = _environment().get_template("company.html" if "/" in name else "index.html")
        self.folder.put(name, template.render(facts).encode(errors="replace"))


def _page_of_kind(name: str, overview: Overview) -> Other:
    """Return what the other overviews say of a kind's."""
    companies = sum(bool(entry.versions) for entry in overview.entries)
    return Other(KINDS[name].header_noun, overview_of(name), overview.versions, companies)


def _feeds_of(root: Location) -> frozenset[str]:
    """Return the names of the feeds of an output folder."""
    storage = open_storage(root)
    of_all = (name for name in map(feed_of, KINDS) if storage.size(name) is not None)
    return frozenset((*storage.list(FEEDS), *of_all))


def _without_text(company: RecordedCompany) -> list[tuple[Any, Any]]:
    """Return (page, capture) of the captures that were fetched or refused and gave no text, in time order."""
    found = [
        (page, seen)
        for page in company.pages
        for seen in page.captures
        if tick_kind(seen) in {"none", "refused", "open"}
    ]
    return sorted(found, key=lambda pair: (pair[1].timestamp, pair[0].urlkey))


def _row(entry: Entry) -> list[Any]:
    """Return the numbers of a company for filters, sorting and charts (assets/overview.js reads them)."""
    latest = entry.changed.first_seen[:8] if entry.changed else ""
    lists = entry.year, entry.births, entry.lengths, entry.topics
    counts = entry.versions, entry.captures, int(latest or 0), entry.words, entry.open, int(entry.refused), entry.fresh
    return [*counts, *lists]


@cache
def _environment() -> Environment:
    environment = templates_of("pipelines.report")
    environment.filters |= {
        "address": address_of,
        "date": lambda timestamp: f"{timestamp[:4]}-{timestamp[4:6]}-{timestamp[6:8]}",
        "clock": lambda timestamp: f"{timestamp[8:10]}:{timestamp[10:12]}:{timestamp[12:14]}",
        "number": lambda value: f"{value:,}",
        "quoted": quote,
        "moment": lambda timestamp: f"{moment(timestamp):.3f}",
        "years": _years,
        "counted": counted,
    }
    environment.tests["playback"] = lambda url: url.startswith(_PLAYBACK)
    return environment


def _years(years: float) -> str:
    whole, months = divmod(round(years * 12), 12)
    return " ".join(part for part in (f"{whole} y" if whole else "", f"{months} m" if months else "") if part)
