"""The reader view: title and article of a page's text.

The rules are those of @mozilla/readability 0.3.0 (Arc90, Mozilla; Apache-2.0; see NOTICE), the reader of the corpus that
this program continues. Their order, numbers and quirks decide which words a document has, and are unchanged. The tests
compare the results (tests/integration/test_fidelity.py). The code is this project's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipelines.convert.parse import parse, parse_inside
from pipelines.convert.reader.candidates import find_article
from pipelines.convert.reader.cleaning import clean
from pipelines.convert.reader.link_targets import Playback, base_of, keep_in_snapshot, make_absolute
from pipelines.convert.reader.prepare import body_of, prepare, unwrap_noscript_images
from pipelines.convert.reader.rules import Strictness
from pipelines.convert.reader.subtree_counts import counts_of
from pipelines.convert.reader.titles import article_title, document_title, json_ld_title
from pipelines.errors import NoArticle

if TYPE_CHECKING:
    from pipelines.convert.tree import Element

__all__ = ["Article", "Playback", "read"]

ENOUGH_TEXT: Final = 500
"""Characters of an article that ends the search. Below, the next attempt has one rule less."""


@dataclass(frozen=True, slots=True)
class Article:
    """The document's title, white space collapsed, and the article's HTML, links absolute."""

    title: str
    html: str


def read(text: str, playback: Playback) -> Article:
    """Return a page's article. Raises NoArticle for a page without text, PageTooLarge above parse.MAX_NODES."""
    html = parse(text)
    found = html.find_each("a", "base", "img", "noscript", "script", "title")
    keep_in_snapshot(found["a"], playback)
    base, title, json_ld = (
        base_of(found["base"], playback),
        document_title(found["title"]),
        json_ld_title(found["script"]),
    )
    unwrap_noscript_images(found["img"], found["noscript"])
    prepare(html)
    page = body_of(html)
    article = _grab(html, page, article_title(html, title, json_ld)) if page is not None else None
    if article is None:
        raise NoArticle("the page has no text: nothing to make a document of")
    make_absolute(article, base, playback)
    return Article(title, article.inner_html)


def _grab(html: Element, page: Element, title: str) -> Element | None:
    """Return the first article that is long enough, trying with ever fewer rules; else the longest, or None."""
    rules, original, attempts = Strictness(), page.inner_html, []
    while True:
        article = find_article(html, page, rules)
        clean(article, title, rules)
        length = counts_of(article).length
        if length >= ENOUGH_TEXT:
            return article
        attempts.append((length, article))
        if not rules.relax():
            length, article = max(attempts, key=lambda attempt: attempt[0])
            return article if length else None
        parse_inside(page, original)
