"""Anchor and PageAnchors: the links of a page, and what names them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_TEXT: Final = 200
"""Characters of one text of a link."""
_SPACES: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link. `texts` are what names it: visible text, its images' `alt`, `title`, `aria-label`; none is empty."""

    target: str
    texts: tuple[str, ...] = ()
    rels: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        """All texts in one."""
        return " ".join(self.texts)


@dataclass(frozen=True, slots=True)
class PageAnchors:
    """The links and frames of a page, each in document order."""

    anchors: tuple[Anchor, ...] = ()
    frames: tuple[Anchor, ...] = ()
    is_frameset: bool = False
    in_scripts: tuple[Anchor, ...] = ()
    """Links in scripts' data and in what scripts write: the links of pages that scripts make."""


def cleaned(texts: Iterable[str]) -> tuple[str, ...]:
    """Return texts in lower case, bounded, with single spaces: each once, and none that is empty."""
    shown = (_SPACES.sub(" ", each[: MAX_TEXT * 5]).strip().lower()[:MAX_TEXT] for each in texts)
    return tuple(dict.fromkeys(filter(None, shown)))
