"""Links on home pages that lead to the policy: the corpus' rule, by text alone."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.discovery import link_texts as links
from crawler.discovery.link_texts import MAX_FOUND, MAX_LINKS, PageLinks, is_their_own, owners_pages, policy_links
from pipelines.untrusted import MAX_URL, url_problem

HOME = "https://www.example.com/index.html"


def found(html: str, domain: str = "example.com") -> list[str]:
    return policy_links(html.encode(), "text/html; charset=utf-8", url=HOME, domain=domain)


@pytest.mark.parametrize(
    ("html", "targets"),
    [
        ('<a href="/x7">Privacy\n <b>Policy</b></a>', ["https://www.example.com/x7"]),
        ('<a href="doc?id=9">PRIVACY</a>', ["https://www.example.com/doc?id=9"]),
        ('<a href="//legal.example.org/p#top">Your Privacy Rights</a>', ["https://legal.example.org/p"]),
        ('<a href="/a">Security and Privacy</a><a href="/b">Privacy Statement</a>', ["https://www.example.com/b"]),
        ('<a href="/a">Security and Privacy</a>', ["https://www.example.com/a"]),
        ('<a href="/b">Cookie Policy</a><a href="/a">Privacy</a>', ["https://www.example.com/b", "https://www.example.com/a"]),
        ('<a href="/p">Privacy</a><a href="/p#b">Privacy Policy</a>', ["https://www.example.com/p"]),
        ('<a href="/d">Datenschutzerklärung</a>', ["https://www.example.com/d"]),
        ('<a href="/w">Domain Privacy</a><a href="/x">Private Hosting</a>', []),
        ('<a href="#privacy">Privacy</a><a href="/index.html#p">Privacy</a>', []),
        ('<a href="javascript:show()">Privacy</a><a href="mailto:privacy@example.com">Privacy</a><a>Privacy</a>', []),
        ('<a href="http://[bad">Privacy</a>', []),
        ('<a href="https://policies.google.com/privacy">Privacy</a> of reCAPTCHA', []),
        ('<a href="https://www.iubenda.com/privacy-policy/123">Privacy Policy</a>',
         ["https://www.iubenda.com/privacy-policy/123"]),
    ],
)  # fmt: skip
def test_policy_links(html: str, targets: list[str]) -> None:
    assert found(html) == targets


def test_policy_links_relative_to_page() -> None:
    page = "https://www.example.com/en/home/"
    html = b'<a href="../privacy">Privacy</a>'
    assert policy_links(html, "text/html", url=page, domain="example.com") == ["https://www.example.com/en/privacy"]


def test_is_their_own_platform_policy() -> None:
    assert not is_their_own("https://policies.google.com/privacy", "rackspace.com")
    assert is_their_own("https://policies.google.com/privacy", "cloud.google.com")
    assert is_their_own("https://www.internap.com/privacy", "voxel.net")


def test_policy_links_hostile_page_is_bounded() -> None:
    assert found("<a href='/x'>y</a>" * (MAX_LINKS + 1) + "<a href='/p'>Privacy</a>") == []
    assert found("<a href='/p'>" + "privacy " * 100_000 + "</a>") == []
    assert found("\x00\xff<<<a href=" * 1000) == []


@pytest.mark.parametrize(
    "href",
    [
        "http://example.com/p?%" + "25" * 1_000_000,
        "/" + "x" * MAX_URL,
        "/p?" + "&" * 900,  # encoded for a query, it is too long
        "http://[evil/privacy",
        "http://example.com:99999/privacy",
        "http://1.2.3/privacy",
        "http:///privacy",
        "/pri&#0;vacy&#27;[2J",
        "javascript:privacy()",
    ],
)
def test_policy_links_leaves_out_unusable_urls(href: str) -> None:
    assert found(f'<a href="{href}">Privacy Policy</a><a href="/p">Privacy Policy</a>') == ["https://www.example.com/p"]


def test_policy_links_are_bounded() -> None:
    assert len(found("".join(f'<a href="/p{n}">Privacy</a>' for n in range(1_000)))) == MAX_FOUND
    within = "<a href=/x><object>" + "privacy " * 1_000
    assert len(found(within * 2_000)) < MAX_FOUND  # each link has the text of all below it


def test_policy_links_refuses_exploding_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(text: str, **_: object) -> None:
        raise AssertionError(text[:100])

    monkeypatch.setattr(links, "turbohtml", SimpleNamespace(parse=parse))
    page = "".join(f"<i id={n}>" for n in range(5_000)) + "<p>x" * 5_000 + "<a href=/p>Privacy</a>"
    assert policy_links(page.encode("utf-16"), "text/html; charset=utf-16", url=HOME, domain="example.com") == []


MARKUP = st.lists(
    st.one_of(
        st.sampled_from(
            ["<a href='", "'>Privacy Policy</a>", "<a>", "</a>", "http://", "[", "&#xD800;", "&#0;", "<base href=//x>"]
        ),
        st.text(max_size=10),
    ),
    max_size=12,
).map("".join)


@settings(deadline=None, max_examples=200)
@given(MARKUP, st.sampled_from([HOME, "", "http://[", "nonsense"]))
def test_policy_links_never_raises(page: str, url: str) -> None:
    html = page.encode("utf-8", "surrogatepass")
    for link in policy_links(html, "text/html; charset=utf-8", url=url, domain="example.com"):
        assert url_problem(link) == ""


def _foreign(**pages: str) -> dict[str, PageLinks]:
    return {name.removeprefix("t"): PageLinks(foreign=tuple(targets.split())) for name, targets in pages.items()}


@pytest.mark.parametrize(
    ("pages", "owners"),
    [
        (_foreign(t20100101000000="http://a.com/p", t20110101000000="http://a.com/p"), ["http://a.com/p"]),
        (_foreign(t20100101000000="http://a.com/p", t20120101000000="http://a.com/p"), []),
        (_foreign(t20100101000000="http://a.com/p", t20100601000000="http://a.com/p"), []),
        (_foreign(t20100101000000="http://a.com/p", t20110101000000="", t20110601000000="http://a.com/p"),
         ["http://a.com/p"]),
        (_foreign(t20100101000000="http://a.com/p http://a.com/p/", t20100601000000="", t20100901000000="",
                  t20110101000000="http://a.com/p", t20110601000000=""), []),
        (_foreign(t20100101000000="http://a.com/p", t20110101000000="https://www.a.com/p/ http://b.com/",
                  t20120101000000="http://b.com/"), ["http://b.com/", "https://www.a.com/p/"]),
        ({}, []),
    ],
)  # fmt: skip
def test_owners_pages(pages: dict[str, PageLinks], owners: list[str]) -> None:
    assert owners_pages(pages) == owners
