"""What a reading makes of a page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Article:
    """The document's title, white space collapsed, and the article's HTML, links absolute."""

    title: str
    html: str
    coverage: float
    """Share of the page's reachable text that the article holds, 0 to 1."""
    reachable: int = 0
    """Length of the page's reachable text, its data not included, in UTF-16 units without white space."""
    unseen: float = 0.0
    """Share of the page's reachable text, for the fuller reading of the article's, that browsers do not show at first."""
    page_text: str = ""
    """The page's reachable text; empty where the corpus' reading covers all but little of it."""
    is_doubtful: bool = False
    """Whether the page may hold text that its tree without scripting, and so `coverage`, does not show."""
    holds_dialog: bool = False
    """Whether a consent dialog may be most of the article."""
