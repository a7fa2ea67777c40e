"""The second verdict on the texts of a domain's pages, once their searches have ended.

What else was read of a page counts then: a doubtful text of a page whose other captures are policies is kept. It is
converted again from its record. A text that was kept so in an earlier run, before more of the page was known, may be turned
away. The verdict depends on what was read, not on the order in which it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from crawler.discovery.page_evidence import evidence_of
from crawler.reconversion.rebuild import credit_again
from pipelines.gate.prior import NOTHING, Evidence, threshold
from pipelines.gate.verdict import examine, judgement, low_score, with_others
from pipelines.item_pipelines import Converted
from pipelines.items import SAME_DIGEST, Answer, Capture, Fate, Judgement, MementoKey

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from crawler.reconversion.rebuild import Reconverter
    from pipelines.output.store import OutputStore


@dataclass(slots=True)
class Reconsidered:
    """The verdicts on a page's texts that change.

    `evidence` is by text. `doubted` are captures whose texts were turned away for their score and now pass it, each with
    its answer. `answers` are those of texts that are turned away now, or have another threshold.
    """

    evidence: dict[str, Evidence]
    doubted: list[tuple[Capture, Answer]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)


def reconsider_page(known: Iterable[tuple[Capture, Answer | None]], evidence: Evidence) -> Reconsidered:
    """Judge a page's texts by all that was read of it. Pure."""
    judged = [(capture, answer, answer.judgement) for capture, answer in known if answer and answer.judgement]
    scores = {text.text_sha256: text.policy_score for _, _, text in judged}
    done = Reconsidered(with_others(evidence, scores))
    limits = {sha: threshold(found) for sha, found in done.evidence.items()}
    for capture, answer, old in judged:
        new = old._replace(threshold=limits[old.text_sha256])
        is_kept = new.is_policy or evidence.given
        if answer.fate.has_text and not is_kept:
            done.answers.append(_turned_away(answer, new))
        elif is_kept and answer.memento and answer.fate is Fate.NOT_A_POLICY and answer.cause == low_score(old):
            done.doubted.append((capture, answer))
        elif new != old:
            done.answers.append(replace(answer, judgement=new))
    return done


def _turned_away(answer: Answer, judged: Judgement) -> Answer:
    cause = answer.cause if answer.cause.startswith(SAME_DIGEST) else low_score(judged)
    return replace(answer, fate=Fate.NOT_A_POLICY, cause=cause, text_sha256=None, words=None, judgement=judged)


async def reconsider(reconverter: Reconverter, domain: str, languages: Collection[str]) -> set[str]:
    """Judge the texts of a listed domain's pages again; return the urlkeys of the pages that have gained texts."""
    folder = reconverter.folder
    evidence = await evidence_of(folder, domain)
    gained = set()
    for urlkey in await folder.judged_pages(domain):
        known = await folder.judged(domain, urlkey)
        done = reconsider_page(known, evidence.get(urlkey, NOTHING))
        await folder.put_verdicts(done.answers)
        doubted = sorted(done.doubted, key=_text_and_memento)
        kept = [
            await _keep(reconverter, domain, list(captures), done.evidence[sha], languages)
            for sha, captures in groupby(doubted, key=lambda each: _text_and_memento(each)[0])
        ]
        if any(kept):
            gained.add(urlkey)
        if doubted:
            await folder.run(_credit_again, folder.store, domain, urlkey)
    await folder.put_evidence(domain, evidence)
    return gained


def _text_and_memento(doubted: tuple[Capture, Answer]) -> tuple[str, MementoKey]:
    _, answer = doubted
    assert answer.judgement is not None  # noqa: S101 - reconsider_page takes no other
    assert answer.memento is not None  # noqa: S101
    return answer.judgement.text_sha256, answer.memento


async def _keep(
    reconverter: Reconverter,
    domain: str,
    doubted: list[tuple[Capture, Answer]],
    evidence: Evidence,
    languages: Collection[str],
) -> bool:
    """Store a text that was turned away, or note why it still is; return whether it is stored.

    It is converted from the first of its records that can be read. If none can, its answers stay as they are.
    """
    for at, (capture, answer) in enumerate(doubted):
        sha, key = _text_and_memento((capture, answer))
        item = await reconverter.convert(domain, capture, key, evidence.kind)
        if not isinstance(item, Converted) or item.document.text_sha256 != sha:
            continue
        text = examine(item.document)
        judged, cause = judgement(text, evidence), text.why_not(evidence, languages)
        rest = [other for number, (_, other) in enumerate(doubted) if number != at]
        if cause:
            refused = [replace(each, cause=cause, judgement=judged) for each in (answer, *rest)]
            await reconverter.folder.put_verdicts(refused)
            return False
        await reconverter.folder.record(replace(item.snapshot, evidence=evidence), item.document)
        same = Answer(domain, capture, Fate.SAME_TEXT, text_sha256=sha, words=item.document.words, judgement=judged)
        await reconverter.folder.put_verdicts(
            [replace(same, capture=each.capture, memento=each.memento) for each in rest]
        )
        return True
    return False


def _credit_again(store: OutputStore, domain: str, urlkey: str) -> None:
    for archive in store.catalog.archives_of(domain):
        credit_again(store, domain, urlkey, archive)
