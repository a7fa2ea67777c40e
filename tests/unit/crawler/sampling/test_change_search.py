"""The change search: each of its rules, what holds for any history, and what it costs."""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.sampling.change_search import BOUND_DAYS
from crawler.sampling.length_signals import DAY, seconds_of, without_hops
from pipelines.items import Fate
from pipelines.variants import Reading, variants_of
from tests.support.histories import Seen, daily, days_of, play, search, seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType


def asked(history: list[Seen], **given_answers: Any) -> list[int]:
    return days_of(history, play(history, search(history, **given_answers)))


def texts_found(history: list[Seen]) -> set[str | None]:
    return {answer.text_sha256 for answer in play(history, search(history))} - {None}


# What ends a search


def test_change_search_without_captures_is_satisfied() -> None:
    empty = search([])
    assert empty.wanted() == []
    assert not empty.is_open


def test_change_search_short_equal_interval_is_closed() -> None:
    assert asked(daily("A" * BOUND_DAYS)) == [0, BOUND_DAYS - 1]


def test_change_search_half_year_interval_is_opened() -> None:
    assert len(asked(daily("A" * (BOUND_DAYS + 1)))) == 3


def test_change_search_reads_both_sides_of_change() -> None:
    history = daily("A" * 40 + "B" * 60)
    read = asked(history)
    assert {39, 40} <= set(read)
    assert len(read) <= 10


def test_change_search_long_equal_stretch_is_read_evenly() -> None:
    read = asked(daily("A" * (10 * 365)))
    assert all(right - left < BOUND_DAYS for left, right in pairwise(read))
    assert len(read) <= 10 * 365 / BOUND_DAYS + 3  # both ends, and one for what the even parts leave over


def test_change_search_sparse_captures_are_all_read() -> None:
    assert asked(daily("AAAAA", days=400)) == [0, 1, 2, 3, 4]


# What the listing gives for free


def test_change_search_length_step_guides() -> None:
    steady = daily("A" * 400 + "B" * 624)
    told = [seen(at, "A" if at < 400 else "B", length=5000 if at < 400 else 6000) for at in range(1024)]
    assert {399, 400} <= set(asked(told))
    assert len(asked(told)) < len(asked(steady))


def template_steps(*, words: int | None) -> list[Seen]:
    """Return captures with a step in length every tenth day, one of which is of the 100 words that the text grew by."""
    steps = [2000 + at * 7919 % 6007 for at in range(60)]
    steps[37] = 350
    lengths = list(accumulate(steps, initial=200_000))
    return [
        seen(
            at / 4,
            "A" if at < 380 else "B",
            length=lengths[at // 10] + at % 2,
            words=words and words + 100 * (at >= 380),
        )
        for at in range(600)
    ]


def test_change_search_length_step_of_word_count_guides() -> None:
    told = asked(template_steps(words=2000))
    assert told == [0, 379, 380, 599]
    assert len(asked(template_steps(words=None))) > len(told)


def test_change_search_unmatched_word_count_costs_nothing() -> None:
    history = daily("A" * 40 + "B" * 60)
    grown = [seen(at, "A" if at < 40 else "B", words=2000 if at < 40 else 2500) for at in range(100)]
    assert asked(grown) == asked(history)


def test_change_search_long_history_uses_even_captures() -> None:
    history = daily("A" * 1000 + "B" * 3 * 365, days=1)
    read = asked(history)
    assert {999, 1000} <= set(read)
    assert len(read) <= len(history) / BOUND_DAYS + 2 + 8  # the even parts, both ends, and the halving of one of them


def test_change_search_random_length_steps_cost_little() -> None:
    chance = random.Random(1)  # noqa: S311 - repeatable
    steady = daily("A" * 90 + "B" * 90)
    noisy = [seen(at, "A" if at < 90 else "B", length=chance.randrange(4000, 6000)) for at in range(180)]
    assert len(asked(noisy)) <= 2 * len(asked(steady))


def test_change_search_reverted_length_step_is_read() -> None:
    history = [
        seen(at, "B" if 50 <= at < 53 else "A", length=5600 if 50 <= at < 53 else 5000 + at % 3) for at in range(120)
    ]
    assert texts_found(history) == {"A", "B"}
    assert {49, 50, 52, 53} <= set(asked(history))


def test_change_search_repeated_reverts_are_read_once() -> None:
    variants = [seen(at, "A", length=5600 if at // 3 % 2 else 5000) for at in range(150)]
    assert len(asked(variants)) == 4  # both ends, one step up and one down


def test_change_search_ignores_unusable_lengths() -> None:
    lengths = ["-", "", "0", "9" * 5000, "²", "-5"]
    history = [seen(at, "A" if at < 70 else "B", length=lengths[at % len(lengths)]) for at in range(128)]
    assert len(asked(history)) <= 9


def test_change_search_equal_digests_are_credited() -> None:
    same = [seen(at * 30, "A", digest="one", mimetype="text/html" if at == 0 else "warc/revisit") for at in range(100)]
    page = search(same)
    assert days_of(same, play(same, page)) == [0]
    assert len(page.answers_by_digest()) == 99
    assert not page.is_open


def test_change_search_equal_digest_interval_is_closed() -> None:
    history = [seen(at, "A", digest=f"a{at // 50}") for at in range(100)] + [
        seen(at, "B", digest=f"b{at // 50}") for at in range(100, 180)
    ]
    assert len(asked(history)) <= 4


def test_change_search_redirects_with_equal_digest_are_each_read() -> None:
    history = [seen(at * 200, "AB"[at > 1], digest="empty", status="301") for at in range(4)]
    assert asked(history) == [0, 1, 2, 3]


def test_change_search_redirect_beside_page_is_skipped() -> None:
    history = [
        one
        for at in range(5)
        for one in (seen(at * 300, "A", status="301"), seen(at * 300 + 1 / 86_400, "A"))
    ]  # fmt: skip
    assert asked(history) == [1, 3, 5, 7, 9]


def test_change_search_prefers_page_to_redirect() -> None:
    history = [seen(at, "A", status="200" if at % 10 == 0 else "302") for at in range(301)]
    assert all(at % 10 == 0 for at in asked(history))


def test_change_search_lone_redirect_counts_as_page() -> None:
    history = daily("A" * 10) + [seen(at, "B", status="301") for at in range(20, 30)]
    assert {9, 10} <= set(asked(history))


def test_change_search_errors_and_images_split_no_interval() -> None:
    history = [
        seen(at, "A", status="404" if at % 2 else "200", mimetype="image/png" if at % 3 == 0 else "text/html")
        for at in range(1, 100)
    ]
    page = search(history)
    assert len(play(history, page)) == 2
    assert {answer.fate for answer in page.from_listing} == {Fate.ARCHIVED_ERROR, Fate.NOT_A_POLICY}
    assert not page.is_open


# What gave no text


def test_change_search_lost_capture_asks_neighbour() -> None:
    first = daily(["", *"A" * 50])
    assert asked(first) == [0, 1, 50]
    middle = ["A"] * 367
    untouched = asked(daily(middle))
    lost = untouched[1]
    middle[lost] = ""
    assert asked(daily(middle)) == sorted({*untouched, lost + 1})


def test_change_search_single_non_policy_is_skipped() -> None:
    texts = ["A"] * 367
    before = asked(daily(texts))
    texts[before[1]] = "!"
    assert asked(daily(texts)) == sorted({*before, before[1] + 1})


def test_change_search_end_of_policy_is_read_on_both_sides() -> None:
    assert {99, 100} <= set(asked(daily("A" * 100 + "!" * 400)))


@pytest.mark.parametrize("count", [100, 1000, 5000])
def test_change_search_many_lost_captures_are_bounded(count: int) -> None:
    history = daily([*"A" * 20, *[""] * count, *"B" * 20], days=365 / count)
    page = search(history)
    assert len(play(history, page)) < 60
    assert not page.is_open


def test_change_search_all_lost_is_exhausted() -> None:
    history = daily([""] * 2000, days=0.5)
    page = search(history)
    assert len(play(history, page)) < 25
    assert not page.is_open


def test_change_search_lost_between_equal_texts_is_satisfied() -> None:
    texts = ["A"] * 367
    texts[asked(daily(texts))[1]] = ""
    history = daily(texts)
    page = search(history)
    play(history, page)
    assert not page.is_open


# Earlier runs


def test_change_search_known_history_asks_nothing() -> None:
    history = daily("A" * 300 + "B" * 300)
    answers = play(history, search(history))
    again = search(history, answers=answers)
    assert again.wanted() == []
    assert not again.is_open


def test_change_search_new_captures_at_end_open_only_end() -> None:
    history = daily("A" * 300 + "B" * 320)
    answers = play(history[:600], search(history[:600]))
    assert asked(history, answers=answers) == [619]


def test_change_search_new_captures_in_middle_open_only_their_interval() -> None:
    history = daily("A" * 50 + "B" * 50)
    answers = play(history, search(history))
    late = [*history[:50], seen(49.5, "C"), *history[50:]]
    assert asked(late, answers=answers) == [50]


def test_change_search_open_loss_is_asked_again() -> None:
    failed = [seen(0, "A"), seen(1, "", fate=Fate.FAILED), seen(2, "A")]
    answers = [one.answer for one in failed]
    mended = [seen(0, "A"), seen(1, "A"), seen(2, "A")]
    assert asked(mended, answers=answers) == [1]


# Variants


def flipping(texts: Iterable[str], others: Iterable[str] = (), share: float = 0.5, **known: Any) -> list[Seen]:
    """Return daily captures of texts, a share of which has the other text in its place, or the same one marked."""
    chance = random.Random(2)  # noqa: S311 - repeatable
    pairs = zip(texts, others or (f"{text}'" for text in texts), strict=True)
    flips = [(pair[chance.random() < share], pair) for pair in pairs]
    return [
        seen(at, text, language="en" if text == one else "de", **known) for at, (text, (one, _)) in enumerate(flips)
    ]


def test_change_search_does_not_chase_flips() -> None:
    history = flipping("A" * 1000)
    read = asked(history)
    assert len(read) <= 2.5 * len(asked(daily("A" * 1000))) + 8  # each variant by half-years, and what told them apart
    assert texts_found(history) == {"A", "A'"}


def test_change_search_flips_by_place_are_told_by_turns() -> None:
    history = [replace(one, answer=replace(one.answer, language="en")) for one in flipping("A" * 1000)]
    assert len(asked(history)) <= 40
    assert texts_found(history) == {"A", "A'"}


def test_change_search_finds_changes_of_each_variant() -> None:
    texts, others = "A" * 300 + "B" * 700, "a" * 600 + "b" * 400
    history = flipping(texts, others)
    read = set(asked(history))
    assert texts_found(history) == {*"ABab"}
    for change in (300, 600):
        assert {at for at in read if change - 15 <= at < change}
        assert {at for at in read if change <= at < change + 15}
    assert len(read) <= 70


@pytest.mark.parametrize("seed", range(4))
def test_change_search_variant_seen_late_has_a_lane(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable
    spoken = [chance.choice(("en", "de", "fr")) for _ in range(1000)]
    history = [seen(at, f"{language}{at // 400}", language=language) for at, language in enumerate(spoken)]
    assert texts_found(history) == {f"{language}{part}" for language in ("en", "de", "fr") for part in range(3)}


def test_change_search_finds_rare_variant_by_length() -> None:
    flips = flipping("A" * 400 + "B" * 600, share=0.03)
    history = [
        seen(at, text, length=6000 if "'" in text else 5000, language=one.answer.language)
        for at, one in enumerate(flips)
        if (text := one.answer.text_sha256)
    ]
    assert texts_found(history) == {"A", "B", "A'", "B'"}


def test_change_search_known_flips_ask_nothing() -> None:
    history = flipping("A" * 300 + "B" * 700)
    answers = play(history, search(history))
    assert asked(history, answers=answers) == []
    longer = flipping("A" * 300 + "B" * 730)
    later = asked(longer, answers=answers)
    assert 1029 in later
    assert later[0] >= 1000 - 5
    assert len(later) <= 6


def test_change_search_variant_that_ended_is_bounded() -> None:
    history = flipping("A" * 500) + [seen(at, f"B{at // 900}", language="en") for at in range(500, 3000)]
    assert len(asked(history)) <= 80


# What holds for any history


@st.composite
def histories(draw: st.DrawFn, *, losses: bool = True, shared: bool = True) -> list[Seen]:
    """Histories of up to 80 captures: texts that stay, change and come back, captures clustered or years apart."""
    texts = [*"AAABCD", "", "!"] if losses else list("AAABCD")
    history: list[Seen] = []
    days = 0.0
    for _ in range(draw(st.integers(0, 12))):
        text = draw(st.sampled_from(texts))
        for _ in range(draw(st.integers(1, 7))):
            days += draw(st.sampled_from([0.001, 0.5, 5, 40, 150, 400]))
            digest = draw(st.sampled_from(["", "", "x"])) if shared else ""
            history.append(
                seen(
                    round(days, 3),
                    text,
                    fate=Fate.NOT_A_POLICY if text == "!" else None,
                    digest=digest and f"{digest}{text}",
                    status=draw(st.sampled_from(["200", "200", "200", "301", "-"] if shared else ["200"])),
                    length=draw(st.integers(4990, 5010)) + 100 * ord(text or "-"),
                )
            )
    return history


@given(histories(), st.randoms(use_true_random=False))
def test_change_search_ends_and_asks_nothing_twice(history: list[Seen], order: random.Random) -> None:
    page = search(history)
    answers = play(history, page, order=order)
    positions = days_of(history, answers)
    assert len(positions) == len(set(positions)) <= len(history)
    assert not page.waiting
    assert page.wanted() == []
    assert not page.is_open


def is_of_one_variant(history: list[Seen]) -> bool:
    texts = ((seconds_of(one.capture), one.answer.text_sha256) for one in history)
    return not variants_of([Reading(moment, text) for moment, text in texts if text])


ONE_VARIANT = histories(losses=False, shared=False).filter(is_of_one_variant)


@given(histories(losses=False).filter(is_of_one_variant))
def test_change_search_final_intervals_are_closed_or_short(history: list[Seen]) -> None:
    page = search(history)
    answers = [*play(history, page), *page.answers_by_digest()]
    at = days_of(history, answers)
    assert not page.is_open
    places = without_hops([one.capture for one in history])
    assert places[:1] == [place for place in places if place in at][:1]
    assert places[-1:] == [place for place in places if place in at][-1:]
    for left, right in pairwise(at):
        closed = not any(left < place < right for place in places)
        days = (seconds_of(history[right].capture) - seconds_of(history[left].capture)) / DAY
        same = history[left].answer.text_sha256 == history[right].answer.text_sha256
        assert closed or (same and days < BOUND_DAYS)


@given(histories(shared=False).filter(is_of_one_variant), st.randoms(use_true_random=False))
def test_change_search_order_of_answers_is_irrelevant(history: list[Seen], order: random.Random) -> None:
    assert days_of(history, play(history, search(history), order=order)) == asked(history)


@given(ONE_VARIANT, st.integers(0, 30), st.randoms(use_true_random=False))
def test_change_search_resumes_where_stopped(history: list[Seen], stop_after: int, order: random.Random) -> None:
    earlier = play(history, search(history), order=order, stop_after=stop_after)
    later = play(history, search(history, answers=earlier))
    assert days_of(history, [*earlier, *later]) == asked(history)


@given(histories(), st.integers(0, 30), st.randoms(use_true_random=False))
def test_change_search_stopped_anywhere_still_ends(history: list[Seen], stop_after: int, order: random.Random) -> None:
    first = search(history)
    earlier = [*play(history, first, order=order, stop_after=stop_after), *first.answers_by_digest()]
    second = search(history, answers=earlier)
    later = days_of(history, play(history, second))
    assert not set(later) & set(days_of(history, earlier))
    assert not second.is_open


@settings(max_examples=30)
@given(histories(losses=False), st.randoms(use_true_random=False))
def test_change_search_half_yearly_captures_find_every_text(history: list[Seen], order: random.Random) -> None:
    sparse = [seen(at * BOUND_DAYS, one.answer.text_sha256 or "") for at, one in enumerate(history)]
    found = {answer.text_sha256 for answer in play(sparse, search(sparse), order=order)}
    assert found == {one.answer.text_sha256 for one in sparse}


# What it costs


_MODULES = ("/search.py", "/change_search.py", "/lanes.py", "/length_signals.py")


def _lines_run(work: Callable[[], object]) -> int:
    """Count the lines of the search's modules that Python runs, each turn of a loop again."""
    count = 0

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        if not frame.f_code.co_filename.endswith(_MODULES):
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("kind", ["changes ten times", "always another", "one digest", "all lost", "flapping", "flips"])
def test_change_search_work_is_linear(kind: str) -> None:
    def history(count: int) -> list[Seen]:
        return {
            "changes ten times": lambda: daily(f"{at * 10 // count}" for at in range(count)),
            "always another": lambda: daily(f"{at}" for at in range(count)),
            "one digest": lambda: [seen(at, "A", digest="one") for at in range(count)],
            "all lost": lambda: [seen(at, "", digest="one") for at in range(count)],
            "flips": lambda: flipping("A" * count),
            "flapping": lambda: [seen(at, "A", length=5000 + at * 7919 % 997) for at in range(count)],
        }[kind]()

    def lines(count: int) -> int:
        made = history(count)
        return _lines_run(lambda: play(made, search(made)))

    assert 0 < lines(2000) < 8 * 1.6 * lines(250)
