"""What is escaped in the corpus' markdown: little, and only where its converter thought of it."""

from __future__ import annotations

import re
from typing import Final

_ESCAPED: Final = re.compile(r"\\|^\s*[\d+-]", re.MULTILINE)
"""What a run has that needs one of the four below; few do."""
_NUMBER_MARK: Final = re.compile(r"^(\s*\d+)\.(?=\s)", re.MULTILINE)
_PLUS_MARK: Final = re.compile(r"^(\s*)\+(?=\s)", re.MULTILINE)
_DASH_MARK: Final = re.compile(r"^(\s*)-(?=\s|-)", re.MULTILINE)
_BACKSLASH: Final = re.compile(r"\\(?=[!#()*+\-.\[\\\]_`{}])")
_LINK_SPECIAL: Final = re.compile(r"([\\()\[\]])")


def is_space(character: str) -> bool:
    return character.isspace() and character != "\xa0"


def escape_run(run: str) -> str:
    """Escape backslashes that would escape, and what would start a list at the run's start and at its line starts."""
    if not _ESCAPED.search(run):
        return run
    run = _BACKSLASH.sub(r"\\\\", run)
    run = _NUMBER_MARK.sub(r"\1\\.", run)
    run = _PLUS_MARK.sub(r"\1\\+", run)
    return _DASH_MARK.sub(r"\1\\-", run)


def escape_link(part: str) -> str:
    return _LINK_SPECIAL.sub(r"\\\1", part)
