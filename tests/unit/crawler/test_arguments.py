"""Shards, the parts of a companies list that machines crawl side by side; kinds of documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.settings import Settings

from crawler.arguments import CRAWLS, KINDS_WANTED, read_arguments
from crawler.companies import Company, in_shard
from pipelines.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

COMPANIES = [Company(name=f"Company {number}", domain=f"company{number}.example") for number in range(200)]


@settings(deadline=None)
@given(st.integers(1, 40))
def test_shards_have_each_company_once(parts: int) -> None:
    shards = [list(in_shard(COMPANIES, part, parts)) for part in range(1, parts + 1)]
    assert sorted(company.name for shard in shards for company in shard) == sorted(each.name for each in COMPANIES)


@settings(deadline=None)
@given(st.lists(st.sampled_from(COMPANIES[1:])), st.integers(1, 9))
def test_a_company_stays_in_its_shard_whatever_else_is_listed(others: list[Company], parts: int) -> None:
    company = COMPANIES[0]
    alone = [part for part in range(1, parts + 1) if list(in_shard([company], part, parts))]
    among = [part for part in range(1, parts + 1) if company in in_shard([*others, company], part, parts)]
    assert alone == among


def test_shards_are_of_about_the_same_size() -> None:
    sizes = [len(list(in_shard(COMPANIES, part, 4))) for part in range(1, 5)]
    assert min(sizes) > 30


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("", ["privacy"]),
        ("privacy,terms", ["privacy", "terms"]),
        ("terms", ["terms"]),
        (" Terms , privacy", ["privacy", "terms"]),
    ],
)
def test_kinds_in_their_order(value: str, names: list[str]) -> None:
    assert [kind.name for kind in KINDS_WANTED.of({"kinds": value} if value else {})] == names


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("privacy,term", "-a kinds=privacy,term: no kind 'term'; did you mean terms?"),
        ("cookies", "-a kinds=cookies: no kind 'cookies'; known: privacy, terms"),
        (",", "-a kinds=,: a list without a name; write names with commas between"),
        ("", "-a kinds=: no value; leave it out for privacy"),
    ],
)
def test_kinds_unknown_is_one_line(value: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        KINDS_WANTED.of({"kinds": value})
    assert str(error.value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "-a crawls=: no value; leave it out for all within the dates"),
        ("CC-MAIN-2025", None),
        ("2025-30,latest", None),
        ("2025/30", "-a crawls=2025/30: '2025/30' is no crawl; write CC-MAIN-2025-30, a year, latest, or a range"),
    ],
)
def test_crawls_wrong_is_one_line(value: str, said: str | None) -> None:
    if said is None:
        assert CRAWLS.of({"crawls": value}).ranges
        return
    with pytest.raises(UsageError) as error:
        CRAWLS.of({"crawls": value})
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("domain", "is_near"), [("exampel.com", True), ("example.com", False), ("acme.test", False)])
def test_domain_much_like_a_listed_one_is_crawled_with_a_warning(tmp_path: Path, domain: str, *, is_near: bool) -> None:
    own = Settings()
    own.setmodule("crawler.settings", priority="project")
    (tmp_path / "list.txt").write_text("example.com\n")
    own.update({"COMPANIES_FILE": str(tmp_path / "list.txt"), "OUTPUT_DIR": str(tmp_path / "output")}, "cmdline")
    arguments = read_arguments({"domain": domain, "archive": "sample"}, own)
    assert [company.domain for company in arguments.companies] == [domain]
    assert ("did you mean example.com (" in arguments.warning) == is_near
