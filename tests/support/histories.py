"""Generated histories of a page, and a search run over them as a crawl runs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from crawler.sampling.search import Search
from crawler.sampling.strategies import STRATEGIES
from pipelines.items import Answer, Capture, Fate

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Mapping, Sequence

START = datetime(2004, 1, 1, tzinfo=UTC)
DOMAIN, URLKEY, URL = "example.com", "com,example)/privacy", "https://example.com/privacy"
LOST_RUN_LIMIT = 60


@dataclass(frozen=True)
class Seen:
    """A capture with the answer to a request for it."""

    capture: Capture
    answer: Answer


def seen(
    days: float,
    text: str,
    *,
    fate: Fate | None = None,
    digest: str = "",
    status: str = "200",
    mimetype: str = "text/html",
    length: int | str = 5000,
    words: int | None = None,
    language: str = "",
) -> Seen:
    """Return a capture `days` after START. One without a text is lost unless `fate` is given."""
    stamp = (START + timedelta(days=days)).strftime("%Y%m%d%H%M%S")
    capture = Capture(URLKEY, stamp, URL, mimetype, status, digest or f"digest of {days}", str(length), "wayback")
    fate = fate or (Fate.STORED if text else Fate.MISSING)
    told = text if fate.has_text else None
    return Seen(capture, Answer(DOMAIN, capture, fate, text_sha256=told, words=words, language=language))


def daily(texts: Iterable[str], days: float = 1) -> list[Seen]:
    """Return captures at even distances: `""` is lost, `"!"` is not a policy, any other string is a text."""
    return [seen(at * days, text, fate=Fate.NOT_A_POLICY if text == "!" else None) for at, text in enumerate(texts)]


def known(history: Sequence[Seen], answers: Iterable[Answer] = ()) -> list[tuple[Capture, Answer | None]]:
    """Return a page's answers as the catalog gives them after earlier runs."""
    by_key: Mapping[object, Answer] = {answer.capture.key: answer for answer in answers}
    return [(one.capture, by_key.get(one.capture.key)) for one in history]


def search(history: Sequence[Seen], versions: str = "changes", answers: Iterable[Answer] = ()) -> Search:
    return Search(DOMAIN, URLKEY, known(history, answers), STRATEGIES[versions])


def play(
    history: Sequence[Seen], one: Search, *, order: random.Random | None = None, stop_after: int = -1
) -> list[Answer]:
    """Return the answers of all requests of a search, or of the first ones; with `order`, as they happen to arrive."""
    answer_of = {capture.capture.key: capture.answer for capture in history}
    waiting = one.wanted()
    answers: list[Answer] = []
    while waiting and len(answers) != stop_after:
        answer = answer_of[waiting.pop(order.randrange(len(waiting)) if order else 0).key]
        one.record_answer(answer)
        answers.append(answer)
        waiting += one.wanted()
    return answers


def days_of(history: Sequence[Seen], answers: Iterable[Answer]) -> list[int]:
    """Return the positions in a history of the captures that were answered, in time order."""
    position = {one.capture.key: at for at, one in enumerate(history)}
    return sorted(position[answer.capture.key] for answer in answers)
