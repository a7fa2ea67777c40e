"""Which URLs can be the policy, by what their path says."""

from __future__ import annotations

import pytest

from crawler.discovery.url_scores import best_pages, can_be_policy, given_pages, page_score, policy_score

POLICIES = [
    "http://www.rackspace.com/information/legal/privacystatement.php",
    "https://www.linode.com/legal-privacy/",
    "https://www.godaddy.com/legal/agreements/privacy-policy",
    "https://docs.github.com/en/free-pro-team@latest/github/site-policy/github-privacy-statement",
    "https://opencollective.com/privacypolicy",
    "https://uptimerobot.com/privacy/",
    "https://www.hetzner.com/de/legal/privacy-policy",
    "https://www.strato.de/datenschutz/",
    "https://www.ovh.com/fr/protection-donnees-personnelles/politique-de-confidentialite.xml.html",
    "https://www.aruba.it/informativa-privacy.aspx",
    "https://home.pl/polityka-prywatnosci",
    "https://www.hostpoint.ch/datenschutzerklaerung.html",
    "http://example.com/privacy.html?lang=en",
    "https://example.com/legal/web-privacy-policy",
    "https://www.example.com/Privacy%20Policy.pdf",
    "https://privacy.example.com/en/notice",
    "https://help.example.com/hc/en-us/articles/115014892108-Privacy-policy",
    "https://www.example.com/static/privacy",
    "https://www.example.com/wp-content/uploads/2020/03/Datenschutzerkl%C3%A4rung.pdf",
    "https://www.example.com/legal#privacy",
    "https://www.example.com/index.php?page=privacy-policy",
    "https://www.example.com/content.cfm?id=privacy",
    "https://www.example.com/mentions-legales",
    "https://www.example.com/policies",
    "https://www.example.com/pp.html",
    "https://www.example.com/de/service/datenschutz/index.html",
    "https://www.example.com/protection-des-donnees",
    "https://www.example.com/%E9%9A%90%E7%A7%81%E6%94%BF%E7%AD%96",
    "https://www.example.com/help/DonneesPersonnelles",
    "https://example.com/privacypolicy.aspx?lang=de",
    "https://www.example.com/company/legal/data-protection-notice",
    "https://example.com/varstvo-osebnih-podatkov",
    "https://example.com/zashtita-na-lichnite-danni",
    "https://example.com/asmens-duomenu-apsauga",
    "https://example.com/quyen-rieng-tu",
    "https://example.com/ochranaudaju/",
    "https://example.com/politika_obrabotki_pdn.pdf",
    "https://example.com/privsec.html",
    "https://example.com/wiki/Privacy_policy",
    "https://example.com/wiki/Project:Privacy_policy",
    "https://example.com/w/index.php?title=Privacy_policy",
    "https://example.freshdesk.com/support/solutions/articles/123-privacy-policy",
    "https://example.com/2018/05/privacy-policy/",
    "https://example.com/wp-content/uploads/2018/05/Privacy.pdf",
    "https://example.com/legal/2019/privacy",
    "https://example.com/articles/privacy-policy",
    "https://help-uk.example.com/hc/en-gb/articles/360018841831-Privacy",
    "https://example.com/email/privacy-policy",
    "https://example.com/en/email-privacy-policy",
    "https://blog.example.com/privacy-policy",
    "https://example.com/legal/what-is-our-privacy-policy",
    "https://example.com/privacy.php?print=0&lang=en",
    "https://example.com/chinh-sach-quyen-rieng-tu",
    "https://example.com/henkilotietojen-kasittely",
    "https://example.com/aporrito",
    "https://example.com/~site/privacy.html",
]
NO_POLICIES = [
    "https://www.rackspace.com/",
    "https://www.namecheap.com/domains/whois-privacy/",
    "https://example.com/domain-privacy",
    "https://example.com/products/id-privacy-protection.php",
    "https://example.com/private-registration",
    "https://example.com/blog/2018/our-new-privacy-policy",
    "https://example.com/forum/privacy/12",
    "https://example.com/search/privacy-policy",
    "https://example.com/img/privacy.png",
    "https://example.com/terms-of-service",
    "http://[evil/privacy-policy",
    "https://example.com/img/privacy.png",
    "https://www.terminix.example/moles",
    "https://example.com/about",
    "https://example.com/wp-content/uploads/privacy.css",
    "https://example.com/hosting?utm_campaign=privacy",
    # copies, feeds, forms and programs
    "https://example.com/privacy-policy/?replytocom=12",
    "https://example.com/privacy-policy?share=facebook",
    "https://example.com/privacy.php?print=1",
    "https://example.com/print/privacy",
    "https://example.com/privacy-policy/print",
    "https://example.com/privacy-policy/feed/",
    "https://example.com/privacy-policy/amp/",
    "https://example.com/privacy-policy.rss",
    "https://example.com/?feed=rss2&pagename=privacy-policy",
    "https://example.com/index.php?view=article&id=3:privacy&tmpl=component&print=1",
    "https://example.com/w/index.php?title=Privacy_policy&action=edit",
    "https://example.com/w/index.php?title=Privacy_policy&oldid=123",
    "https://example.com/wiki/Talk:Privacy_policy",
    "https://example.com/wiki/Internet_privacy",
    "https://example.com/privacy/request-form",
    "https://example.com/privacy/opt-out",
    "https://example.com/robots.txt?privacy",
    "https://example.com/xmlrpc.php?privacy",
    "https://example.com/cgi-bin/mail?page=privacy",
    "https://example.com/redirect.php?privacy-policy",
    "https://example.com/m/privacy-policy/print.html",
    "https://example.com/node/12/print/privacy",
    "https://example.com/printversion.php?page=privacy",
    "https://example.com/privacy?format=pdf",
    "https://example.com/privacy-policy/page/2/",
    "https://example.com/privacy-policy.html.bak",
    "https://example.com/privacy_files/privacy.html",
    # of customers, products and articles
    "https://example.com/~joe/privacy.html",
    "https://example.com/%7Ejoe/privacy.html",
    "https://example.com/email/privacy",
    "https://example.com/webmail/privacy.html",
    "https://example.com/backup/data-protection",
    "https://example.com/r1soft-data-protection",
    "https://example.com/wordpress-themes/privacy",
    "https://example.com/what-is-gdpr",
    "https://blog.example.com/privacy-policy-changes",
    "https://example.com/articles/privacy",
    "https://example.com/resources/privacy-in-the-cloud",
    "https://example.com/2019/06/privacy.html",
    "https://example.com/2018/05/25/we-updated-our-privacy-policy/",
    "https://example.com/data-privacy-week-2021",
    "https://example.com/supplier-privacy-notice",
    "https://www.example.jobs/en/privacy_page",
    "https://example.com/acceptable-use-policy",
    "https://example.com/confidentiality-agreement",
    "https://example.com/auftragsdatenverarbeitung",
]


@pytest.mark.parametrize("url", POLICIES)
def test_can_be_policy_true(url: str) -> None:
    assert can_be_policy(url), policy_score(url)


@pytest.mark.parametrize("url", NO_POLICIES)
def test_can_be_policy_false(url: str) -> None:
    assert not can_be_policy(url), policy_score(url)


def test_best_pages_order_by_score() -> None:
    pages = [
        ("com,example)/a/b/c/d/privacy", "https://example.com/a/b/c/d/privacy"),
        ("com,example)/privacy?session=1", "https://example.com/privacy?session=1"),
        ("com,example)/privacy-policy", "https://example.com/privacy-policy"),
        ("com,example)/privacy", "https://example.com/privacy"),
    ]
    assert best_pages(pages, {}, limit=2) == ["com,example)/privacy-policy", "com,example)/privacy"]


def test_best_pages_home_page_link_raises_score() -> None:
    pages = [("com,example)/privacy", "https://example.com/privacy"), ("com,example)/doc?id=9", "https://example.com/doc?id=9"),
             ("com,example)/about", "https://example.com/about")]  # fmt: skip
    assert best_pages(pages, {}) == ["com,example)/privacy"]
    assert best_pages(pages, {"com,example)/doc?id=9": 4}) == ["com,example)/doc?id=9", "com,example)/privacy"]
    assert page_score("https://example.com/privacy", 3) > page_score("https://example.com/privacy", 0)


def test_best_pages_given_pages_first() -> None:
    pages = [(f"com,example)/privacy-{n}", f"http://example.com/privacy-{n}") for n in range(15)]
    pages.append(("com,example)/legal/doc17.html", "http://example.com/legal/doc17.html"))
    given = given_pages(pages, ["https://www.example.com/legal/doc17.html"])
    best = best_pages(pages, {}, given, limit=3)
    assert best[0] == "com,example)/legal/doc17.html"
    assert len(best) == 3
    everything = given_pages(pages, [url for _, url in pages])
    assert len(best_pages(pages, {}, everything, limit=3)) == 16


def test_given_pages_match_archive_urlkey() -> None:
    pages = [("com,example)/policy", "http://example.com/policy?sid=0123456789abcdef0123456789abcdef")]
    given = given_pages(pages, ["http://example.com/policy?sid=0123456789abcdef0123456789abcdef", "http://a.example/b"])
    assert set(given) == {"com,example)/policy", "example,a)/b"}


def test_can_be_policy_invalid_url() -> None:
    assert policy_score("http://[evil/privacy-policy") == 0
