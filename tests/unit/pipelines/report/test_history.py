"""History, timeline and overview: numbers, neighbours, places."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from pipelines.items import Fate, moment_of
from pipelines.measures import Change
from pipelines.report.history import Step, StepKind, steps_of
from pipelines.report.overview import Overview
from pipelines.report.recorded import RecordedCapture, RecordedCompany, RecordedPage
from pipelines.report.timeline_svg import BAR, moment, timeline_of
from pipelines.similarity.change_class import ChangeClass
from pipelines.versions import Version

FACTS = tuple(each.name for each in fields(Version))


def version(name: str, number: int, first: str, last: str, text: str) -> Version:
    facts: dict[str, Any] = dict.fromkeys(FACTS) | {
        "domain": "a.example",
        "page": name,
        "number": number,
        "first_seen": moment_of(first),
        "last_seen": moment_of(last),
        "captures": 2,
        "text_sha256": text * 64,
        "words": 100,
        "language": "en",
    }
    return Version(**facts)


def page(name: str, runs: list[tuple[str, str, str]], extra: tuple[RecordedCapture, ...] = ()) -> RecordedPage:
    found = [RecordedCapture(timestamp, Fate.STORED, "") for first, last, _ in runs for timestamp in (first, last)]
    versions = tuple(version(name, number, *run) for number, run in enumerate(runs, 1))
    ordered = tuple(sorted([*found, *extra], key=lambda capture: capture.timestamp))
    return RecordedPage("a.example", name, f"https://a.example/{name}", ordered, versions)


def at(year: int, month: int = 1) -> str:
    return f"{year}{month:02}01000000"


A, B, B2, C = "a", "b", "d", "c"
OLD = page("old", [(at(2010), at(2011), A), (at(2012), at(2013), B), (at(2014), at(2015), B2)])
NEW = page(
    "new",
    [(at(2015, 6), at(2016), B2), (at(2018), at(2019), C)],
    (RecordedCapture(at(2018, 6), Fate.FAILED, "x"), RecordedCapture(at(2018, 7), Fate.EXCLUDED, "robots")),
)
COMPANY = RecordedCompany("A", ("a.example",), (OLD, NEW), ())


def steps() -> tuple[Step, ...]:
    return steps_of(
        COMPANY,
        lambda before, after: (
            Change("substantive", 9, 4, 0, "children gdpr")
            if {before.text_sha256, after.text_sha256} != {B * 64, B2 * 64}
            else Change("dates", 1, 1, 0, "")
        ),
    )


def test_steps_of_numbers_versions_across_moved_pages() -> None:
    assert [(s.number, s.before, s.kind) for s in steps()] == [
        (1, 0, StepKind.FIRST),
        (2, 1, ChangeClass.SUBSTANTIVE),
        (3, 2, ChangeClass.DATES),
        (4, 3, StepKind.SAME),
        (5, 4, ChangeClass.SUBSTANTIVE),
    ]


def test_steps_of_change_between_two_captures() -> None:
    assert [step.after for step in steps()] == ["", at(2011), at(2013), at(2015), at(2016)]


def test_steps_of_punctuation_and_unreadable_texts() -> None:
    step = steps_of(COMPANY, lambda *_: Change("punctuation", 0, 0, 0, ""))[1]
    assert (step.kind, step.is_change, step.is_noise) == (ChangeClass.PUNCTUATION, False, True)
    assert steps_of(COMPANY, lambda *_: None)[1].kind is StepKind.UNREADABLE


def test_timeline_of_bars_gaps_and_captures() -> None:
    timeline = timeline_of(COMPANY, steps())
    assert timeline is not None
    old, new = timeline.lanes
    assert (old.x, old.width, old.bars[0].x) == (0, 50, 0)
    assert [gap.years for gap in new.gaps] == [2.0]
    assert [kind for kind, _ in new.ticks] == ["text", "refused", "open"]
    assert new.bars[-1].up == BAR > new.bars[-1].down > 0
    assert timeline.years[0] == (2010, 0)
    assert all(0 <= x <= 100 for _, x in timeline.years)


def test_timeline_of_company_without_captures() -> None:
    assert timeline_of(RecordedCompany("A", ("a.example",), (), ()), ()) is None


def test_moment_of_odd_timestamp() -> None:
    assert moment("20200000000000") == moment("20200101000000") == 2020
    assert moment("20209999999999") < 2021


def test_overview_counts_by_year_and_ranks_changes() -> None:
    overview = Overview()
    overview.add(COMPANY, "a", steps(), lost=1)
    overview.add(RecordedCompany("Silent", ("s.example",), (), ("s.example (domain)",)), "silent", (), lost=0)
    first, second = overview.entries
    assert (first.versions, first.open, first.year, first.changed and first.changed.number) == (5, 2, 2010, 5)
    assert first.births == (1, 0, 1, 0, 1, 1, 0, 0, 1, 0)
    assert (second.refused, second.span, second.births) == (True, None, ())
    assert [change.step.number for change in overview.newest()] == [5, 2]
    assert overview.texts == 4
    assert overview.outcomes() == [("failed", "x", 1, False), ("excluded", "robots", 1, True)]
    assert first.refused
    assert overview.years == (2010, 2020)
    start, length, *marks = overview.strip(first)
    assert (start, start + length, sum(marks)) == (0, 216, 192)


def test_overview_merges_causes_with_numbers() -> None:
    extra = tuple(RecordedCapture(at(2018, m), Fate.NOT_A_POLICY, f"policy score 0.{m}") for m in (2, 3))
    overview = Overview()
    overview.add(RecordedCompany("A", ("a.example",), (page("p", [], extra),), ()), "a", (), lost=0)
    assert overview.outcomes() == [("not a policy", "policy score too low", 2, True)]
