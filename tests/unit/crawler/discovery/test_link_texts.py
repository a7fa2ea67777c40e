"""Links on home pages that lead to the policy: the corpus' rule, by text alone."""

from __future__ import annotations

import pytest

from crawler.discovery.link_texts import MAX_LINKS, is_their_own, policy_links

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
