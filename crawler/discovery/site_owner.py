"""Whose page an address is: the company's own, a platform's, or another's. Pure."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import tldextract

from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from pipelines.kinds.base import LinkTexts

_PLATFORMS: Final = frozenset(
    "google.com googleapis.com gstatic.com googletagmanager.com google-analytics.com doubleclick.net youtube.com "
    "facebook.com instagram.com meta.com messenger.com whatsapp.com twitter.com x.com linkedin.com pinterest.com "
    "tiktok.com snapchat.com reddit.com tumblr.com flickr.com vimeo.com yelp.com foursquare.com vk.com ok.ru t.me "
    "telegram.org discord.com discord.gg bing.com microsoft.com live.com msn.com yahoo.com aol.com duckduckgo.com "
    "yandex.ru yandex.com baidu.com apple.com wix.com squarespace.com weebly.com wordpress.com wordpress.org "
    "automattic.com shopify.com myshopify.com godaddysites.com jimdo.com webflow.com webflow.io blogger.com "
    "blogspot.com medium.com github.com github.io notion.so notion.site ghost.org strikingly.com duda.co joomla.org "
    "drupal.org typepad.com hubspot.com hs-sites.com mailchimp.com list-manage.com constantcontact.com "
    "campaignmonitor.com sendinblue.com brevo.com klaviyo.com marketo.com pardot.com salesforce.com cookiebot.com "
    "onetrust.com cookielaw.org trustarc.com truste.com usercentrics.com usercentrics.eu quantcast.com cookieyes.com "
    "osano.com iubenda.com termly.io consentmanager.net didomi.io cookiefirst.com complianz.io cookie-script.com "
    "axept.io termsfeed.com hotjar.com intercom.com zendesk.com freshworks.com freshdesk.com tawk.to livechat.com "
    "crisp.chat livechatinc.com liveperson.com liveperson.net olark.com helpscout.com drift.com recaptcha.net "
    "hcaptcha.com cloudflare.com fastly.com disqus.com addthis.com sharethis.com trustpilot.com trustedshops.com "
    "trustedshops.de bbb.org truste.org mcafeesecure.com mcafee.com norton.com symantec.com verisign.com digicert.com "
    "comodo.com sectigo.com geotrust.com paypal.com stripe.com klarna.com squareup.com visa.com mastercard.com "
    "americanexpress.com authorize.net braintreepayments.com networkadvertising.org aboutads.info "
    "youronlinechoices.com youronlinechoices.eu allaboutcookies.org europa.eu ftc.gov ico.org.uk icann.org matomo.org "
    "statcounter.com newrelic.com mixpanel.com segment.com amplitude.com optimizely.com adroll.com criteo.com "
    "taboola.com outbrain.com adobe.com eventbrite.com surveymonkey.com typeform.com calendly.com zoom.us lever.co "
    "greenhouse.io workable.com bamboohr.com myworkdayjobs.com smartrecruiters.com personio.de uservoice.com "
    "statuspage.io atlassian.com archive.org wikipedia.org creativecommons.org mozilla.org opera.com dropbox.com "
    "soundcloud.com spotify.com tripadvisor.com booking.com opentable.com airbnb.com amazon.com ebay.com etsy.com "
    "mailerlite.com getresponse.com aweber.com activecampaign.com convertkit.com kit.com zoho.com zoho.eu cpanel.net "
    "cpanel.com whmcs.com sitelock.com rapidssl.com thawte.com affirm.com afterpay.com patreon.com twitch.tv tidio.com "
    "tidio.co tidiochat.com zopim.com smartsupp.com kayako.com elfsight.com xing.com line.me kakao.com naver.com "
    "weibo.com threads.net cj.com awin.com awin1.com webtrends.com comscore.com scorecardresearch.com cookiepro.com".split()
)
"""Registered domains of widgets, consent managers, site builders, networks, seals, payment services and authorities.

Other firms' pages carry links to their policies.
"""

_MIN_BRAND: Final = 5
"""Letters of a name that can be part of another name of the same firm (`example` in `examplehosting`)."""

_registered = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # the package's own list: no request


class Owner(Enum):
    """Whose an address is."""

    COMPANY = "company"
    PLATFORM = "platform"
    OTHER = "other"


def registered_domain(url: str) -> str:
    """Return the registered domain of a URL or host: `example.co.uk` of `www.example.co.uk`; else the host itself."""
    host = urlsplit(url).hostname or url if "//" in url else url
    return _registered(host).top_domain_under_public_suffix or host


def own_words(domain: str) -> frozenset[str]:
    """Return the words by which a domain's pages may call its company: the labels of its name."""
    name = _brand(domain)
    return frozenset({name, *name.split("-"), *domain.split(".")[:-1]})


def owner_of(url: str, domain: str, links: LinkTexts) -> Owner:
    """Return whose an address is, for the company with the listed domain.

    The company's are its registered domain, domains with its name under other suffixes or with a word more, hosts with
    its name on a platform, and documents on services that host them for many firms.
    """
    registered, own = registered_domain(url), registered_domain(domain)
    if registered == own:
        return Owner.COMPANY
    if links.hosts.match(url.partition("//")[2]):
        return Owner.COMPANY
    name = _brand(domain)
    if registered in _PLATFORMS or registered in links.authorities:
        host = urlsplit(url).hostname or ""
        is_theirs = len(name) >= _MIN_BRAND - 1 and name in host.removesuffix(registered).replace(".", "-").split("-")
        return Owner.COMPANY if is_theirs else Owner.PLATFORM
    return Owner.COMPANY if _is_same_brand(name, _brand(registered)) else Owner.OTHER


def _brand(host: str) -> str:
    """Return the name that was registered, without its public suffix; empty of a host that has none."""
    parts = _registered(host)
    return parts.domain if parts.suffix else ""


def _is_same_brand(name: str, other: str) -> bool:
    if name and name == other:
        return True
    short, long = sorted((name, other), key=len)
    return len(short) >= _MIN_BRAND and (long.startswith(short) or long.endswith(short))


def is_their_own(url: str, domain: str) -> bool:
    """Whether a URL can be the company's policy: it is the company's own, or at least no platform's."""
    return owner_of(url, domain, PRIVACY.links) is not Owner.PLATFORM
