"""Conversion of article HTML to markdown, byte for byte as in the corpus.

markdownify converts bottom-up, each element from its children's text. The corpus' spacing depends on the text written
before, across elements. This converter therefore replaces markdownify's traversal with one ordered walk, which hands
every element and text to an `ElementWriter`.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, Final

from bs4 import MarkupResemblesLocatorWarning
from bs4.element import NavigableString, PreformattedString, Tag
from bs4.exceptions import ParserRejectedMarkup
from markdownify import MarkdownConverter

from pipelines.convert.markdown_elements import ElementWriter
from pipelines.convert.raw_text import has_raw_text, raw_to_markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

_RUN: Final = re.compile("[&<>\xa0]|[^&<>\xa0]+")
"""Runs of text. The four characters are entities in serialised HTML, and html2text handles each entity on its own."""
_SKIPPED: Final = frozenset(["head", "style", "script"])


class CorpusConverter(MarkdownConverter):
    """A markdownify converter with the output of html2text 2020.1.16 for `body_width=0, ignore_images=True`.

    `bs4_options` must name an HTML parser that restructures nothing (html.parser).
    """

    class Options:
        """Defaults of markdownify's options."""

        bs4_options: Final = {"features": "html.parser", "multi_valued_attributes": None}

    def process_tag(self, node: Tag, parent_tags: set[str] | None = None) -> str:  # noqa: ARG002 - markdownify's signature
        """Return the markdown of the subtree below `node`. The walk is iterative, since pages choose their depth."""
        writer = ElementWriter()
        stack: list[tuple[Tag, Iterator[Any]]] = [(node, iter(node.contents))]
        while stack:
            parent, children = stack[-1]
            child = next(children, None)
            if child is None:
                stack.pop()
                writer.end(parent)
            elif isinstance(child, Tag):
                if child.name not in _SKIPPED:
                    writer.start(child)
                    stack.append((child, iter(child.contents)))
            elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):
                for run in _RUN.findall(child):
                    writer.put_run(run)
        return writer.text()


def to_markdown(html: str) -> str:
    """Return the markdown of an article's HTML. It ends in a newline."""
    if has_raw_text(html):
        return raw_to_markdown(html)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)  # an article of text alone: `http:`
        try:
            markdown: str = CorpusConverter().convert(html)
        except ParserRejectedMarkup:  # html.parser rejects a marked section that it does not know, such as <![CD
            markdown = CorpusConverter().convert(html.replace("<![", "&lt;!["))
    return markdown
