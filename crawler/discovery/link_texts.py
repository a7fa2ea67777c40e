"""Links of an archived page to the company's policy. Pure: bytes in, URLs out; no Scrapy.

Runs in the worker processes (pipelines.convert.pool). A link counts by its texts first, so that a policy whose URL has no
telling word is found too (the rule of the Princeton-Leuven corpus: research/corpus.md, from its detect_links.py), and by its
address where its texts say nothing. Whose page it leads to is asked before anything else: pages carry links to the policies
of widgets.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from crawler.archives.urlkey import urlkey_of
from crawler.discovery.hubs import hubs_of
from crawler.discovery.link_wording import Wording, wording
from crawler.discovery.page_anchors import read_anchors
from crawler.discovery.site_owner import Owner, own_words, owner_of, registered_domain
from crawler.discovery.url_scores import is_namesake, policy_score
from pipelines.kinds import KINDS
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crawler.discovery.anchor import Anchor, PageAnchors
    from pipelines.kinds.base import Kind

MAX_FOUND: Final = 20
"""Links to the policy that are remembered of a page."""
MAX_FRAMES: Final = 4

_PLAIN: Final = 4.0
_SURE: Final = 3.0
_LIKELY: Final = 2.0
_POSSIBLE: Final = 1.0
"""Ranks of links. Those below are told of only if there is none above."""
_BY_ADDRESS: Final = 0.8
"""Score of an address that counts though the texts of its link say nothing."""

_HAS_MENU: Final = re.compile(r"foot|fuss|bottom|unten|nav|menu|pied|[^/]*\blinks?\b[^/]*$")
"""What stands in the address of a frame with a page's footer or menu."""


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Where a page's links to the policy lead: absolute http(s) URLs without fragments. Each field is bounded."""

    policies: tuple[str, ...] = ()
    """Policies on the company's own hosts, or on services that host a firm's own policy: best first, at most MAX_FOUND."""
    foreign: tuple[str, ...] = ()
    """Targets on other registered domains, on no list of platforms, of links whose text is exact. At most MAX_FOUND.

    None beside a sure link of the page's own: that is a widget's. Another can be the owner's policy on another of its
    domains; `owners_pages` tells over all home pages.
    """
    hubs: tuple[str, ...] = ()
    """Pages that policies are usually linked from (legal, terms, about ...): best first, at most MAX_HUBS."""
    frames: tuple[str, ...] = ()
    """Pages in the page's frames: those with a footer or a menu first, at most MAX_FRAMES."""
    is_sure: bool = False
    """Whether the texts of a link to `policies` name the policy. Other links can be those of a product or of a news item."""


def page_links(html: bytes, content_type: str, *, url: str, domain: str, kind: Kind = PRIVACY) -> PageLinks:
    """Return where a page's links to the policy lead; empty of a page that can't be read.

    `url` is the page's own, `domain` its listed domain.
    """
    return _links_of(read_anchors(html, content_type, url), url, domain, kind)


def links_of_kinds(
    html: bytes, content_type: str, *, url: str, domain: str, kinds: Sequence[str]
) -> tuple[PageLinks, ...]:
    """Return where a page's links to documents of each kind, by name, lead, as `page_links` does of one."""
    page = read_anchors(html, content_type, url)
    return tuple(_links_of(page, url, domain, KINDS[name]) for name in kinds)


def _links_of(page: PageAnchors, url: str, domain: str, kind: Kind) -> PageLinks:
    names, site = own_words(domain), registered_domain(url)
    owners: dict[str, list[tuple[float, str]]] = {Owner.COMPANY.value: [], Owner.OTHER.value: []}
    own: list[Anchor] = []
    for anchor in page.anchors:
        owner = owner_of(anchor.target, domain, kind.links)
        if owner is Owner.PLATFORM:
            continue
        owners[owner.value].append((rank(anchor, names, kind), anchor.target))
        if owner is Owner.COMPANY or registered_domain(anchor.target) == site:  # the page may be the buyer's
            own.append(anchor)
    ranked_own = owners[Owner.COMPANY.value]
    policies = _best(ranked_own) or _in_scripts(page, domain, kind)
    is_sure = any(ranked >= _SURE for ranked, _ in ranked_own)
    others = () if is_sure else owners[Owner.OTHER.value]
    foreign = dict.fromkeys(target for ranked, target in others if ranked >= _PLAIN)
    hubs = hubs_of(own, policies, kind) or hubs_of(_own_in_scripts(page, domain, kind), policies, kind)
    return PageLinks(policies, tuple(foreign)[:MAX_FOUND], hubs, _frames(page, domain, kind), is_sure)


def rank(anchor: Anchor, names: frozenset[str], kind: Kind) -> float:
    """Return how surely a link leads to the policy, from 0 to 4, by its texts and its address.

    An address that names the kind and speaks of something else (a product, a news item) contradicts the texts.
    """
    said = Wording.EXACT if kind.links.rel in anchor.rels else wording(anchor.texts, names, kind.links)
    if said is Wording.OTHER:
        return 0.0
    score = policy_score(anchor.target, kind)
    is_contradicted = is_namesake(anchor.target, kind)
    match said:
        case Wording.EXACT:
            return _LIKELY if is_contradicted else _PLAIN
        case Wording.COMBINED:
            return _POSSIBLE if is_contradicted else _PLAIN if score >= _BY_ADDRESS else _SURE
        case Wording.NEAR:
            return 0.0 if is_contradicted else _LIKELY if score else _POSSIBLE
        case Wording.NEIGHBOUR:
            return _POSSIBLE + score / 2
        case _:
            return _LIKELY if score >= _BY_ADDRESS else 0.0


def _best(ranked: Iterable[tuple[float, str]]) -> tuple[str, ...]:
    """Return the targets of the best links: those that are sure, else those that are likely, else possible ones."""
    best: dict[str, float] = {}
    for value, target in ranked:
        best[target] = max(value, best.get(target, 0.0))
    for least in (_PLAIN, _SURE, _LIKELY, _POSSIBLE):
        found = [target for target, value in best.items() if value >= least]
        if found:
            return tuple(sorted(found, key=lambda target: -best[target])[:MAX_FOUND])
    return ()


def _in_scripts(page: PageAnchors, domain: str, kind: Kind) -> tuple[str, ...]:
    """Return the addresses in the page's scripts that can only be the policy: scripts make the links of some pages."""
    names = own_words(domain)
    ranked = ((rank(each, names, kind), each.target) for each in _own_in_scripts(page, domain, kind))
    return _best((value, target) for value, target in ranked if value >= _SURE or _is_by_address(target, kind))


def _own_in_scripts(page: PageAnchors, domain: str, kind: Kind) -> list[Anchor]:
    return [each for each in page.in_scripts if owner_of(each.target, domain, kind.links) is Owner.COMPANY]


def _is_by_address(target: str, kind: Kind) -> bool:
    return policy_score(target, kind) >= _BY_ADDRESS


def _frames(page: PageAnchors, domain: str, kind: Kind) -> tuple[str, ...]:
    """Return the frames to look into. A frameset has no text of its own, so that any frame but a platform's counts.

    Those of which the address, the name or the title says that they have the page's footer or menu come first.
    """
    wanted = {Owner.COMPANY, Owner.OTHER} if page.is_frameset else {Owner.COMPANY}
    frames = [frame for frame in page.frames if owner_of(frame.target, domain, kind.links) in wanted]
    frames.sort(key=lambda frame: not _has_menu(frame))
    return tuple(frame.target for frame in frames[:MAX_FRAMES])


def _has_menu(frame: Anchor) -> bool:
    return any(map(_HAS_MENU.search, (urlsplit(frame.target).path.lower(), *frame.texts)))


def owners_pages(links_by_timestamp: Mapping[str, PageLinks]) -> list[str]:
    """Return the foreign targets that are the owner's, by what home pages of many moments link to; the latest first.

    A foreign target is the owner's if at least half of the home pages of two consecutive years link to it, and each of
    the two years has such a home page. `links_by_timestamp` has the links of each home page by its 14-digit timestamp.
    Targets with equal urlkeys are one; the latest spelling is returned.
    """
    pages: defaultdict[int, list[frozenset[str]]] = defaultdict(list)
    spelling: dict[str, str] = {}
    for timestamp in sorted(links_by_timestamp):
        targets = {urlkey_of(target): target for target in links_by_timestamp[timestamp].foreign}
        pages[int(timestamp[:4])].append(frozenset(targets))
        spelling = {key: target for key, target in spelling.items() if key not in targets} | targets
    owners = {
        key
        for earlier, later in pairwise(sorted(pages))
        if later == earlier + 1
        for key in frozenset().union(*pages[earlier]) & frozenset().union(*pages[later])
        if 2 * sum(key in page for year in (earlier, later) for page in pages[year])
        >= len(pages[earlier] + pages[later])
    }
    return [spelling[key] for key in reversed(spelling) if key in owners]
