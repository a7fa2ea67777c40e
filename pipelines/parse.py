"""HTML to a tree: turbohtml's nodes, copied once into those of `pipelines.tree`.

turbohtml is an HTML5 tree builder in C; scripting is off, as in the reference's jsdom (a `<noscript>` has elements). Its
nodes could be changed in place, but every look at one crosses into C, and questions such as "how much text is below"
would walk the subtree again each time.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Final

import turbohtml

from crawler.errors import PageTooLarge
from pipelines.tree import Comment, Element, Node, Text

MAX_NODES: Final = 250_000
"""Nodes a page may have, a dozen times those of the largest real page seen so far. As many take ten seconds."""

MAX_REOPENED: Final = 16_000_000
"""Formatting elements left open times tags: an HTML parser opens the former again in each block, at 60 bytes a node."""

_FORMATTING: Final = re.compile(r"<(/?)(b|big|code|em|font|i|s|small|strike|strong|tt|u)(?=([\s/])|>)", re.IGNORECASE)
"""Without `a` and `nobr`, of which one at a time can be open."""


def parse(text: str) -> Element:
    """The page's `html` element. Raises PageTooLarge above MAX_NODES nodes, or MAX_REOPENED."""
    refuse_explosion(text)
    html = Element("html")
    root = turbohtml.parse(text, positions=False, scripting=False, allow_declarative_shadow_roots=False).root
    if root is not None:
        html.attrs = _attributes(root)
        _copy_inside(root, html)
    return html


def refuse_explosion(text: str) -> None:
    """Raise PageTooLarge above MAX_REOPENED.

    Formatting elements left open are counted as the parser's list of them does (without attributes it keeps three).
    """
    tags = text.count("<")
    if tags * tags <= MAX_REOPENED:
        return
    opened: defaultdict[str, list[bool]] = defaultdict(list)
    left_open = most = 0
    for end, name, attributes in _FORMATTING.findall(text):
        if not end:
            opened[name.lower()].append(bool(attributes))
            left_open += bool(attributes)
            most = max(most, left_open)
        elif opened[name.lower()]:
            left_open -= opened[name.lower()].pop()
    if most * tags > MAX_REOPENED:
        raise PageTooLarge(f"the page leaves {most:,} formatting elements open over {tags:,} tags: it is skipped")


def parse_inside(element: Element, html: str) -> None:
    """The DOM's `element.innerHTML = html`: replace the children with what `html` parses to in this context."""
    element.forget_facts()
    _copy_inside(turbohtml.parse_fragment(html, element.name, positions=False, scripting=False), element)


def _copy_inside(source: turbohtml.Node, target: Element) -> None:
    """Give `target` copies of everything in the parser's node `source`, instead of the children it has."""
    pending: list[tuple[turbohtml.Node, Element]] = [(source, target)]
    nodes = 0
    while pending:
        source, parent = pending.pop()
        children = source.children
        nodes += len(children)
        if nodes > MAX_NODES:
            raise PageTooLarge(f"the page has more than {MAX_NODES:,} nodes: it is skipped")
        last: Node | None = None
        parent.first = None
        for child in children:
            if isinstance(child, turbohtml.DocumentFragment):
                parent.template = Element("")
                pending.append((child, parent.template))
                continue
            node = _copy(child)
            if isinstance(node, Element):
                pending.append((child, node))
            node.parent = parent
            node.prev = last
            if last is None:
                parent.first = node
            else:
                last.next = node
            last = node
        parent.last = last


def _copy(source: turbohtml.Node) -> Node:
    """A parser's node without its children."""
    if isinstance(source, turbohtml.Element):
        return Element(source.tag, _attributes(source), namespace=source.namespace.value)
    if isinstance(source, turbohtml.Text | turbohtml.CData):
        return Text(source.data)
    if isinstance(source, turbohtml.ProcessingInstruction):
        return Comment(f"{source.target}{source.data}")
    return Comment(source.data if isinstance(source, turbohtml.Comment) else "")


def _attributes(source: turbohtml.Element) -> dict[str, str]:
    """The attributes as they were written; the parser splits some (`class`) into lists."""
    return {name: value if isinstance(value, str) else source.attr(name) or "" for name, value in source.attrs.items()}
