"""Text in a page's embedded data: `__NEXT_DATA__` and other JSON scripts, JSON-LD, assigned states.

`data` decodes the scripts, `prose` finds where the prose is, and `rich_text` writes it as HTML. Every walk is iterative and
visits each value once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipelines.convert.embedded.data import decoded, is_data
from pipelines.convert.embedded.prose import Prose
from pipelines.convert.embedded.rich_text import to_html

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.convert.tree import Element

__all__ = ["EmbeddedText", "embedded_texts", "longest_prose"]

MIN_LENGTH: Final = 400
"""Characters of prose below which a page's data holds no document."""


@dataclass(frozen=True, slots=True)
class EmbeddedText:
    """Prose found in a page's data, as HTML. `length` counts its characters without white space."""

    html: str
    length: int


def longest_prose(scripts: Iterable[Element], longer_than: int = 0) -> Prose | None:
    """Return the prose of the script that holds most, if it is longer than that and MIN_LENGTH."""
    best, most = None, max(MIN_LENGTH, longer_than)
    for script in scripts:
        if is_data(script) and len(script.text) > most:
            prose = Prose(decoded(script))
            if prose.length > most:
                best, most = prose, prose.length
    return best


def embedded_texts(scripts: Iterable[Element], longer_than: int = 0) -> list[EmbeddedText]:
    """Return the longest prose, if it is longer than that: first all of it, then its largest members."""
    prose = longest_prose(scripts, longer_than)
    if prose is None:
        return []
    return [EmbeddedText(to_html(value), length) for value, length in prose.candidates() if length > longer_than]
