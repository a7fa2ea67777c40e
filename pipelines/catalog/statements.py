"""The statements that a crawl executes for every response, built once: building one takes longer than executing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from pipelines.catalog.schema import captures, documents, mementos, pointers
from pipelines.items import SAME_DIGEST, Fate

if TYPE_CHECKING:
    from pipelines.items import Answer, Capture, MementoKey

CAPTURE: Final = (
    captures.c.urlkey,
    captures.c.timestamp,
    captures.c.original,
    captures.c.mimetype,
    captures.c.statuscode,
    captures.c.digest,
    captures.c.length,
    captures.c.archive,
    sa.func.coalesce(captures.c.locator, "").label("locator"),
)
"""The columns of a capture, in the order of the fields of `Capture`."""

ANSWER: Final = (
    captures.c.fate,
    captures.c.cause,
    captures.c.text_sha256,
    captures.c.memento_timestamp,
    captures.c.memento_url,
    captures.c.judged_sha256,
    captures.c.policy_score,
    captures.c.threshold,
    captures.c.class_scores,
)
"""The columns that an answer sets."""

PAGE: Final = (
    sa.select(
        *CAPTURE, *ANSWER, captures.c.again, documents.c.words, documents.c.language, documents.c.converter_version
    )
    .select_from(
        captures.outerjoin(
            documents,
            sa.and_(documents.c.domain == captures.c.domain, documents.c.text_sha256 == captures.c.text_sha256),
        )
    )
    .order_by(captures.c.timestamp, captures.c.digest, captures.c.archive)
)
"""Captures with their answers; a condition for the page is to be added."""

_IS_CAPTURE: Final = sa.and_(
    captures.c.domain == sa.bindparam("of_domain"),
    captures.c.urlkey == sa.bindparam("of_urlkey"),
    captures.c.timestamp == sa.bindparam("of_timestamp"),
    captures.c.digest == sa.bindparam("of_digest"),
    captures.c.archive == sa.bindparam("of_archive"),
)

WRITE_ANSWER: Final = (
    sa.update(captures)
    .where(_IS_CAPTURE)
    .values(
        **{column.name: sa.bindparam(f"its_{column.name}") for column in ANSWER},
        again=None,
        full_sha256=None,
        recorded=sa.func.coalesce(captures.c.recorded, sa.bindparam("run", type_=sa.String)),
    )
)
"""Parameter `run`: the moment of the run for an answer with a text, otherwise None."""


def is_learned(row: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return that the answer of a row of `captures` was read from a memento, its own or one with the same digest.

    Never NULL.
    """
    cause = sa.func.coalesce(row.c.cause, "")
    return sa.or_(
        row.c.text_sha256.is_not(None),
        sa.and_(
            sa.func.coalesce(row.c.fate, "").in_([Fate.NOT_A_POLICY, Fate.NEEDS_SCRIPT]),
            sa.or_(row.c.memento_timestamp.is_not(None), cause.startswith(SAME_DIGEST)),
        ),
    )


IS_LEARNED: Final = is_learned(captures)

WRITE_NEWS: Final = WRITE_ANSWER.where(sa.not_(IS_LEARNED))
"""As WRITE_ANSWER, but not over what was learned from a memento.

A capture is asked again when its record is lost; if it can't be had again, it keeps its text.
"""

_VERDICT: Final = (captures.c.fate, captures.c.cause, captures.c.text_sha256, captures.c.threshold)

WRITE_VERDICT: Final = (
    sa.update(captures)
    .where(_IS_CAPTURE)
    .values(
        **{column.name: sa.bindparam(f"its_{column.name}") for column in _VERDICT},
        recorded=sa.func.coalesce(captures.c.recorded, sa.bindparam("run", type_=sa.String)),
    )
)
"""As WRITE_ANSWER, for another verdict on the text that a capture has been read to have."""

ASK_AGAIN: Final = (
    sa.update(captures)
    .where(
        captures.c.memento_timestamp == sa.bindparam("of_timestamp"),
        captures.c.memento_url == sa.bindparam("of_url"),
        captures.c.archive == sa.bindparam("of_archive"),
    )
    .values(again=sa.bindparam("why"))
)

_IS_MEMENTO: Final = sa.and_(
    mementos.c.timestamp == sa.bindparam("of_timestamp"),
    mementos.c.url == sa.bindparam("of_url"),
    mementos.c.archive == sa.bindparam("of_archive"),
)

SET_TROUBLE: Final = sa.update(mementos).where(_IS_MEMENTO).values(trouble=sa.bindparam("why"))

SET_RETRIEVED: Final = sa.update(mementos).where(_IS_MEMENTO).values(retrieved=sa.bindparam("date"))

MEMENTO: Final = sa.select(mementos).where(_IS_MEMENTO)

MEMENTO_WITH: Final = (
    sa.select(mementos)
    .where(
        mementos.c.digest == sa.bindparam("digest"),
        mementos.c.file == mementos.c.payload_file,
        mementos.c.offset == mementos.c.payload_offset,
        mementos.c.trouble.is_(None),
    )
    .limit(1)
)

CLEAR_TROUBLE: Final = sa.update(mementos).where(_IS_MEMENTO, mementos.c.trouble.is_not(None)).values(trouble=None)

POINTER: Final = sa.select(pointers).where(
    pointers.c.timestamp == sa.bindparam("of_timestamp"),
    pointers.c.url == sa.bindparam("of_url"),
    pointers.c.archive == sa.bindparam("of_archive"),
)

DOCUMENT: Final = sa.select(documents).where(
    documents.c.domain == sa.bindparam("domain"), documents.c.text_sha256 == sa.bindparam("text_sha256")
)

STORED_CAPTURE: Final = sa.select(captures.c.urlkey, captures.c.timestamp, captures.c.digest, captures.c.archive).where(
    captures.c.domain == sa.bindparam("domain"),
    captures.c.text_sha256 == sa.bindparam("text_sha256"),
    captures.c.fate == Fate.STORED,
    captures.c.memento_timestamp.is_not(None),  # fetched, not credited
)

SET_NEAR_DUPLICATE: Final = (
    sa.update(documents)
    .where(documents.c.domain == sa.bindparam("of_domain"), documents.c.text_sha256 == sa.bindparam("of_text"))
    .values(near_duplicate_of=sa.bindparam("other"))
)


def answer_values(answer: Answer) -> dict[str, str | float | None]:
    """Return the parameters of WRITE_ANSWER except `run`."""
    capture = answer.capture
    read, judged = answer.memento, answer.judgement
    return {
        "of_domain": answer.domain,
        "of_urlkey": capture.urlkey,
        "of_timestamp": capture.timestamp,
        "of_digest": capture.digest,
        "of_archive": capture.archive,
        "its_fate": answer.fate,
        "its_cause": answer.cause or None,
        "its_text_sha256": answer.text_sha256,
        "its_memento_timestamp": read.timestamp if read else None,
        "its_memento_url": read.url if read else None,
        "its_judged_sha256": judged.text_sha256 if judged else None,
        "its_policy_score": judged.policy_score if judged else None,
        "its_threshold": judged.threshold if judged else None,
        "its_class_scores": judged.class_scores if judged else None,
    }


def key_values(key: MementoKey) -> dict[str, str]:
    """Return the parameters of a statement about the memento with this key, or the pointer at it."""
    return {f"of_{name}": value for name, value in key._asdict().items()}


def capture_values(capture: Capture) -> dict[str, str | None]:
    """Return the columns of CAPTURE with their values."""
    values = {column.name: getattr(capture, column.name) for column in CAPTURE}
    return {**values, "locator": capture.locator or None}
