"""HTML of decoded JSON: strings of HTML, plain paragraphs, and the rich text of content systems.

Contentful (`nodeType`), Sanity (`_type`, `style`), Slate, Strapi and Tiptap (`type`, `children` or `content`), Draft.js and
Prismic (`type`, `text`) all have blocks with a type, whose text is a string or a list of leaves.
"""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Any, Final

from pipelines.convert.embedded.prose import is_prose

_MARKUP: Final = re.compile(
    r"</?(?:a|b|br|div|em|h[1-6]|li|ol|p|section|span|strong|table|ul)\b[^<>]*+>", re.IGNORECASE
)
_ESCAPED_MARKUP: Final = re.compile(r"&lt;/?(?:br|div|h[1-6]|li|p|ul)\b", re.IGNORECASE)
_TEXT_KEYS: Final = frozenset(
    "answer articlebody body caption children content copy description heading headline html label name paragraph question "
    "subheading subtitle summary text title value".split()
)
_HEADING_KEYS: Final = frozenset("heading headline name question subheading subtitle title".split())
_TYPE_KEYS: Final = ("nodeType", "_type", "type", "style", "tag", "tagName")
_LEAF_KEYS: Final = ("text", "value")
_CHILD_KEYS: Final = ("children", "content")
_INLINE: Final = frozenset(
    ["", "a", "entry-hyperlink", "hyperlink", "inline", "leaf", "link", "span", "text", "textnode"]
)
_HEADING: Final = re.compile(r"(?:^|-)h(?:ead(?:ing|er)[-_ ]?)?([1-6]|one|two|three|four|five|six)$", re.IGNORECASE)
_NUMBERS: Final = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6"}
_ITEM: Final = re.compile(r"list[-_]?item|^li$", re.IGNORECASE)
_LABEL: Final = re.compile(r"[^\W\d_]")
_NO_LABEL: Final = re.compile(r"[{}<>=\\]|://|^[\w./#-]+\.\w+$|^#?[0-9a-fA-F-]{6,}$|_")
_MAX_LABEL: Final = 200
_DEFAULT_LEVEL: Final = "2"


def to_html(root: Any) -> str:
    """Return the texts of a value in order, each string once."""
    pieces: list[str] = []
    seen: set[str] = set()
    stack: list[tuple[Any, str, str]] = [(root, "text", "p")]
    while stack:
        value, key, tag = stack.pop()
        if isinstance(value, str):
            if value not in seen and (html := _string(value, key, tag)):
                pieces.append(html)
                if is_prose(value):
                    seen.add(value)
        elif isinstance(value, list):
            stack.extend((each, key, tag) for each in reversed(value))
        elif isinstance(value, dict):
            tag = _block_tag(value)
            if (text := _inline_text(value)) is not None:
                pieces.append(f"<{tag}>{text}</{tag}>\n" if text.strip() else "")
            else:
                stack.extend((each, name, tag) for name, each in reversed(value.items()))
    return "".join(pieces)


def _string(text: str, key: str, tag: str) -> str:
    if _ESCAPED_MARKUP.search(text) and not _MARKUP.search(text):
        text = unescape(text)
    key = key.lower()
    if _MARKUP.search(text):
        return f"<div>{text}</div>\n" if is_prose(text) or key in _TEXT_KEYS else ""
    if is_prose(text):
        return "".join(f"<{tag}>{escape(line, quote=False)}</{tag}>\n" for line in text.splitlines() if line.strip())
    if key not in _TEXT_KEYS or len(text) > _MAX_LABEL or not _LABEL.search(text) or _NO_LABEL.search(text.strip()):
        return ""
    tag = f"h{_DEFAULT_LEVEL}" if tag == "p" and key in _HEADING_KEYS else tag
    return f"<{tag}>{escape(text, quote=False)}</{tag}>\n"


def _types(node: dict[str, Any]) -> list[str]:
    return [value for name in _TYPE_KEYS if isinstance(value := node.get(name), str)]


def _block_tag(node: dict[str, Any]) -> str:
    """Return the HTML element of a block: a heading, an item, else a paragraph."""
    for name in _types(node):
        if heading := _HEADING.search(name):
            return f"h{_NUMBERS.get(heading[1].lower(), heading[1])}"
        if _ITEM.search(name):
            return "li"
        if name.lower() in {"heading", "header"}:
            attributes = node.get("attrs") if isinstance(node.get("attrs"), dict) else node
            level = attributes.get("level") if isinstance(attributes, dict) else None
            return f"h{level if level in range(1, 7) else _DEFAULT_LEVEL}"
    return "li" if isinstance(node.get("listItem"), str) else "p"


def _inline_text(node: dict[str, Any]) -> str | None:
    """Return the joined leaves of a block as HTML; None if its children are no leaves."""
    children = next((node[name] for name in _CHILD_KEYS if isinstance(node.get(name), list)), None)
    if not children or not all(map(_is_inline, children)):
        return None
    texts: list[str] = []
    stack = list(reversed(children))
    while stack:
        child = stack.pop()
        if isinstance(child, str):
            texts.append(child)
        elif isinstance(child, dict):
            texts.extend(value for name in _LEAF_KEYS if isinstance(value := child.get(name), str))
            for name in _CHILD_KEYS:
                if isinstance(child.get(name), list):
                    stack.extend(reversed(child[name]))
    return escape("".join(texts), quote=False).replace("\n", "<br>")


def _is_inline(child: Any) -> bool:
    if isinstance(child, str):
        return not _MARKUP.search(child)
    if not isinstance(child, dict):
        return False
    kind = next(iter(_types(child)), "").lower()
    return kind in _INLINE and any(name in child for name in (*_LEAF_KEYS, *_CHILD_KEYS))
