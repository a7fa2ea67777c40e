"""Build the report: OUTPUT_DIR/report/index.html and what it leads to. The catalog is only read; no lock is needed.

    report/index.html                       the overview
    report/assets/…                         styles, scripts, uPlot
    report/companies/<slug>.html            a company: timeline, versions, captures without a text
    report/companies/<slug>/<text>.js       a text's lines
    report/companies/<slug>/<old>-<new>.js  the rows that lead from one text to another

Texts and differences are named by their text's hash: what is there already is not made again.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipelines.catalog.queries import reading
from pipelines.document import parse
from pipelines.errors import OutputError
from pipelines.output.run_file import read_run_file
from pipelines.output.storage import TEMPORARY, LocalStorage
from pipelines.report.history import steps_of
from pipelines.report.overview import STRIP, Entry, Overview, causes_of
from pipelines.report.report_queries import Companies
from pipelines.report.scripts import read_script, script
from pipelines.report.timeline_svg import moment, tick_kind, timeline_of
from pipelines.report.worddiff import compare, lines_of

if TYPE_CHECKING:
    from pipelines.output.run_file import RunFile
    from pipelines.report.history import Step
    from pipelines.report.report_queries import RecordedCompany, Text, Version

FORMAT = 1
"""Raised whenever the data of texts or differences change, so that those made before are made again."""

LISTED_CAPTURES = 500
"""Captures without a text that a company's page lists one by one."""

BARE_LANES = 50
"""Pages without a version that are drawn on a company's timeline."""

ASSETS = ("report.css", "report.js", "charts.js", "overview.js", "diff.js", "company.js")
VENDORED = ("uPlot.iife.min.js", "uPlot.min.css", "uPlot.LICENSE")

_TEXT_PATH = re.compile(r"text/[a-z0-9.-]+/[0-9a-f-]+\.txt", re.ASCII)
_OURS = "https://web.archive.org/web/"


@dataclass(frozen=True, slots=True)
class Built:
    """What was built: the first page, how much it shows, and how many files were written and left as they were."""

    index: Path
    companies: int
    versions: int
    written: int
    unchanged: int


def build(root: Path, catalog_url: str = "") -> Built:
    """Write the report of the output folder `root`. Raises OutputError if it can't be read or written."""
    with reading(root, catalog_url) as db:
        try:
            return _Site(root).build(Companies(db))
        except OSError as error:
            raise OutputError(f"{root / 'report'}: can't write: {error.strerror or error}; see OUTPUT_DIR") from error


def slugs(names: list[str]) -> dict[str, str]:
    """Name each company's page after it: lower-case ASCII; names that would share one get eight digits of their hash."""
    plain = {name: re.sub(r"[^a-z0-9]+", "-", name.casefold()[:60]).strip("-") for name in names}
    taken = Counter(plain.values())
    return {
        name: slug if slug and taken[slug] == 1 else f"{slug or 'company'}-{_sha(name)[:8]}"
        for name, slug in plain.items()
    }


@dataclass
class _Site:
    """The report of an output folder; `kept` are the names of its files."""

    root: Path
    written: int = 0
    kept: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.storage = LocalStorage(self.root / "report")

    def build(self, companies: Companies) -> Built:
        run, overview = read_run_file(self.root), Overview()
        named = slugs(companies.names())
        for company in companies:
            steps = self._company(company, named[company.name], run)
            lost = sum(run.lost.get(company.name, {}).values())
            overview.add(company, named[company.name], steps, lost=lost)
        self._assets()
        self._overview(overview, run)
        self._sweep()
        versions = sum(entry.versions for entry in overview.entries)
        left = len(self.kept) - self.written
        return Built(Path(self.storage.location("index.html")), len(overview.entries), versions, self.written, left)

    def _company(self, company: RecordedCompany, slug: str, run: RunFile) -> tuple[Step, ...]:
        texts = _Texts(self, slug)
        steps = steps_of(company, texts.measure)
        readable = {step.number: name for step in steps if (name := texts.add(step.version.text))}
        self.page(
            f"companies/{slug}.html",
            company=company,
            steps=steps,
            slug=slug,
            readable=readable,
            differences={step.number: texts.difference(step, steps) for step in steps if step.before},
            timeline=timeline_of(company, steps),
            causes=sorted(causes_of(company.pages).items(), key=lambda item: (-item[1], item[0])),
            silent=_without_text(company),
            listed_captures=LISTED_CAPTURES,
            bare_lanes=BARE_LANES,
            lost=run.lost.get(company.name, {}),
            notes=run.notes.get(company.name, {}),
            run=run,
        )
        return steps

    def _overview(self, overview: Overview, run: RunFile) -> None:
        first, end = overview.years
        data = [first, end, STRIP, [[*_row(entry), overview.strip(entry)] for entry in overview.entries]]
        self.put("overview-data.js", script("overview", data))
        self.page("index.html", overview=overview, run=run)

    def _assets(self) -> None:
        source = files("pipelines.report") / "assets"
        for name in ASSETS:
            self.put(f"assets/{name}", (source / name).read_bytes())
        for name in VENDORED:
            self.put(f"assets/{name}", (source / "vendor" / name).read_bytes())

    def page(self, name: str, **facts: Any) -> None:
        template = _environment().get_template("company.html" if "/" in name else "index.html")
        self.put(name, template.render(facts).encode(errors="replace"))

    def put(self, name: str, data: bytes) -> None:
        self.written += self.storage.write(name, data)
        self.kept.add(name)

    def has(self, name: str) -> bool:
        """Whether a file that is named by its content is there; it is kept."""
        if self.storage.size(name) is None:
            return False
        self.kept.add(name)
        return True

    def _sweep(self) -> None:
        """Delete what earlier reports had and this one has not."""
        for name in list(self.storage.list("companies/")):
            if name.endswith((".html", ".js", TEMPORARY)) and name not in self.kept:
                self.storage.delete(name)


class _Texts:
    """One company's texts and differences, as files and, while its page is made, in memory."""

    def __init__(self, site: _Site, slug: str) -> None:
        self._site = site
        self._folder = f"companies/{slug}"
        self._lines = cache(self._read)

    def add(self, text: Text) -> str:
        """Write a text's lines; return their name, or an empty string if its file is not there."""
        name = _name(text)
        if self._site.has(f"{self._folder}/{name}.js"):
            return name
        lines = self._lines(text)
        if lines is None:
            return ""
        self._site.put(f"{self._folder}/{name}.js", script(name, lines))
        return name

    def measure(self, before: Version, version: Version) -> tuple[int, int] | None:
        """Write the difference of two versions' texts; return words added and removed, None without the texts."""
        name = _pair(before.text, version.text)
        path = f"{self._folder}/{name}.js"
        if self._site.has(path) and (known := _counts(self._site.storage.read(path))):
            return known
        old, new = self._lines(before.text), self._lines(version.text)
        if old is None or new is None:
            return None
        found = compare(old, new)
        self._site.put(path, script(name, [found.added, found.removed, found.rows]))
        return found.added, found.removed

    def difference(self, step: Step, steps: tuple[Step, ...]) -> str:
        """Name the file that `measure` wrote; empty where there is none."""
        name = _pair(steps[step.before - 1].version.text, step.version.text)
        return name if self._site.has(f"{self._folder}/{name}.js") else ""

    def _read(self, text: Text) -> tuple[str, ...] | None:
        """Read a text's lines; None if its file has gone, as a run at the same time may have renamed it."""
        if not _TEXT_PATH.fullmatch(text.path):
            return None
        try:
            document = parse(LocalStorage(self._site.root).read(text.path).decode(errors="replace"))
        except FileNotFoundError:
            return None
        return lines_of(document.title or "", document.body)


def _name(text: Text) -> str:
    return f"{text.sha256[:16]}.{FORMAT}"


def _pair(before: Text, text: Text) -> str:
    return f"{before.sha256[:16]}-{_name(text)}"


def _counts(file: bytes) -> tuple[int, int] | None:
    """Read the counts of a difference made before; None if the file is not whole."""
    try:
        added, removed, _ = read_script(file)
        return int(added), int(removed)
    except (ValueError, TypeError, IndexError):
        return None


def _without_text(company: RecordedCompany) -> list[tuple[Any, Any]]:
    """(page, capture) of the captures that were asked for and gave no text, in time order."""
    found = [
        (page, seen)
        for page in company.pages
        for seen in page.captures
        if tick_kind(seen) in {"none", "refused", "open"}
    ]
    return sorted(found, key=lambda pair: (pair[1].timestamp, pair[0].urlkey))


def _row(entry: Entry) -> list[Any]:
    """What filters, sorting and charts need of a company (assets/overview.js reads it)."""
    latest = entry.changed.version.first_seen[:8] if entry.changed else ""
    lists = entry.year, entry.births, entry.lengths
    return [entry.versions, entry.captures, int(latest or 0), entry.words, entry.open, int(entry.refused), *lists]


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipelines.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "date": lambda timestamp: f"{timestamp[:4]}-{timestamp[4:6]}-{timestamp[6:8]}",
        "clock": lambda timestamp: f"{timestamp[8:10]}:{timestamp[10:12]}:{timestamp[12:14]}",
        "number": lambda value: f"{value:,}",
        "quoted": quote,
        "moment": lambda timestamp: f"{moment(timestamp):.3f}",
        "years": _years,
    }
    environment.tests["playback"] = lambda url: url.startswith(_OURS)
    return environment


def _years(years: float) -> str:
    whole, months = divmod(round(years * 12), 12)
    return " ".join(part for part in (f"{whole} y" if whole else "", f"{months} m" if months else "") if part)
