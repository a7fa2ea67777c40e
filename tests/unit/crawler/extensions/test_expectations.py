"""What a company's entry expects, against what a run knows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.companies import Expectations, load_companies
from crawler.company_stats import CompanyStats
from crawler.console.run_tables import closing_table
from crawler.extensions.expectations import unmet
from crawler.run_stats import ExitStatus, RunStats
from pipelines.errors import CompaniesError

NOW = datetime(2020, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expect", "versions", "newest", "says"),
    [
        ({}, 0, "", []),
        ({"min_versions": 3}, 3, "", []),
        ({"min_versions": 3}, 2, "20200101000000", ["2 versions, expected at least 3"]),
        ({"max_age_days": 30}, 1, "20200101120000", []),
        ({"max_age_days": 30}, 1, "20191231110000", ["latest text is 31 days old, expected at most 30"]),
        ({"max_age_days": 30}, 0, "", ["no text at all, expected one of the last 30 days"]),
        ({"min_versions": 1, "max_age_days": 30}, 0, "", ["0 versions", "no text at all"]),
    ],
)
def test_unmet_expectations(expect: dict[str, int], versions: int, newest: str, says: list[str]) -> None:
    found = list(unmet(Expectations(**expect), versions=versions, newest=newest, now=NOW))
    assert len(found) == len(says)
    assert all(line.startswith(start) for line, start in zip(found, says, strict=True))


def test_unmet_expectation_gives_status_3() -> None:
    company = CompanyStats("Example", ("example.com",))
    stats = RunStats("archive", {"example.com": company})
    stats.end("example.com")
    assert stats.exit_status is ExitStatus.DONE
    company.unmet.append("0 versions, expected at least 3")
    assert stats.exit_status is ExitStatus.OPEN_LOSSES
    assert stats.as_json()["companies"][0]["unmet_expectations"] == company.unmet
    assert "not as expected: Example: 0 versions, expected at least 3" in closing_table(stats)


def test_load_companies_reads_expectations(tmp_path) -> None:
    path = tmp_path / "list.yaml"
    path.write_text("companies:\n  - {name: A, domain: a.com, expect: {min_versions: 3, max_age_days: 400}}\n")
    (company,) = load_companies(path)
    assert company.expect == Expectations(min_versions=3, max_age_days=400)
    assert company.expect.kind == "privacy"


def test_run_json_counts_versions_by_kind() -> None:
    company = CompanyStats("Example", ("example.com",))
    company.versions_by_kind.update({"privacy": 1, "terms": 4})
    company.texts_by_kind.update({"privacy": 1, "terms": 2})
    said = company.as_json()
    assert (said["versions"], said["texts"]) == (5, 3)
    assert said["by_kind"] == {"privacy": {"versions": 1, "texts": 1}, "terms": {"versions": 4, "texts": 2}}


@pytest.mark.parametrize(
    ("expect", "says"),
    [
        ("min_versions: three", "`min_versions` must be a whole number"),
        ("min_versions: 0", "`min_versions` must be a whole number, 1 or more"),
        ("min_versions: [1]", "`min_versions` must be a whole number"),
        (f"max_age_days: {'9' * 5000}", "`max_age_days` must be a whole number"),
        (
            "min_version: 1",
            "unknown key 'min_version'; did you mean `min_versions`? known: min_versions, max_age_days, kind",
        ),
        ("kind: privcy", "kind"),
    ],
)
def test_load_companies_wrong_expectation_names_line(tmp_path, expect: str, says: str) -> None:
    path = tmp_path / "list.yaml"
    path.write_text(f"companies:\n  - name: A\n    domain: a.com\n    expect: {{{expect}}}\n")
    with pytest.raises(CompaniesError) as caught:
        load_companies(path)
    assert f"{path}:4: " in str(caught.value)
    assert says in str(caught.value)


def test_load_companies_expectation_not_a_mapping(tmp_path) -> None:
    path = tmp_path / "list.yaml"
    path.write_text("companies:\n  - name: A\n    domain: a.com\n    expect: 3\n")
    with pytest.raises(CompaniesError, match="`expect` must be a mapping"):
        load_companies(path)
