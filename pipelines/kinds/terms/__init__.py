"""Terms of service: `phrases.json` has the gate's phrases, `weights.json` its weights.

`links.json` has the texts of links, `urls.json` the names in URLs, `url_weights.json` their weights.
"""

from __future__ import annotations

from typing import Final

from pipelines.kinds.base import Kind
from pipelines.kinds.vocabulary import read_links, read_urls

TERMS: Final = Kind(
    name="terms",
    header_noun="terms of service",
    urls=read_urls("terms"),
    links=read_links("terms"),
    prefixes=("terms", "legal", "tos", "agb", "en/t", "de/a", "poli", "cond"),
    guesses=(
        "terms",
        "terms-of-service",
        "agb",
        "nutzungsbedingungen",
        "about/terms",
        "company/legal/terms-of-service",
    ),
    threshold=0.5,
)
