"""The forms of a companies file: which one a file has, and what CSV and one domain a line may say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from crawler.companies import Company, Expectations, GivenPage, load_companies
from crawler.company_list import located_table
from crawler.company_list.list_form import ListForm, form_of
from pipelines.errors import CompaniesError
from tests.support.commands import ROOT

if TYPE_CHECKING:
    from pathlib import Path

A, B = Company(name="a.com", domain="a.com"), Company(name="b.com", domain="b.com")

FORMS = {
    "yaml": ("x.yaml", "a.com\n", ListForm.YAML),
    "upper case": ("x.YML", "", ListForm.YAML),
    "json": ("x.json", '{"companies": []}', ListForm.YAML),
    "csv": ("x.csv", "name,domain\n", ListForm.CSV),
    "csv with one column": ("x.csv", "domain\na.com\n", ListForm.CSV),
    "csv with a wrong header": ("x.csv", "domian\na.com\n", ListForm.CSV),
    "csv without a header": ("x.csv", "a.com\nb.com\n", ListForm.LINES),
    "csv without a header, with columns": ("x.csv", "1,a.com\n", ListForm.CSV),
    "lines": ("x.txt", "# list\n\na.com # x, y\n", ListForm.LINES),
    "yaml by its key": ("x.txt", "# list\ncompanies:\n", ListForm.YAML),
    "yaml by its list": ("x", "- name: A\n", ListForm.YAML),
    "yaml by its document": ("x", "---\ncompanies:\n", ListForm.YAML),
    "yaml by its braces": ("x", "{companies: []}\n", ListForm.YAML),
    "csv by its header": ("x", "Domain;Name\n", ListForm.CSV),
    "csv by its one column": ("x.txt", "\n domain\na.com\n", ListForm.CSV),
    "address": ("x", "https://a.com/\n", ListForm.LINES),
}


@pytest.mark.parametrize(("name", "text", "form"), FORMS.values(), ids=FORMS)
def test_form_of(name: str, text: str, form: ListForm) -> None:
    assert form_of(name, text) is form


GOOD = {
    "lines": ("x.txt", "# list\r\n\r\na.com\r\n  www.B.com. # the other\r\n", (A, B)),
    "lines without an end": ("x", "a.com\rb.com", (A, B)),
    "names": ("x.csv", 'domain,name\na.com,"A, B ""C"" #1"\n', (Company(name='A, B "C" #1', domain="a.com"),)),
    "header as spreadsheets write it": ("x.csv", '"Domain"; name ;\r\na.com;;\r\n;;\r\nb.com\r\n', (A, B)),
    "tabs, and comments above": ("x.tsv", "# a, b\n\ndomain\tname\na.com\t\nb.com\t\n", (A, B)),
    "a cell of two lines": ("x.csv", 'domain,aliases\na.com,"c.com\n d.com"\n', (A.model_copy(update={"aliases": ("c.com", "d.com")}),)),
    "lists": (
        "x.csv",
        'domain,aliases,languages,pages\na.com,c.com; d.com,de;EN,"https://a.com/p;v=1?a;b; privacy=https://a.com/q;https://e.com/"\n',
        (
            Company(
                name="a.com",
                domain="a.com",
                aliases=("c.com", "d.com"),
                languages=("de", "en"),
                pages=tuple(GivenPage(url=f"https://{url}") for url in ("a.com/p;v=1?a;b", "a.com/q", "e.com/")),
            ),
        ),
    ),
    "dates and expectations": (
        "x.csv",
        "domain,since,until,expect\na.com,2015-06,2018,min_versions=3 max_age_days=400\n",
        (
            Company(
                name="a.com",
                domain="a.com",
                since="201506",
                until="2018",
                expect=Expectations(min_versions=3, max_age_days=400),
            ),
        ),
    ),
    "international": ("x", "Bücher.example\n", (Company(name="bücher.example", domain="xn--bcher-kva.example"),)),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "companies"), GOOD.values(), ids=GOOD)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "BOM"])
def test_load_companies_of_each_form(
    tmp_path: Path, name: str, text: str, companies: tuple[Company, ...], mark: bytes
) -> None:
    (tmp_path / name).write_bytes(mark + text.encode())
    assert load_companies(tmp_path / name) == companies


BAD = {
    "no header": ("x.csv", "1,a.com\n", ":1", "unknown column '1'; known: name, domain, aliases"),
    "misspelt header": ("x.csv", "#\n\ndomian,name\n", ":3", "did you mean domain?"),
    "header twice": ("x.csv", "domain,name,Name\n", ":1", "column name stands twice"),
    "no domain in the header": ("x.csv", "name,aliases\nA,a.com\n", ":1", "no column domain"),
    "header alone": ("x.csv", "name,domain\n", ":1", "lists no company"),
    "nothing": ("x.csv", "\n\n", "", "the file is empty; begin it with a header"),
    "comments alone": ("x.txt", "# a.com\n", "", "lists no company; write one domain a line"),
    "no domain": ("x.csv", "name,domain\nA,a.com\n\nB,\n", ":4", "no domain in this row"),
    "comment below the header": ("x.csv", "name,domain\n# B\n", ":2", "comments may stand above the header only"),
    "bad domain": ("x.csv", "name,domain\nA,https://a.com/\n", ":2", "write 'a.com', without scheme"),
    "bad name": ("x.csv", "name,domain\nA\0,a.com\n", ":2", "is no name"),
    "bad alias after a cell of two lines": (
        "x.csv", 'domain,aliases\na.com,"c.com\nd.com"\nb.com,x\n', ":4", "'x' is no domain",
    ),
    "bad page": ("x.csv", "domain,pages\na.com,https://a.com/ b\n", ":2", "page 'b' is no http or https address"),
    "bad kind": ("x.csv", "domain,pages\na.com,blog=https://a.com/\n", ":2", "kind 'blog' is not known; use privacy"),
    "bad language": ("x.csv", "domain,languages\na.com,German\n", ":2", "'German' is no code"),
    "bad date": ("x.csv", "domain,since\na.com,2015-02-30\n", ":2", "no such date"),
    "dates the wrong way": ("x.csv", "domain,until,since\na.com,2014,2015\n", ":2", "until is before since"),
    "bad expectation": ("x.csv", "domain,expect\na.com,min_version=1\n", ":2", "did you mean `min_versions`?"),
    "no number": ("x.csv", "domain,expect\na.com,min_versions=many\n", ":2", "must be a whole number"),
    "too many cells": ("x.csv", "domain,name\na.com,A, Inc.\n", ":2", "3 cells, and the header has 2"),
    "cell without a column": ("x.csv", "domain,\na.com,x\n", ":2", "'x' stands in a column without a name"),
    "open quote": ("x.csv", 'domain,name\na.com,A\nb.com,"B\nc.com,C\n', ":3", "not valid CSV (unexpected end of data)"),
    "text after a quote": ("x.csv", 'domain,name\na.com,"A"B\n', ":2", "not valid CSV"),
    "twice": ("x.csv", "domain,aliases\na.com,c.com\nb.com,\nC.com,\n", ":4", "c.com is listed twice, first on line 2"),
    "line twice": ("x.txt", "a.com\n\nwww.A.com\n", ":3", "a.com is listed twice, first on line 1"),
    "address": ("x.txt", "a.com\nhttps://b.com/privacy\n", ":2", "write 'b.com', without scheme"),
    "two in a line": ("x.txt", "a.com b.com\n", ":1", "'a.com b.com' is no domain"),
    "not UTF-8": ("x.csv", "domain,name\r\na.com,B\udcfccher\r\n", ":2", "not UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "line", "problem"), BAD.values(), ids=BAD)
def test_load_companies_error_names_line_in_each_form(
    tmp_path: Path, name: str, text: str, line: str, problem: str
) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(CompaniesError) as caught:
        load_companies(path)
    assert str(caught.value).startswith(f"{path}{line}: ")
    assert problem in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("text", ["a.com\nb.com\nc.com\n", "domain\na.com\nb.com\nc.com\n"])
def test_load_companies_bounds_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(located_table, "MAX_ROWS", 2)
    (tmp_path / "x").write_text(text)
    with pytest.raises(CompaniesError, match="more than 2 companies; split it"):
        load_companies(tmp_path / "x")


@pytest.mark.parametrize(
    "text",
    [
        "," * 1_000_000,
        '"' * 1_000_000,
        "domain\n" + '"' * 1_000_000,
        "a." * 500_000,
        "domain,pages\na.com," + "; " * 60_000 + "x",
    ],
)
def test_load_companies_hostile_text_is_one_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(CompaniesError) as caught:
        load_companies(tmp_path / "x.csv")
    assert len(str(caught.value)) < 400 + len(str(tmp_path))


def test_docs_examples_of_each_form(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "companies.md").read_text()
    names: dict[str, list[str]] = {}
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        if language == "console":
            continue
        file = tmp_path / f"x.{language or 'txt'}"
        file.write_text(block)
        names[language] = [company.name for company in load_companies(file)]
    assert names == {
        "yaml": ["Rackspace", "dotCloud"],
        "csv": ["Rackspace", "Example, Inc."],
        "": ["rackspace.com", "bücher.example"],
    }
