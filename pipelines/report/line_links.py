"""The links of the lines that the report shows, which comparisons leave out. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from pipelines.report.worddiff import MAX_CHARS
from pipelines.similarity.markdown_links import links_of, strip_link_targets
from pipelines.untrusted import MAX_URL

if TYPE_CHECKING:
    from collections.abc import Iterator

LineLink: TypeAlias = tuple[int, int, str]
"""A line's place, which of its opening brackets it is (both from 0), and where that link leads; empty for an
address that becomes no link."""

_SAFE: Final = re.compile(r"(?:https?://|mailto:)[^\s<>\"'`\\]+", re.IGNORECASE)
"""Targets that become links. A script's or a file's is shown as its text."""


def line_links(body: str) -> Iterator[LineLink]:
    """Yield the links of a document's lines, as `lines_of` returns them with a title before."""
    markdown = body[:MAX_CHARS]
    links = links_of(markdown)
    number = start = taken = 0
    for line in strip_link_targets(markdown).splitlines(keepends=True):
        number += bool(line.strip())
        end = start + len(line)
        while taken < len(links) and links[taken][0] < end:
            offset, target = links[taken]
            taken += 1
            is_safe = len(target) <= MAX_URL and _SAFE.fullmatch(target)
            yield number, line.count("[", 0, offset - start), target if is_safe else ""
        start = end
