"""Parsing of HTML: turbohtml's nodes, copied once into those of `pipelines.convert.tree`.

turbohtml is an HTML5 tree builder in C. Scripting is off for the corpus' reading, as in the reference's jsdom (a
`<noscript>` has elements), and on for the fuller one. Its own nodes are mutable, but each access crosses into C, and they
cannot cache the counts of a subtree.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Final

import turbohtml

from pipelines.convert.tree import Comment, Element, Node, Text
from pipelines.errors import PageTooLarge

MAX_NODES: Final = 250_000
"""Limit of a page's nodes: twelve times the largest real page seen so far, and ten seconds of conversion."""

MAX_REOPENED: Final = 16_000_000
"""Limit of unclosed formatting elements times tags. An HTML parser reopens the former in each block, at 60 bytes a node."""

_HTML: Final = turbohtml.Namespace.HTML
_FORMATTING: Final = re.compile(r"<(/?)(b|big|code|em|font|i|s|small|strike|strong|tt|u)(?=([\s/])|>)", re.IGNORECASE)
"""Tags of formatting elements. `a` and `nobr` are missing, since only one can be open at a time."""


def parse(text: str, *, scripting: bool = False) -> Element:
    """Return the page's `html` element; with `scripting`, a `<noscript>` holds one text.

    Raises PageTooLarge above MAX_NODES or MAX_REOPENED.
    """
    refuse_explosion(text)
    html = Element("html")
    root = turbohtml.parse(text, positions=False, scripting=scripting, allow_declarative_shadow_roots=False).root
    if root is not None:
        html.attrs = _attributes(root)
        _copy_inside(root, html)
    return html


def refuse_explosion(text: str) -> None:
    """Raise PageTooLarge above MAX_REOPENED. Elements without attributes are not counted: the parser keeps three of each."""
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
    """Replace the element's children by parsing `html` in its context: the DOM's `element.innerHTML = html`."""
    element.invalidate_counts()
    _copy_inside(turbohtml.parse_fragment(html, element.name, positions=False, scripting=False), element)


def _copy_inside(source: turbohtml.Node, target: Element) -> None:
    """Replace the children of `target` by copies of those of the parser's node `source`."""
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
            node = Text(child.data) if isinstance(child, turbohtml.Text) else _copy(child)
            if node is None:
                parent.template = Element("")
                pending.append((child, parent.template))
                continue
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


def _copy(source: turbohtml.Node) -> Node | None:
    """Return a copy of a parser's node without its children; None for the content of a template."""
    if isinstance(source, turbohtml.Element):
        namespace = source.namespace
        name = "html" if namespace is _HTML else namespace.value
        return Element(source.tag, _attributes(source), namespace=name)
    if isinstance(source, turbohtml.DocumentFragment):
        return None
    if isinstance(source, turbohtml.CData):
        return Text(source.data)
    if isinstance(source, turbohtml.ProcessingInstruction):
        return Comment(f"{source.target}{source.data}")
    return Comment(source.data if isinstance(source, turbohtml.Comment) else "")


def _attributes(source: turbohtml.Element) -> dict[str, str]:
    """Return the attributes as written. The parser splits some (`class`) into lists."""
    attributes = source.attrs
    if not attributes:
        return {}
    return {name: value if isinstance(value, str) else source.attr(name) or "" for name, value in attributes.items()}
