"""What `companies --explain` says of a company with dates of its own: the same as its crawl."""

from __future__ import annotations

from contextlib import closing
from types import MappingProxyType
from typing import TYPE_CHECKING

from crawler.commands.companies import _redirected
from crawler.discovery.explain import candidates, explained_coverage
from pipelines.catalog.schema import documents
from pipelines.catalog.writer import Catalog
from pipelines.items import Answer, Capture, Fate, MementoKey

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DOMAIN = "a.example"


def put(catalog: Catalog, path: str, *timestamps: str, read: Mapping[str, str] = MappingProxyType({})) -> None:
    """Put captures of a page, each with a text of its own, some of which were `read` from a capture of another moment."""
    url = f"http://{DOMAIN}/{path}"
    for timestamp in timestamps:
        capture = Capture(
            f"example,a)/{path}", timestamp, url, "text/html", "200", f"{path}{timestamp}", "9", "wayback"
        )
        text = f"{path} {timestamp}"
        catalog.add_captures(DOMAIN, [capture])
        key = MementoKey(read.get(timestamp, timestamp), url, "wayback")
        catalog.put_answers([Answer(DOMAIN, capture, Fate.STORED, text_sha256=text, memento=key)])
        row = {column.name: 0 if column.type.python_type in {int, float} else "privacy" for column in documents.columns}
        catalog.put_row({**row, "domain": DOMAIN, "text_sha256": text, "near_duplicate_of": None})


def test_explain_tells_a_redirects_date_from_its_targets(tmp_path: Path) -> None:
    with closing(Catalog(f"sqlite:///{tmp_path / 'catalog.db'}")) as catalog:
        put(catalog, "privacy", "20120301000000", "20160301000000", read={"20160301000000": "20160203000000"})
        (page,) = candidates(catalog, DOMAIN)
    assert (page.policy_from, page.policy_to) == ("20120301000000", "20160301000000")
    assert [*_redirected([page])] == [
        f"  http://{DOMAIN}/privacy: captured 2016-03-01, redirected to the capture of 2016-02-03"
    ]


def test_explain_within_the_companys_dates(tmp_path: Path) -> None:
    with closing(Catalog(f"sqlite:///{tmp_path / 'catalog.db'}")) as catalog:
        put(catalog, "old-privacy", "20100301000000", "20140901000000")
        put(catalog, "privacy", "20120301000000", "20160301000000", "20170301000000")
        catalog.put_half_years(
            DOMAIN, {"2010A": "policy", "2014B": "policy", "2016A": "policy", "2017B": "no link found"}
        )

        def said(since: str, until: str) -> dict[str, tuple[int, str, str]]:
            found = candidates(catalog, DOMAIN, (), (since, until))
            return {
                each.urlkey.partition("/")[2]: (each.captures, each.first[:4], each.policy_to[:4]) for each in found
            }

        assert said("", "") == {"old-privacy": (2, "2010", "2014"), "privacy": (3, "2012", "2017")}
        assert said("2015", "") == {"privacy": (2, "2016", "2017")}
        assert said("", "2014") == {"old-privacy": (2, "2010", "2014"), "privacy": (1, "2012", "2012")}
        with catalog.connection() as db:
            every = explained_coverage(db, DOMAIN, ("", ""))
            own = explained_coverage(db, DOMAIN, ("2015", ""))
            outside = explained_coverage(db, DOMAIN, ("2018", ""))
    assert (every.verdict, every.first_policy, every.last_policy) == (
        "policy in 3 of 4 half-years",
        "2010-03-01",
        "2017-03-01",
    )
    assert (own.verdict, own.first_policy) == ("policy in 1 of 2 half-years", "2016-03-01")
    assert list(own.gaps()) == [(f"{DOMAIN} 2017B", "no link found")]
    assert (outside.as_json()["half_years"], outside.first_policy) == (0, "")
