"""Judgements on playback: mementos and their headers, raw bodies, redirects, content codings. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from crawler.archives.cdx_rows import valid_timestamp
from crawler.archives.playback import Absence, Pointer, drift_days, is_memento
from crawler.archives.playback_urls import joined
from crawler.archives.response_headers import header_of, timestamp_of
from crawler.archives.targets import browser_url, original_of, raw_reference, same_page
from crawler.selftest import selftest_questions as asked
from crawler.selftest.verdicts import Differs, Held, NotSeen, Settled
from pipelines.convert.gunzip import GZIP
from pipelines.items import Memento
from pipelines.output.warc_writer import payload_digest
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from scrapy.http import Response

    from crawler.selftest.evidence import Evidence
    from crawler.selftest.verdicts import Verdict
    from pipelines.items import Capture

_REWRITTEN: Final = re.compile(rb"BEGIN WAYBACK TOOLBAR INSERT|/_static/js/(?:wombat|bundle-playback)|__wm\.wombat")
"""Signs of a page that the archive has rewritten for its own viewer."""
_MEMENTOS: Final = (asked.CAPTURE, asked.NEWEST_CAPTURE, asked.REDIRECT)
_A_DAY: Final = 1.0


def memento_datetime(known: Evidence) -> Verdict:
    """A memento has a Memento-Datetime header with the moment of the capture."""
    response, row = _capture(known)
    value = header_of(response, "Memento-Datetime")
    if timestamp_of(value) == row.timestamp:
        return Held(value)
    return Differs(f"{value or 'none'}, for the capture of {row.timestamp}"[:80])


def link_original(known: Evidence) -> Verdict:
    """The Link header of a memento names the URL really captured."""
    response, row = _capture(known)
    _needs_memento(response)
    url = original_of(response, row.original)
    if not url:
        return Differs(f"no rel=original: {header_of(response, 'Link')!r:.60}")
    if not same_page(url, row.original):
        return Differs(f"{url:.40}, for {row.original:.40}")
    return Held(url[:60])


def raw_body(known: Evidence) -> Verdict:
    """Playback in the mode `id_` gives the body as it was captured."""
    response, row = _capture(known)
    _needs_memento(response)
    if sign := _REWRITTEN.search(response.body):
        return Differs(f"rewritten: {sign[0].decode('latin-1')}")
    if payload_digest(response.body) == row.digest:
        return Held("its SHA-1 is the digest of its row")
    return Held("no sign of rewriting; its SHA-1 is not the digest of its row")


def body_length(known: Evidence) -> Verdict:
    """A body has the length that its Content-Length at capture time says; more, if it was compressed then."""
    response, _ = _capture(known)
    _needs_memento(response)
    if _REWRITTEN.search(response.body):
        return NotSeen("the body is rewritten")
    declared, size = header_of(response, "X-Archive-Orig-Content-Length"), len(response.body)
    if not declared.isdecimal():
        return NotSeen(f"x-archive-orig-content-length is {declared or 'not given'}"[:60])
    length = int(declared[:12])
    seen = quantity(size, "byte")
    if size < length:
        return Differs(f"{seen}, {length:,} declared")
    if size == length:
        return Held(seen)
    is_coded = header_of(response, "X-Archive-Orig-Content-Encoding").strip()
    return Held(f"{seen}, {length:,} compressed") if is_coded else Differs(f"{seen}, {length:,} declared")


def nearest(known: Evidence) -> Verdict:
    """Playback of a second without a capture redirects to the capture nearest to it, and is no memento itself."""
    response, found = known.playback(asked.NEAREST)
    wanted = known.archive.playback_target(known.exchanges[asked.NEAREST].url)
    if isinstance(found, Memento):
        return Differs(f"the memento of {found.timestamp} at once: HTTP {response.status}")
    if wanted is None or valid_timestamp(wanted[0]) is None:
        return NotSeen("asked for another second")
    if isinstance(found, Absence):
        is_refused = response.status >= 400 and response.status != 404  # noqa: PLR2004
        words = f"HTTP {response.status}: {found.cause}"[:80]
        return NotSeen(words) if is_refused else Differs(words)
    days = drift_days(wanted[0], found.timestamp)
    if days > _A_DAY:
        words = f"to {found.timestamp}, {days:.0f} days from {wanted[0]}"
        is_there = _second_before_is_there(known, wanted[0])
        return Differs(f"{words}, though there is one a second away") if is_there else NotSeen(words)
    reason = header_of(response, "X-Archive-Redirect-Reason")
    return Held(f"HTTP {response.status} to {found.timestamp}{', reason given' if reason else ''}")


def _second_before_is_there(known: Evidence, timestamp: str) -> bool:
    """Whether playback has given the capture of the second before."""
    try:
        response, row = _capture(known)
    except Settled:
        return False
    return is_memento(response) and asked.second_after(row) == timestamp


def archived_redirect(known: Evidence) -> Verdict:
    """An archived redirect is a memento whose Location leads into the archive."""
    response, found = known.playback(asked.REDIRECT)
    if isinstance(found, Pointer):
        return NotSeen(f"playback serves another capture, of {found.timestamp}")
    if isinstance(found, Absence):
        return NotSeen(found.cause)
    if not 300 <= found.status < 400:  # noqa: PLR2004
        return Differs(f"HTTP {found.status}, listed as a redirect")
    location = raw_reference(header_of(response, "Location"))
    leads_to = browser_url(location, response.url) or joined(response.url, location)
    target = known.archive.playback_target(leads_to) if location else None
    if target is None:
        return Differs(f"Location {location!r:.60}")
    return Held(f"HTTP {found.status} to {target[0] or 'no timestamp'}, {target[1]:.40}")


def content_encoding(known: Evidence) -> Verdict:
    """The content codings of all answers can be undone."""
    ways: list[str] = []
    for question, exchange in known.exchanges.items():
        if exchange.received is None:
            continue
        response = exchange.read()
        if flag := next((flag for flag in response.flags if flag.startswith("cut: ")), ""):
            return Differs(f"{question}: {flag.removeprefix('cut: ')}")
        is_gzip = exchange.received.body.startswith(GZIP)
        named = b", ".join(exchange.received.headers.getlist("Content-Encoding")).decode("latin-1")
        if named or is_gzip:
            ways.append(f"{named or 'blank'}{'' if is_gzip == ('gzip' in named) else ' (wrong)'}")
    return Held(", ".join(dict.fromkeys(ways))[:80]) if ways else NotSeen("no answer has one")


def stored_whole(known: Evidence) -> Verdict:
    """The WARC file that a crawl writes gives every memento's body back."""
    stored = 0
    for question in _MEMENTOS:
        exchange = known.exchanges.get(question)
        if exchange is None or exchange.received is None:
            continue
        _, found = known.reading(question)
        if not isinstance(found, Memento) or found.is_truncated:
            continue
        if exchange.stored != payload_digest(found.body):
            return Differs(f"{question}: {exchange.stored or 'not stored'}")
        stored += 1
    return Held(f"{stored} of {quantity(stored, 'memento')}") if stored else NotSeen("no memento")


def _capture(known: Evidence) -> tuple[Response, Capture]:
    """Return the answer for the oldest capture, and its row. Raises Settled where playback has it not."""
    response, row = known.answer(asked.CAPTURE), known.capture(asked.CAPTURE)
    if row is not None and is_memento(response):
        return response, row
    _, found = known.playback(asked.CAPTURE)
    if isinstance(found, Absence) and response.status != 200:  # noqa: PLR2004
        raise Settled(NotSeen(f"HTTP {response.status}: {found.cause}"[:80]))
    if isinstance(found, Pointer) or row is None:
        raise Settled(NotSeen("playback redirects to another capture: its file may be offline"))
    return response, row


def _needs_memento(response: Response) -> None:
    if not is_memento(response):
        raise Settled(NotSeen("no memento"))
