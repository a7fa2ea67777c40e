"""Folding of accents, so that a word and its form in capitals or without marks are one."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_MARKS: Final = re.compile("[\u0300-\u036f]")
"""Combining marks of Latin, Greek and Cyrillic letters. Those of other scripts are letters of their own."""
_ALIKE: Final = str.maketrans({"\u0131": "i", "\u03c2": "\u03c3"})
"""Letters that capitals do not tell apart: Turkish i without a dot, Greek sigma at the end of a word."""


def without_accents(text: str) -> str:
    """Return a lower-case text without accents: `politika gizliliği` becomes `politika gizliligi`."""
    if text.isascii():
        return text
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text)).translate(_ALIKE)
    return unicodedata.normalize("NFC", plain)
