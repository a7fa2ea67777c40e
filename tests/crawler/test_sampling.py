"""A page's search whatever the strategy: equal digests, losses, earlier runs; and the strategies but `changes`."""

from __future__ import annotations

from dataclasses import replace

from crawler.captures import Answer, Fate
from crawler.sampling import STRATEGIES, Outcome, half_year, listed_answer
from tests.histories import DOMAIN, Seen, daily, days_of, play, search, seen


def asked(history: list[Seen], versions: str) -> list[int]:
    return days_of(history, play(history, search(history, versions)))


def test_the_strategies_are_those_of_the_design() -> None:
    assert set(STRATEGIES) == {"changes", "all", "half-yearly", "monthly", "yearly"}


def test_errors_and_files_that_are_no_pages_are_answered_by_the_listing() -> None:
    def fate(status: str, mimetype: str) -> Fate | None:
        answer = listed_answer(DOMAIN, seen(0, "A", status=status, mimetype=mimetype).capture)
        return answer.fate if answer else None

    assert fate("404", "text/html") is Fate.ARCHIVED_ERROR
    assert fate("503", "-") is Fate.ARCHIVED_ERROR
    assert fate("200", "image/png") is Fate.NOT_A_POLICY
    assert fate("200", "Text/HTML") is fate("302", "unk") is fate("-", "warc/revisit") is None


def test_known_errors_are_not_answered_again() -> None:
    history = [seen(0, "A", status="404")]
    first = search(history)
    assert [answer.capture for answer in first.from_listing] == [history[0].capture]
    assert search(history, answers=first.from_listing).from_listing == []


def test_all_asks_every_capture_once() -> None:
    assert asked(daily("AABBA"), "all") == [0, 1, 2, 3, 4]


def test_all_asks_one_of_each_digest_and_credits_the_rest() -> None:
    history = [seen(at, "AB"[at % 2], digest="ab"[at % 2]) for at in range(6)]
    page = search(history, "all")
    assert days_of(history, play(history, page)) == [0, 1]
    credited = page.credits()
    assert days_of(history, credited) == [2, 3, 4, 5]
    assert {(answer.text_sha256, answer.cause) for answer in credited} == {
        ("A", f"same digest as {history[0].capture.timestamp}"),
        ("B", f"same digest as {history[1].capture.timestamp}"),
    }
    assert page.outcome is Outcome.SATISFIED


def test_a_capture_that_holds_the_payload_is_asked_before_its_revisits() -> None:
    history = [seen(0, "A", digest="one", mimetype="warc/revisit"), seen(1, "A", digest="one")]
    assert asked(history, "all") == [1]


def test_where_one_is_lost_the_next_with_its_digest_is_asked() -> None:
    history = [seen(at, "" if at < 3 else "A", digest="one") for at in range(10)]
    page = search(history, "all")
    assert days_of(history, play(history, page)) == [0, 1, 2, 3]
    assert days_of(history, page.credits()) == [4, 5, 6, 7, 8, 9]


def test_a_rejected_page_is_credited_too() -> None:
    history = [seen(at, "", digest="one", fate=Fate.NOT_A_POLICY) for at in range(3)]
    page = search(history, "all")
    assert len(play(history, page)) == 1
    assert {answer.fate for answer in page.credits()} == {Fate.NOT_A_POLICY}


def test_a_credit_is_not_stored_if_an_earlier_capture_of_the_text_was_since() -> None:
    history = [seen(0, "A"), seen(1, "A", digest="one"), seen(2, "A", digest="one")]
    page = search(history, "all")
    earlier, later = page.wanted()
    page.hear(Answer(DOMAIN, later, Fate.STORED, text_sha256="A"))
    assert [answer.fate for answer in page.credits()] == [Fate.STORED]
    page.hear(Answer(DOMAIN, earlier, Fate.STORED, text_sha256="A"))
    assert [answer.fate for answer in page.credits()] == [Fate.SAME_TEXT]


def test_digests_that_say_nothing_are_not_shared() -> None:
    assert asked([seen(at, "A", digest="-") for at in range(3)], "all") == [0, 1, 2]
    assert asked([seen(at, "A", digest="empty", status="302") for at in range(3)], "all") == [0, 1, 2]


def test_two_digests_in_one_second_are_two_captures() -> None:
    history = [seen(0, "A", digest="one"), seen(0, "B", digest="two")]
    assert asked(history, "all") == [0, 1]


def test_a_digest_read_in_an_earlier_run_is_credited_to_new_captures() -> None:
    history = [seen(at, "A", digest="one") for at in range(3)]
    page = search(history, "all", answers=[history[0].answer])
    assert page.wanted() == []
    assert days_of(history, page.credits()) == [1, 2]


def test_an_open_loss_is_asked_again_and_a_final_one_is_not() -> None:
    failed, missing = seen(0, "", fate=Fate.FAILED), seen(1, "", fate=Fate.MISSING)
    page = search([failed, missing], "all", answers=[failed.answer, missing.answer])
    assert page.wanted() == [failed.capture]


def test_an_open_loss_is_asked_again_though_the_strategy_would_do_without() -> None:
    history = [seen(0, "", fate=Fate.THROTTLED), seen(1, "A"), seen(2, "A")]
    page = search(history, "yearly", answers=[history[0].answer, history[2].answer])
    assert page.wanted() == [history[0].capture]


def test_a_search_is_open_while_an_answer_is_missing() -> None:
    history = daily("AB")
    page = search(history, "all")
    assert page.outcome is Outcome.OPEN
    first, second = page.wanted()
    page.hear(Answer(DOMAIN, second, Fate.STORED, text_sha256="B"))
    assert page.outcome is Outcome.OPEN
    assert page.waiting
    page.hear(Answer(DOMAIN, first, Fate.STORED, text_sha256="A"))
    assert page.outcome is Outcome.SATISFIED


def test_a_search_that_lost_what_it_wanted_is_out_of_reach() -> None:
    history = daily(["A", "", "A"])
    page = search(history, "all")
    play(history, page)
    assert page.outcome is Outcome.EXHAUSTED


def test_half_years_are_the_corpus_intervals() -> None:
    assert half_year("20190630235959") == "2019A"
    assert half_year("20190701000000") == "2019B"


def test_intervals_take_the_last_page_of_each() -> None:
    history = daily("A" * 731)  # 2004 and 2005
    assert asked(history, "yearly") == [365, 730]
    assert asked(history, "half-yearly") == [181, 365, 546, 730]
    assert len(asked(history, "monthly")) == 24


def test_intervals_prefer_no_redirect_and_take_revisits() -> None:
    history = [seen(0, "A"), seen(1, "A", status="-", mimetype="warc/revisit"), seen(2, "B", status="301")]
    assert asked(history, "yearly") == [1]


def test_intervals_take_the_one_before_a_lost_one() -> None:
    history = daily(["A", "A", "", ""])
    page = search(history, "yearly")
    assert days_of(history, play(history, page)) == [1, 2, 3]
    assert page.outcome is Outcome.SATISFIED


def test_an_interval_whose_captures_are_all_lost_is_out_of_reach() -> None:
    history = daily(["", ""])
    page = search(history, "yearly")
    assert len(play(history, page)) == 2
    assert page.outcome is Outcome.EXHAUSTED


def test_intervals_ask_again_when_a_later_capture_turns_up() -> None:
    history = daily("AAA")
    assert asked(history[:2], "yearly") == [1]
    page = search(history, "yearly", answers=[history[1].answer])
    assert page.wanted() == [history[2].capture]


def test_an_interval_goes_on_past_captures_that_are_known_to_be_lost() -> None:
    history = [seen(0, "A"), seen(1, "", digest="x"), seen(2, "", digest="x"), seen(3, "", fate=Fate.FAILED)]
    page = search(history, "yearly", answers=[history[1].answer])
    assert days_of(history, play(history, page)) == [0, 2, 3]


def again(one: Seen) -> Answer:
    """Return the answer of an earlier run whose memento can't be read any more."""
    return replace(one.answer, memento=("20040101000000", "https://example.com/privacy"), again=True)


def read(one: Seen, text: str) -> Answer:
    return replace(one.answer, text_sha256=text, memento=("20040101000000", "https://example.com/privacy"))


def test_what_can_not_be_read_any_more_is_asked_again_and_known_meanwhile() -> None:
    history = [seen(0, "A"), seen(1, "A"), seen(2, "A")]
    page = search(history, answers=[again(history[0]), again(history[2])])
    assert page.wanted() == [
        history[0].capture,
        history[2].capture,
    ]  # and not what lies between: both have the same text
    assert page.known == {}
    page.hear(read(history[0], "A"))
    page.hear(read(history[2], "B"))
    assert page.wanted() == [history[1].capture]


def test_what_is_not_had_again_stays_what_it_was() -> None:
    history = [seen(0, "A", digest="one"), seen(1, "A", digest="one"), seen(2, "B")]
    credited = replace(history[1].answer, cause=f"same digest as {history[0].capture.timestamp}")
    page = search(history, "all", answers=[again(history[0]), credited, history[2].answer])
    assert page.wanted() == [history[0].capture]
    page.hear(Answer(DOMAIN, history[0].capture, Fate.MISSING, "not there"))
    assert page.wanted() == []
    assert page.outcome is Outcome.SATISFIED
    assert [(answer.text_sha256, answer.again) for answer in page.known.values()] == [
        ("A", False),
        ("B", False),
        ("A", False),
    ]


def test_what_was_credited_follows_what_is_read_again() -> None:
    history = [seen(0, "A", digest="one"), seen(1, "A", digest="one")]
    credited = replace(history[1].answer, cause=f"same digest as {history[0].capture.timestamp}")
    page = search(history, "all", answers=[again(history[0]), credited])
    assert page.wanted() == [history[0].capture]
    page.hear(read(history[0], "B"))
    assert [(answer.capture, answer.text_sha256) for answer in page.credits()] == [(history[1].capture, "B")]


def test_each_is_asked_again_though_its_payload_is_asked_already() -> None:
    history = [seen(0, "A", digest="one"), seen(1, "A", digest="one")]
    page = search(history, "all", answers=[again(each) for each in history])
    assert page.wanted() == [each.capture for each in history]
