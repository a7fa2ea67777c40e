"""Answers of the CDX server (`/cdx/search/cdx`), with its known faults as switches."""

from __future__ import annotations

import bisect
import itertools
import json
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from crawler.archives.urlkey import surt
from tests.support.double.answers import TEXT, Answer
from tests.support.double.holdings import Holdings, digest
from tests.support.double.query import MOST_ROWS, BadQueryError, Position, Query, make_key, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pipelines.items import Capture
    from tests.support.double.behaviour import Behaviour

_ERROR_HEADER = "X-Archive-Wayback-Runtime-Error"
_ACCESS = "org.archive.wayback.exception"
REFUSED = b"This type of CDX query requires authorization.\n"  # tldfinder#166
BLOCKED = f"{_ACCESS}.AdministrativeAccessControlException: Blocked Site Error"
ROBOTS = f"{_ACCESS}.RobotAccessControlException: Blocked By Robots"

# Rows as found in real listings, made from the first row of a page.
ODD_ROWS: dict[str, Callable[[Capture], Capture]] = {
    "impossible date": lambda row: replace(row, timestamp="20000800241623"),
    "space": lambda row: _spaced(row, f"{row.original} copy of privacy policy.html"),
    "dashes": lambda row: replace(row, mimetype="unk", statuscode="-", length="-"),
    "mailto": lambda row: replace(row, original="http://mailto:privacy@" + row.original.split("/")[2]),
    "data": lambda row: replace(row, original="data:image/png;base64,iVBORw0KGgo="),
    "revisit": lambda row: replace(row, mimetype="warc/revisit", statuscode="-"),
    "empty": lambda row: replace(row, digest="3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", length="0"),
}


def _spaced(row: Capture, original: str) -> Capture:
    return replace(row, urlkey=surt(original), original=original)


@dataclass
class Listing:
    """The state of one listing, from which the faults of each page follow."""

    pages: int = 0
    first_key: str = ""


class CdxServer:
    """Answers queries on holdings. It counts the pages sent of each listing."""

    def __init__(self) -> None:
        self._listings: dict[str, Listing] = {}

    def answer(self, query_string: str, holdings: Holdings, behaviour: Behaviour) -> Answer:
        if behaviour.ignores:
            query_string = _without(query_string, behaviour.ignores)
        try:
            query = parse(query_string, inclusive=behaviour.key_inclusive)
        except BadQueryError as error:
            return Answer(400, TEXT, f"{error}\n".encode())
        refusal = _refusal(query, behaviour, query_string)
        if refusal:
            return refusal
        if "showNumPages" in query_string:
            return Answer(200, TEXT, b"1\n")
        if query.page:  # everything is on page 0
            return Answer(200, TEXT, b"")
        rows, key = self._page(query, _listing_name(query_string), holdings, behaviour)
        return Answer(200, _content_type(query), _render(query, rows, key))

    def _page(self, query: Query, name: str, holdings: Holdings, behaviour: Behaviour) -> tuple[list[Capture], str]:
        rows, more = _rows(query, holdings, behaviour)
        listing = self._listings.setdefault(name, Listing())
        if query.resume is None:
            listing.pages, listing.first_key = 0, ""
        listing.pages += 1
        if rows and query.wants_key and behaviour.empty_every and listing.pages % behaviour.empty_every == 0:
            return [], make_key(query.resume or (rows[0].urlkey, "0"), behaviour.key_format, variant=True)
        key = make_key((rows[-1].urlkey, rows[-1].timestamp), behaviour.key_format) if more else ""
        listing.first_key = listing.first_key or key
        comes_back = behaviour.key_returns_after
        if query.wants_key and comes_back and (not key if comes_back < 0 else listing.pages >= comes_back):
            key = listing.first_key
        return _troubled(rows, behaviour), key


def _without(query_string: str, ignored: tuple[str, ...]) -> str:
    """Return a query without the parameters that begin so once they are decoded."""
    return "&".join(part for part in query_string.split("&") if not unquote_plus(part).startswith(ignored))


def _listing_name(query_string: str) -> str:
    """Return the name of a listing, equal for all its pages: the query without its resume key."""
    return "&".join(sorted(part for part in query_string.split("&") if not part.startswith("resumeKey=")))


def positions(holdings: Holdings, first: Position, last: Position) -> range:
    """Return the indexes of the rows from one position of the index up to another."""
    everything = range(len(holdings))

    def at(index: int) -> Position:
        row = holdings[index]
        return row.urlkey, row.timestamp

    low = bisect.bisect_left(everything, first, key=at)
    return range(low, bisect.bisect_left(everything, last, lo=low, key=at))


def _rows(query: Query, holdings: Holdings, behaviour: Behaviour) -> tuple[list[Capture], bool]:
    """Return one page of rows, and whether it has a resume key. The steps are in the server's order: time, filter, collapse, limit."""
    matching: Iterator[Capture] = filter(query.accepts, _scan(query, holdings, behaviour))
    for field, length in query.collapse:
        matching = _collapsed(matching, field, length)
    if query.limit is not None and query.limit < 0:
        return list(deque(matching, maxlen=-query.limit)), False
    most = min(query.limit or MOST_ROWS, behaviour.cut_rows_at or MOST_ROWS)
    rows = list(itertools.islice(matching, most))
    full = len(rows) == most and (behaviour.key_on_exact_fit or next(matching, None) is not None)
    return rows, full and query.wants_key and not behaviour.cut_rows_at


def _scan(query: Query, holdings: Holdings, behaviour: Behaviour) -> Iterator[Capture]:
    for first, last in query.stretches:
        found = positions(holdings, first, last)
        if query.resume and found:
            resumed = positions(holdings, query.resume, max(last, query.resume)).start
            found = range(max(found.start, resumed - behaviour.overlap), found.stop)
        yield from map(holdings.__getitem__, found)


def _collapsed(rows: Iterable[Capture], field: str, length: int | None) -> Iterator[Capture]:
    for _, run in itertools.groupby(rows, key=lambda row: str(getattr(row, field, ""))[:length]):
        yield next(run)


def _troubled(rows: list[Capture], behaviour: Behaviour) -> list[Capture]:
    sent = [ODD_ROWS[name](rows[0]) for name in behaviour.odd_rows] if rows else []
    for number, row in enumerate(rows, 1):
        sent.append(row)
        if behaviour.twin_every and number % behaviour.twin_every == 0:
            sent.append(replace(row, digest=digest(f"twin of {row.digest}".encode())))
        if behaviour.repeat_every and number % behaviour.repeat_every == 0:
            sent.append(sent[-1])
    return sent


def _refusal(query: Query, behaviour: Behaviour, query_string: str) -> Answer | None:
    if query.match in behaviour.refused:
        return Answer(403, TEXT, REFUSED)
    for hosts, error in ((behaviour.excluded, BLOCKED), (behaviour.robots, ROBOTS)):
        if shows_nothing_of(query.url, hosts):
            return Answer(403, TEXT, f"{error}\n".encode()).with_headers((_ERROR_HEADER, error))
    if behaviour.pages_refused and any(name in query_string for name in ("page=", "pageSize=", "showNumPages=")):
        return Answer(400, TEXT, b"-\n")
    return None


def shows_nothing_of(url: str, hosts: Iterable[str]) -> bool:
    """Whether a URL is on one of these hosts or their subdomains."""
    mine = surt(url).partition(")")[0] + ","
    return any(mine.startswith(surt(host).partition(")")[0] + ",") for host in hosts)


def _content_type(query: Query) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", "application/json"),) if query.json else TEXT


def _render(query: Query, rows: list[Capture], key: str) -> bytes:
    """Render rows as the server does: JSON with a header row only if there are rows. Unknown fields are null."""
    table = [[getattr(row, field, None) for field in query.fields] for row in rows]
    if not query.json:
        lines = [" ".join("-" if value is None else value for value in line) for line in table]
        return "".join(f"{line}\n" for line in [*lines, *(["", key] if key else [])]).encode()
    lists: list[list[str | None]] = [list(query.fields), *table] if table else []
    if key:
        lists += [[], [key]]
    return ("[" + ",\n".join(json.dumps(line) for line in lists) + "]\n").encode() if lists else b"[]\n"
