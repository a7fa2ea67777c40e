"""Privacy policies: `phrases.json` has the gate's phrases, `weights.json` its weights."""

from __future__ import annotations

import re
from typing import Final

from pipelines.kinds.base import Kind, LinkTexts, UrlWords

_URL_WORDS: Final = (
    r"privac(?:y|idad|idade|ite|ité)", r"confidentialit[eé]", r"datenschutz\w*", r"donnees-personnelles",
    r"prywatnos\w+", r"integritet\w*", r"persondata\w*", r"personvern\w*", r"adatvedel\w*", r"adatkezeles\w*",
    r"tietosuoja\w*", r"gizlilik\w*", r"proteccion-de-datos", r"protecao-de-dados", r"informativa-privacy",
    r"ochrana-osobnich-udaju", r"ochrona-danych", r"gdpr", r"rgpd", r"dsgvo",
)  # fmt: skip
"""Words by which hosting companies name their policy, in the languages of the companies in companies.yaml."""

_FULL_NAMES: Final = (
    r"privacy[-_ ]?(?:policy|policies|statement|notice)|(?:policy|statement)[-_ ]?privacy|datenschutz"
    r"|politique[-_]de[-_]confidentialite|politica[-_]de[-_]privacidade?|privacystatement|privacypolicy"
)

_PRODUCTS: Final = (
    r"(?<![a-z])(?:whois|domain|id|email|mail|name|web|full|dns)[-_ ]?privacy(?![-_ ]?(?:polic|statement|notice))"
    r"|privacy[-_ ]?(?:protect|guard|shield|service|domain|whois)|private[-_ ]?(?:registration|hosting)"
)
"""Products sold under the word: WHOIS and domain privacy, private hosting."""

_ENGLISH_LINK_TEXTS: Final = (
    "privacy policy", "privacy statement", "privacy", "privacy notice", "cookie policy", "your privacy",
    "your privacy rights",
)  # fmt: skip
"""The exact link texts of the Princeton-Leuven corpus (research/corpus.md, from its detect_links.py)."""

_OTHER_LINK_TEXTS: Final = (
    "datenschutz", "datenschutzerklärung", "datenschutzhinweise", "politique de confidentialité", "confidentialité",
    "vie privée", "política de privacidad", "privacidad", "política de privacidade", "privacidade",
    "informativa sulla privacy", "informativa privacy", "privacyverklaring", "privacybeleid", "polityka prywatności",
    "integritetspolicy", "personvern", "privatlivspolitik", "tietosuojaseloste", "プライバシーポリシー", "隐私政策",
)  # fmt: skip
"""The usual names in the other languages of companies.yaml. The corpus is English and has none of them."""

PRIVACY: Final = Kind(
    name="privacy",
    header_noun="privacy policy",
    urls=UrlWords(
        words=re.compile("|".join(_URL_WORDS)),
        full_names=re.compile(_FULL_NAMES),
        namesakes=re.compile(_PRODUCTS),
    ),
    links=LinkTexts(
        exact=frozenset((*_ENGLISH_LINK_TEXTS, *_OTHER_LINK_TEXTS)),
        word="privacy",
        companions=("policy", "policies", "cookie", "security", "statement", "terms", "notice"),
    ),
    # where the companies in companies.yaml keep their policy; a prefix listing costs a fiftieth of a domain listing
    prefixes=(
        "privacy", "legal", "policies", "policy", "company/privacy", "company/legal", "about/privacy", "datenschutz",
    ),
    guesses=(
        "privacy", "privacy-policy", "privacypolicy", "privacy.html", "privacy.htm", "privacy.php",
        "privacy.asp", "privacy.aspx", "privacy_policy.html", "privacy-policy.html", "privacy-policy.php",
        "legal/privacy", "legal/privacy-policy", "legal/privacy.html", "policies/privacy", "policies/privacy-policy",
        "about/privacy", "company/privacy", "company/legal/privacy", "terms/privacy", "datenschutz", "datenschutz.html",
        "privacystatement", "privacy-statement", "privacy-notice",
    ),
    threshold=0.5,
)  # fmt: skip
