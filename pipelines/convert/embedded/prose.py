"""Where the prose is in decoded JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pipelines.convert.embedded.data import decoded_string

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_VALUES: Final = 500_000
"""Limit of the values that are looked at."""

_WORDS: Final = re.compile(
    r"\b(?:[^\W\d_]++[\s,;:.'\u2019()\u201c\u201d\"-]++){7}|[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u3001\uff0c]{15}"
)
"""Eight words in a row, or fifteen letters of a script that writes without spaces."""
_CODE: Final = re.compile(
    r"\s*+(?:https?:|data:|!?function|\(function|@media|@import|[.#][\w-]++\s*+\{|\(\(?\)?\s*+=>)"
)
_TAG: Final = re.compile(r"<[^<>]*+>")
_SEARCHED: Final = 20_000
"""Characters of a string that are searched for words."""
_JSON_STRING: Final = 200
"""Characters of a string that is decoded if it looks like JSON."""
_MEMBER_SHARE: Final = 0.8
_ITEM_SHARE: Final = 0.95
"""Shares of the prose at which a member of an object, an item of a list, holds the text alone."""
_CANDIDATE_SHARE: Final = 0.2
_CANDIDATES: Final = 4


class Prose:
    """The lengths of the prose in a value and in everything below it."""

    def __init__(self, value: Any) -> None:
        self._lengths: dict[int, int] = {}
        self._value = _with_strings_decoded(value)
        self.length = self._measure(self._value)

    def candidates(self) -> list[tuple[Any, int]]:
        """Return the smallest value with nearly all the prose and its length, then its largest members, each descended."""
        whole = self._descend(self._value)
        members = [self._descend(each) for each in _members(whole)] if isinstance(whole, dict) else []
        large = [each for each in members if self._length(each) >= _CANDIDATE_SHARE * self.length]
        large.sort(key=self._length, reverse=True)
        return [(each, self._length(each)) for each in (whole, *large[:_CANDIDATES])]

    def _measure(self, root: Any) -> int:
        """Record the length of each container, inner ones first; 0 for a value with too many values."""
        containers = [root] if isinstance(root, dict | list) else []
        values = 0
        for container in containers:
            values += len(container)
            if values > MAX_VALUES:
                return 0
            containers.extend(each for each in _members(container) if isinstance(each, dict | list))
        for container in reversed(containers):
            self._lengths[id(container)] = sum(self._length(each) for each in _members(container))
        return self._length(root)

    def _length(self, value: Any) -> int:
        if isinstance(value, str):
            return prose_length(value)
        return self._lengths.get(id(value), 0)

    def _descend(self, value: Any) -> Any:
        while isinstance(value, dict | list) and value:
            member = max(_members(value), key=self._length)
            share = _MEMBER_SHARE if isinstance(value, dict) else _ITEM_SHARE
            if not self._length(member) or self._length(member) < share * self._length(value):
                break
            value = member
        return value


def prose_length(text: str) -> int:
    """Return the length of a string without tags and white space if it is prose; 0 for addresses, code and labels."""
    if len(text) < _SEARCHED and " " not in text and text.isascii():
        return 0
    return len("".join(_TAG.sub("", text).split())) if is_prose(text) else 0


def is_prose(text: str) -> bool:
    """Whether a string has eight words in a row and does not start as code does."""
    return bool(_WORDS.search(text[:_SEARCHED])) and not _CODE.match(text)


def _members(container: dict[str, Any] | list[Any]) -> Iterator[Any]:
    return iter(container.values() if isinstance(container, dict) else container)


def _with_strings_decoded(root: Any) -> Any:
    """Replace, in place, strings that are JSON of objects or lists by their values; those inside are left alone."""
    pending = [root] if isinstance(root, dict | list) else []
    for container in pending:
        if len(pending) > MAX_VALUES:
            break
        places = container.items() if isinstance(container, dict) else enumerate(container)
        for place, value in list(places):
            if isinstance(value, str) and len(value) > _JSON_STRING and value[0] in "{[":
                inner = decoded_string(value)
                if isinstance(inner, dict | list):
                    container[place] = inner
            elif isinstance(value, dict | list):
                pending.append(value)
    return root
