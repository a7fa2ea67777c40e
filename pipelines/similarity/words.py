"""The words of a text: the one definition, for the gate, fingerprints and word counts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORD: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")
_RUN: Final = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """Return the words of a text: runs of letters, digits and underscores; each kana and Han character is a word."""
    return _WORD.findall(text)


def word_runs(text: str) -> Iterator[str]:
    r"""Yield the runs of `\w` in a text.

    The catalog's column `words` counts these. They differ from `words` in Chinese and Japanese only, where a run is a
    whole phrase.
    """
    return (run[0] for run in _RUN.finditer(text))
