"""The gate's verdict on a text of a page of which more is known than the text. Pure.

A text is judged twice. At first by what was known of its page before the search: given, linked, named so by its address.
At the end of the search by the page's other texts, too. The second verdict depends on the set of texts that were read, not
on the order of requests, and a rebuild comes to the same one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipelines.gate.language import is_one_of
from pipelines.gate.no_document import no_document
from pipelines.gate.prior import threshold
from pipelines.items import Judgement
from pipelines.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pipelines.document import Document
    from pipelines.gate.prior import Evidence


@dataclass(frozen=True, slots=True)
class Examined:
    """What the gate has to know of a text: its score as the kind that its page is searched for, and its language.

    `nothing` says what its page is if that has no document, else it is empty.
    """

    text_sha256: str
    policy_score: float
    language: str
    nothing: str
    class_scores: str | None = None

    def why_not(self, evidence: Evidence, languages: Collection[str]) -> str:
        """Return the cause for which the text is turned away, an empty string if it is kept.

        A text of a given page is kept even if it is no policy, unless the page has no document.
        """
        judged = judgement(self, evidence)
        if not evidence.given and not judged.is_policy:
            return low_score(judged)
        return self.nothing or ("" if is_one_of(self.language, languages) else f"language {self.language}")


def judgement(text: Examined | Document, evidence: Evidence) -> Judgement:
    """Return a text's score, and the threshold of a page with this evidence."""
    score = text.policy_score if isinstance(text, Examined) else text.score
    return Judgement(text.text_sha256, score, threshold(evidence), text.class_scores)


def examine(document: Document) -> Examined:
    """Return what the gate has to know of a document. Only a doubtful one is looked through for signs of an error page."""
    is_doubtful = document.score < document.sought.threshold
    nothing = no_document(document.title or "", document.body) if is_doubtful else ""
    return Examined(document.text_sha256, document.score, document.language, nothing, document.class_scores)


def low_score(judged: Judgement) -> str:
    """Return the cause of a text that is turned away for its score."""
    return f"policy score {judged.policy_score:.2f}"


def with_others(evidence: Evidence, scores: Mapping[str, float]) -> dict[str, Evidence]:
    """Return the evidence for each of a page's texts (by text_sha256), from the scores of all that were read of it.

    A text speaks for the others if it is a policy without any evidence: what others have lent it, it does not lend on.
    """
    policies = {sha for sha, score in scores.items() if score >= KINDS[evidence.kind].threshold}
    return {sha: replace(evidence, other_policies=len(policies - {sha}), other_texts=len(scores) - 1) for sha in scores}
