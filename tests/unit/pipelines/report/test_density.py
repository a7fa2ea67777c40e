"""Years in which the archive was thin, against the list's median."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.report.density import ThinYears, thin_years
from pipelines.report.site import build
from tests.support.report_catalog import Folder

if TYPE_CHECKING:
    from pathlib import Path

MONTHLY = dict.fromkeys(range(2015, 2021), 12)


def test_thin_years_against_the_median() -> None:
    captures = {"a": MONTHLY, "b": MONTHLY, "c": {**MONTHLY, 2017: 3, 2018: 0, 2020: 4}}
    found = thin_years(captures, dict.fromkeys("abc", 2015))
    assert found == {"a": (), "b": (), "c": (ThinYears(2017, 2018, 3 / 24, 1.0),)}
    assert found["c"][0].years == "2017 to 2018"


def test_thin_years_go_on_to_the_last_year_of_all() -> None:
    captures = {"a": MONTHLY, "b": MONTHLY, "c": {2015: 12, 2016: 12}}
    assert thin_years(captures, dict.fromkeys("abc", 2015))["c"] == (ThinYears(2017, 2020, 0.0, 1.0, is_last=True),)


def test_thin_years_begin_with_the_first_text() -> None:
    captures = {"a": MONTHLY, "b": MONTHLY, "c": MONTHLY, "d": {2019: 12, 2020: 12}}
    assert thin_years(captures, {**dict.fromkeys("abc", 2015), "d": 2019})["d"] == ()


def test_thin_years_need_a_median() -> None:
    assert thin_years({"a": MONTHLY, "b": {2015: 1}}, {"a": 2015, "b": 2015}) == {"a": (), "b": ()}
    once = dict.fromkeys(range(2015, 2021), 1)
    assert thin_years({"a": once, "b": once, "c": {2015: 1}}, dict.fromkeys("abc", 2015))["c"] == ()
    assert thin_years({}, {}) == {}


def test_build_says_where_the_archive_was_thin(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for name in ("one", "two", "three", "four"):
        folder.company(name.title(), f"{name}.example")
        for year in (2015,) if name == "four" else (2015, 2016, 2017):
            for month in range(1, 13):
                folder.capture(f"{name}.example", f"{year}{month:02}01000000", body="We keep data.")
    build(folder.write())
    page = (tmp_path / "report/companies/four.html").read_text()
    assert "2016 to 2017: 0.00 captures a month; the median is 1.00" in page
    assert "archive was thin" not in (tmp_path / "report/companies/one.html").read_text()
    assert (tmp_path / "report/index.html").read_text().count("archive thin since 2016") == 1
