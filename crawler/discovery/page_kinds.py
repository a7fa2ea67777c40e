"""The kind that a page belongs to, where several are searched for: each page belongs to one. Pure.

A page that was searched before stays with its kind, unless it was read in vain: then another kind may search it once.
One that the companies file gives belongs to the kind that it is given for. Any other belongs to the kind of which its
address and the links to it say most.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from crawler.discovery.url_scores import page_score

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from crawler.discovery.knowledge import Page
    from pipelines.catalog.discovery_queries import SearchedPage
    from pipelines.kinds.base import Kind

MARGIN: Final = 0.2
"""By how much a later kind's score has to be higher than that of the first one: `/terms-and-privacy` is for the first."""


def best_kind(url: str, linked: Mapping[str, int], kinds: Sequence[Kind]) -> Kind:
    """Return the kind that a page is most likely of. `linked` are the home pages that link to it as each kind, by name."""
    best, highest = kinds[0], page_score(url, linked.get(kinds[0].name, 0), kinds[0])
    for kind in kinds[1:]:
        score = page_score(url, linked.get(kind.name, 0), kind)
        if score > highest + MARGIN:
            best, highest = kind, score
    return best


@dataclass(frozen=True, slots=True)
class Claim:
    """What decides whether a kind has a page. `kinds` are all that are searched for, in order, this one among them.

    `searched` are the pages that were searched, by urlkey. `given` are the urlkeys that the companies file gives, and
    `linked` the times that home pages link to each, by the name of the kind.
    """

    kind: Kind
    kinds: tuple[Kind, ...]
    searched: Mapping[str, SearchedPage]
    given: Mapping[str, Collection[str]] = field(default_factory=dict)
    linked: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def page(self, page: Page) -> Page | None:
        """Return a page as the kind has it, None if it belongs to another one."""
        wanted_by = [name for name, urlkeys in self.given.items() if page.urlkey in urlkeys]
        if wanted_by:
            return page if self.kind.name in wanted_by else None
        before = self.searched.get(page.urlkey)
        if before is None:
            times = {name: linked.get(page.urlkey, 0) for name, linked in self.linked.items()}
            return page if best_kind(page.url, times, self.kinds) is self.kind else None
        if before.kind == self.kind.name:
            return page
        if page.can_be_policy or self.kind.name in before.tried:
            return None
        return replace(page, usable=page.usable | page.in_vain, in_vain=frozenset())
