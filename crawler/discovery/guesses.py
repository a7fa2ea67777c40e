"""The queries by which a policy is guessed: prefixes and addresses that policies are usually at, and a filter. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crawler.archives.base import Match, Query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.kinds.base import Kind

MAX_PREFIXES: Final = 8
MAX_GUESSES: Final = 4


@dataclass(frozen=True, slots=True)
class Guesses:
    """The guesses for a domain, those first that policies' addresses are worth most."""

    prefixes: tuple[Query, ...]
    """Below a word of policies every page is of interest; any other listing is filtered by the archive."""
    exact: tuple[Query, ...]
    filtered: Query
    """The whole domain, filtered by the archive."""

    @classmethod
    def of(cls, kind: Kind, domain: str, dates: tuple[str, str]) -> Guesses:
        wanted = f"urlkey:.*(?:{kind.urls.words.pattern}).*"

        def prefix(path: str) -> Query:
            narrowed = "" if kind.urls.words.match(path) else wanted
            return Query(f"http://{domain}/{path}", Match.PREFIX, *dates, filter=narrowed)

        return cls(
            tuple(prefix(path) for path in kind.prefixes[:MAX_PREFIXES]),
            tuple(Query(f"http://{domain}/{path}", Match.EXACT, *dates) for path in kind.guesses[:MAX_GUESSES]),
            Query(domain, Match.DOMAIN, *dates, filter=wanted),
        )

    def __iter__(self) -> Iterator[Query]:
        yield from self.prefixes
        yield from self.exact
        yield self.filtered
