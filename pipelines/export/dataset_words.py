"""What is said of an export in words: one text for DATASHEET.md and the responsible-AI fields of croissant.json. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pipelines.coverage import State
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipelines.export.dataset_facts import DatasetFacts

FIXED: Final = {
    "dataCollectionType": "Software Collection; Web Scraping",
    "dataPreprocessingProtocol": (
        "Each snapshot is decoded, its article is found and written as markdown in the format of the Princeton-Leuven "
        "Longitudinal Corpus of Privacy Policies. A model decides what sort of document a text is (`policy_score`, "
        "`is_policy`). Captures with the same words are one version; a change of link targets alone is none."
    ),
    "dataAnnotationProtocol": (
        "No person has looked at the rows. `language`, `kind` and `policy_score` come from classifiers, `topics` and "
        "`change_class` from written rules, `effective_date` from the text where it says one, and readability from formulas."
    ),
    "dataUseCases": (
        "Research into how policies change, compliance work on what a company said on a date, and the feeding of "
        "databases with both. Not for the training of models on the texts without a look at the rights in them, and no "
        "proof of what a visitor in a certain country or with a certain browser was shown."
    ),
    "dataBiases": (
        "Web archives keep what is popular, linked and in English more often than the rest, so changes of small companies "
        "are dated later and missed more often. The list of companies was somebody's choice. The classifier was trained on "
        "texts of many languages, most of them English."
    ),
    "dataSocialImpact": (
        "The texts are public statements of companies to everybody; that they can be compared over time serves those whom "
        "they are about. Authors who do not want a text shown again can be put on a takedown list, which exports honour."
    ),
    "personalSensitiveInformation": (
        "Policies name offices and at times people (data protection officers) with addresses, as they were published. "
        "Nothing was collected about visitors of the pages."
    ),
    "dataReleaseMaintenancePlan": (
        "A scheduled run asks the archives for new captures; the export is then made anew under another version. Ids stay "
        "unless an earlier first capture of a version becomes known."
    ),
    "dataLimitations": (
        "A version is known to have been there at its first and last capture, not on which day it changed. A page can have "
        "changed and changed back between two captures. Texts that a script fetched, or that stood behind a consent or a "
        "login, are missing. `effective_date` is empty where a text gives none, or several, or only a month."
    ),
}
"""Paragraphs that are the same for every export, by the field of Croissant (its RAI vocabulary 1.0) that has them."""


def words_of(facts: DatasetFacts) -> Mapping[str, str]:
    """Return all paragraphs, by the field of Croissant that has them."""
    return {
        **FIXED,
        "dataCollection": _collection(facts),
        "dataCollectionMissingData": _missing(facts),
        "dataCollectionRawData": (
            "The raw answers of the archives are WARC records in the output folder (`warc/`), which this export leaves out; "
            "`source_url` and `snapshot_url` lead to the same captures."
        ),
    }


def _collection(facts: DatasetFacts) -> str:
    archives = ", ".join(sorted({run.archive for run in facts.runs})) or "none"
    runs = quantity(len(facts.runs), "run")
    span = f" between {facts.runs[0].moment[:10]} and {facts.runs[-1].finished[:10]}" if facts.runs else ""
    return (
        f"wayback-policies read web archives in {runs}{span} (archives: {archives}). It found the policies by the links of "
        "archived home pages and by their usual addresses, listed the captures of these pages, and fetched as few snapshots "
        "as show where the text changes. No live website was asked."
    )


def _missing(facts: DatasetFacts) -> str:
    half_years = facts.half_years
    asked = ", ".join(f"{quantity(count, 'capture')} {fate}" for fate, count in facts.fates.items()) or "none"
    covered = (
        f" Of the {quantity(half_years.total(), 'half-year')} in which a home page was captured, a policy is known in "
        f"{half_years[State.POLICY]}."
        if half_years
        else " For which half-years a policy is known has not been worked out."
    )
    lost = f" {quantity(facts.open_captures, 'capture')} could not be had yet." if facts.open_captures else ""
    return f"What became of the captures that archives list: {asked}.{covered}{lost}"


def parameters_of(facts: DatasetFacts) -> dict[str, Any]:
    """Return the runs that the folder is from, with their parameters, for machines."""
    return {
        "runs": [
            {
                "started": run.moment,
                "finished": run.finished,
                "archive": run.archive,
                "exit_status": run.exit_status,
                **run.parameters,
            }
            for run in facts.runs[-MAX_RUNS:]
        ],
        **({"runs_left_out": len(facts.runs) - MAX_RUNS} if len(facts.runs) > MAX_RUNS else {}),
        "converter_versions": dict(sorted(facts.tally.counts["converter_version"].items())),
        "archives": dict(sorted(facts.tally.counts["archive"].items())),
        "first_seen": facts.tally.first_seen or None,
        "last_seen": facts.tally.last_seen or None,
        "companies": len(facts.tally.companies),
        "versions": facts.tally.versions,
        "texts_withheld": facts.tally.withheld,
    }


MAX_RUNS: Final = 200
"""Runs that are listed, the latest; a folder that is crawled daily has more."""


def runs_in_words(facts: DatasetFacts) -> Iterator[str]:
    """Yield a line for each of the latest runs."""
    for run in facts.runs[-10:]:
        arguments = " ".join(f"{name}={value}" for name, value in run.parameters.get("arguments", {}).items())
        program = run.parameters.get("program", "program not recorded")
        span = f"{run.moment} to {run.finished}"
        yield f"{span}, {run.archive}, {program}, exit status {run.exit_status}: `{arguments or 'no arguments'}`"
