"""From pages to versions: what is known of a page lowers its threshold, and how a text was read makes no version.

One crawl of one archive, then a rebuild, which comes to the same.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.convert import convert_html
from pipelines.gate.prior import Evidence, threshold
from tests.support.archive_double import ArchiveDouble, Held, memento
from tests.support.commands import scrapy
from tests.support.service import crawl, rows, write_companies

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Run

DOMAIN = "acme.example"
SITE = f"https://{DOMAIN}"
OTHERS = {"other_policies": 3, "other_texts": 4}
GIVEN = f"{SITE}/legal/doc17.html"
PARAGRAPH = (
    "<p>We at Acme {} collect personal information such as your name and e-mail address when you register. We use cookies. "
    "We do not share your personal information with third parties without your consent.</p>"
)
LATER = "<div style='display:none'><p>Write to us at this address, with your name, and we answer.</p></div>"
TORN = "<noscript><iframe src='//tags.example/x'/></noscript>"
IMPRINT = "<title>Legal notice</title><body><h1>Legal notice</h1>" + (
    "<p>Acme Ltd is registered in England, number 01234567, at 1 High Street, Springfield. The directors are Ann and Bob.</p>"
    * 4
)
CHALLENGE = (
    "<title>Just a moment...</title><body><h1>acme.example</h1><p>Verify you are human by completing the action below. "
    "acme.example needs to review the security of your connection before proceeding.</p>"
)
LOGIN = "<title>Log in</title><body><h1>Log in</h1><form><p>Name</p><p>Password</p><p>Remember me</p><p>Forgot your password?</p>"
SHELL = '<title>Acme</title><body><div id="root"></div><script src="/app.js"></script>'


def policy(number: object, more: str = "", before: str = "") -> str:
    paragraphs = "".join(PARAGRAPH.format(f"{number}.{part}") for part in range(8))
    return f"<title>Privacy Policy</title><body>{before}<article><h1>Privacy Policy</h1>{paragraphs}{more}</article>"


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("evidence")
    companies = folder / "companies.yaml"
    companies.write_text(f"companies:\n  - {{name: Acme, domain: acme.example, pages: ['{GIVEN}']}}\n")
    held = [
        memento(GIVEN, "20150301000000", IMPRINT),
        memento(GIVEN, "20160301000000", CHALLENGE),
        memento(GIVEN, "20170301000000", LOGIN),
        memento(f"{SITE}/privacy", "20150301000000", policy("one", LATER)),
        memento(f"{SITE}/privacy", "20150901000000", policy("one", LATER, TORN)),
        memento(f"{SITE}/privacy", "20160301000000", policy("one", LATER)),
        memento(f"{SITE}/privacy", "20170301000000", policy("two", LATER, TORN)),
        memento(f"{SITE}/privacy", "20180301000000", policy("one", LATER)),
        memento(f"{SITE}/privacy-policy", "20210301000000", SHELL),
    ]
    with ArchiveDouble(Held(held)) as double:
        return crawl(double.url, folder / "output", COMPANIES_FILE=companies)


def page(run: Run, path: str) -> list[dict[str, Any]]:
    return [version for version in run.versions() if version["page"] == f"example,acme){path}"]


def test_given_page_has_its_text_but_no_challenge_and_no_login(crawled: Run) -> None:
    assert crawled.status == 0, crawled.stderr
    (version,) = page(crawled, "/legal/doc17.html")
    assert (version["title"], version["is_policy"], version["kind"] != "privacy") == ("Legal notice", False, True)
    assert version["policy_score"] < version["policy_threshold"] < 0.5
    query = (
        "SELECT timestamp, fate, cause FROM captures WHERE original LIKE '%doc17%' AND text_sha256 IS NULL ORDER BY 1"
    )
    assert rows(crawled.output, query) == [
        ("20160301000000", "not a policy", "bot challenge"),
        ("20170301000000", "not a policy", "login page"),
    ]


def test_change_of_reading_is_no_version(crawled: Run) -> None:
    found = page(crawled, "/privacy")
    assert [(v["timestamp"], v["reading"], v["change"], v["captures"]) for v in found] == [
        ("20150301000000", "corpus", "first", 3),
        ("20170301000000", "full", "changed", 1),
        ("20150301000000", "corpus", "returned", 1),
    ]
    assert [v["first_seen"][:7] for v in found] == ["2015-03", "2017-03", "2018-03"]
    assert all(0.9 < v["reading_coverage"] <= 1 and v["is_policy"] and v["kind"] == "privacy" for v in found)
    known = {line["id"]: line for line in map(json.loads, (crawled.output / "changes.jsonl").read_text().splitlines())}
    assert known == {version["id"]: version for version in crawled.versions()}


def test_page_that_needs_a_script_is_counted_as_such(crawled: Run) -> None:
    query = "SELECT fate, captures FROM fates WHERE fate LIKE '%script%'"
    assert rows(crawled.output, query) == [("needs a script", 1)]
    assert crawled.report()["companies"][0]["fates"]["needs a script"] == 1
    status = scrapy("status", output=crawled.output)
    assert "need a script Acme: 1 capture, filled in by a script" in " ".join(status.stdout.split())


def test_rebuild_comes_to_the_same(crawled: Run) -> None:
    columns = "urlkey, timestamp, fate, cause, text_sha256, judged_sha256, policy_score, threshold, full_sha256"
    query = f"SELECT {columns} FROM captures ORDER BY urlkey, timestamp"  # noqa: S608 - constants
    before, versions, files = rows(crawled.output, query), crawled.versions(), crawled.files()
    rebuilt = scrapy("convert", "--from-warc", output=crawled.output)
    assert rebuilt.status == 0, rebuilt.stderr
    assert rows(crawled.output, query) == before
    assert (crawled.versions(), crawled.files()) == (versions, files)


SHORT = (
    "<title>Privacy</title><body><article><p>{} is on sale. You can return goods within thirty days.</p><p>We use cookies.</p>"
    "<p>We use cookies.</p><p>Prices include tax.</p><p>We log the addresses of visitors.</p></article>"
)


def test_doubtful_texts_between_policies_are_searched_as_policies_are(tmp_path: Path) -> None:
    """`versions=changes` finds the versions that `versions=all` does, though the gate keeps some only at the end."""
    scores = [
        convert_html(SHORT.format(name).encode(), url=SITE, timestamp="20150101000000", domain=DOMAIN).policy_score
        for name in ("Tea", "Pea")
    ]
    thresholds = threshold(Evidence(address_score=1.0)), threshold(Evidence(address_score=1.0, **OTHERS))
    assert all(thresholds[1] <= score < thresholds[0] for score in scores), "SHORT has to be doubtful"
    days = [f"2017{month:02}{day:02}" for month in range(1, 7) for day in range(1, 29, 3)]
    pages = {
        "20150101": policy("one"),
        "20161201": policy("one"),
        "20170701": policy("two"),
        "20200101": policy("three"),
    }
    pages |= {day: SHORT.format("Tea" if day < "20170309" else "Pea") for day in days}
    held = Held(
        memento(f"{SITE}/privacy-policy", f"{day}000000", f"{page}<!-- {day} -->") for day, page in pages.items()
    )
    companies = write_companies(tmp_path / "companies.yaml", DOMAIN)
    found = []
    with ArchiveDouble(held) as double:
        for versions in ("all", "changes"):
            run = crawl(double.url, tmp_path / versions, versions=versions, COMPANIES_FILE=companies)
            assert run.status == 0, run.stderr
            found.append([(version["id"], version["policy_threshold"]) for version in run.versions()])
        again = crawl(double.url, run.output, versions="changes", COMPANIES_FILE=companies)
    assert (again.status, again.versions(), again.files()) == (0, run.versions(), run.files())
    assert again.report()["requests"].get("playback", 0) == again.report()["fetched"] == 0
    assert found[0] == found[1]
    assert len(found[0]) == 5
    assert run.report()["fetched"] < len(pages) / 2
