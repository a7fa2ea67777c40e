"""A self-test without a network: the double's own answers to each question, and holdings in which every fact shows."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from scrapy.http import Headers, Response

from crawler.archives.playback import read_playback
from crawler.archives.wayback import WaybackArchive
from crawler.selftest.evidence import Evidence, Exchange
from crawler.selftest.facts import FACTS
from crawler.selftest.selftest_questions import QUESTIONS
from pipelines.items import Memento
from pipelines.output.warc_writer import payload_digest
from tests.support.archive_double import Behaviour, Held, memento
from tests.support.double.answers import Request
from tests.support.double.server import Server
from tests.support.warcs import Exchange as Archived
from tests.support.warcs import warc

if TYPE_CHECKING:
    from crawler.selftest.verdicts import Verdict

PAGE: Final = "http://page.example/"
EXCLUDED: Final = frozenset({"nationalpost.com"})
_BASE: Final = "http://double.example"
_HTML: Final = (("Content-Type", "text/html"),)


def holdings() -> Held:
    """Return 260 captures of a page, up to five a month and three a day, redirects among them, and five pages below it."""
    entries = []
    for number in range(260):
        month, of_month = divmod(number, 5)
        stamp = f"{2000 + month // 12}{1 + month % 12:02}{1 + of_month * 2 // 3:02}{number % 24:02}0000"
        if number % 20 == 7:
            headers = (*_HTML, ("Location", "http://page.example/home"))
            entries.append(memento(PAGE, stamp, status=302, headers=headers))
        else:
            entries.append(memento(PAGE, stamp, f"<html><p>Edition {number} of a page.</p></html>"))
    entries += [memento(f"{PAGE}a{day}", f"2001010{day}000000", "<p>below</p>") for day in range(1, 6)]
    return Held(entries)


def warc_of(held: Held) -> bytes:
    """Return holdings as a WARC file."""
    loaded = [(held[index], held.load(index)) for index in range(len(held))]
    kept = [(row, payload) for row, payload in loaded if payload]
    records = [
        Archived(
            row.timestamp, each.body, row.original, f"{each.status} {HTTPStatus(each.status).phrase}", each.headers
        )
        for row, each in kept
    ]
    return warc(records).data


def asked(behaviour: Behaviour | None = None, held: Held | None = None) -> Evidence:
    """Return what the double answers to a self-test's questions, with its WARC file a whole one."""
    server = Server(held or holdings(), behaviour or Behaviour(excluded=EXCLUDED))
    known = Evidence(WaybackArchive(_BASE), PAGE)
    for question in QUESTIONS:
        request = question.request(known)
        if request is not None:
            known.add(_exchange(server, known, question.name, request.url))
    return known


def _exchange(server: Server, known: Evidence, question: str, url: str) -> Exchange:
    target = url.removeprefix(_BASE)
    kind = "playback" if urlsplit(url).path.startswith("/web/") else "cdx"
    headers = {"user-agent": "test", "accept-encoding": "gzip", "host": urlsplit(_BASE).netloc}
    answer, _ = server._answer(kind, Request("GET", target, headers))
    received = Headers()
    for name, value in answer.headers:
        received.appendlist(name, value)
    exchange = Exchange(question, url, Response(url, status=answer.status, headers=received, body=answer.body))
    found = read_playback(exchange.read(), known.archive)
    stored = payload_digest(found.body) if kind == "playback" and isinstance(found, Memento) else ""
    return Exchange(question, url, exchange.received, stored=stored)


def verdicts(known: Evidence) -> dict[str, Verdict]:
    """Return the verdict on each fact by its name."""
    return {fact.name: fact.verdict(known) for fact in FACTS}
