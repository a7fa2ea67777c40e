"""Recorded exchanges of the Wayback Machine, judged as a self-test judges its own; none of them is copied here."""

from __future__ import annotations

import pytest
from scrapy.http import Headers, Response

from crawler.archives.wayback import WAYBACK
from crawler.selftest import selftest_questions as asked_
from crawler.selftest.evidence import REFERENCE, Evidence
from crawler.selftest.evidence import Exchange as Asked
from crawler.selftest.verdicts import Differs, Held, NotSeen, Verdict
from tests.support.recorded import RECORDED, Exchange, exchanges
from tests.support.selftest import verdicts

pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="../shared/recorded is not here")

_NEVER = ("this-is-not-real-url.whatever", 404)


def found(part: str, status: int) -> Exchange:
    """Return the newest recorded exchange of a URL with a part, and with a status."""
    return [each for each in exchanges() if part in each.url and each.status == status][-1]


def judged(*recorded: tuple[str, Exchange]) -> dict[str, Verdict]:
    known = Evidence(WAYBACK, "http://www.nasa.gov/")
    for question, each in recorded:
        headers = Headers()
        for name, value in each.headers:
            headers.appendlist(name, value.encode("latin-1"))
        url = each.url.replace("//www.nasa.gov/", "//www.nasa.gov:80/")  # as its row has it
        response = Response(url, status=each.status, headers=headers, body=each.body)
        known.add(Asked(question, url, each.listing if question == REFERENCE else response))
    return verdicts(known)


def test_recorded_memento_of_2026() -> None:
    """The oldest capture of nasa.gov, below the oldest page of its listing: the only recording of the new server."""
    listing = [each for each in exchanges() if each.is_listing and "url=nasa.gov&limit=1000&showResumeKey" in each.url]
    seen = judged((REFERENCE, listing[-1]), (asked_.CAPTURE, found("19961231235847id_", 200)))
    for name in ("resume key in JSON", "fl: seven fields", "Content-Encoding", "id_: length"):
        assert isinstance(seen[name], Held), (name, seen[name])
    assert not any(isinstance(verdict, Differs) for name, verdict in seen.items() if name != "stored in WARC")


def test_recorded_refusals_and_redirects() -> None:
    seen = judged(
        (asked_.EXCLUDED_LISTING, found("nationalpost.com%2Fhealth", 403)),
        (asked_.EXCLUDED_PAGE, found("https://nationalpost.com/health/", 200)),
        (asked_.MISSING, found(*_NEVER)),
        (asked_.NEAREST, found("20150509080314id_/https://www.fws.gov/birds/", 302)),
        (asked_.REDIRECT, found("20180808094144id_/https://www.epa.gov/ghgreporting/san5779-factsheet", 301)),
    )
    held = {"excluded site, listing", "excluded site, page", "page never archived", "archived redirect"}
    assert {name for name in held if not isinstance(seen[name], Held)} == set()
    assert seen["nearest capture"] == NotSeen("to 20150503090125, 6 days from 20150509080314")
    assert not any(isinstance(verdict, Differs) for name, verdict in seen.items() if name != "stored in WARC")
