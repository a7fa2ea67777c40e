"""DATASHEET.md: what an export is, how it came about, and what it can't show (Gebru et al. 2021, Datasheets for Datasets).

Pure. All numbers are those of the output folder that was exported.
"""

from __future__ import annotations

import re
from statistics import median
from typing import TYPE_CHECKING, Final

from pipelines.coverage import Coverage, State
from pipelines.export.dataset_words import runs_in_words, words_of
from pipelines.export.notice import NOTICE
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from pipelines.export.dataset_facts import DatasetFacts

_SECTIONS: Final = (
    ("How it was collected", ("dataCollection", "dataCollectionRawData")),
    ("How it was processed", ("dataPreprocessingProtocol", "dataAnnotationProtocol")),
    ("What is missing", ("dataCollectionMissingData", "dataLimitations", "dataBiases")),
    ("Uses", ("dataUseCases", "dataSocialImpact")),
    ("People", ("personalSensitiveInformation",)),
    ("Maintenance", ("dataReleaseMaintenancePlan",)),
)
_NAMES: Final = {
    "archive": "archives",
    "kind": "kinds of documents",
    "language": "languages of the texts",
    "change": "changes",
    "change_class": "classes of changes",
    "reading": "readings",
    "converter_version": "converter versions",
}
_LISTED_COMPANIES: Final = 200
_LISTED: Final = 12
"""Values of a column that are named; of the others it says how many there are."""


def datasheet(facts: DatasetFacts) -> str:
    """Return the datasheet of an export, in markdown."""
    words = words_of(facts)
    lines = ["# Datasheet", "", *_what(facts), *_counts(facts), *_companies(facts)]
    for heading, fields in _SECTIONS:
        lines += [f"## {heading}", ""]
        for field in fields:
            lines += [words[field], ""]
        if "dataCollection" in fields:
            lines += [*(f"- {run}" for run in runs_in_words(facts)), ""]
    return "\n".join(lines) + "\n" + NOTICE


def _what(facts: DatasetFacts) -> Iterator[str]:
    tally = facts.tally
    span = f", seen from {tally.first_seen} to {tally.last_seen}" if tally.versions else ""
    versions, texts = quantity(tally.versions, "version"), quantity(len(tally.texts), "text")
    where = f"{quantity(len(tally.companies), 'company')} on {quantity(len(tally.domains), 'listed domain')}"
    yield (
        f"Version {facts.version} of a dataset, versions of privacy policies: {versions} ({texts}; a text can "
        f"come back, and stand on several pages) of {where}{span}. One row is one version: a run of a page's captures "
        "with the same text. `datapackage.json` describes each column, and has the parameters of the runs."
    )
    yield ""
    if tally.withheld:
        withheld = quantity(tally.withheld, "text")
        yield f"{withheld} withheld on request: the rows are there, their texts and titles are not."
        yield ""
    yield "To cite it: name wayback-policies (its CITATION.cff), the archives below, this version, and the authors."
    yield ""


def _counts(facts: DatasetFacts) -> Iterator[str]:
    tally = facts.tally
    yield from ("## What is in it", "", "| of the versions | |", "|---|---|")
    years = ", ".join(f"{year}: {count:,}" for year, count in sorted(tally.years.items()))
    yield f"| years of first captures | {years or 'none'} |"
    for name, noun in _NAMES.items():
        yield f"| {noun} (`{name}`) | {_listed(tally.counts[name])} |"
    if tally.words:
        low, middle, high = min(tally.words), median(tally.words), max(tally.words)
        yield f"| words of a text | {low:,} to {high:,}, median {middle:,.0f} |"
    yield ""


def _companies(facts: DatasetFacts) -> Iterator[str]:
    tally = facts.tally
    yield from ("| company | versions | seen | half-years with a policy |", "|---|---|---|---|")
    for name, of in sorted(tally.companies.items(), key=lambda item: item[0].casefold())[:_LISTED_COMPANIES]:
        half_years = facts.coverage.get(name, Coverage()).counts
        known = f"{half_years[State.POLICY]} of {half_years.total()}" if half_years else "not known"
        yield f"| {_cell(name)} | {of.versions:,} | {of.first_seen} to {of.last_seen} | {known} |"
    if (more := len(tally.companies) - _LISTED_COMPANIES) > 0:
        yield f"| and {quantity(more, 'more company')} | | | |"
    yield ""


def _cell(text: str) -> str:
    return re.sub(r"([\\|`*_<\[\]])", r"\\\1", text)


def _listed(counts: Counter[str]) -> str:
    """Return the most frequent values, with their numbers."""
    shown = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_LISTED]
    more = f", and {len(counts) - len(shown)} more" if len(counts) > len(shown) else ""
    return ", ".join(f"{_cell(value)}: {count:,}" for value, count in shown) + more if shown else "none"
