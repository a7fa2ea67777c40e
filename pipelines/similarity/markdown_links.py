"""The targets of links in markdown, which are no part of a text: a change of them alone is no version."""

from __future__ import annotations

import re

# html2text escapes parentheses in targets and titles, so one level of bare ones is enough. The possessive quantifiers never
# backtrack and a failed attempt ends at the second open parenthesis, so matching is linear for any input.
_LINK_TARGET = re.compile(r"\]\((?:[^()\\]++|\\.|\((?:[^()\\]++|\\.)*+\))*+\)", re.DOTALL)
_AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]*+:[^\s<>]*+)>")


def strip_link_targets(markdown: str) -> str:
    """Return markdown with its links reduced to their text: `[text](target "title")` becomes `[text]`, `[](target)` `[]`.

    An autolink `<url>` becomes `[url]`, because its target is its text. A link whose target comes to differ from its
    text is therefore still the same text. Prose such as `[x](y)` looks like a link and is treated as one. Linear in the
    input.
    """
    return _AUTOLINK.sub(r"[\1]", _LINK_TARGET.sub("]", markdown))
