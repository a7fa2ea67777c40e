"""One page in several archives: one time line, read where it is cheapest, and the same texts however it is split."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from crawler.sampling.length_signals import LengthSignals
from crawler.sampling.reading_cost import ReadingCost, same_cost
from crawler.sampling.search import Search
from crawler.sampling.strategies import strategy_of
from pipelines.items import Answer, Fate, MementoKey
from tests.support.histories import DOMAIN, Seen, daily, days_of, known, play, seen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pipelines.items import Capture

COSTS = {"files": ReadingCost.FREE, "near": ReadingCost.READY, "far": ReadingCost.WAITS, "down": ReadingCost.IN_VAIN}


def cost_of(capture: Capture) -> ReadingCost:
    return COSTS[capture.archive]


def of(archive: str, history: Sequence[Seen]) -> list[Seen]:
    return [with_capture(each, archive=archive) for each in history]


def with_capture(each: Seen, **changes: str) -> Seen:
    capture = replace(each.capture, **changes)
    return Seen(
        capture, replace(each.answer, capture=capture, memento=MementoKey(capture.timestamp, "u", capture.archive))
    )


def merged(*histories: Sequence[Seen]) -> list[Seen]:
    return sorted((each for history in histories for each in history), key=lambda each: each.capture.key[1:])


def search(
    history: Sequence[Seen], versions: str = "changes", costs: Callable[[Capture], ReadingCost] = cost_of
) -> Search:
    urlkey = history[0].capture.urlkey
    return Search(DOMAIN, urlkey, known(history), strategy_of(versions, costs), costs)


def read(history: Sequence[Seen], versions: str = "changes") -> tuple[list[tuple[str, str, str]], Counter[str]]:
    """Return the stretches of the same text as the search finds them, and how many captures of each archive were read."""
    page = search(history, versions)
    answers = play(history, page)
    texts = {answer.capture.timestamp: answer.text_sha256 or "" for answer in [*answers, *page.answers_by_digest()]}
    runs = [(text, list(group)) for text, group in groupby(sorted(texts.items()), key=lambda item: item[1])]
    stretches = [(text, of_text[0][0], of_text[-1][0]) for text, of_text in runs]
    return stretches, Counter(answer.capture.archive for answer in answers)


@pytest.mark.parametrize("seed", range(12))
def test_a_page_split_at_random_gives_the_stretches_of_one_archive(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - dice of a test
    texts = [text for text in "ABCDEF" for _ in range(dice.randint(30, 120))]
    whole = daily(texts, days=3)
    names = dice.choice([("files", "near"), ("near", "far"), ("far", "down", "files"), ("near", "down")])
    parts = [with_capture(each, archive=dice.choice(names)) for each in whole]
    assert read(parts)[0] == read(of("near", whole))[0]


def test_files_of_this_machine_are_read_before_an_archive_is_asked() -> None:
    texts = "A" * 40 + "B" * 40
    alone = read(of("near", daily(texts)))[1]["near"]
    history = merged(of("near", daily(texts)), of("files", [each for each in daily(texts, 1) if each][1::2]))
    asked = read(history)[1]
    assert asked["near"] <= 4 < alone  # the ends, and between two files
    assert asked["files"] > 2


def test_an_archive_that_is_away_is_asked_only_for_what_no_other_has() -> None:
    texts = "A" * 40 + "B" * 40
    history = merged(of("down", daily(texts)[::2]), of("far", daily(texts)[1::2]))
    asked = read(history)[1]
    assert asked["down"] <= 2  # the first capture, and one beside the change


def test_a_ready_archive_is_preferred_to_one_that_waits_but_not_far_from_the_place() -> None:
    history = merged(of("far", daily("A" * 21 + "B" * 20)), of("near", [seen(1, "A"), seen(39.5, "B")]))
    page = search(history)
    for text in "AB":  # the first capture, and the last one
        (end,) = page.wanted()
        page.record_answer(Answer(DOMAIN, end, Fate.STORED, text_sha256=text))
    (middle,) = page.wanted()
    assert middle.archive == "far"  # the ready archive has nothing near the middle
    near = of("near", [seen(17, "A")])
    beside = search(merged(history, near))
    for text in "AB":
        (end,) = beside.wanted()
        beside.record_answer(Answer(DOMAIN, end, Fate.STORED, text_sha256=text))
    assert beside.wanted() == [near[0].capture]


def test_equal_digests_of_two_archives_are_read_once_and_where_it_is_cheapest() -> None:
    far = of("far", [seen(at, "A", digest="sha1:SAME") for at in range(3)])
    files = of("files", [seen(at, "A", digest="SAME") for at in range(10, 13)])
    page = search(far + files, "all")
    answers = play(far + files, page)
    assert [answer.capture.archive for answer in answers] == ["files"]
    assert len(page.answers_by_digest()) == 5
    assert not page.is_open


def test_the_cheapest_of_equal_captures_is_lost_and_another_one_is_read() -> None:
    far, files = of("far", [seen(0, "A", digest="S")]), of("files", [seen(9, "A", digest="S")])
    page = search(far + files, "all")
    (asked,) = page.wanted()
    assert asked.archive == "files"
    page.record_answer(Answer(DOMAIN, asked, Fate.MISSING, "gone"))
    (again,) = page.wanted()
    assert again.archive == "far"
    page.record_answer(Answer(DOMAIN, again, Fate.STORED, text_sha256="A", memento=MementoKey("1", "u", "far")))
    (credited,) = page.answers_by_digest()
    assert (credited.capture, credited.text_sha256) == (files[0].capture, "A")
    assert not page.is_open


@pytest.mark.parametrize("first", ["original", "revisit"])
def test_a_revisit_is_known_by_the_original_in_another_archive(first: str) -> None:
    original, revisit = (
        of("near", [seen(0, "A", digest="S")]),
        of("far", [seen(9, "A", digest="S", mimetype="warc/revisit")]),
    )
    answers = {
        "original": Answer(DOMAIN, original[0].capture, Fate.STORED, text_sha256="A", memento=MementoKey("1", "u", "near")),
        "revisit": Answer(DOMAIN, revisit[0].capture, Fate.MISSING, "listed, but the archive does not have it"),
    }  # fmt: skip
    page = search(original + revisit, "all")
    asked = page.wanted()
    if first == "revisit":  # as when both ends of an interval are asked for at the same time
        page._asked.add(page._index[revisit[0].capture.key])
        page.record_answer(answers["revisit"])
    for capture in asked:
        page.record_answer(answers["original" if capture.archive == "near" else "revisit"])
    assert [(each.capture.archive, each.text_sha256) for each in page.answers_by_digest()] == [("far", "A")]


def test_records_of_another_archive_are_no_jump_in_length() -> None:
    lengths: Mapping[str, int] = {"near": 10_000, "far": 14_000}
    history = [
        with_capture(each, archive=name, length=str(lengths[name] + 3_000 * (at >= 30)))
        for at, each in enumerate(daily("A" * 60))
        for name in ["near" if at % 3 else "far"]
    ]
    signals = LengthSignals([each.capture for each in history])
    jumps = [at for at, jump in enumerate(signals._jumps) if abs(jump) > 0.1]
    assert jumps == [29]


def test_one_archive_is_searched_as_before() -> None:
    history = daily("A" * 50 + "B" * 31 + "A" * 20)
    plain = Search(DOMAIN, history[0].capture.urlkey, known(history), strategy_of("changes", same_cost))
    near = of("near", history)
    assert days_of(history, play(history, plain)) == days_of(near, play(near, search(near)))
