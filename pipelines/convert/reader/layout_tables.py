"""Distinction of data tables from layout tables. Cleaning leaves data tables alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pipelines.convert.tree import Element

_DATA_PARTS: Final = frozenset(["col", "colgroup", "tfoot", "thead", "th"])
_INTEGER: Final = re.compile(r"\s*([+-]?[0-9]+)", re.ASCII)


def inside_data_tables(article: Element) -> set[Element]:
    """Return the data tables of an article and every element inside one."""
    inside = _data_tables(article)
    if inside:
        for element in article.find_all():  # parents come before their children
            if element.parent in inside:
                inside.add(element)
    return inside


def _data_tables(article: Element) -> set[Element]:
    found = article.find_each("table", "caption", *_DATA_PARTS)
    tables = found["table"]
    if not tables:
        return set()
    marked = set(_first_below([element for name in _DATA_PARTS for element in found[name]]))
    captions = _first_below(found["caption"])
    marked.update(table for table, caption in captions.items() if caption.first is not None)
    nesting = set(_first_below(tables))
    return {table for table in tables if table.tag and _is_data(table, marked, nesting)}


def _is_data(table: Element, marked: set[Element], nesting: set[Element]) -> bool:
    if table.attrs.get("role") == "presentation" or table.attrs.get("datatable") == "0":
        return False
    if table.attrs.get("summary") or table in marked:
        return True
    return table not in nesting and _is_large(table)


def _first_below(elements: list[Element]) -> dict[Element, Element]:
    """Map each ancestor of `elements` to the first of them below it."""
    first: dict[Element, Element] = {}
    for element in elements:
        for ancestor in element.ancestors:
            if ancestor in first:
                break
            first[ancestor] = element
    return first


def _is_large(table: Element) -> bool:
    """Whether a table without nested tables has ten rows, five columns, or more than ten cells."""
    rows = columns = 0
    for row in table.find_all("tr"):
        rows += _span(row, "rowspan")
        columns = max(columns, sum(_span(cell, "colspan") for cell in row.find_all("td")))
    return rows >= 10 or columns > 4 or rows * columns > 10  # noqa: PLR2004 - the reader's own numbers


def _span(element: Element, name: str) -> int:
    """Return the attribute's leading integer; 1 if it has none or 0."""
    number = _INTEGER.match(element.attrs.get(name, "")[:100])
    return (int(number[1]) if number else 0) or 1
