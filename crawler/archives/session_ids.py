"""Session ids of web servers in paths and queries, which urlkeys are without. Pure; for text in lower case.

Of each sort the last one is removed, as the Internet Archive's canonicaliser does.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Final

_IN_PATH: Final = (
    re.compile(r"(?<=/)\([0-9a-z]{24}\)/"),
    re.compile(r"(?<=/)\((?:[a-z]\([0-9a-z]{24}\))++\)/"),
)
"""ASP.NET's, before the name of a page: `/(S(0123456789abcdef01234567))/page.aspx`."""
_PAGE: Final = ".aspx"

_IN_QUERY: Final = (
    re.compile(r"jsessionid=[0-9a-z]{32}(?:&|\Z)"),
    re.compile(r"phpsessid=[0-9a-z]{32}(?:&|\Z)"),
    re.compile(r"sid=[0-9a-z]{32}(?:&|\Z)"),
    re.compile(r"aspsessionid[a-z]{8}=[a-z]{24}(?:&|\Z)"),
)
"""They need not begin an argument: `asid=` leaves its `a`. No two that the same pattern finds overlap."""
_COLD_FUSION: Final = "cfid="
_COLD_FUSION_TOKEN: Final = "&cftoken="  # noqa: S105 - the name of an argument


def without_path_sessions(path: str) -> str:
    """Return a path without the session ids before a page of ASP.NET."""
    if _PAGE in path and ")/" in path:
        for pattern in _IN_PATH:
            path = _without_path_session(path, pattern)
    return path


def _without_path_session(path: str, pattern: re.Pattern[str]) -> str:
    """Return a path without the last session id that has `.aspx` behind it, with something and no `?` between the two."""
    page = question = known = len(path)  # the first of each behind `known`
    for found in reversed(list(pattern.finditer(path))):
        end = found.end()
        page = _found(path.find(_PAGE, end + 1, known + len(_PAGE)), page)
        question = _found(path.find("?", end, known), question)
        known = end
        if page < question:
            return path[: found.start()] + path[end:]
    return path


def _found(place: int, otherwise: int) -> int:
    return otherwise if place < 0 else place


def without_query_sessions(query: str) -> str:
    """Return the arguments without session ids."""
    for pattern in _IN_QUERY:
        for found in deque(pattern.finditer(query), maxlen=1):
            query = query[: found.start()] + query[found.end() :]
    return _without_cold_fusion(query) if _COLD_FUSION in query else query


def _without_cold_fusion(query: str) -> str:
    """Return the arguments without the last `cfid=1&cftoken=2`: two neighbours, the first of which may begin with more."""
    token = query.rfind(_COLD_FUSION_TOKEN)
    while token >= 0:
        end = query.find("&", token + len(_COLD_FUSION_TOKEN))
        end = len(query) if end < 0 else end
        first = query.rfind("&", 0, token) + 1
        start = query.rfind(_COLD_FUSION, first, max(first, token - 1))
        if start >= 0 and end > token + len(_COLD_FUSION_TOKEN):
            return query[:start] + query[end + 1 :]
        token = query.rfind(_COLD_FUSION_TOKEN, 0, token)
    return query
