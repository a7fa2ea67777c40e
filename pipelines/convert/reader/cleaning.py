"""Cleaning of the article: forms, headings that repeat the title, share buttons, lists of links, empty paragraphs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pipelines.convert.reader.layout_tables import inside_data_tables
from pipelines.convert.reader.nodes import (
    has_ancestor,
    has_single_child,
    is_phrasing,
    next_in_document,
    next_solid,
    remove_all,
)
from pipelines.convert.reader.rules import match_string
from pipelines.convert.reader.subtree_counts import EMBEDS, counts_of, is_video, utf16_length
from pipelines.convert.tree import Element

if TYPE_CHECKING:
    from pipelines.convert.reader.rules import Strictness

_SHARE: Final = re.compile(r"(\b|_)(share|sharedaddy)(\b|_)", re.IGNORECASE | re.ASCII)
_SHARE_LENGTH: Final = 500
_LAZY_SOURCE: Final = re.compile(r"\.(jpg|jpeg|png|webp)\s+\d|^\s*\S+\.(jpg|jpeg|png|webp)\S*\s*\Z")


def clean(article: Element, title: str, rules: Strictness) -> None:
    """Clean the article in place, in the reader's order: each step depends on the result of those before."""
    protected = inside_data_tables(article)
    _fill_lazy_figures(article)
    _clean_conditionally(article, ("form", "fieldset"), rules, protected)
    _remove(article, "object", "embed", "h1", "footer", "link", "aside")
    _remove_share_buttons(article)
    _remove_repeated_title(article, title)
    _remove(article, "iframe", "input", "textarea", "select", "button")
    remove_all([header for header in article.find_all("h2") if rules.class_weight(header) < 0])
    _clean_conditionally(article, ("table", "ul", "div"), rules, protected)
    left = article.find_each("p", "br", "table")
    _remove_empty_paragraphs(left["p"])
    _remove_breaks_before_paragraphs(left["br"])
    _unwrap_single_cells(left["table"])


def _remove(article: Element, *names: str) -> None:
    """Remove all elements of these names except embedded videos."""
    remove_all([found for found in article.find_all(*names) if found.name not in EMBEDS or not is_video(found)])


def _fill_lazy_figures(article: Element) -> None:
    """Add an image to figures that only name theirs in an attribute, since later rules count images."""
    for figure in article.find_all("figure"):
        if not figure.tag or figure.find("img") is not None or figure.find("picture") is not None:
            continue
        named = (value for name, value in figure.attrs.items() if name not in {"src", "srcset"})
        if any(_LAZY_SOURCE.search(value) for value in named):
            figure.append(Element("img"))


def _clean_conditionally(article: Element, names: tuple[str, ...], rules: Strictness, protected: set[Element]) -> None:
    """Remove suspicious elements, name by name, the last in the document first: inner elements go before outer ones."""
    if not rules.clean_conditionally:
        return
    found = article.find_each(*names)
    for element in [element for name in names for element in reversed(found[name])]:
        if element not in protected and _is_suspicious(element, rules):
            element.detach()


def _is_suspicious(element: Element, rules: Strictness) -> bool:
    """Whether an element is no content, by its class, or by few commas and many images, items, inputs, links or embeds."""
    weight = rules.class_weight(element)
    if weight < 0:
        return True
    counts = counts_of(element)
    if counts.commas >= 10 or counts.videos:  # noqa: PLR2004 - the reader's own number
        return False
    is_list = element.name == "ul"
    density, images, paragraphs = counts.link_density, counts.images, counts.paragraphs
    return (
        (images > 1 and paragraphs / images < 0.5 and not has_ancestor(element, "figure"))  # noqa: PLR2004 - as above
        or (not is_list and counts.items - 100 > paragraphs)
        or counts.inputs > paragraphs // 3
        or (not is_list and counts.length < 25 and (not images or images > 2) and not has_ancestor(element, "figure"))  # noqa: PLR2004
        or (not is_list and weight < 25 and density > 0.2)  # noqa: PLR2004
        or (weight >= 25 and density > 0.5)  # noqa: PLR2004
        or (counts.embeds == 1 and counts.length < 75)  # noqa: PLR2004
        or counts.embeds > 1
    )


def _remove_share_buttons(article: Element) -> None:
    for part in article.children:
        end = next_in_document(part, skip_inside=True)
        element = next_in_document(part)
        while element is not None and element is not end:
            named = bool(element.attrs) and _SHARE.search(match_string(element))
            is_share = named and counts_of(element).raw < _SHARE_LENGTH
            following = next_in_document(element, skip_inside=bool(is_share))
            if is_share:
                element.detach()
            element = following


def _remove_repeated_title(article: Element, title: str) -> None:
    """Remove a single h2 whose text is about the same as the article's title."""
    headings = article.find_all("h2")
    size = utf16_length(title)
    if len(headings) != 1 or not size:
        return
    text = headings[0].text
    difference = (utf16_length(text) - size) / size
    repeats = title in text if difference > 0 else text in title
    if abs(difference) < 0.5 and repeats:  # noqa: PLR2004 - the reader's own number
        headings[0].detach()


def _remove_empty_paragraphs(paragraphs: list[Element]) -> None:
    for paragraph in reversed(paragraphs):
        counts = counts_of(paragraph)
        if not (counts.solid or counts.images or counts.embeds):
            paragraph.detach()


def _remove_breaks_before_paragraphs(breaks: list[Element]) -> None:
    for br in breaks:
        following = next_solid(br.next)
        if isinstance(following, Element) and following.tag == "p":
            br.detach()


def _unwrap_single_cells(tables: list[Element]) -> None:
    """Replace a table of one cell by its cell, which becomes a paragraph if it has only phrasing content, else a div."""
    for table in tables:
        rows = _only(table, "tbody") or table
        row = _only(rows, "tr")
        cell = _only(row, "td") if row is not None else None
        if cell is not None:
            cell.rename("p" if all(is_phrasing(node) for node in cell.child_nodes) else "div")
            table.replace_with(cell)


def _only(element: Element, tag: str) -> Element | None:
    return element.only_child if has_single_child(element, tag) else None
