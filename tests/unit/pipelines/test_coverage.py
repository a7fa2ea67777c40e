"""Coverage as status and report read it: first and last policy within the company's dates."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from pipelines.catalog.read_only import reading
from pipelines.coverage import coverage_of, read_coverage
from pipelines.output.store import OutputStore
from tests.support.folders import of_first_release

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOMAIN = "northlane.example"
STATES = {f"{year}A": "policy" for year in (2014, 2016, 2018, 2021)}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OutputStore, Path]]:
    root = of_first_release(tmp_path_factory.mktemp("coverage") / "output")
    with closing(OutputStore(root, "", software="test").open()) as opened:
        opened.catalog.put_half_years(DOMAIN, STATES)
        yield opened, root


@pytest.mark.parametrize(
    ("listing", "verdict"),
    [
        (None, "not listed yet"),
        ("under way", "not listed yet"),
        ("lost", "not listed yet"),
        ("refused", "refused"),
        ("read", "the archive has little here"),
    ],
)
def test_coverage_of_company_without_captures(tmp_path: Path, listing: str | None, verdict: str) -> None:
    with closing(OutputStore(tmp_path, "", software="test").open()) as opened:
        catalog, key = opened.catalog, ("wayback", "http://a.example/", "exact", "", "", "a.example")
        catalog.set_company("Acme", ["a.example"], "", "")
        if listing:
            catalog.open_listing(key, relist_days=90)
        if listing in {"lost", "refused"}:
            catalog.fail_listing(key, "HTTP 503", is_final=listing == "refused")
        if listing == "read":
            catalog.add_listing_page(key, "a.example", [], total=0, newest="", resume_key=None, complete=True)
            catalog.open_listing(key, relist_days=90)  # by the next run, which is lost
        with catalog.connection() as db:
            assert read_coverage(db)["Acme"].verdict == coverage_of(db, "a.example", {}, []).verdict == verdict


@pytest.mark.parametrize(
    ("since", "until", "dates", "half_years"),
    [
        ("", "", ("2015-09-11", "2023-11-11"), ["2014A", "2016A", "2018A", "2021A"]),
        ("2018", "", ("2018-06-04", "2023-11-11"), ["2018A", "2021A"]),
        ("201807", "", ("2018-12-01", "2023-11-11"), ["2021A"]),
        ("", "2017", ("2015-09-11", "2017-08-22"), ["2014A", "2016A"]),
        ("2030", "", ("", ""), []),
    ],
)
def test_coverage_keeps_to_the_companys_dates(
    store: tuple[OutputStore, Path], since: str, until: str, dates: tuple[str, str], half_years: list[str]
) -> None:
    """Dates that were added to the companies file later leave out versions of another owner, read before."""
    opened, root = store
    opened.catalog.set_company("Northlane", [DOMAIN], since, until)
    with reading(root, "") as db:
        found = read_coverage(db)["Northlane"]
    assert (found.first_policy, found.last_policy) == dates
    assert [*found.half_years.get(DOMAIN, {})] == half_years
