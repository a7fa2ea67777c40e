"""Answers of playback (`/web/<timestamp>id_/<url>`), with its known faults as switches."""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from crawler.archives.urlkey import surt
from tests.support.double.answers import HTML, Answer
from tests.support.double.cdx import BLOCKED, ROBOTS, positions, shows_nothing_of
from tests.support.double.holdings import Holdings, Payload

if TYPE_CHECKING:
    from pipelines.items import Capture
    from tests.support.double.behaviour import Behaviour

MIB = 1 << 20
_CHROME = b"<nav>menu</nav><script>var widget = document.createElement('div');</script>\n" * 750
"""What surrounds a sentence of the real pages: 56 KB before that of the excluded page, 92 KB before that of the 404."""
EXCLUDED = (
    b"<html><body>" + _CHROME + b'<div id="error">\n\t<h2>Sorry.</h2>\n\t'
    b"<p>This URL has been excluded from the Wayback Machine.</p>\n</div></body></html>\n"
)
DISALLOWED = b"<html><body><p>Page cannot be displayed due to robots.txt.</p></body></html>\n"
NOT_ARCHIVED = (
    b"<html><body>" + _CHROME + b"<h2>Hrm.</h2>\n<p>The Wayback Machine has not archived that URL.</p></body></html>\n"
)
_TOOLBAR = b"<!-- BEGIN WAYBACK TOOLBAR INSERT -->\n"

# How an archived redirect's Location is written: absolute in most recordings, the others in some.
LOCATIONS = {
    "absolute": "{base}/web/{timestamp}{mode}/{url}",
    "path": "/web/{timestamp}{mode}/{url}",
    "schemeless": "//{host}/web/{timestamp}{mode}/{url}",
    "no timestamp": "{base}/web/{url}",
}

# Content-Encoding headers with the number of gzip layers of the body; "mixed" chooses one of these by the body.
ENCODINGS: dict[str, tuple[tuple[str, ...], int]] = {
    "as archived": ((), 0),
    "gzip": (("gzip",), 1),
    "blank": (("", "gzip"), 1),
    "only blank": (("",), 1),
    "doubled": (("gzip", "gzip"), 1),
    "wrong": (("gzip",), 0),
    "unlabelled": ((), 1),
    "nested": (("gzip",), 2),
}

_PATH = re.compile(r"^/web/(?:(\d{1,14})([a-z]{2}_)?/)?(.+)$", re.DOTALL)
_NOT_REPLAYED = {"transfer-encoding", "connection", "location", "content-encoding"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A playback request: at most 14 digits (none for the newest), a mode like `id_`, and the URL as sent."""

    timestamp: str
    mode: str
    url: str
    base: str

    def link(self, template: str, timestamp: str, url: str) -> str:
        host = urlsplit(self.base).netloc
        return template.format(base=self.base, host=host, timestamp=timestamp, mode=self.mode, url=url)


def answer(target: str, base: str, holdings: Holdings, behaviour: Behaviour) -> Answer:
    """Answer a request for `target`, the path and query of its URL; `base` is the address of the double."""
    match = _PATH.match(target)
    if not match:
        return Answer(404, HTML, NOT_ARCHIVED)
    timestamp, mode, url = match.groups(default="")
    if re.match(r"https?%3a", url, re.IGNORECASE):
        url = unquote(url)
    asked = Asked(timestamp or "99991231235959", mode, url, base)
    return _refusal(asked, behaviour) or _play(asked, holdings, behaviour)


def _refusal(asked: Asked, behaviour: Behaviour) -> Answer | None:
    error = ("X-Archive-Wayback-Runtime-Error", BLOCKED)
    if shows_nothing_of(asked.url, behaviour.excluded):
        refusal = Answer(behaviour.excluded_status, HTML, EXCLUDED)
        return refusal.with_headers(error) if refusal.status != 200 else refusal
    if shows_nothing_of(asked.url, behaviour.robots):
        return Answer(403, HTML, DISALLOWED).with_headers((error[0], ROBOTS))
    return None


def _play(asked: Asked, holdings: Holdings, behaviour: Behaviour) -> Answer:
    key = surt(asked.url)
    found = positions(holdings, (key, ""), (f"{key}\x00", ""))
    if not found:
        return Answer(404, HTML, NOT_ARCHIVED)
    index = _nearest(holdings, found, asked.timestamp)
    payload = holdings.load(index)
    if payload is None and behaviour.lost_redirects:
        others = [other for other in found if holdings.load(other)]
        if others:
            return _elsewhere(asked, holdings[min(others, key=lambda other: abs(other - index))])
    if holdings[index].timestamp != asked.timestamp:
        return _elsewhere(asked, holdings[index])
    if behaviour.offline and re.search(behaviour.offline, f"{asked.timestamp} {holdings[index].original}"):
        return _offline(asked, holdings, found, index)
    return _memento(asked, holdings[index], payload, behaviour) if payload else Answer(404, HTML, NOT_ARCHIVED)


def _nearest(holdings: Holdings, found: range, timestamp: str) -> int:
    """Return the index of the capture nearest in time, the first of two in one second."""
    wanted = _moment(timestamp)
    key = holdings[found.start].urlkey
    after = positions(holdings, (key, timestamp), (f"{key}\x00", "")).start
    around = [index for index in (after - 1, after) if index in found]
    nearest = min(around, key=lambda index: abs(_moment(holdings[index].timestamp) - wanted))
    return positions(holdings, (key, holdings[nearest].timestamp), (f"{key}\x00", "")).start


def _elsewhere(asked: Asked, row: Capture) -> Answer:
    location = asked.link(LOCATIONS["absolute"], row.timestamp, row.original.replace("#", "%23"))
    reason = f"found capture at {row.timestamp}"
    return Answer(302, HTML, b"").with_headers(("Location", location), ("x-archive-redirect-reason", reason))


def _offline(asked: Asked, holdings: Holdings, found: range, index: int) -> Answer:
    """Return what playback gives while the file of a capture is offline: after half a minute, a way to another capture.

    Reported in 2026-02: no Memento-Datetime, and a datanode that took thirty seconds.
    """
    others = [other for other in found if holdings[other].timestamp != asked.timestamp]
    if not others:
        return Answer(404, HTML, NOT_ARCHIVED)
    answer = _elsewhere(asked, holdings[min(others, key=lambda other: abs(other - index))])
    return answer.with_headers(("x-tr", "30734"), ("server-timing", "PetaboxLoader3.datanode;dur=30337"))


def _memento(asked: Asked, row: Capture, payload: Payload, behaviour: Behaviour) -> Answer:
    if behaviour.loops and re.search(behaviour.loops, row.original):
        payload = Payload(302, (*payload.headers, ("Location", row.original)), b"", payload.source)
    archived = _archived_headers(payload, length_known=not behaviour.unknown_length)
    if behaviour.missing_length:
        archived = tuple(pair for pair in archived if pair[0] != "x-archive-orig-content-length")
    own = _memento_headers(asked, row, payload, escaped=behaviour.escaped_link)
    plain = Answer(payload.status, (*own, *archived), payload.body, chunked=True)
    location = next((value for name, value in payload.headers if name.lower() == "location"), None)
    if location is not None and 300 <= payload.status < 400:
        plain = plain.with_headers(("Location", _rewritten(asked, row, location, behaviour)))
    if behaviour.cut_at_1_mib:
        plain = _cut_at_1_mib(plain)
    if not asked.mode:  # the rewritten view, which is not the page's own bytes
        plain = replace(plain, body=_TOOLBAR + plain.body).with_headers(("x-archive-guessed-charset", "utf-8"))
    return _encoded(plain, behaviour.encoding)


def _memento_headers(asked: Asked, row: Capture, payload: Payload, *, escaped: bool) -> tuple[tuple[str, str], ...]:
    original = escape(row.original) if escaped else row.original
    link = (
        f'<{original}>; rel="original", '
        f'<{asked.base}/web/timemap/link/{row.original}>; rel="timemap"; type="application/link-format", '
        f'<{asked.base}/web/{row.original}>; rel="timegate"'
    )
    return (
        ("Memento-Datetime", format_datetime(_moment(row.timestamp), usegmt=True)),
        ("Link", link),
        ("x-archive-src", payload.source),
    )


def _archived_headers(payload: Payload, *, length_known: bool) -> tuple[tuple[str, str], ...]:
    """Return the original Content-Type and Content-Encoding, and all headers but Location as x-archive-orig-*."""
    headers = [(name.lower(), value) for name, value in payload.headers if name.lower() != "content-length"]
    headers.append(("content-length", str(len(payload.body)) if length_known else "-1"))
    replayed = [(name.title(), value) for name, value in headers if name in {"content-type", "content-encoding"}]
    kept = [(f"x-archive-orig-{name}", value) for name, value in headers if name not in _NOT_REPLAYED]
    return (*replayed, *kept)


def _rewritten(asked: Asked, row: Capture, location: str, behaviour: Behaviour) -> str:
    stamp = str(int(row.timestamp[:4]) + behaviour.redirect_years) + row.timestamp[4:]
    if behaviour.loops:  # back and forth between two seconds
        stamp = stamp[:-1] + str(int(stamp[-1]) ^ 1)
    return asked.link(LOCATIONS[behaviour.location], stamp, urljoin(row.original, location))


def _cut_at_1_mib(memento: Answer) -> Answer:
    body = memento.body.ljust(MIB + 4096)
    headers = tuple(item for item in memento.headers if item[0] != "x-archive-orig-content-length")
    return replace(memento, headers=headers, body=body[:MIB]).with_headers(
        ("x-archive-orig-x-crawler-content-length", str(len(body))),
        ("Warning", '299 - "truncated by \\"length\\""'),
    )


def _encoded(memento: Answer, encoding: str) -> Answer:
    body = memento.body
    if encoding == "mixed":
        encoding = list(ENCODINGS)[zlib.crc32(body) % len(ENCODINGS)]
    labels, layers = ENCODINGS[encoding]
    for _ in range(layers):
        body = gzip.compress(body, mtime=0)
    return replace(memento, body=body).with_headers(*(("Content-Encoding", label) for label in labels))


def _moment(timestamp: str) -> datetime:
    """Return the moment of 1 to 14 digits. Missing or impossible parts become the earliest possible."""
    full = timestamp + "00000101000000"[len(timestamp) :]
    try:
        return datetime.strptime(full, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return datetime(max(int(full[:4]), 1), 1, 1, tzinfo=UTC)
