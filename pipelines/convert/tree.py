"""A mutable tree of a page's nodes.

Siblings are linked, so removing and moving a node is O(1). Every walk is iterative, since pages choose their depth. An
element caches the counts of its subtree (`pipelines.convert.reader.subtree_counts`) until the subtree changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.convert.reader.subtree_counts import SubtreeCounts

VOID: Final = frozenset(
    "area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr".split()
)
"""Elements without an end tag when serialised (WHATWG HTML, 13.3 Serializing HTML fragments)."""

RAW_TEXT: Final = frozenset(["style", "script", "xmp", "iframe", "noembed", "noframes", "plaintext"])
"""Elements whose text is serialised without escapes (same section). `noscript` is none, since scripting is off."""


class Node:
    """A node with its parent and its siblings `next` and `prev`."""

    __slots__ = ("next", "parent", "prev")

    def __init__(self) -> None:
        self.parent: Element | None = None
        self.next: Node | None = None
        self.prev: Node | None = None

    def detach(self) -> None:
        """Remove the node from its parent, if it has one."""
        parent = self.parent
        if parent is None:
            return
        if self.prev is None:
            parent.first = self.next
        else:
            self.prev.next = self.next
        if self.next is None:
            parent.last = self.prev
        else:
            self.next.prev = self.prev
        self.parent = self.next = self.prev = None
        parent.invalidate_counts()

    def replace_with(self, other: Node) -> None:
        """Put `other` in this node's place."""
        parent, before = self.parent, self.next
        if parent is None:
            return
        if before is other:
            before = other.next
        self.detach()
        parent.insert(other, before)


class Text(Node):
    """Immutable character data. `measures` caches its lengths for `pipelines.convert.reader.subtree_counts`."""

    __slots__ = ("data", "measures")

    def __init__(self, data: str) -> None:
        self.parent = self.next = self.prev = None  # as Node does; a call less for each of a page's texts
        self.data = data
        self.measures: tuple[int, int, int, int, bool, bool] | None = None


class Comment(Node):
    """A comment, processing instruction or bogus markup. `data` is the text between the dashes."""

    __slots__ = ("data",)

    def __init__(self, data: str) -> None:
        super().__init__()
        self.data = data


class Element(Node):
    """An element. `name` is its local name as serialised, `tag` the same for HTML elements and "" for SVG and MathML.

    `tag` corresponds to the DOM's `tagName === "P"`, `name` to its `getElementsByTagName("p")`. A template's children are
    inert: `template` holds them, they have no parent, and serialisation alone reads them. `score` is the reader's content
    score.
    """

    __slots__ = ("attrs", "counts", "first", "last", "name", "score", "svg", "tag", "template")

    def __init__(self, name: str, attrs: dict[str, str] | None = None, *, namespace: str = "html") -> None:
        self.parent = self.next = self.prev = None
        self.name = name
        self.tag = name if namespace == "html" else ""
        self.svg = namespace == "svg"
        self.attrs: dict[str, str] = {} if attrs is None else attrs
        self.first: Node | None = None
        self.last: Node | None = None
        self.score: float | None = None
        self.counts: SubtreeCounts | None = None
        self.template: Element | None = None

    def append(self, node: Node) -> None:
        """Move `node` to the end of the children."""
        self.insert(node, None)

    def insert(self, node: Node, before: Node | None) -> None:
        """Move `node` in front of the child `before`, or to the end."""
        node.detach()
        node.parent = self
        node.next = before
        node.prev = self.last if before is None else before.prev
        if node.prev is None:
            self.first = node
        else:
            node.prev.next = node
        if before is None:
            self.last = node
        else:
            before.prev = node
        self.invalidate_counts()

    def take_children(self, other: Element) -> None:
        """Move all children of `other` to the end, in order."""
        while other.first is not None:
            self.append(other.first)

    def invalidate_counts(self) -> None:
        """Drop the counts of this subtree and of its ancestors, up to the first without counts."""
        element: Element | None = self
        while element is not None and element.counts is not None:
            element.counts = None
            element = element.parent

    def rename(self, name: str) -> Element:
        """Change the element into an HTML element of another name, in place. Returns the element itself.

        The reference creates a new element with the same attributes, children and score, which has the same effect.
        """
        self.name = self.tag = name
        self.svg = False
        self.invalidate_counts()
        return self

    @property
    def children(self) -> Iterator[Element]:
        """The child elements. The loop may remove or move the current one."""
        node = self.first
        while node is not None:
            following = node.next
            if isinstance(node, Element):
                yield node
            node = following

    @property
    def child_nodes(self) -> Iterator[Node]:
        """All children. The loop may remove or move the current one."""
        node = self.first
        while node is not None:
            following = node.next
            yield node
            node = following

    @property
    def only_child(self) -> Element | None:
        """The child element, if there is exactly one."""
        found = None
        for child in self.children:
            if found is not None:
                return None
            found = child
        return found

    @property
    def ancestors(self) -> Iterator[Element]:
        """The ancestors, parent first."""
        parent = self.parent
        while parent is not None:
            yield parent
            parent = parent.parent

    @property
    def next_element(self) -> Element | None:
        """The nearest following sibling that is an element."""
        node = self.next
        while node is not None and not isinstance(node, Element):
            node = node.next
        return node

    @property
    def previous_element(self) -> Element | None:
        """The nearest preceding sibling that is an element."""
        node = self.prev
        while node is not None and not isinstance(node, Element):
            node = node.prev
        return node

    @property
    def first_element(self) -> Element | None:
        """The first child that is an element."""
        node = self.first
        while node is not None and not isinstance(node, Element):
            node = node.next
        return node

    def nodes(self) -> Iterator[Node]:
        """Yield every descendant in document order. The tree must not change meanwhile."""
        node = self.first
        while node is not None:
            yield node
            if isinstance(node, Element) and node.first is not None:
                node = node.first
                continue
            following = node.next
            while following is None:
                parent = node.parent
                if parent is None or parent is self:
                    return
                node, following = parent, parent.next
            node = following

    def find_all(self, *names: str) -> list[Element]:
        """Return the descendants with one of these names (all elements without names), in document order."""
        wanted = frozenset(names)
        found: list[Element] = []
        node: Node | None = self.first
        while node is not None:
            if isinstance(node, Element):
                if not wanted or node.name in wanted:
                    found.append(node)
                if node.first is not None:
                    node = node.first
                    continue
            following = node.next
            while following is None:
                parent = node.parent
                if parent is self or parent is None:
                    return found
                node, following = parent, parent.next
            node = following
        return found

    def find_each(self, *names: str) -> dict[str, list[Element]]:
        """Return the descendants by name, each in document order: one walk instead of several `find_all`."""
        found: dict[str, list[Element]] = {name: [] for name in names}
        for element in self.find_all(*names):
            found[element.name].append(element)
        return found

    def find(self, name: str) -> Element | None:
        """Return the first descendant with this name."""
        return next((node for node in self.nodes() if isinstance(node, Element) and node.name == name), None)

    @property
    def text(self) -> str:
        """The DOM's textContent: the character data of all descendants."""
        return "".join(node.data for node in self.nodes() if isinstance(node, Text))

    @property
    def inner_html(self) -> str:
        """The descendants serialised as HTML (WHATWG HTML, 13.3)."""
        return "".join(_serialise(self))


def _serialise(root: Element) -> Iterator[str]:
    """Yield the pieces of `root`'s inner HTML. Strings on the stack are end tags."""
    stack: list[Node | str | None] = [root.first]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            yield node
        elif node is not None:
            stack.append(node.next)
            if isinstance(node, Element):
                yield _start_tag(node)
                if node.tag not in VOID:
                    stack.append(f"</{node.name}>")
                    stack.append(node.first if node.template is None else node.template.first)
            elif isinstance(node, Text):
                raw = node.parent is not None and node.parent.tag in RAW_TEXT
                yield node.data if raw else _escape(node.data).replace("<", "&lt;").replace(">", "&gt;")
            elif isinstance(node, Comment):
                yield f"<!--{node.data}-->"


def _start_tag(element: Element) -> str:
    if not element.attrs:
        return f"<{element.name}>"
    pairs = [f' {name}="{_escape(value).replace(chr(34), "&quot;")}"' for name, value in element.attrs.items()]
    return f"<{element.name}{''.join(pairs)}>"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("\xa0", "&nbsp;")
