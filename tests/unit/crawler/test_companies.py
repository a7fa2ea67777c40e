"""crawler.companies: what a companies file may say, and which line is named when it says something else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from crawler.companies import (
    Company,
    company_of,
    load_companies,
    mistyped_warning,
    normalise_domain,
    select,
    unlisted_company,
)
from pipelines import located_yaml
from pipelines.errors import CompaniesError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GOOD = """\
companies:
  - name: Rackspace
    domain: rackspace.com
    aliases: [rackspace.co.uk, slicehost.com]
  - name: dotCloud
    domain: WWW.dotCloud.com
    pages:
      - https://www.dotcloud.com/privacy.html#top
    languages: [EN, no]
"""


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "list.yaml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def company(text: str) -> str:
    return f"companies:\n  - name: A\n    domain: a.com\n{text}"


def test_load_companies_order_and_normalisation(written):
    rackspace, dotcloud = load_companies(written(GOOD))
    assert rackspace.listed_domains == ("rackspace.com", "rackspace.co.uk", "slicehost.com")
    assert dotcloud == Company(
        name="dotCloud",
        domain="dotcloud.com",
        pages=("https://www.dotcloud.com/privacy.html",),
        languages=("en", "no"),  # YAML 1.1 alone would make false of `no`
    )


def test_load_companies_shipped_list():
    companies = load_companies()
    assert len(companies) >= 100
    assert len({c.name.casefold() for c in companies}) == len(companies)
    assert select(companies, ["rackspace.co.uk"])[0].domain == "rackspace.com"


BAD = {
    "empty file": ("", "", "the file is empty"),
    "only a comment": ("# nothing\n", "", "the file is empty"),
    "empty list": ("companies: []\n", ":1", "lists no company"),
    "no mapping": ("- a.com\n", ":1", "the file one with `companies:`"),
    "entry is no mapping": ("companies:\n  - a.com\n", ":2", "a company must be a mapping"),
    "companies is no list": ("companies: a.com\n", ":1", "`companies` must be a list"),
    "null list": (company("    aliases:\n"), ":4", "`aliases` must be a list"),
    "list as text": (company("    aliases: b.com\n"), ":4", "`aliases` must be a list"),
    "text as list": ("companies:\n  - domain: a.com\n    name: [A]\n", ":3", "`name` must hold plain text"),
    "nested list": (company("    aliases:\n      - b.com\n      - [c.com]\n"), ":6", "`aliases` must hold plain text"),
    "missing domain": ("companies:\n\n  - name: A\n", ":3", "`domain` is missing; add `domain:`"),
    "misspelled key": ("companies:\n  - name: A\n    domian: a.com\n", ":3", "did you mean `domain`?"),
    "misspelled root": ("company:\n  - name: A\n", ":1", "did you mean `companies`?"),
    "unknown key": (company("    zzz: b.com\n"), ":4", "unknown key 'zzz'; known: name, domain, aliases"),
    "key twice": (company("    domain: b.com\n"), ":4", "key 'domain' stands twice"),
    "key is no word": (company("    [x]: b.com\n"), ":4", "a key must be a word"),
    "tab": ("companies:\n\t- name: A\n", ":2", "that cannot start any token)"),
    "open bracket": (company("    aliases: [b.com\n"), ":5", "not valid YAML"),
    "two documents": (company("---\nx: 1\n"), ":4", "not valid YAML"),
    "control character": (
        company("    # äöü𝄞\n    aliases: [b\x07.com]\n"),
        ":5",
        "not valid YAML (a control character)",
    ),
    "not UTF-8": (company("").encode() + b"  - name: B\xfccher\n", ":4", "not UTF-8"),
    "anchor": (company("    aliases: &x [b.com]\n"), ":4", "anchors, aliases and tags"),
    "alias": ("companies:\n  - *x\n", ":2", "anchors, aliases and tags"),
    "tag": (company("    aliases: !!python/object/apply:os.system [id]\n"), ":4", "anchors, aliases and tags"),
    "too deep": ("companies:\n  " + "[" * 500 + "]" * 500 + "\n", ":2", "nested too deeply"),
    "domain with path": (company("    aliases:\n      - b.com/privacy\n"), ":5", "write 'b.com', without scheme"),
    "domain with scheme": (company("    aliases: [https://b.com]\n"), ":4", "write 'b.com', without scheme"),
    "domain with space": (company("    aliases: [b c.com]\n"), ":4", "'b c.com' is no domain; write a host name"),
    "bad name": ("companies:\n  - domain: a.com\n    name: ''\n", ":3", "'' is no name"),
    "bad page": (company("    pages: [ftp://a.com/]\n"), ":4", "no http or https address"),
    "page without address": (company("    pages: [{kind: privacy}]\n"), ":4", "`url` is missing; add `url:`"),
    "page's key": (company("    pages:\n      - url: http://a.com/\n        kid: x\n"), ":6", "did you mean `kind`?"),
    "page's kind": (
        company("    pages:\n      - {url: http://a.com/, kind: blog}\n"),
        ":5",
        "kind 'blog' is not known",
    ),
    "bad page in a mapping": (company("    pages:\n      - url: a.com/p\n"), ":5", "no http or https address"),
    "list as page": (company("    pages: [[http://a.com/]]\n"), ":4", "a page must be an address, or a mapping"),
    "no date": (company("    since: May\n"), ":4", "`since: May`: no date; write a CDX timestamp prefix"),
    "impossible date": (company("    since: 2015-13\n"), ":4", "no such date"),
    "odd date": (company("    until: 20151\n"), ":4", "`until: 20151`: no date; write a CDX timestamp prefix"),
    "empty date": (company("    until:\n"), ":4", "`until` is empty"),
    "list as date": (company("    since: [2015]\n"), ":4", "`since` must hold plain text"),
    "since after until": (company("    since: 201507\n    until: 2015-06\n"), ":5", "until is before since"),
    "until above since": (company("    until: 2014\n    since: 2015\n"), ":4", "until is before since"),
    "since in the future": (company("    since: 2199\n"), ":4", "since is in the future"),
    "until before the Web": (company("    until: 1985\n"), ":4", "before the first page of the Web"),
    "bad language": (company("    languages: [de, en-US]\n"), ":4", "'en-US' is no code"),
    "a code that no text would have": (company("    languages: [deu]\n"), ":4", "'deu' is no code"),
    "twice in one": (company("    aliases: [b.com, www.a.com]\n"), ":4", "a.com is listed twice, first on line 3"),
    "twice in two": (
        company("    aliases: [x.net]\n  - name: B\n    aliases:\n      - b.com\n      - X.NET\n    domain: c.com\n"),
        ":8",
        "x.net is listed twice, first on line 4",
    ),
}


@pytest.mark.parametrize(("content", "line", "problem"), BAD.values(), ids=BAD.keys())
def test_load_companies_error_names_file_and_line(written, content, line, problem):
    path = written(content)
    with pytest.raises(CompaniesError) as caught:
        load_companies(path)
    message = str(caught.value)
    assert message.startswith(f"{path}{line}: ")
    assert problem in message
    assert message.isprintable()


def test_load_companies_unreadable_file(tmp_path):
    with pytest.raises(CompaniesError, match=r"missing\.yaml: can't be read \(No such file or directory\)"):
        load_companies(tmp_path / "missing.yaml")
    with pytest.raises(CompaniesError, match="Is a directory"):
        load_companies(tmp_path)


def test_load_companies_huge_file(written, monkeypatch):
    monkeypatch.setattr(located_yaml, "MAX_BYTES", 20)
    with pytest.raises(CompaniesError, match="larger than"):
        load_companies(written(GOOD))


def test_load_companies_byte_order_mark(written):
    assert len(load_companies(written(b"\xef\xbb\xbf" + GOOD.encode()))) == 2


@pytest.mark.parametrize(
    ("given", "domain"),
    [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        ("www.example.com", "example.com"),
        ("www.com", "www.com"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("faß.de", "xn--fa-hia.de"),
        ("日本語。jp", "xn--wgv71a119e.jp"),
        ("sub.a-b.co.uk", "sub.a-b.co.uk"),
    ],
)
def test_normalise_domain_is_idempotent(given, domain):
    assert normalise_domain(given) == domain
    assert normalise_domain(domain) == domain


@pytest.mark.parametrize(
    "given",
    [
        "",
        ".",
        "..",
        "../a.com",
        "a..com",
        "a.com/..",
        "localhost",
        "a_b.com",
        "-a.com",
        "a-.com",
        "192.168.0.1",
        "[::1]",
        "a.com:80",
        "user@a.com",
        "a.com\n",
        "a.com\x00",
        "a\\b.com",
        "a." * 126 + "com",
        "x" * 64 + ".com",
        "ü" * 64 + ".com",
        "ü" * 100_000 + ".com",
        "//[",
        "a\u200b/b.com",
    ],
)
def test_normalise_domain_refuses_non_domain(given):
    with pytest.raises(ValueError, match="is no domain"):
        normalise_domain(given)


@pytest.mark.parametrize(
    "page",
    [
        "a.com/privacy",
        "javascript:alert(1)",
        "https://",
        "https://user:pass@a.com/",
        "https://a.com:x/",
        "https://[a/",
        "https://a.com/a b",
        "https://a.com/a\nb",
        "https://a.com/" + "a" * 2000,
        "https://a.com/" + "%" * 1200,  # too long as a urlkey
        "https://a.com/" + "ü" * 400,  # too long once it is sent
    ],
)
def test_company_pages_refuse_non_page(page):
    with pytest.raises(ValidationError, match="page"):
        Company(name="A", domain="a.com", pages=(page,))


def test_company_pages_host_is_ascii():
    made = Company(name="A", domain="a.com", pages=("HTTP://www.Bücher.example:8080/Über?a=B#x",))
    assert made.pages_of("a.com") == ("http://www.xn--bcher-kva.example:8080/Über?a=B",)


def test_company_url_belongs_to_longest_domain():
    made = Company(name="A", domain="a.com", aliases=("b.a.com", "c.net"))
    owners = {
        "https://www.a.com/": "a.com",
        "https://x.b.a.com/": "b.a.com",
        "http://c.net:80/": "c.net",
        "https://notc.net/": "a.com",
        "https://policies.example/a": "a.com",
    }
    assert {url: made.listed_domain_of(url) for url in owners} == owners


def test_company_pages_by_kind(written):
    pages = """    pages:
      - https://a.com/privacy
      - {url: https://policies.example/a, kind: privacy}
      - {url: https://a.com/agb, kind: Terms}
"""
    (made,) = load_companies(written(company(pages)))
    assert made.pages_of("a.com") == ("https://a.com/privacy", "https://policies.example/a")
    assert made.pages_of("a.com", "terms") == ("https://a.com/agb",)


def test_company_own_dates(written):
    (made,) = load_companies(written(company("    since: 2015-06\n    until: 20180630\n")))
    assert (made.since, made.until) == ("201506", "20180630")
    narrower = {
        ("", ""): ("201506", "20180630"),
        ("2014", "2019"): ("201506", "20180630"),
        ("2016", "2017"): ("2016", "2017"),
        ("2015", "2018"): ("201506", "20180630"),
        ("20150601", "201806"): ("20150601", "20180630"),
        ("2019", ""): ("2019", "20180630"),
    }
    assert {given: made.dates_within(*given) for given in narrower} == narrower
    assert Company(name="A", domain="a.com").dates_within("2016", "2017") == ("2016", "2017")


def test_company_is_frozen(written):
    made = load_companies(written(GOOD))[0]
    with pytest.raises(ValidationError, match="frozen"):
        made.domain = "b.com"


def test_select_by_domain_or_alias(written):
    companies = load_companies(written(GOOD))
    rackspace, dotcloud = companies
    assert select(companies, ["slicehost.com", " rackspace ", "www.Rackspace.com"]) == (rackspace,)
    assert select(companies, ["DOTCLOUD", "rackspace.com"]) == (dotcloud, rackspace)
    assert select(companies, []) == ()


def test_select_by_name():
    twins = (Company(name="Host", domain="a.com"), Company(name="HOST", domain="b.com"))
    assert select(twins, ["host"]) == twins


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("rackspce.com", "near: Rackspace (rackspace.com)"),
        ("dotclod", "near: dotCloud (dotcloud.com)"),
        ("zzzzzzzz", "`scrapy companies` shows the list"),
        ("", "`scrapy companies` shows the list"),
    ],
)
def test_select_suggests_near_names(written, name, hint):
    with pytest.raises(UsageError) as caught:
        select(load_companies(written(GOOD)), [name])
    assert str(caught.value).startswith(f"no company {name!r} on the list; {hint}")


def test_one_domain_of_a_listed_company_keeps_its_name_dates_and_pages():
    pages = ("https://a.example/privacy", "https://b.example/privacy", "https://elsewhere.example/a/privacy")
    both = Company(
        name="A Company", domain="a.example", aliases=("b.example",), pages=pages, since="2010", languages=("de",),
        expect={"min_versions": 7},
    )  # fmt: skip
    other = Company(name="Other", domain="c.example", expect={"min_versions": 2})
    alias = company_of(" WWW.b.example", [other, both])
    assert alias == Company(name="A Company", domain="b.example", pages=pages[1:2], since="2010", languages=("de",))
    assert company_of("a.example", [both]).pages == (both.pages[0], both.pages[2])
    assert company_of("a.example", [both]).listed_domains == ("a.example",)
    assert company_of("c.example", [both, other]) is other
    assert company_of("d.example", [both, other]) == Company(name="d.example", domain="d.example")
    with pytest.raises(UsageError):
        company_of("no domain", [both])


@pytest.mark.parametrize(
    ("domain", "near"),
    [
        ("godady.com", "godaddy.com (GoDaddy)"),
        ("godadyd.com", "godaddy.com (GoDaddy)"),
        ("godaddy.co", "godaddy.com (GoDaddy)"),
        ("godaddy.net", "godaddy.com (GoDaddy)"),
        ("go-daddy.com", "godaddy.com (GoDaddy)"),
        ("ovg.com", "ovh.com (OVH)"),
        ("slicehos.com", "slicehost.com (Rackspace)"),
        ("godaddy.com", ""),
        ("slicehost.com", ""),
        ("ovh.net", ""),
        ("github.com", ""),
        ("example.org", ""),
        ("a" * 63 + ".com", ""),
    ],
)
def test_mistyped_warning(domain, near):
    listed = [
        Company(name="GoDaddy", domain="godaddy.com"),
        Company(name="OVH", domain="ovh.com"),
        Company(name="Rackspace", domain="rackspace.com", aliases=("slicehost.com",)),
    ]
    said = f"{domain} is not on the list of companies, and is crawled as a new company; did you mean {near}?"
    assert mistyped_warning(domain, listed) == (said if near else "")
    assert mistyped_warning(domain, []) == ""


def test_unlisted_company():
    assert unlisted_company("www.Example.com") == Company(name="example.com", domain="example.com")
    with pytest.raises(UsageError, match=r"^domain= 'https://example.com/' is no domain; write 'example.com'"):
        unlisted_company("https://example.com/")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{url: https://a.com/agb, kind: term}", "kind 'term' is not known; use privacy or terms"),
        ("{kind: terms}", "`url` is missing; add `url:`"),
        ("{url: https://a.com/agb, sort: terms}", "unknown key 'sort'; known: url, kind"),
        ("{url: ftp://a.com/agb, kind: terms}", "no http or https address"),
        ("{url: [x], kind: terms}", "must hold plain text here"),
    ],
)
def test_company_pages_with_a_wrong_kind_are_one_line(written, entry, said):
    with pytest.raises(CompaniesError, match=re.escape(said)) as error:
        load_companies(written(company(f"    pages:\n      - {entry}\n")))
    assert ":5: " in str(error.value)
