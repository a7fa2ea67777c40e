"""Where a listing of Common Crawl is: which crawl, which of its result pages. Its text is the listing's resume key. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from crawler.archives.base import Match, Query
from crawler.archives.commoncrawl_crawls import is_crawl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.archives.commoncrawl_crawls import Crawl

_FORM: Final = re.compile(r"(\S+) (-1|[0-9]{1,6}) ([0-9]{1,6})", re.ASCII)
_BEFORE_FIRST: Final = -1


@dataclass(frozen=True, slots=True)
class Position:
    """A result page of a crawl, from 0, and the number of its pages; 0 if that is not known.

    One page of a web site has one result page. The number of any other listing's is asked for first.
    """

    crawl: str
    page: int = 0
    pages: int = 0

    def __str__(self) -> str:
        return f"{self.crawl} {self.page} {self.pages}"

    def asks_for_pages(self, query: Query) -> bool:
        """Whether the number of pages is asked for here."""
        return query.match is not Match.EXACT and self.pages == 0

    def parameters(self, query: Query) -> dict[str, str]:
        """Return what an address of the index says of the position."""
        return {"showNumPages": "true"} if self.asks_for_pages(query) else {"page": str(self.page)}

    def with_pages(self, count: int) -> Position:
        """Return the position before the first of so many pages."""
        return Position(self.crawl, _BEFORE_FIRST, count)

    @property
    def without_more(self) -> Position:
        """The same page as the crawl's last."""
        return replace(self, pages=self.page + 1)

    def following(self, most: int) -> Position | None:
        """Return the crawl's next page, None after the last one or after `most` of them."""
        upcoming = self.page + 1
        return replace(self, page=upcoming) if upcoming < min(self.pages, most) else None


def read_position(resume_key: str | None) -> Position | None:
    """Return the position that a resume key is, None for none. Raises ValueError.

    >>> read_position("CC-MAIN-2025-33 1 4").following(10)
    Position(crawl='CC-MAIN-2025-33', page=2, pages=4)
    """
    if resume_key is None:
        return None
    match = _FORM.fullmatch(resume_key)
    if match is None or not is_crawl(match[1]):
        raise ValueError(f"{resume_key!r:.80} is no place in Common Crawl's index")
    return Position(match[1], int(match[2]), int(match[3]))


def crawl_of(crawls: Sequence[Crawl], timestamp: str) -> Crawl:
    """Return the crawl in which a capture of a moment (14 digits) is: the last that had begun by then, else the first."""
    begun = [crawl for crawl in crawls if crawl.start <= timestamp]
    return begun[-1] if begun else crawls[0]
