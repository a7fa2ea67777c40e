"""A page's search whatever the strategy: equal digests, losses, earlier runs; and the strategies but `changes`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from crawler.sampling.search import Search, listed_answer
from crawler.sampling.strategies import STRATEGIES, half_year, home_page_of_each_half_year
from pipelines.items import Answer, Fate
from tests.support.histories import DOMAIN, Seen, daily, days_of, play, search, seen


def asked(history: list[Seen], versions: str) -> list[int]:
    return days_of(history, play(history, search(history, versions)))


def test_strategies_names() -> None:
    assert set(STRATEGIES) == {"changes", "all", "half-yearly", "monthly", "yearly"}


def test_listed_answer_for_errors_and_other_media_types() -> None:
    def fate(status: str, mimetype: str) -> Fate | None:
        answer = listed_answer(DOMAIN, seen(0, "A", status=status, mimetype=mimetype).capture)
        return answer.fate if answer else None

    assert fate("404", "text/html") is Fate.ARCHIVED_ERROR
    assert fate("503", "-") is Fate.ARCHIVED_ERROR
    assert fate("200", "image/png") is Fate.NOT_A_POLICY
    assert fate("200", "Text/HTML") is fate("302", "unk") is fate("-", "warc/revisit") is None


def test_search_known_errors_are_not_answered_again() -> None:
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
    credited = page.answers_by_digest()
    assert days_of(history, credited) == [2, 3, 4, 5]
    assert {(answer.text_sha256, answer.cause) for answer in credited} == {
        ("A", f"same digest as {history[0].capture.timestamp}"),
        ("B", f"same digest as {history[1].capture.timestamp}"),
    }
    assert not page.is_open


def test_all_asks_payload_before_revisits() -> None:
    history = [seen(0, "A", digest="one", mimetype="warc/revisit"), seen(1, "A", digest="one")]
    assert asked(history, "all") == [1]


def test_all_lost_capture_asks_next_of_digest() -> None:
    history = [seen(at, "" if at < 3 else "A", digest="one") for at in range(10)]
    page = search(history, "all")
    assert days_of(history, play(history, page)) == [0, 1, 2, 3]
    assert days_of(history, page.answers_by_digest()) == [4, 5, 6, 7, 8, 9]


def test_all_credits_rejected_page() -> None:
    history = [seen(at, "", digest="one", fate=Fate.NOT_A_POLICY) for at in range(3)]
    page = search(history, "all")
    assert len(play(history, page)) == 1
    assert {answer.fate for answer in page.answers_by_digest()} == {Fate.NOT_A_POLICY}


def test_all_credit_keeps_earlier_capture() -> None:
    history = [seen(0, "A"), seen(1, "A", digest="one"), seen(2, "A", digest="one")]
    page = search(history, "all")
    earlier, later = page.wanted()
    page.record_answer(Answer(DOMAIN, later, Fate.STORED, text_sha256="A"))
    assert [answer.fate for answer in page.answers_by_digest()] == [Fate.STORED]
    page.record_answer(Answer(DOMAIN, earlier, Fate.STORED, text_sha256="A"))
    assert [answer.fate for answer in page.answers_by_digest()] == [Fate.SAME_TEXT]


def test_all_empty_digest_is_not_shared() -> None:
    assert asked([seen(at, "A", digest="-") for at in range(3)], "all") == [0, 1, 2]
    assert asked([seen(at, "A", digest="empty", status="302") for at in range(3)], "all") == [0, 1, 2]


def test_all_two_digests_in_one_second_are_two_captures() -> None:
    history = [seen(0, "A", digest="one"), seen(0, "B", digest="two")]
    assert asked(history, "all") == [0, 1]


def test_all_credits_digest_of_earlier_run() -> None:
    history = [seen(at, "A", digest="one") for at in range(3)]
    page = search(history, "all", answers=[history[0].answer])
    assert page.wanted() == []
    assert days_of(history, page.answers_by_digest()) == [1, 2]


def test_search_retries_open_loss_only() -> None:
    failed, missing = seen(0, "", fate=Fate.FAILED), seen(1, "", fate=Fate.MISSING)
    page = search([failed, missing], "all", answers=[failed.answer, missing.answer])
    assert page.wanted() == [failed.capture]


def test_search_retries_open_loss_outside_strategy() -> None:
    history = [seen(0, "", fate=Fate.THROTTLED), seen(1, "A"), seen(2, "A")]
    page = search(history, "yearly", answers=[history[0].answer, history[2].answer])
    assert page.wanted() == [history[0].capture]


def test_outcome_open_while_answer_is_missing() -> None:
    history = daily("AB")
    page = search(history, "all")
    assert page.is_open
    first, second = page.wanted()
    page.record_answer(Answer(DOMAIN, second, Fate.STORED, text_sha256="B"))
    assert page.is_open
    assert page.waiting
    page.record_answer(Answer(DOMAIN, first, Fate.STORED, text_sha256="A"))
    assert not page.is_open


def test_outcome_exhausted_after_losses() -> None:
    history = daily(["A", "", "A"])
    page = search(history, "all")
    play(history, page)
    assert not page.is_open


def test_half_year_intervals_of_corpus() -> None:
    assert half_year("20190630235959") == "2019A"
    assert half_year("20190701000000") == "2019B"


def test_half_yearly_takes_last_page() -> None:
    history = daily("A" * 731)  # 2004 and 2005
    assert asked(history, "yearly") == [365, 730]
    assert asked(history, "half-yearly") == [181, 365, 546, 730]
    assert len(asked(history, "monthly")) == 24


def test_half_yearly_prefers_page_to_redirect() -> None:
    history = [seen(0, "A"), seen(1, "A", status="-", mimetype="warc/revisit"), seen(2, "B", status="301")]
    assert asked(history, "yearly") == [1]


def test_half_yearly_lost_capture_asks_previous() -> None:
    history = daily(["A", "A", "", ""])
    page = search(history, "yearly")
    assert days_of(history, play(history, page)) == [1, 2, 3]
    assert not page.is_open


def test_half_yearly_all_lost_is_exhausted() -> None:
    history = daily(["", ""])
    page = search(history, "yearly")
    assert len(play(history, page)) == 2
    assert not page.is_open


def test_half_yearly_later_capture_reopens_interval() -> None:
    history = daily("AAA")
    assert asked(history[:2], "yearly") == [1]
    page = search(history, "yearly", answers=[history[1].answer])
    assert page.wanted() == [history[2].capture]


def test_half_yearly_skips_known_losses() -> None:
    history = [seen(0, "A"), seen(1, "", digest="x"), seen(2, "", digest="x"), seen(3, "", fate=Fate.FAILED)]
    page = search(history, "yearly", answers=[history[1].answer])
    assert days_of(history, play(history, page)) == [0, 2, 3]


def again(one: Seen) -> Answer:
    """Return the answer of an earlier run whose memento can't be read any more."""
    return replace(one.answer, memento=("20040101000000", "https://example.com/privacy"), again=True)


def read(one: Seen, text: str) -> Answer:
    return replace(one.answer, text_sha256=text, memento=("20040101000000", "https://example.com/privacy"))


def test_search_lost_text_is_asked_again() -> None:
    history = [seen(0, "A"), seen(1, "A"), seen(2, "A")]
    page = search(history, answers=[again(history[0]), again(history[2])])
    assert page.wanted() == [
        history[0].capture,
        history[2].capture,
    ]  # and not what lies between: both have the same text
    assert page.known == {}
    page.record_answer(read(history[0], "A"))
    page.record_answer(read(history[2], "B"))
    assert page.wanted() == [history[1].capture]


def test_search_lost_text_without_memento_stays() -> None:
    history = [seen(0, "A", digest="one"), seen(1, "A", digest="one"), seen(2, "B")]
    credited = replace(history[1].answer, cause=f"same digest as {history[0].capture.timestamp}")
    page = search(history, "all", answers=[again(history[0]), credited, history[2].answer])
    assert page.wanted() == [history[0].capture]
    page.record_answer(Answer(DOMAIN, history[0].capture, Fate.MISSING, "not there"))
    assert page.wanted() == []
    assert not page.is_open
    assert [(answer.text_sha256, answer.again) for answer in page.known.values()] == [
        ("A", False),
        ("B", False),
        ("A", False),
    ]


def test_search_credits_follow_new_answer() -> None:
    history = [seen(0, "A", digest="one"), seen(1, "A", digest="one")]
    credited = replace(history[1].answer, cause=f"same digest as {history[0].capture.timestamp}")
    page = search(history, "all", answers=[again(history[0]), credited])
    assert page.wanted() == [history[0].capture]
    page.record_answer(read(history[0], "B"))
    assert [(answer.capture, answer.text_sha256) for answer in page.answers_by_digest()] == [(history[1].capture, "B")]


def test_search_lost_texts_of_one_digest_are_each_asked() -> None:
    history = [seen(0, "A", digest="one"), seen(1, "A", digest="one")]
    page = search(history, "all", answers=[again(each) for each in history])
    assert page.wanted() == [each.capture for each in history]


def test_search_open_loss_whose_record_is_in_trouble_is_asked_and_may_fail_again() -> None:
    history = [seen(0, "", fate=Fate.CUT_SHORT), seen(1, "A")]
    page = search(history, "all", answers=[again(history[0]), history[1].answer])
    assert page.wanted() == [history[0].capture]
    page.record_answer(history[0].answer)
    assert not page.is_open


def test_search_unreadable_capture_is_not_asked_and_credits_nothing() -> None:
    """Its duplicates are asked for, one after the other where they are lost."""
    history = [seen(at, "", digest="one", fate=Fate.UNREADABLE) for at in range(3)] + [seen(3, "A", digest="one")]
    page = search(history, "all", answers=[history[0].answer])
    assert days_of(history, play(history, page)) == [1, 2, 3]
    assert page.answers_by_digest() == []
    assert search(history, "all", answers=[each.answer for each in history]).wanted() == []


def test_home_pages_one_more_where_the_last_is_blank() -> None:
    """A challenge as the last capture of a half-year hides the links; one more is read, and no third."""
    history = daily("ABCD")
    for blank, read in (([], [3]), ([3], [2, 3]), ([2, 3], [2, 3])):
        stamps = {each.timestamp for day, each in enumerate(search(history, "all").captures) if day in blank}
        page = Search(DOMAIN, "", [(each, None) for each in search(history, "all").captures],
                      partial(home_page_of_each_half_year, blank=stamps))  # fmt: skip
        assert days_of(history, play(history, page)) == read
        assert not page.is_open
