"""Search for the article. Paragraphs add scores to their ancestors; the best of these is joined with its siblings."""

from __future__ import annotations

import math
import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from pipelines.convert.reader.clutter import strip_and_collect
from pipelines.convert.reader.subtree_counts import counts_of, inner_text
from pipelines.convert.tree import Element

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.convert.reader.rules import Strictness

_SENTENCE_END: Final = re.compile(r"\.( |\Z)")
_KEPT_AS_SIBLING: Final = frozenset(["div", "article", "section", "p"])
_BASE_SCORES: Final = {
    "div": 5,
    **dict.fromkeys(["pre", "td", "blockquote"], 3),
    **dict.fromkeys(["address", "ol", "ul", "dl", "dd", "dt", "li", "form"], -3),
    **dict.fromkeys(["h1", "h2", "h3", "h4", "h5", "h6", "th"], -5),
}
_TOP: Final = 5


def find_article(html: Element, page: Element, rules: Strictness) -> Element:
    """Move the parts of the article into a new element and return it. `page` is the body, `html` the root element."""
    scored = strip_and_collect(html, rules)
    top = _best(_score(scored, rules), rules)
    if top is None or top.tag == "body":
        top = Element("div")
        top.take_children(page)
        page.append(top)
        _initialise(top, rules)
    return _with_siblings(top)


def _score(scored: list[Element], rules: Strictness) -> list[Element]:
    """Add each paragraph's score to its three nearest ancestors. Returns the ancestors, weighted by link density."""
    candidates: list[Element] = []
    for element in scored:
        if element.parent is None:
            continue
        counts = counts_of(element)
        if counts.length < 25:  # noqa: PLR2004 - the reader's own number
            continue
        points = 2 + counts.commas + min(counts.length // 100, 3)
        for level, ancestor in enumerate(islice(element.ancestors, 3)):
            if ancestor.parent is None:
                continue
            if ancestor.score is None:
                _initialise(ancestor, rules)
                candidates.append(ancestor)
            ancestor.score = (ancestor.score or 0) + points / (1, 2, 6)[level]
    for candidate in candidates:
        candidate.score = (candidate.score or 0) * (1 - counts_of(candidate).link_density)
    return candidates


def _initialise(element: Element, rules: Strictness) -> None:
    element.score = _BASE_SCORES.get(element.tag, 0) + rules.class_weight(element)


def _score_of(element: Element) -> float:
    return 0.0 if element.score is None else element.score


def _best(candidates: list[Element], rules: Strictness) -> Element | None:
    """Return the best candidate, or a better one of its ancestors."""
    ranked = sorted(candidates, key=_score_of, reverse=True)[:_TOP]
    if not ranked or ranked[0].tag == "body":
        return ranked[0] if ranked else None
    top = _common_ancestor(ranked)
    if top.score is None:
        _initialise(top, rules)
    top = _higher_scored(top)
    parent = top.parent
    while parent is not None and parent.tag != "body" and parent.only_child is not None:
        top, parent = parent, parent.parent
    if top.score is None:
        _initialise(top, rules)
    return top


def _common_ancestor(ranked: list[Element]) -> Element:
    """Return the best candidate's nearest ancestor with three more of 75 % of its score below; else the best candidate."""
    best = ranked[0]
    rivals = [set(rival.ancestors) for rival in ranked[1:] if _ratio(_score_of(rival), _score_of(best)) >= 0.75]  # noqa: PLR2004 - the reader's own number
    if len(rivals) < 3:  # noqa: PLR2004 - the reader's own number
        return best
    for ancestor in _below_body(best):
        if sum(ancestor in rival for rival in rivals) >= 3:  # noqa: PLR2004 - as above
            return ancestor
    return best


def _ratio(part: float, whole: float) -> float:
    """Return the quotient, with JavaScript's division by zero."""
    if whole:
        return part / whole
    return math.copysign(math.inf, part) if part else math.nan


def _higher_scored(top: Element) -> Element:
    """Return an ancestor with a higher score, unless scores fall below a third on the way to it; else `top`."""
    last = _score_of(top)
    threshold = last / 3
    for ancestor in _below_body(top):
        if ancestor.score is None:
            continue
        if ancestor.score < threshold:
            return top
        if ancestor.score > last:
            return ancestor
        last = ancestor.score
    return top


def _below_body(element: Element) -> Iterator[Element]:
    for ancestor in element.ancestors:
        if ancestor.tag == "body":
            return
        yield ancestor


def _with_siblings(top: Element) -> Element:
    """Return a new element with the best candidate and those of its siblings that belong to the article."""
    article = Element("div")
    parent = top.parent
    if parent is None:
        return article
    for sibling in parent.children:
        if sibling is not top and not _belongs(sibling, top):
            continue
        if sibling.tag not in _KEPT_AS_SIBLING:
            sibling.rename("div")
        article.append(sibling)
    return article


def _belongs(sibling: Element, top: Element) -> bool:
    score = _score_of(top)
    name = top.attrs.get("class", "")
    same_class = bool(name) and name == sibling.attrs.get("class") and not (top.svg or sibling.svg)
    bonus = score * 0.2 if same_class else 0
    if sibling.score is not None and sibling.score + bonus >= max(10, score * 0.2):
        return True
    if sibling.tag != "p":
        return False
    counts = counts_of(sibling)
    if counts.length > 80:  # noqa: PLR2004 - the reader's own numbers
        return counts.link_density < 0.25  # noqa: PLR2004
    if not 0 < counts.length < 80 or counts.link_density:  # noqa: PLR2004
        return False
    return bool(_SENTENCE_END.search(inner_text(sibling)))
