"""History, timeline and overview: numbers, neighbours, places."""

from __future__ import annotations

from pipelines.items import Fate
from pipelines.report.history import Kind, Step, steps_of
from pipelines.report.overview import Overview
from pipelines.report.report_queries import Page, RecordedCompany, Seen, Text, Version
from pipelines.report.timeline_svg import BAR, moment, timeline_of


def text(name: str, *, dateless: str = "") -> Text:
    return Text(name * 64, f"text/a.example/{name}.txt", "", "T", 100, "en", dateless or name)


def page(name: str, runs: list[tuple[str, str, Text]], extra: tuple[Seen, ...] = ()) -> Page:
    seen = [Seen(stamp, Fate.STORED, "", t.sha256) for first, last, t in runs for stamp in (first, last)]
    versions = tuple(Version("a.example", name, first, last, 2, t) for first, last, t in runs)
    ordered = tuple(sorted([*seen, *extra], key=lambda item: item.timestamp))
    return Page("a.example", name, f"https://a.example/{name}", ordered, versions)


def at(year: int, month: int = 1) -> str:
    return f"{year}{month:02}01000000"


A, B, B2, C = text("a"), text("b", dateless="b"), text("d", dateless="b"), text("c")
OLD = page("old", [(at(2010), at(2011), A), (at(2012), at(2013), B), (at(2014), at(2015), B2)])
NEW = page(
    "new",
    [(at(2015, 6), at(2016), B2), (at(2018), at(2019), C)],
    (Seen(at(2018, 6), Fate.FAILED, "x", None), Seen(at(2018, 7), Fate.EXCLUDED, "robots", None)),
)
COMPANY = RecordedCompany("A", ("a.example",), (OLD, NEW), ())


def steps() -> tuple[Step, ...]:
    return steps_of(COMPANY, lambda before, after: (9, 4) if {before.text, after.text} != {B, B2} else (1, 1))


def test_steps_of_numbers_versions_across_moved_pages() -> None:
    assert [(s.number, s.before, s.kind) for s in steps()] == [
        (1, 0, Kind.FIRST),
        (2, 1, Kind.CHANGE),
        (3, 2, Kind.DATES),
        (4, 3, Kind.SAME),
        (5, 4, Kind.CHANGE),
    ]


def test_steps_of_change_between_two_captures() -> None:
    assert [step.after for step in steps()] == ["", at(2011), at(2013), at(2015), at(2016)]


def test_steps_of_punctuation_and_unreadable_texts() -> None:
    assert steps_of(COMPANY, lambda *_: (0, 0))[1].kind is Kind.MARKS
    assert steps_of(COMPANY, lambda *_: None)[1].kind is Kind.UNREADABLE


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
    extra = tuple(Seen(at(2018, m), Fate.NOT_A_POLICY, f"policy score 0.{m}", None) for m in (2, 3))
    overview = Overview()
    overview.add(RecordedCompany("A", ("a.example",), (page("p", [], extra),), ()), "a", (), lost=0)
    assert overview.outcomes() == [("not a policy", "policy score too low", 2, True)]
