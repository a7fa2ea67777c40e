"""Privacy policies: `phrases.json` has the gate's phrases, `weights.json` its weights.

`links.json` has the texts of links, `urls.json` the names in URLs, `url_weights.json` their weights.
"""

from __future__ import annotations

from typing import Final

from pipelines.kinds.base import Kind
from pipelines.kinds.vocabulary import read_links, read_urls

PRIVACY: Final = Kind(
    name="privacy",
    header_noun="privacy policy",
    urls=read_urls("privacy"),
    links=read_links("privacy"),
    # chosen by benchmarks/addresses.py --choose
    prefixes=("priva", "datenschutz", "legal", "de/d", "en/p", "poli", "de/s", "page"),
    guesses=(
        "datenschutz", "privacy", "privacy-policy", "datenschutz.html",
        # not below any of the prefixes
        "service/datenschutz", "about/privacy", "terms/privacy", "rechtliches/datenschutz",
    ),
    threshold=0.5,
)  # fmt: skip
