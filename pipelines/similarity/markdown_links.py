"""The targets of links in markdown, which are no part of a text: a change of them alone is no version."""

from __future__ import annotations

import re
from typing import Final

# html2text escapes parentheses in targets and titles, so one level of bare ones is enough. The possessive quantifiers never
# backtrack and a failed attempt ends at the second open parenthesis, so matching is linear for any input.
_LINK_TARGET = re.compile(r"\]\((?:[^()\\]++|\\.|\((?:[^()\\]++|\\.)*+\))*+\)", re.DOTALL)
_AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]*+:[^\s<>]*+)>")
_LINK_SIGN: Final = re.compile(
    rf"\\(?!\]\().|\](?P<target>{_LINK_TARGET.pattern[2:]})?|\[|<(?P<url>[A-Za-z][A-Za-z0-9+.-]*+:[^\s<>]*+)>",
    re.DOTALL,
)
_ADDRESS: Final = re.compile(r"\(\s*(?:<([^<>]*)>|((?:\\.|[^\s\\])*))(?=[\s)])", re.DOTALL)
_BRACKET: Final = re.compile(r"\\.|[\[\]\0]", re.DOTALL)
_END_OF_LINK: Final = "\0"
"""Stands for the `]` of a link whose target is stripped. No document holds it (`pipelines.untrusted.encodable`)."""


def strip_link_targets(markdown: str) -> str:
    """Return markdown with its links reduced to their text: `[text](target "title")` becomes `[text]`, `[](target)` `[]`.

    An autolink `<url>` becomes `[url]`, because its target is its text. A link whose target comes to differ from its
    text is therefore still the same text. Prose such as `[x](y)` looks like a link and is treated as one. Linear in the
    input.
    """
    return _AUTOLINK.sub(r"[\1]", _LINK_TARGET.sub("]", markdown))


def links_of(markdown: str) -> list[tuple[int, str]]:
    """Return each link's target, with the offset of its opening bracket in what `strip_link_targets` returns. Linear.

    A text whose brackets can't be told apart has none.
    """
    links: list[tuple[int, str]] = []
    opened: list[int] = []
    parts: list[str] = []
    size = done = 0

    def put(text: str) -> None:
        nonlocal size
        parts.append(text)
        size += len(text)

    for match in _LINK_SIGN.finditer(markdown):
        put(markdown[done : match.start()])
        done = match.end()
        if match["url"]:
            links.append((size, match["url"]))
            put(f"[{match['url']}]")
            continue
        if match[0] == "[":
            opened.append(size)
        elif match[0].startswith("]"):
            start = opened.pop() if opened else None
            if match["target"] is not None and start is not None:
                links.append((start, _address(match["target"])))
        put("]" if match["target"] is not None else match[0])
    put(markdown[done:])
    return sorted(links) if "".join(parts) == strip_link_targets(markdown) else []


def _address(target: str) -> str:
    """Return the address in `(address "title")`, without the backslashes that markdown needs."""
    found = _ADDRESS.match(target)
    return re.sub(r"\\(?=[^\w\s]|_)", "", (found[1] or found[2]) if found else "")


def mark_links(markdown: str, before: str, after: str) -> str:
    """Return markdown with each link as its text between two marks. Brackets that are no link's stay. Linear."""
    text = _AUTOLINK.sub(lambda link: f"{before}{link[1]}{after}", markdown.replace(_END_OF_LINK, ""))
    parts = _LINK_TARGET.sub(_END_OF_LINK, text)
    opened: list[int] = []
    pieces: list[str] = []
    done = 0
    for match in _BRACKET.finditer(parts):
        pieces.append(parts[done : match.start()])
        done = match.end()
        pieces.append(after if match[0] == _END_OF_LINK else match[0])
        if match[0] == "[":
            opened.append(len(pieces) - 1)
        elif match[0] in {"]", _END_OF_LINK}:
            start = opened.pop() if opened else None
            if match[0] == _END_OF_LINK and start is not None:
                pieces[start] = before
    return "".join([*pieces, parts[done:]])
