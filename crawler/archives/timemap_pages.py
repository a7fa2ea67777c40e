"""The content of a TimeMap (RFC 7089): link-format (RFC 6690), and the JSON that archives write instead. Pure.

Three kinds of JSON are in use: an object with `mementos.list` (MemGator, Time Travel), a table with a header row (the
Wayback Machine), and one object a line with the fields of an index (pywb).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from crawler.archives.cdx_rows import MAX_ROWS, first_rows
from crawler.archives.json_rows import Unreadable, json_lines, json_rows
from crawler.archives.playback_urls import joined
from crawler.archives.response_headers import timestamp_of
from crawler.archives.warc_dates import timestamp_of as iso_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

MAX_OBJECT: Final = 16 << 20
"""Bytes of a TimeMap that is one JSON object, which is parsed at once: 100,000 mementos."""

MAX_LINKS: Final = 2 * MAX_ROWS
"""Links of a TimeMap that are looked at: those of mementos, and others."""

_LINK: Final = re.compile(
    r'<([^<>]*+)>((?:\s*+;\s*+[^\s;,="<>]++(?:\s*+=\s*+(?:"[^"]*+"|[^\s;,"<>]*+))?+)*+)', re.DOTALL
)
_ATTRIBUTE: Final = re.compile(r';\s*+([^\s;,="<>]++)(?:\s*+=\s*+(?:"([^"]*+)"|([^\s;,"<>]*+)))?+')
_BEGINNING: Final = re.compile(r"\s*+<[^<>\s!]++>\s*+[;,]")
_BETWEEN: Final = " \t\r\n,;\0"
_LINK_FORMAT: Final = "application/link-format"
_NAMES: Final = {"timestamp": ("timestamp",), "original": ("original", "url"), "mimetype": ("mimetype", "mime"),
    "statuscode": ("statuscode", "status"), "digest": ("digest",), "length": ("length",)}  # fmt: skip
"""The names that tables and lines have for the fields of an index row."""


@dataclass(frozen=True, slots=True)
class ListedMemento:
    """A memento in a TimeMap: its address, and what else is said of it; `-` and empty texts for what is not.

    `timestamp` has 14 digits, or is empty where the datetime can't be read.
    """

    timestamp: str
    address: str = ""
    original: str = ""
    mimetype: str = "-"
    statuscode: str = "-"
    digest: str = "-"
    length: str = "-"


@dataclass(frozen=True, slots=True)
class TimeMapPage:
    """A TimeMap: its mementos, the URL that they are of, and the addresses of further TimeMaps of it."""

    mementos: tuple[ListedMemento, ...] = ()
    original: str = ""
    further: tuple[str, ...] = ()
    unusable: Counter[str] = field(default_factory=Counter)
    incomplete: str = ""


def read_timemap(body: bytes, address: str) -> TimeMapPage:
    """Return the content of the TimeMap at an address. Raises ValueError, with the reason, for another body."""
    head = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if not head:
        return TimeMapPage()
    if head == b"[":
        return _of_table(body)
    if head == b"{":
        return _of_lines(body) if _is_line(body) else _of_object(body, address)
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    if not _BEGINNING.match(text):
        raise ValueError("neither link-format nor JSON")
    return _of_links(text, address)


# Link-format


def _of_links(text: str, address: str) -> TimeMapPage:
    mementos: dict[tuple[str, str], ListedMemento] = {}
    pages: list[str] = []
    others: list[str] = []
    original = incomplete = ""
    end = 0
    for number, link in enumerate(_LINK.finditer(text)):
        if number == MAX_LINKS:
            incomplete = f"the archive sent more than {MAX_LINKS} links at once"
            break
        end = link.end()
        named = _attributes(link[2])
        relations, target = named.get("rel", "").lower().split(), joined(address, link[1].strip()) or link[1]
        if "memento" in relations:
            if len(mementos) == MAX_ROWS:
                incomplete = f"the archive sent more than {MAX_ROWS} mementos at once"
                break
            memento = ListedMemento(timestamp_of(named.get("datetime", "")) or "", target)
            mementos[memento.timestamp, target] = memento
        elif "original" in relations:
            original = original or target
        elif "self" not in relations and ("timemap" in relations or "next" in relations):
            is_page = "next" in relations or not named.keys().isdisjoint({"from", "until"})
            (pages if is_page else others).append(target if _is_link_format(named) else "")
    if not incomplete and text[end:].strip(_BETWEEN):
        incomplete = "the archive's answer ends within a link"
    further = pages or ([] if mementos else others)
    return TimeMapPage(tuple(mementos.values()), original, tuple(filter(None, further)), incomplete=incomplete)


def _attributes(text: str) -> dict[str, str]:
    return {found[1].lower(): found[2] or found[3] or "" for found in _ATTRIBUTE.finditer(text)}


def _is_link_format(named: Mapping[str, str]) -> bool:
    return named.get("type", _LINK_FORMAT).partition(";")[0].strip().lower() == _LINK_FORMAT


# JSON


def _of_table(body: bytes) -> TimeMapPage:
    rows, incomplete = first_rows(json_rows(body))
    names = rows[0] if rows else []
    if rows and (isinstance(names, Unreadable) or "timestamp" not in names):
        raise ValueError("a table without a header row that names the timestamp")
    return _of_rows((_named(names, row) for row in rows[1:]), incomplete)


def _named(names: list[Any], row: Any) -> dict[str, Any] | Unreadable:
    if isinstance(row, Unreadable):
        return row
    return dict(zip(names, row, strict=True)) if len(row) == len(names) else Unreadable("wrong number of fields")


def _is_line(body: bytes) -> bool:
    """Whether a body has one object on each line, and no object on several."""
    try:
        first = next(json_lines(body.lstrip(b"\xef\xbb\xbf")))
    except (ValueError, StopIteration):
        return False
    return not isinstance(first, Unreadable) and "timestamp" in first


def _of_lines(body: bytes) -> TimeMapPage:
    try:
        rows, incomplete = first_rows(json_lines(body))
    except ValueError as error:
        raise ValueError(f"a line is no JSON object: {error}") from None
    return _of_rows(rows, incomplete)


def _of_rows(rows: Iterable[dict[str, Any] | Unreadable], incomplete: str) -> TimeMapPage:
    mementos: list[ListedMemento] = []
    unusable: Counter[str] = Counter()
    for row in rows:
        if isinstance(row, Unreadable):
            unusable[row] += 1
        else:
            mementos.append(ListedMemento(**{name: _value(row, names) for name, names in _NAMES.items()}))
    return TimeMapPage(tuple(mementos), unusable=unusable, incomplete=incomplete)


def _value(row: Mapping[str, Any], names: Iterable[str]) -> str:
    found = next((row[name] for name in names if row.get(name) is not None), "-")
    return found if isinstance(found, str) else "-"


def _of_object(body: bytes, address: str) -> TimeMapPage:
    if len(body) > MAX_OBJECT:
        raise ValueError(f"an object of more than {MAX_OBJECT} bytes")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    listed = _texts(found, ("mementos", "list"))
    mementos = [_memento(each, address) for each in listed[:MAX_ROWS]]
    further = chain(_texts(found, ("timemap_index",)), [_inner(found, ("pages", "next"))])
    pages = [
        joined(address, uri) for each in further if isinstance(each, dict) and isinstance(uri := each.get("uri"), str)
    ]
    original = found.get("original_uri")
    cut = f"the archive sent more than {MAX_ROWS} mementos at once" if len(listed) > MAX_ROWS else ""
    return TimeMapPage(tuple(mementos), original if isinstance(original, str) else "", tuple(pages), incomplete=cut)


def _memento(listed: Any, address: str) -> ListedMemento:
    named = listed if isinstance(listed, dict) else {}
    moment, uri = (value if isinstance(value := named.get(name), str) else "" for name in ("datetime", "uri"))
    return ListedMemento(timestamp_of(moment) or iso_timestamp(moment), joined(address, uri) if uri else "")


def _inner(found: Any, names: Iterable[str]) -> Any:
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _texts(found: Any, names: Iterable[str]) -> list[Any]:
    inner = _inner(found, names)
    return inner if isinstance(inner, list) else []


# The TimeMaps of one URL, one after the other

MAX_TIMEMAPS: Final = 500
"""TimeMaps read of one URL."""
MAX_KEY: Final = 1 << 20
"""Characters of the key that the catalog keeps of the TimeMaps that are left."""


@dataclass(frozen=True, slots=True)
class Paging:
    """The TimeMaps of one URL that are left to be read, and those that were read or are left."""

    left: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()

    @classmethod
    def of(cls, key: str | None) -> Paging:
        """Return the paging that a resume key stands for. Raises ValueError."""
        left, seen = json.loads(key) if key else ([], [])
        return cls(tuple(map(str, left)), tuple(map(str, seen)))

    @property
    def key(self) -> str | None:
        """The resume key; None if nothing is left."""
        return json.dumps([self.left, self.seen]) if self.left else None

    def after(self, address: str, further: Iterable[str], is_own: Callable[[str], bool]) -> tuple[Paging, str]:
        """Return the paging after a TimeMap, and in words why it can't go on; empty if it can.

        TimeMaps on other hosts are none of the archive's.
        """
        seen = dict.fromkeys([*self.seen, address])
        new = list(_new(filter(is_own, further), seen))
        paging = Paging((*self.left[1:], *new), (*seen, *new))
        is_too_long = len(paging.seen) > MAX_TIMEMAPS or len(paging.key or "") > MAX_KEY
        return (Paging(), f"more than {MAX_TIMEMAPS} TimeMaps of one URL") if is_too_long else (paging, "")


def _new(further: Iterable[str], seen: Mapping[str, None]) -> Iterator[str]:
    yield from (each for each in dict.fromkeys(further) if each not in seen)
