"""The threshold for a page about which more is known than its text. The score stays that of title and text.

Each piece of evidence lowers the log-odds that a text has to reach. How much each is worth is a judgement, not a
measurement; what the lowered thresholds let pass is measured (benchmarks/GATE.md). Evidence that a person gave or wrote,
a page of the companies file or a link on the home page, is worth more than an address alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from pipelines.kinds import KINDS
from pipelines.kinds.privacy import PRIVACY

LOWEST: Final = 0.2
"""Lowest threshold. An empty page, an error page and a login form stay below it whatever their address says."""
_GIVEN: Final = 2.0
_LINKED: Final = 1.5
_ADDRESS: Final = 0.8
_OTHERS: Final = 1.5
"""Log-odds that a page given, linked, named so by its address, or with policies at other times is ahead of a guess."""
_FEW: Final = 2
"""Other captures from which their share counts by half."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a page besides the text of the capture that is judged, and the kind that it is searched for."""

    given: bool = False
    """Whether the user named the page as one with a policy."""
    linked: bool = False
    """Whether home pages link to it with a text that names the policy."""
    address_score: float = 0.0
    """How much its address says so, 0 to 1 (`crawler.discovery.url_scores.policy_score`)."""
    other_policies: int = 0
    """The page's other captures whose texts are policies."""
    other_texts: int = 0
    """The page's other captures whose texts were judged, policies among them."""
    kind: str = PRIVACY.name
    """Name of the kind of which the page's texts are judged to be, or not."""


NOTHING: Final = Evidence()


def threshold(evidence: Evidence = NOTHING, guessed: float | None = None) -> float:
    """Return the score from which a page's text is of its kind: `guessed` without evidence, LOWEST with all of it.

    `guessed` is for a page that was guessed, None for the kind's own threshold. Raises ValueError for counts or scores out
    of their range.
    """
    if guessed is None:
        guessed = KINDS[evidence.kind].threshold
    if not 0 <= evidence.address_score <= 1 or not 0 <= evidence.other_policies <= evidence.other_texts:
        raise ValueError(f"evidence out of range: {evidence}")
    ahead = _GIVEN * evidence.given + _LINKED * evidence.linked + _ADDRESS * evidence.address_score
    ahead += _OTHERS * evidence.other_policies / (evidence.other_texts + _FEW)
    needed = 1 / (1 + math.exp(ahead - math.log(guessed / (1 - guessed))))
    return round(max(min(LOWEST, guessed), needed), 4)
