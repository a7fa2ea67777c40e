"""The made-up pages of benchmarks/discovery.py: home pages with links as the web has them, hubs, policies and neighbours.

What link texts and what kinds of links there are follows ../shared/research (2,002 home pages of 2025, 80 % with a link
that mentions privacy) and cases.md G. The texts are the web's, whether or not the program knows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

LINK_TEXTS: Final[Mapping[str, Mapping[str, int]]] = {
    "en": {
        "Privacy Policy": 45, "Privacy": 20, "Privacy Notice": 5, "Privacy Statement": 4, "Privacy & Cookies": 4,
        "Privacy and Cookie Policy": 3, "Terms & Privacy": 3, "Privacy & Terms": 2, "Legal & Privacy": 2,
        "Privacy Center": 2, "Your Privacy Rights": 2, "Data Protection": 2, "Privacy Policy.": 1, "Privacy|": 1,
        "Privacy Policy and Terms of Use": 2, "Data Policy": 1, "Privacy Information": 1,
    },
    "de": {
        "Datenschutz": 55, "Datenschutzerklärung": 20, "Datenschutzhinweise": 6, "Impressum & Datenschutz": 3,
        "Datenschutzbestimmungen": 3, "Datenschutzinformation": 2, "AGB & Datenschutz": 2, "Hinweise zum Datenschutz": 2,
        "Privacy Policy": 3, "Datenschutz & Cookies": 2, "Privatsphäre": 1, "Datenschutz / Privacy": 1,
    },
    "fr": {
        "Politique de confidentialité": 35, "Confidentialité": 15, "Données personnelles": 20, "Vie privée": 8,
        "Protection des données": 8, "Charte de confidentialité": 4, "Protection des données personnelles": 6, "RGPD": 4,
    },
    "it": {"Privacy": 45, "Privacy Policy": 35, "Informativa Privacy": 8, "Informativa sulla privacy": 6,
           "Privacy e cookie": 6},
    "nl": {"Privacy": 45, "Privacyverklaring": 20, "Privacy Statement": 15, "Privacybeleid": 12, "Privacy & Cookies": 8},
    "es": {"Política de privacidad": 55, "Privacidad": 25, "Aviso de privacidad": 8, "Protección de datos": 12},
    "pl": {"Polityka prywatności": 75, "Prywatność": 10, "RODO": 8, "Ochrona danych osobowych": 7},
}  # fmt: skip
"""Texts of direct links with their weights."""

HUB_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {"Legal": "legal", "Terms of Use": "terms", "About Us": "about", "Help": "help", "Contact": "contact",
           "Sitemap": "sitemap", "Terms and Conditions": "terms-and-conditions", "Legal Notices": "legal-notices"},
    "de": {"Impressum": "impressum", "Rechtliches": "rechtliches", "AGB": "agb", "Über uns": "ueber-uns", "Hilfe": "hilfe",
           "Kontakt": "kontakt", "Rechtliche Hinweise": "rechtliche-hinweise", "Sitemap": "sitemap"},
    "fr": {"Mentions légales": "mentions-legales", "CGU": "cgu", "À propos": "a-propos", "Plan du site": "plan-du-site"},
    "it": {"Note legali": "note-legali", "Chi siamo": "chi-siamo", "Condizioni d'uso": "condizioni", "Contatti": "contatti"},
    "nl": {"Algemene voorwaarden": "voorwaarden", "Over ons": "over-ons", "Contact": "contact", "Disclaimer": "disclaimer"},
    "es": {"Aviso legal": "aviso-legal", "Quiénes somos": "quienes-somos", "Condiciones": "condiciones",
           "Contacto": "contacto"},
    "pl": {"Regulamin": "regulamin", "O nas": "o-nas", "Kontakt": "kontakt", "Pomoc": "pomoc"},
}  # fmt: skip
"""Texts of links to pages on which policies stand linked, with the page's name. Home pages have several of them."""

_OFFERS: Final = "Products Solutions Shop Prices Customers Partners Careers Press Blog Events Support Download".split()


@dataclass(frozen=True, slots=True)
class PolicyLink:
    """How a page links to the policy: `style` is `direct`, `image`, `icon`, `frame`, `hub` or `none`."""

    style: str
    text: str = ""
    target: str = ""
    hub_text: str = ""
    hub: str = ""
    """The address of the hub page."""


def link_text(language: str, chance: random.Random) -> str:
    texts = LINK_TEXTS[language]
    return chance.choices(list(texts), list(texts.values()))[0]


def home_page(
    name: str, link: PolicyLink, others: Sequence[tuple[str, str]], *, widget: bool, product: str, nonce: str
) -> bytes:
    """Return a home page. `others` are its other footer links (text, target); a widget's policy link stands beside them."""
    nav = "".join(f'<li><a href="/{each.lower()}/">{each}</a></li>' for each in _OFFERS)
    nav += f'<li><a href="/{product}">Domain Privacy</a></li>' if product else ""
    footer = "".join(f'<li><a href="{escape(target)}">{escape(text)}</a></li>' for text, target in others)
    captcha = (
        '<form><input name=mail><small>Protected by reCAPTCHA: <a href="https://policies.google.com/privacy">Privacy '
        'Policy</a> and <a href="https://policies.google.com/terms">Terms</a> apply.</small></form>'
        if widget
        else ""
    )
    welcome = f"<h1>{escape(name)}</h1><p>Welcome to {escape(name)}.</p>"
    body = f"{welcome}{captcha}<ul id=footer>{footer}{_policy_link(link)}</ul>"
    return page(name, f"<ul id=nav>{nav}</ul>{body}", nonce)


def frameset(name: str, menu: str) -> bytes:
    """Return a home page that is nothing but its frames, one of which has the links."""
    return (
        f"<html><head><title>{escape(name)}</title></head><frameset rows='80,*'><frame src='{menu}' name=menu>"
        "<frame src='/main.html' name=main></frameset></html>"
    ).encode()


def linking_page(title: str, link: PolicyLink, paragraphs: Sequence[str], nonce: str) -> bytes:
    """Return a page that links to the policy (a hub, or the frame with the menu) among its own words."""
    text = "".join(f"<p>{escape(each)}</p>" for each in paragraphs)
    return page(
        title, f"<h1>{escape(title)}</h1>{text}<ul><li><a href='/'>Home</a></li>{_policy_link(link)}</ul>", nonce
    )


def text_page(title: str, paragraphs: Sequence[str], nonce: str, links: str = "") -> bytes:
    """Return a page with a text: a policy, or a neighbour."""
    text = "".join(f"<p>{escape(each)}</p>" for each in paragraphs)
    nav = "<ul id=nav><li><a href='/'>Home</a></li><li><a href='/shop/'>Shop</a></li></ul>"
    return page(title, f"{nav}<div id=content><h1>{escape(title)}</h1>{text}</div>{links}", nonce)


def page(title: str, content: str, nonce: str) -> bytes:
    """Return a whole page. `nonce` is in the markup only, never in the text."""
    return (
        f"<!DOCTYPE html><html><head><meta charset=utf-8><title>{escape(title)}</title></head>"
        f"<body class='v{nonce}'>{content}</body></html>"
    ).encode()


def _policy_link(link: PolicyLink) -> str:
    target, text = escape(link.target), escape(link.text)
    return {
        "direct": f'<li><a href="{target}">{text}</a></li>',
        "image": f'<li><a href="{target}"><img src="/img/footer7.gif" alt="{text}"></a></li>',
        "icon": f'<li><a class=icon href="{target}" aria-label="{text}"><svg viewBox="0 0 8 8"></svg></a></li>',
        "hub": f'<li><a href="{escape(link.hub)}">{escape(link.hub_text)}</a></li>',
    }.get(link.style, "")
