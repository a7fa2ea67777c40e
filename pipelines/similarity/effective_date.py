"""The date from which a policy says that it holds, or of which it says that it is the last update. Pure.

Precision comes before recall: a date counts only beside a label, where nothing else can be meant, and not at all if the
text gives several.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from pipelines.similarity.written_dates import written_dates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from pipelines.similarity.written_dates import WrittenDate

_RANKS: Final = ("effective", "updated")
"""Kinds of labels: of the date from which a text holds, and of its last update. The first one that a text has counts."""


def _either(patterns: Iterable[str]) -> str:
    return f"(?:{'|'.join(patterns)})"


def _named(words: Mapping[str, list[str]]) -> re.Pattern[str]:
    """Return the pattern of any of some words, or of parts of words in languages that part them by nothing."""
    return re.compile(rf"(?<!\w){_either(words['words'])}(?!\w)|{'|'.join(words['parts'])}")


_DATA: Final = json.loads(files("pipelines.similarity").joinpath("date_labels.json").read_text("utf-8"))
_JOINT: Final = rf"(?:[^\w\n]|(?<!\w){_either(_DATA['joints'])}(?!\w))*"
"""What stands between a label and its date."""
_BOUND: Final = r"(?:(?<!\w)|(?<=[\u3040-\u30ff\u3400-\u9fff]))"
_LABELS: Final = tuple(
    re.compile(rf"{_BOUND}{_either(label for of in _DATA[rank].values() for label in of)}{_JOINT}\Z") for rank in _RANKS
)
_AFTER: Final = tuple(re.compile(rf"[^\w\n]*(?:{_DATA['after'][rank]})") for rank in _RANKS)
"""What follows a date in languages that say it last."""
_DOCUMENT: Final = _named(_DATA["document"])
"""Words that name the document itself."""
_OTHER: Final = _named(_DATA["other"])
"""Words of something else that has a date: laws, other documents, other versions."""
_SMALL: Final = frozenset(_DATA["small"])
"""Words that may stand before a label and name nothing."""
_OTHERS_LIST: Final = re.compile(_DATA["others_list"])
"""What a line begins with that lists other versions with their dates."""
_OWN_COOKIES: Final = re.compile(_DATA["own_cookies"])
"""A policy of both is meant where one of privacy is."""
_SPACES: Final = re.compile(r"[^\S\t]+")
_SEGMENT: Final = re.compile(r"[.!?;|\u3002\uff01\uff1f\u2022\u00b7\t]+\s*")
_DATED: Final = re.compile(r"(?<!\d)(?:19|20)\d\d,? (?:and|und|et|y|e|en|och|og|i)(?!\w)")
"""The end of an earlier date that the same is said of: what stands before it does not part the label from the document."""
_CLOSED: Final = re.compile(r"\s*(?:\Z|[^\w\s,])")
_HEAD_WORDS: Final = 10
_REST_WORDS: Final = 3
_REACH: Final = 110
"""Characters before a date that are looked at."""
_HEAD_LINES: Final = 15
_TAIL_LINES: Final = 8
_LONG_LINE: Final = 2_000
"""Characters of a line that are read: a date line is short, and the first sentences are what matters of others."""


def effective_date(title: str, plain: str, language: str) -> str:
    """Return the date (ISO 8601) from which a text says that it holds, or else of its last update; empty if not sure.

    `plain` is the body as plain text, `language` its ISO 639-1 code. Linear in the text.
    """
    lines = [
        folded
        for line in (title, *plain.split("\n"))
        if (folded := _SPACES.sub(" ", line[:_LONG_LINE].casefold()).strip())
    ]
    found = list(_candidates(lines, language))
    for rank in range(len(_LABELS)):
        if of_rank := [(number, value) for number, value, its in found if its == rank]:
            return _agreed(of_rank, len(lines))
    return ""


def _agreed(found: list[tuple[int, date]], count: int) -> str:
    """Return the one date of the text, or of its beginning, or of its end."""
    for places in (range(count), range(_HEAD_LINES), range(count - _TAIL_LINES, count)):
        values = {value for number, value in found if number in places}
        if len(values) == 1:
            return values.pop().isoformat()
    return ""


def _candidates(lines: Iterable[str], language: str) -> Iterator[tuple[int, date, int]]:
    """Yield the dates that have a label: the line's number, the date, the label's rank."""
    for number, (above, line) in enumerate(pairwise(["", *lines])):
        for each in written_dates(line, language):
            rank = _rank(line, each)
            if rank is not None and _OTHERS_LIST.search(line, 0, min(each.start, _REACH)):
                continue
            if rank is None and not line[: each.start].strip(" \t:-(*\u2013\u2014"):
                rank = _rank_of_label(above[-_REACH:], "", is_cut=len(above) > _REACH)
            if rank is not None:
                yield number, each.value, rank


def _rank(line: str, each: WrittenDate) -> int | None:
    """Return the rank of the label beside a date: 0 where the text holds from then, 1 where it was updated then."""
    before, rest = line[max(0, each.start - _REACH) : each.start], line[each.end :]
    rank = _rank_of_label(before, rest, is_cut=each.start > _REACH)
    if rank is not None:
        return rank
    after = next((rank for rank, pattern in enumerate(_AFTER) if pattern.match(rest)), None)
    return after if after is not None and not _OTHER.search(before) else None


def _rank_of_label(before: str, rest: str, *, is_cut: bool = False) -> int | None:
    for rank, pattern in enumerate(_LABELS):
        if label := pattern.search(before):
            head = _SEGMENT.split(before[: label.start()])[-1]
            whole = is_cut and _SEGMENT.search(before[: label.start()]) is None
            if not whole and _is_meant(head, label[0], rest):
                return rank
    return None


def _is_meant(head: str, label: str, rest: str) -> bool:
    """Whether a label stands for the document itself: by the words before it, or as it stands alone."""
    words = re.findall(r"\w+", head)
    if _OTHER.search(_OWN_COOKIES.sub("", head)) or len(_DATED.split(head)[-1].split()) > _HEAD_WORDS:
        return False
    if _DOCUMENT.search(head):
        return True
    if not all(word in _SMALL or word.isdigit() for word in words):
        return False
    clause = _SEGMENT.split(rest)[0]
    return label.startswith(("last", "latest")) or bool(_CLOSED.match(rest)) or len(clause.split()) <= _REST_WORDS
