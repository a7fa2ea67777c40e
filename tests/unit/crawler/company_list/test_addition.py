"""An entry more in a companies file: nothing else of the file changes, in each form."""

from __future__ import annotations

import pytest

from crawler.commands.add import _entry
from crawler.companies import Company, GivenPage
from crawler.company_list.addition import Entry, extended
from crawler.company_list.eligibility import check_eligible, doubt
from pipelines.errors import CompaniesError, UsageError

X = Entry(Company(name="x.com", domain="x.com"), "x.com")
PAGES = Entry(
    Company(name="X: a #1", domain="x.com", pages=(GivenPage(url="https://x.com/p"), GivenPage(url="https://y.com/q"))),
    "x.com",
)
HOME = "# The companies whose documents are collected.\ncompanies:\n"
AS_YAML = "- name: 'X: a #1'\n  domain: x.com\n  pages:\n  - https://x.com/p\n  - https://y.com/q\n"

ADDED = {
    "new yaml": ("n.yaml", "", X, HOME + "  - name: x.com\n    domain: x.com\n"),
    "new, of no suffix": ("n", "", X, HOME + "  - name: x.com\n    domain: x.com\n"),
    "new csv": ("n.csv", "", X, "name,domain,aliases,pages\nx.com,x.com,,\n"),
    "new tsv": ("n.tsv", "", X, "name\tdomain\taliases\tpages\nx.com\tx.com\t\t\n"),
    "new list": ("n.txt", "", X, "x.com\n"),
    "comments only": ("n.yaml", "# mine", X, "# mine\ncompanies:\n  - name: x.com\n    domain: x.com\n"),
    "empty list": ("n.yaml", "companies: []  # none\n", X, "companies: # none\n  - name: x.com\n    domain: x.com\n"),
    "no list": ("n.yaml", "companies:\n# none\n", X, "companies:\n# none\n  - name: x.com\n    domain: x.com\n"),
    "yaml": (
        "n.yaml",
        "# mine\ncompanies:\n- domain: a.com  # first\n  name: A\n# the end",
        PAGES,
        "# mine\ncompanies:\n- domain: a.com  # first\n  name: A\n# the end\n" + AS_YAML,
    ),
    "yaml, CRLF": (
        "n.yaml",
        "companies:\r\n    - {name: A, domain: a.com}\r\n",
        X,
        "companies:\r\n    - {name: A, domain: a.com}\r\n    - name: x.com\r\n      domain: x.com\r\n",
    ),
    "header alone": ("n.csv", "domain\n", X, "domain\nx.com\n"),
    "csv, CRLF": ("n.csv", "Name;Domain\r\nA;a.com", X, "Name;Domain\r\nA;a.com\r\nx.com;x.com\r\n"),
    "csv with columns more": (
        "n.csv",
        "# domain\ndomain,since\na.com,2015\n",
        PAGES,
        "# domain\ndomain,since,name,pages\na.com,2015,,\nx.com,,X: a #1,https://x.com/p https://y.com/q\n",
    ),
    "csv with rows of several lines": (
        "n.csv",
        'name,domain,aliases\r\n"A\r\n, B",a.com\r\n\r\nB,b.com,,\r\nC,c.com,',
        PAGES,
        ('name,domain,aliases,pages\r\n"A\r\n, B",a.com,,\r\n\r\nB,b.com,,\r\nC,c.com,,\r\n'
        "X: a #1,x.com,,https://x.com/p https://y.com/q\r\n"),
    ),
    "lines": ("n.txt", "# mine\na.com # first", X, "# mine\na.com # first\nx.com\n"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "text", "entry", "made"), ADDED.values(), ids=ADDED)
def test_extended(path: str, text: str, entry: Entry, made: str) -> None:
    found = extended(text, path, entry)
    assert found.text == made
    assert found.companies[-1] == entry.company
    assert "x.com" in found.text.splitlines()[found.line - 1]


def test_extended_keeps_text_that_other_readers_take_for_something_else() -> None:
    for name in ("no", "1", "- a", "@b", "x #y", "'q'", "ü", "{"):
        entry = Entry(Company(name=name, domain="x.com"), "x.com")
        assert extended("", "n.yaml", entry).companies == (entry.company,)


REFUSED = {
    "listed": ("n.yaml", "companies:\n  - name: A\n    domain: www.X.com\n", X, ":3: x.com is listed already, for A"),
    "alias": ("n.csv", "domain,aliases\na.com,b.com x.com\n", X, ":2: x.com is listed already as an alias, for a.com"),
    "line": ("n.txt", "a.com\nx.com\n", X, ":2: x.com is listed already"),
    "faulty": ("n.yaml", "companies:\n  - name: A\n", X, ":2: `domain` is missing"),
    "pages in lines": ("n.txt", "a.com\n", PAGES, ": one domain a line has no place for a name or pages"),
    "flow": (
        "n.yaml",
        "companies: [{name: A, domain: a.com}]\n",
        X,
        ": no entry can be added to a file that is written",
    ),
    "json": ("n.json", '{"companies": [{"name": "A", "domain": "a.com"}]}', X, ": no entry can be added"),
    "document's end": ("n.yaml", "companies:\n  - {name: A, domain: a.com}\n...\n", X, ": no entry can be added"),
}


@pytest.mark.parametrize(("path", "text", "entry", "problem"), REFUSED.values(), ids=REFUSED)
def test_extended_refuses(path: str, text: str, entry: Entry, problem: str) -> None:
    with pytest.raises(CompaniesError) as caught:
        extended(text, path, entry)
    assert str(caught.value).startswith(path + problem)


@pytest.mark.parametrize("domain", ["www.shop.foo.com", "Shop.foo.com."])
def test_entry_has_the_domain_that_is_told(domain: str) -> None:
    entry = _entry(domain, None, [])
    assert (entry.company.name, entry.company.domain, entry.domain) == ("shop.foo.com",) * 3
    assert _entry("www.bücher.example", None, []).domain == "bücher.example"


@pytest.mark.parametrize("domain", ["co.uk", "com.br", "github.io", "xn--55qx5d.cn"])
def test_check_eligible_public_suffix(domain: str) -> None:
    with pytest.raises(UsageError, match="is a public suffix"):
        check_eligible(domain)


@pytest.mark.parametrize("domain", ["archive.org", "web.archive.org", "archive.ph", "index.commoncrawl.org"])
def test_check_eligible_archive(domain: str) -> None:
    with pytest.raises(UsageError, match="is a web archive's"):
        check_eligible(domain)


@pytest.mark.parametrize("domain", ["rackspace.com", "a.co.uk", "notarchive.org", "x.github.io", "northlane.example"])
def test_check_eligible(domain: str) -> None:
    check_eligible(domain)


def test_doubt() -> None:
    assert "no top-level domain .con" in doubt("a.con")
    assert [doubt(domain) for domain in ("a.com", "a.xn--p1ai", "a.example", "github.io")] == [""] * 4
