"""Coverage as status and report read it: first and last policy within the company's dates."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from pipelines.catalog.read_only import reading
from pipelines.coverage import read_coverage
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
