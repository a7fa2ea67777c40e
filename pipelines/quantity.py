"""Numbers with their nouns, as every message writes them."""

from __future__ import annotations

import re
from typing import Final

_SIBILANT: Final = re.compile(r"(s|x|z|ch|sh)$")
_CONSONANT_Y: Final = re.compile(r"(?<=[^aeiou])y$")


def quantity(number: int, noun: str) -> str:
    """Return a number with its noun in the right form: `1 change`, `1,200 text files`, `0 companies`.

    >>> quantity(2, "memento")
    '2 mementos'
    """
    return f"{number:,} {noun if number == 1 else _plural(noun)}"


def _plural(noun: str) -> str:
    if _SIBILANT.search(noun):
        return f"{noun}es"
    plural, is_y = _CONSONANT_Y.subn("ies", noun)
    return plural if is_y else f"{noun}s"
