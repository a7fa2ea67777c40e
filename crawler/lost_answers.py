"""LostAnswers: the open losses of a domain's crawl, and which of them are asked for again at the end of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.archives.playback import ELSEWHERE
from crawler.pacing.archive_throttle import PUT_ASIDE

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.run_stats import RunStats
    from pipelines.items import Answer, CaptureKey


class LostAnswers:
    """The open losses of a domain's searches, and all captures of archives that were put aside."""

    def __init__(self, stats: RunStats) -> None:
        self._stats = stats
        self._answers: list[Answer] = []

    def add(self, answer: Answer, *, is_searching: bool) -> None:
        """Take an answer, if it is such a loss."""
        if not answer.fate.is_final and (is_searching or is_put_aside(answer)):
            self._answers.append(answer)

    @property
    def keys(self) -> set[CaptureKey]:
        """The captures that were lost."""
        return {answer.capture.key for answer in self._answers}

    @property
    def has_put_aside(self) -> bool:
        return any(map(is_put_aside, self._answers))

    @property
    def pages_offline(self) -> set[str]:
        """The pages with captures that playback redirected elsewhere: their files may have been offline for minutes."""
        return {answer.capture.urlkey for answer in self._answers if ELSEWHERE in answer.cause}

    def take_up_put_aside(self) -> None:
        """Forget the captures of archives that were put aside: they are asked for again."""
        self._withdraw(is_put_aside)
        self._answers = [answer for answer in self._answers if not is_put_aside(answer)]

    def take_up_offline(self) -> list[str]:
        """Withdraw all losses of the pages with files offline; return the pages, which are asked for again."""
        urlkeys = self.pages_offline
        self._withdraw(lambda answer: answer.capture.urlkey in urlkeys)
        return sorted(urlkeys)

    def _withdraw(self, condition: Callable[[Answer], bool]) -> None:
        for answer in filter(condition, self._answers):
            self._stats.withdraw_answer(answer)


def is_put_aside(answer: Answer) -> bool:
    """Whether a capture was not asked for, as its archive did not answer."""
    return PUT_ASIDE in answer.cause
