"""Markdown as plain text: no marks, links as their text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pipelines.similarity.markdown_links import mark_links
from pipelines.similarity.words import as_seen, strip_emphasis

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK: Final = re.compile(r"[ \t]*+(?:(?:>|[*+-][ \t]|#{1,6}+[ \t])[ \t]*+)*+")
"""Marks at the start of a line: quotations, list items, headings."""
_RULE: Final = re.compile(r"[ \t]*+(?:(?:\*[ \t]*+){3,}+|(?:-[ \t]*+){3,}+|(?:_[ \t]*+){3,}+)")
_HEAD_END: Final = re.compile(r"[ \t]*+\|?[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)++\|?[ \t]*+")
"""The line between the head of a table and its body."""
_BAR: Final = re.compile(r"(?<!\\)\|")
_STRONG: Final = re.compile(r"\*\*|~~|`+")
_STAR: Final = re.compile(r"(?<!\S)\*(?=\S)|(?<=\S)\*(?!\S)")
_ESCAPE: Final = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|~<>])")


def unlinked(markdown: str) -> str:
    """Return markdown with links as their text; all other marks stay, brackets that are no link's among them."""
    return mark_links(markdown, "", "")


def plain_text(markdown: str) -> str:
    """Return the text of a document's body for programs and people that want no markdown.

    Paragraphs keep an empty line between them, cells of a table are parted by tabs, list items and headings are lines.
    Linear in the input.
    """
    blocks = re.split(r"\n(?:[ \t]*+\n)++", as_seen(unlinked(markdown)))
    plain = ("\n".join(_plain_lines(block.split("\n"))) for block in blocks)
    text = "\n\n".join(block for block in plain if block.strip())
    return text + "\n" if text else ""


def _plain_lines(lines: list[str]) -> Iterator[str]:
    """Yield the lines of a block without their marks; lines that are nothing but marks are left out."""
    is_table = any(map(_HEAD_END.fullmatch, lines))
    for line in lines:
        if _RULE.fullmatch(line) or _HEAD_END.fullmatch(line):
            continue
        cells = _BAR.split(line) if is_table else [_BLOCK.sub("", line, count=1)]
        if text := "\t".join(_plain(cell) for cell in cells).strip():
            yield text


def _plain(text: str) -> str:
    return _ESCAPE.sub(r"\1", strip_emphasis(_STAR.sub("", _STRONG.sub("", text.strip()))))
