"""Cut text into words."""

from __future__ import annotations

import re

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")


def words(text: str) -> list[str]:
    """Give a text's words: runs of letters, digits and underscores, and each sign of kana and Han (no spaces there)."""
    return _WORD.findall(text)
