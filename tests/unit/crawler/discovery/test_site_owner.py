"""Whose page an address is: rule G4's borders, with names that are plain words and sites on platforms."""

from __future__ import annotations

import pytest

from crawler.discovery.site_owner import Owner, is_their_own, own_words, owner_of, registered_domain
from pipelines.kinds.privacy import PRIVACY


def owner(domain: str, host: str) -> Owner:
    return owner_of(f"https://{host}/privacy", domain, PRIVACY.links)


@pytest.mark.parametrize(
    ("domain", "host"),
    [
        ("example.com", "www.example.com"),
        ("example.com", "legal.example.com"),
        ("example.com", "www.example.co.uk"),
        ("examplehosting.net", "example.com"),
        ("rackspace.com", "www.rackspacecloud.com"),
        ("rackspacecloud.com", "www.rackspace.com"),
        ("ovh.com", "www.ovhcloud.com"),
        ("ovh.com", "www.ovh.de"),
        ("ovh.com", "ovh-cloud.net"),
        ("strato.de", "www.strato.com"),
        ("dreamhost.com", "www.dreamhoststatus.com"),
        ("namecheap.com", "mynamecheap.com"),
        ("acme.com", "acme.zendesk.com"),
        ("acme.com", "acme.github.io"),
        ("acme.myshopify.com", "www.acme.com"),
        ("amazon.de", "www.amazon.com"),
        ("aws.amazon.com", "www.amazon.com"),
        ("cloud.google.com", "policies.google.com"),
        ("wordpress.com", "en.wordpress.com"),
        ("hosting.com", "legal.hosting.com"),
        ("joe.wordpress.com", "joe.wordpress.com"),
        ("joe.github.io", "joe.github.io"),
    ],
)
def test_owner_company(domain: str, host: str) -> None:
    assert owner(domain, host) is Owner.COMPANY


@pytest.mark.parametrize(
    ("domain", "host"),
    [
        ("hosting.com", "www.a2hosting.com"),
        ("a2hosting.com", "www.hosting.com"),
        ("cloud.com", "www.cloudways.com"),
        ("domain.com", "www.domaintools.com"),
        ("domain.com", "domainsbyproxy.com"),
        ("register.com", "www.registercompass.org"),
        ("register.com", "www.register.it"),
        ("server.com", "www.server4you.de"),
        ("web.com", "www.web.de"),
        ("one.com", "www.one.org"),
        ("media.com", "media.net"),
        ("hot.com", "www.hotmail.net"),
        ("rackspace.com", "evilrackspace.com"),
        ("acme.com", "acmeister.com"),
        ("acme.com", "pharmacme.com"),
        ("strato.de", "stratosphere.net"),
        ("hetzner.com", "www.parent.example"),
    ],
)
def test_owner_other(domain: str, host: str) -> None:
    assert owner(domain, host) is Owner.OTHER


@pytest.mark.parametrize(
    ("domain", "host"),
    [
        ("example.com", "policies.google.com"),
        ("example.com", "www.amazon.de"),
        ("example.com", "www.thawte.de"),
        ("example.com", "www.google.co.jp"),
        ("example.com", "help.zendesk.com"),
        ("help.com", "help.zendesk.com"),
        ("cloud.com", "cloud.google.com"),
        ("legal.com", "legal.hubspot.com"),
        ("joe.wordpress.com", "wordpress.com"),
        ("joe.wordpress.com", "ann.wordpress.com"),
        ("joe.wordpress.com", "automattic.com"),
        ("joe.github.io", "ann.github.io"),
        ("joe.github.io", "docs.github.com"),
        ("acme.myshopify.com", "www.shopify.com"),
        ("joe.blogspot.com", "www.blogger.com"),
        ("example.com", "ico.org.uk"),
    ],
)
def test_owner_platform(domain: str, host: str) -> None:
    assert owner(domain, host) is Owner.PLATFORM
    assert not is_their_own(f"https://{host}/privacy", domain)


def test_owner_of_an_address_on_a_service_for_documents() -> None:
    assert owner_of("https://www.iubenda.com/privacy-policy/12", "acme.com", PRIVACY.links) is Owner.COMPANY
    assert owner_of("https://www.iubenda.com/en/", "acme.com", PRIVACY.links) is Owner.PLATFORM


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://intercom.help/acme/en/articles/12-privacy", Owner.COMPANY),
        ("https://github.com/acme/legal/blob/main/privacy.md", Owner.COMPANY),
        ("https://sites.google.com/acme/privacy", Owner.COMPANY),
        ("https://www.google.com/policies/acme/privacy", Owner.COMPANY),
        ("https://www.google.com/a/b/acme/privacy", Owner.PLATFORM),
        ("https://intercom.help/acmeister/en/articles/12-privacy", Owner.PLATFORM),
        ("https://www.google.com/privacy?u=acme", Owner.PLATFORM),
    ],
)
def test_owner_of_a_customers_folder_on_a_platform(url: str, expected: Owner) -> None:
    assert owner_of(url, "acme.com", PRIVACY.links) is expected


def test_names_of_hosts() -> None:
    assert registered_domain("https://www.example.co.uk/p") == "example.co.uk"
    assert registered_domain("http://10.0.0.1/p") == "10.0.0.1"
    assert own_words("my-example.co.uk") >= {"my-example", "my", "example"}
    assert "acme" in own_words("acme.myshopify.com")
