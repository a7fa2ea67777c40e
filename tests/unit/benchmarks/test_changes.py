"""The change search keeps what benchmarks/CHANGES.md says of it, on a smaller scale."""

from __future__ import annotations

from benchmarks.changes import METHODS, PlainHalving, Score, fewest, reverts, score, seen_by, versions_of
from benchmarks.simulated import History, Kind, simulate
from tests.support.histories import daily

PAGES = [simulate(Kind("small", captures=2_000, changes=(5, 25)), seed) for seed in range(6)]


def total(name: str) -> Score:
    return sum((score(page, METHODS[name]) for page in PAGES), Score())


def made(texts: str) -> History:
    history = daily(texts)
    return History("made", [one.capture for one in history], list(texts))


def test_changes_finds_more_than_plain_halving_with_fewer_requests() -> None:
    changes, halving = total("changes"), total("plain halving")
    assert changes.versions >= halving.versions
    assert changes.requests <= 0.8 * halving.requests
    assert changes.versions >= 0.9 * changes.all_versions


def test_all_finds_every_version() -> None:
    everything = total("all")
    assert (everything.texts, everything.versions) == (everything.all_texts, everything.all_versions)
    assert everything.requests == sum(len(page.captures) for page in PAGES)


def test_simulate_same_seed_same_history() -> None:
    kind = Kind("again", captures=50, clustered=True)
    assert simulate(kind, 1) == simulate(kind, 1)
    assert simulate(kind, 1) != simulate(kind, 2)


def test_versions_of_runs_of_same_text() -> None:
    assert versions_of(made("AABA")) == [range(2), range(2, 3), range(3, 4)]


def test_plain_halving_reads_middle_of_differing_interval() -> None:
    assert seen_by(made("AAAAABBBB"), PlainHalving) == (5, {0, 4, 5, 6, 8})


def test_fewest_counts_change_sides_and_half_years() -> None:
    assert fewest(made("AAAAABBCB")) == 6
    assert fewest(made("A" * 400)) == 4


def test_fewest_is_a_lower_bound() -> None:
    assert all(
        fewest(page) <= score(page, METHODS["changes"]).requests
        for page in (made("AABBBC"), made("A" * 300 + "B" * 500))
    )


def test_reverts_counts_by_duration() -> None:
    found = reverts([made("A" * 50 + "B" * 3 + "A" * 50 + "C" * 20 + "A")])
    assert {days: count for days, (_, count) in found.items()} == {7: 1, 30: 1, 90: 0, 183: 0}
