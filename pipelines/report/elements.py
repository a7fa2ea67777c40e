"""Elements as data: markup of our own templates as nested lists, for scripts that may not parse markup. Pure."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


def elements_of(markup: str) -> list[Any]:
    """Return the one element in `markup` as `[tag, attributes, child, ...]`; a child is text or such a list.

    White space around the element is left out. Raises ValueError for markup that is not one element with its end tags.
    """
    reader = _Reader()
    reader.feed(markup.strip())
    reader.close()
    if len(reader.open) != 1 or len(reader.open[0]) != 1 or isinstance(reader.open[0][0], str):
        raise ValueError("not one element")
    element: list[Any] = reader.open[0][0]
    return element


class _Reader(HTMLParser):
    """Collects elements; `open` are the children of those that have not ended."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[list[Any]] = [[]]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = [tag, {name: value or "" for name, value in attrs}]
        self.open[-1].append(element)
        self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if self.open[-1][:1] != [tag]:
            raise ValueError(f"</{tag}> ends nothing")
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].append(data)
