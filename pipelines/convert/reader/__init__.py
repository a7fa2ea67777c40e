"""The reader view: title and article of a page's text.

The rules are those of @mozilla/readability 0.3.0 (Arc90, Mozilla; Apache-2.0; see NOTICE), the reader of the corpus that
this program continues. Their order, numbers and quirks decide which words a document has, and are unchanged. The tests
compare the results (tests/integration/test_fidelity.py). The code is this project's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.convert.embedded import longest_prose
from pipelines.convert.parse import parse, parse_inside
from pipelines.convert.reader.article import Article
from pipelines.convert.reader.candidates import find_article
from pipelines.convert.reader.cleaning import clean
from pipelines.convert.reader.link_targets import Playback, base_of, keep_in_snapshot, make_absolute
from pipelines.convert.reader.prepare import body_of, prepare, unwrap_noscript_images
from pipelines.convert.reader.reachable import Reach
from pipelines.convert.reader.rules import Strictness
from pipelines.convert.reader.subtree_counts import counts_of
from pipelines.convert.reader.titles import article_title, document_title, json_ld_title
from pipelines.convert.reader.torn_noscript import has_torn_noscript
from pipelines.errors import NoArticle

if TYPE_CHECKING:
    from pipelines.convert.tree import Element

__all__ = ["NEARLY_ALL", "Article", "Playback", "read"]

ENOUGH_TEXT: Final = 500
"""Characters of an article that ends the search. Below, the next attempt has one rule less."""
NEARLY_ALL: Final = 0.8
"""Share of the reachable text above which an article leaves out nothing that matters."""
_SHORT: Final = 4 * ENOUGH_TEXT
"""Characters of an article that a consent dialog can be."""


def read(text: str, playback: Playback) -> Article:
    """Return a page's article. Raises NoArticle for a page without text, PageTooLarge above parse.MAX_NODES."""
    html = parse(text)
    found = html.find_each("a", "base", "br", "button", "font", "img", "input", "noscript", "script", "style", "title")
    keep_in_snapshot(found["a"], playback)
    title, json_ld = document_title(found["title"]), json_ld_title(found["script"])
    page = body_of(html)
    reach = Reach((*found["button"], *found["input"], *found["a"]))
    reachable, unseen = reach.measure(page) if page is not None else (0, 0)
    dialogs = reach.dialog_length
    unwrap_noscript_images(found["img"], found["noscript"])
    prepare(found)
    article = _grab(text, html, playback, article_title(html, title, json_ld))
    if page is None or article is None:
        raise NoArticle("the page has no text: nothing to make a document of")
    length = counts_of(article).solid
    covered = length - reach.excluded_length(article)
    coverage = min(1.0, covered / reachable) if reachable else float(page.tag == "frameset")
    make_absolute(article, base_of(html, playback) if found["base"] else playback.page, playback)
    return Article(
        title,
        article.inner_html,
        coverage,
        reachable,
        unseen / max(1, reachable),
        "\n".join(reach.texts) if coverage < NEARLY_ALL else "",
        is_doubtful=has_torn_noscript(text) or longest_prose(found["script"], 2 * length) is not None,
        holds_dialog=dialogs > length / 2 and (covered < length / 2 or length < _SHORT),
    )


def _grab(text: str, html: Element, playback: Playback, title: str) -> Element | None:
    """Return the first article that is long enough, trying with ever fewer rules; else the longest, or None."""
    rules, original, attempts = Strictness(), "", []
    page = body_of(html)
    if page is None:
        return None
    while True:
        article = find_article(html, page, rules)
        clean(article, title, rules)
        length = counts_of(article).length
        if length >= ENOUGH_TEXT:
            return article
        attempts.append((length, article))
        if not rules.relax():
            break
        original = original or _prepared_again(text, playback)
        parse_inside(page, original)
    length, article = max(attempts, key=lambda attempt: attempt[0])
    return article if length else None


def _prepared_again(text: str, playback: Playback) -> str:
    """Return the body as it was before the first attempt. Parsing again is rare, and so cheaper than keeping a copy."""
    html = parse(text)
    found = html.find_each("a", "br", "font", "img", "noscript", "script", "style")
    keep_in_snapshot(found["a"], playback)
    unwrap_noscript_images(found["img"], found["noscript"])
    prepare(found)
    page = body_of(html)
    return page.inner_html if page is not None else ""
