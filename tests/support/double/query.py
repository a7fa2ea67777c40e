"""A CDX query as the server parses it: parameters, ranges of the index, resume keys."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import parse_qs, quote_plus, unquote_plus

from crawler.archives.urlkey import surt
from pipelines.items import Capture

FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
MATCH_TYPES = ("exact", "prefix", "host", "domain")
MOST_ROWS = 150_000
Position: TypeAlias = tuple[str, str]
Test: TypeAlias = Callable[[Capture], bool]


class BadQueryError(Exception):
    """A query that the server answers with 400. The message is the body."""


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. `limit` is negative for the newest rows; `resume` is the position of the first row."""

    url: str
    match: str
    first: str
    last: str
    tests: tuple[Test, ...]
    collapse: tuple[tuple[str, int | None], ...]
    limit: int | None
    resume: Position | None
    wants_key: bool
    fields: tuple[str, ...]
    json: bool
    page: int | None

    @property
    def stretches(self) -> list[tuple[Position, Position]]:
        """Return the matching ranges of the index as half-open intervals of positions."""
        key = surt(self.url)
        host = key.partition(")")[0]
        of_host = ((f"{host})", ""), (f"{host}*", ""))  # "*" is the character after ")", "-" the one after ","
        if self.match == "exact":
            return [((key, self.first), (key, f"{self.last}\x7f"))]
        if self.match == "prefix":
            return [((key, ""), (f"{key}\U0010ffff", ""))]
        return [of_host] if self.match == "host" else [of_host, ((f"{host},", ""), (f"{host}-", ""))]

    def accepts(self, row: Capture) -> bool:
        return self.first <= row.timestamp <= self.last and all(test(row) for test in self.tests)


def parse(query_string: str, *, inclusive: bool) -> Query:
    """Return the query. Raises BadQueryError. Unknown parameters and an unknown matchType are ignored, as on the server."""
    params = parse_qs(query_string, keep_blank_values=True)
    one = {name: values[-1] for name, values in params.items()}
    if not one.get("url"):
        raise BadQueryError("The url param is required")
    url, match = _wildcards(one["url"], one.get("matchType", "exact"))
    limit = _number(one, "limit")
    resume = one.get("resumeKey")
    return Query(
        url=url,
        match=match if match in MATCH_TYPES else "exact",
        first=one.get("from", "").ljust(14, "0"),
        last=one.get("to", "").ljust(14, "9"),
        tests=tuple(_test(text) for text in params.get("filter", [])),
        collapse=tuple(_collapse(text) for text in params.get("collapse", [])),
        limit=limit,
        resume=read_key(resume, inclusive=inclusive) if resume else None,
        wants_key=one.get("showResumeKey", "").lower() == "true" and limit is not None,
        fields=tuple(one["fl"].split(",")) if one.get("fl") else FIELDS,
        json=one.get("output") == "json",
        page=_number(one, "page"),
    )


def make_key(position: Position, key_format: str, *, variant: bool = False) -> str:
    """Return the key that resumes after `position`. A `variant` is another spelling of the same key."""
    key, stamp = position
    if key_format == "old":  # recorded: com%2Ccnn%29%2F+2001041400593%3A, the last character incremented
        return quote_plus(f"{key} {stamp[:-1]}{chr(ord(stamp[-1]) + 1)}{'0' * variant}")
    packed = zlib.compress(f"{key} {stamp}".encode(), 1 if variant else 6)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_key(text: str, *, inclusive: bool) -> Position:
    """Return the position of the first row after a key of either format. Raises BadQueryError."""
    if "%" in text:
        key, _, stamp = unquote_plus(text).rpartition(" ")
        return key, stamp
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        key, _, stamp = zlib.decompress(packed).decode().rpartition(" ")
    except (binascii.Error, zlib.error, ValueError) as error:
        raise BadQueryError(f"bad resumeKey {text!r}") from error
    return key, stamp if inclusive else f"{stamp}\x00"


def _wildcards(url: str, match: str) -> tuple[str, str]:
    if url.startswith("*."):
        return url[2:], "domain"
    return (url[:-1], "prefix") if url.endswith("*") else (url, match)


def _number(params: Mapping[str, str], name: str) -> int | None:
    if name not in params:
        return None
    try:
        return int(params[name])
    except ValueError as error:
        raise BadQueryError(f"{name} must be a number") from error


def _collapse(text: str) -> tuple[str, int | None]:
    name, _, length = text.partition(":")
    return name, int(length) if length.isdigit() else None


def _test(text: str) -> Test:
    """`[!][~]field:pattern`: a regular expression for the whole field, or with `~` a part of it."""
    flags, field, pattern = re.fullmatch(r"([!~]*)(?:(\w+):)?(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    wanted = "!" not in flags
    if "~" in flags:
        return lambda row: (pattern in _field(row, field)) is wanted
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise BadQueryError(f"bad filter {text!r}") from error
    return lambda row: bool(compiled.fullmatch(_field(row, field))) is wanted


def _field(row: Capture, name: str | None) -> str:
    """Return a field's value, or the whole line for an unknown field, as the server does."""
    if name in FIELDS:
        return str(getattr(row, name))
    return " ".join(getattr(row, known) for known in FIELDS)
