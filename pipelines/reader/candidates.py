"""Finding the article: what is unlikely goes, paragraphs are scored into their ancestors, the best one takes siblings."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from pipelines.reader.facts import SPACE, facts_of, inner_text
from pipelines.reader.prepare import is_blank, is_phrasing, trim_end
from pipelines.reader.styles import is_visible
from pipelines.tree import Element, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

_I: Final = re.IGNORECASE | re.ASCII
_UNLIKELY: Final = re.compile(
    "-ad-|ai2html|banner|breadcrumbs|combx|comment|community|cover-wrap|disqus|extra|footer|gdpr|header|legends|menu"
    "|related|remark|replies|rss|shoutbox|sidebar|skyscraper|social|sponsor|supplemental|ad-break|agegate|pagination"
    "|pager|popup|yom-remote",
    _I,
)
_MAYBE: Final = re.compile("and|article|body|column|content|main|shadow", _I)
_POSITIVE: Final = re.compile("article|body|content|entry|hentry|h-entry|main|page|pagination|post|text|blog|story", _I)
_NEGATIVE: Final = re.compile(
    "hidden|^hid$| hid$| hid |^hid |banner|combx|comment|com-|contact|foot|footer|footnote|gdpr|masthead|media|meta"
    "|outbrain|promo|related|scroll|share|shoutbox|sidebar|skyscraper|sponsor|shopping|tags|tool|widget".replace(
        "$", r"\Z"
    ),
    _I,
)
_BYLINE: Final = re.compile("byline|author|dateline|writtenby|p-author", _I)
_SENTENCE_END: Final = re.compile(r"\.( |\Z)")

_SCORED: Final = frozenset(["section", "h2", "h3", "h4", "h5", "h6", "p", "td", "pre"])
_REMOVED_IF_EMPTY: Final = frozenset(["div", "section", "header", "h1", "h2", "h3", "h4", "h5", "h6"])
_BLOCKS: Final = frozenset(["a", "blockquote", "dl", "div", "img", "ol", "p", "pre", "table", "ul", "select"])
_KEPT_AS_SIBLING: Final = frozenset(["div", "article", "section", "p"])
_BASE_SCORES: Final = {
    "div": 5,
    **dict.fromkeys(["pre", "td", "blockquote"], 3),
    **dict.fromkeys(["address", "ol", "ul", "dl", "dd", "dt", "li", "form"], -3),
    **dict.fromkeys(["h1", "h2", "h3", "h4", "h5", "h6", "th"], -5),
}
_TOP: Final = 5
_MAX_BYLINE: Final = 100


@dataclass
class Strictness:
    """Which of the reader's rules are on; an attempt that finds too little text is repeated with one less."""

    strip_unlikely: bool = True
    weigh_classes: bool = True
    clean_conditionally: bool = True
    byline_seen: bool = False

    def relax(self) -> bool:
        """Switch off the next rule. False if all are off already."""
        for rule in ("strip_unlikely", "weigh_classes", "clean_conditionally"):
            if getattr(self, rule):
                setattr(self, rule, False)
                return True
        return False

    def class_weight(self, element: Element) -> int:
        """What class and id say of an element: 25 for or against each."""
        if not self.weigh_classes:
            return 0
        names = ("" if element.svg else element.attrs.get("class", ""), element.attrs.get("id", ""))
        return sum(25 * (bool(_POSITIVE.search(name)) - bool(_NEGATIVE.search(name))) for name in names if name)


def find_article(html: Element, page: Element, rules: Strictness) -> Element:
    """Move what belongs to the article into a new element. `page` is the body, `html` the document's element."""
    scored = _strip_and_collect(html, rules)
    top = _best(_score(scored, rules), rules)
    if top is None or top.tag == "body":
        top = Element("div")
        top.take_children(page)
        page.append(top)
        _initialise(top, rules)
    return _with_siblings(top)


def match_string(element: Element) -> str:
    """Class and id, as the patterns see them."""
    name = "[object SVGAnimatedString]" if element.svg else element.attrs.get("class", "")
    return f"{name} {element.attrs.get('id', '')}"


def has_ancestor(element: Element, tag: str) -> bool:
    """Whether one of the four nearest ancestors is a `tag`."""
    return any(ancestor.tag == tag for ancestor in islice(element.ancestors, 4))


def has_single_child(element: Element, tag: str) -> bool:
    """Whether the only element inside is a `tag`, and no text inside ends in anything but white space."""
    child = element.only_child
    if child is None or child.tag != tag:
        return False
    return not any(isinstance(node, Text) and node.data and node.data[-1] not in SPACE for node in element.child_nodes)


def next_in_document(element: Element, *, skip_inside: bool = False) -> Element | None:
    """The element after this one in document order, or after all that is inside it."""
    if not skip_inside and (child := element.first_element) is not None:
        return child
    node: Element | None = element
    while node is not None:
        if (following := node.next_element) is not None:
            return following
        node = node.parent
    return None


def _strip_and_collect(html: Element, rules: Strictness) -> list[Element]:
    """Walk the page once: remove what is hidden, a byline, unlikely or empty; turn divs of text into paragraphs."""
    scored: list[Element] = []
    element: Element | None = html
    while element is not None:
        if _is_clutter(element, rules):
            following = next_in_document(element, skip_inside=True)
            element.detach()
            element = following
            continue
        if element.tag in _SCORED:
            scored.append(element)
        if element.tag == "div":
            element = _normalise_div(element, scored)
        element = next_in_document(element)
    return scored


def _is_clutter(element: Element, rules: Strictness) -> bool:
    if not is_visible(element):
        return True
    names = match_string(element)
    if not rules.byline_seen and _is_byline(element, names):
        rules.byline_seen = True
        return True
    if rules.strip_unlikely and _is_unlikely(element, names):
        return True
    return element.tag in _REMOVED_IF_EMPTY and _is_empty(element)


def _is_byline(element: Element, names: str) -> bool:
    said = element.attrs.get("rel") == "author" or "author" in element.attrs.get("itemprop", "")
    if not said and not _BYLINE.search(names):
        return False
    return facts_of(element).solid > 0 and 0 < len(element.text.strip(SPACE)) < _MAX_BYLINE


def _is_unlikely(element: Element, names: str) -> bool:
    if element.attrs.get("role") == "complementary":
        return True
    return (
        bool(_UNLIKELY.search(names))
        and not _MAYBE.search(names)
        and element.tag not in {"body", "a"}
        and not has_ancestor(element, "table")
    )


def _is_empty(element: Element) -> bool:
    """No text, and no elements but line breaks and rules."""
    facts = facts_of(element)
    if facts.solid:
        return False
    children = sum(1 for _ in element.children)
    return children in {0, facts.breaks}


def _normalise_div(div: Element, scored: list[Element]) -> Element:
    """Put a div's loose text into paragraphs; return what stands in the div's place: it, its paragraph, or it as one."""
    _wrap_phrasing(div)
    if has_single_child(div, "p") and facts_of(div).link_density < 0.25:  # noqa: PLR2004 - the reader's own number
        paragraph = div.only_child
        if paragraph is not None:
            div.replace_with(paragraph)
            scored.append(paragraph)
            return paragraph
    if not _has_block_inside(div):
        scored.append(div.rename("p"))
    return div


def _wrap_phrasing(div: Element) -> None:
    paragraph: Element | None = None
    for node in div.child_nodes:
        if is_phrasing(node):
            if paragraph is not None:
                paragraph.append(node)
            elif not is_blank(node):
                paragraph = Element("p")
                node.replace_with(paragraph)
                paragraph.append(node)
        elif paragraph is not None:
            trim_end(paragraph)
            paragraph = None


def _has_block_inside(element: Element) -> bool:
    return any(isinstance(node, Element) and node.tag in _BLOCKS for node in element.nodes())


def _score(scored: list[Element], rules: Strictness) -> list[Element]:
    """Add each paragraph's score to its three nearest ancestors. Returns the ancestors, weighed by link density."""
    candidates: list[Element] = []
    for element in scored:
        if element.parent is None:
            continue
        facts = facts_of(element)
        if facts.length < 25:  # noqa: PLR2004 - the reader's own number
            continue
        points = 2 + facts.commas + min(facts.length // 100, 3)
        for level, ancestor in enumerate(islice(element.ancestors, 3)):
            if ancestor.parent is None:
                continue
            if ancestor.score is None:
                _initialise(ancestor, rules)
                candidates.append(ancestor)
            ancestor.score = (ancestor.score or 0) + points / (1, 2, 6)[level]
    for candidate in candidates:
        candidate.score = (candidate.score or 0) * (1 - facts_of(candidate).link_density)
    return candidates


def _initialise(element: Element, rules: Strictness) -> None:
    element.score = _BASE_SCORES.get(element.tag, 0) + rules.class_weight(element)


def _score_of(element: Element) -> float:
    return 0.0 if element.score is None else element.score


def _best(candidates: list[Element], rules: Strictness) -> Element | None:
    """The best candidate, or an ancestor that serves better."""
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
    """The nearest ancestor of the best that holds at least three more with 75 % of its score; else the best."""
    best = ranked[0]
    rivals = [set(rival.ancestors) for rival in ranked[1:] if _ratio(_score_of(rival), _score_of(best)) >= 0.75]  # noqa: PLR2004 - the reader's own number
    if len(rivals) < 3:  # noqa: PLR2004 - the reader's own number
        return best
    for ancestor in _below_body(best):
        if sum(ancestor in rival for rival in rivals) >= 3:  # noqa: PLR2004 - as above
            return ancestor
    return best


def _ratio(part: float, whole: float) -> float:
    """Division as JavaScript does it."""
    if whole:
        return part / whole
    return math.copysign(math.inf, part) if part else math.nan


def _higher_scored(top: Element) -> Element:
    """An ancestor whose score is higher, if on the way to it scores do not fall below a third."""
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
    """A new element with the best candidate and those of its siblings that read like parts of the article."""
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
    facts = facts_of(sibling)
    if facts.length > 80:  # noqa: PLR2004 - the reader's own numbers
        return facts.link_density < 0.25  # noqa: PLR2004
    if not 0 < facts.length < 80 or facts.link_density:  # noqa: PLR2004
        return False
    return bool(_SENTENCE_END.search(inner_text(sibling)))
