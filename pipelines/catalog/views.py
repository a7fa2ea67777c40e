"""The views of the catalog: its public interface, for Datasette, `sqlite3 output/catalog.db` and this program.

Plain SQL with window functions, the same for SQLite and PostgreSQL. Moments are in ISO 8601; `timestamp` has 14 digits.
"""
# ruff: noqa: S608 - the SQL is put together from constants

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from pipelines.items import ERROR_STATUSES, PAGE_TYPES, Fate
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection


def _listed(words: Iterable[str]) -> str:
    """Return the SQL of a list of words."""
    return ", ".join(f"'{word}'" for word in sorted(words))


_OPEN: Final = _listed(fate for fate in Fate if not fate.is_final)


def _whole_seconds(moment: str) -> str:
    """Return the SQL of a moment of this program as it stands in files: `2026-11-26T09:30:00Z`; NULL stays NULL."""
    return f"substr({moment}, 1, 19) || 'Z'"


def _iso(digits: str) -> str:
    """Return the SQL of a 14-digit timestamp in ISO 8601: `2015-06-30T12:00:00Z`."""
    parts = ((1, 4, "-"), (5, 2, "-"), (7, 2, "T"), (9, 2, ":"), (11, 2, ":"), (13, 2, "Z"))
    return " || ".join(f"substr({digits}, {start}, {length}) || '{mark}'" for start, length, mark in parts)


# The definition of a version: a maximal run of a page's readings with the same text, in time order, from all archives. A
# reading's time is that of the memento read. A capture credited with the text of another one, as its digest is the same, has
# its own time. Ties are broken by the text, so that equal texts stay together.
#
# `captures` counts what the archives list of the page from first_seen to last_seen, by the rows' own timestamps, read or not
# and whatever they gave, but rows of errors (ERROR_STATUSES) and of other files (not PAGE_TYPES). So it depends on the
# listing and the two moments alone, and is the same for every `versions=` that finds them. A capture that several archives
# list counts once. Mementos to which redirects lead may be from other seconds than all rows: a version has at least one
# capture, and two if it was seen at two moments.
#
# A change of reading alone is no version: where neighbouring readings differ in what found their text, both are compared in
# the full reading (`full_sha256`), and a version has the text of its first reading.
#
# Texts that a page gives side by side are of different variants (pipelines.variants), and each variant has versions of its
# own. A text that was read since variants were told last stands alone until the domain has ended.
#
# A page that is searched for another kind than the first has its texts' scores as that kind in `captures.policy_score`.
_IS_OTHER: Final = f"(coalesce(p.kind, '{PRIVACY.name}') <> '{PRIVACY.name}')"
_ROWS: Final = "count(DISTINCT c.timestamp || ' ' || c.digest)"
_ALL: Final = "c.text_sha256 IS NOT NULL"
_NUMBERED: Final = ",\nnumbered AS"
_VERSIONS: Final = f"""
WITH readings AS (
    SELECT c.domain, c.urlkey, coalesce(c.memento_timestamp, c.timestamp) AS moment, c.text_sha256, c.digest, c.archive,
        c.recorded, c.threshold, c.policy_score AS score, coalesce(v.variant, '') AS variant,
        CASE WHEN c.mimetype <> 'warc/revisit' THEN c.mimetype END AS mimetype,
        d.reading, CASE d.reading WHEN 'full' THEN c.text_sha256 ELSE c.full_sha256 END AS full_sha256
    FROM captures c LEFT JOIN documents d ON d.domain = c.domain AND d.text_sha256 = c.text_sha256
    LEFT JOIN variants v ON v.domain = c.domain AND v.urlkey = c.urlkey AND v.text_sha256 = c.text_sha256
    WHERE {_ALL}
),
marked AS (
    SELECT readings.*, CASE WHEN text_sha256 = lag(text_sha256) OVER page
        OR (reading <> lag(reading) OVER page AND full_sha256 = lag(full_sha256) OVER page)
        THEN 0 ELSE 1 END AS begins
    FROM readings WINDOW page AS (PARTITION BY domain, urlkey, variant ORDER BY moment, text_sha256, digest, archive)
),
numbered AS (
    SELECT marked.*, sum(begins) OVER (
        PARTITION BY domain, urlkey, variant ORDER BY moment, text_sha256, digest, archive ROWS UNBOUNDED PRECEDING
    ) AS number
    FROM marked
),
named AS (
    SELECT numbered.*, min(number) OVER (PARTITION BY domain, urlkey, variant, text_sha256) AS text_since,
        first_value(text_sha256) OVER (
            PARTITION BY domain, urlkey, variant, number ORDER BY moment, text_sha256, digest, archive
        ) AS first_text
    FROM numbered
),
stretches AS (
    SELECT domain, urlkey, variant, number, max(first_text) AS text_sha256,
        domain || ' ' || urlkey || ' ' || min(moment) || ' ' || substr(max(first_text), 1, 8) AS id,
        min(moment) AS first_seen, max(moment) AS last_seen, max(mimetype) AS mimetype,
        nullif(min(recorded), '') AS run, min(threshold) AS threshold, max(score) AS score, min(text_since) AS text_since,
        lag(max(first_text)) OVER (PARTITION BY domain, urlkey, variant ORDER BY number) AS previous_text_sha256
    FROM named GROUP BY domain, urlkey, variant, number
)
SELECT s.id, lag(s.id) OVER page AS previous_id,
    CASE WHEN s.number = 1 THEN 'first'
        WHEN s.text_since = s.number THEN 'changed'
        ELSE 'returned' END AS change,
    coalesce(domains.company, s.domain) AS company, s.domain,
    CASE WHEN {_IS_OTHER} AND s.score >= s.threshold THEN p.kind WHEN {_IS_OTHER} THEN d.kind
        WHEN d.policy_score >= s.threshold THEN '{PRIVACY.name}' ELSE d.kind END AS kind,
    coalesce(p.kind, '{PRIVACY.name}') AS searched_as, s.urlkey AS page,
    nullif(s.variant, '') AS variant, s.number,
    {_iso("s.first_seen")} AS first_seen, {_iso("s.last_seen")} AS last_seen,
    (
        SELECT CASE WHEN {_ROWS} < 2 AND s.first_seen < s.last_seen THEN 2 WHEN {_ROWS} < 1 THEN 1 ELSE {_ROWS} END
        FROM captures c
        WHERE c.domain = s.domain AND c.urlkey = s.urlkey AND c.timestamp BETWEEN s.first_seen AND s.last_seen
        AND substr(c.statuscode, 1, 1) NOT IN ({_listed(ERROR_STATUSES)}) AND lower(c.mimetype) IN ({_listed(PAGE_TYPES)})
    ) AS captures, s.mimetype,
    d.timestamp, d.archive, d.url, d.snapshot_url, d.source_url, d.path, d.text_sha256, d.title, d.words, d.language,
    d.reading, d.reading_coverage, d.policy_score,
    CASE WHEN NOT {_IS_OTHER} THEN s.threshold END AS policy_threshold,
    CASE WHEN {_IS_OTHER} THEN 0 WHEN d.policy_score >= s.threshold THEN 1 WHEN d.policy_score < s.threshold THEN 0
        END AS is_policy,
    d.near_duplicate_of, d.converter_version, {_whole_seconds("s.run")} AS recorded, s.run,
    s.previous_text_sha256, m.change_class, m.words_added, m.words_removed, m.words_moved, t.topics,
    m.topics AS topics_changed, nullif(f.effective_date, '') AS effective_date, f.flesch, f.flesch_kincaid, f.smog,
    f."by" AS facts_by
FROM stretches s
JOIN documents d ON d.domain = s.domain AND d.text_sha256 = s.text_sha256
LEFT JOIN domains ON domains.domain = s.domain
LEFT JOIN pages p ON p.domain = s.domain AND p.urlkey = s.urlkey
LEFT JOIN text_topics t ON t.text_sha256 = s.text_sha256 AND t.kind = coalesce(p.kind, '{PRIVACY.name}')
LEFT JOIN text_facts f ON f.text_sha256 = s.text_sha256
LEFT JOIN text_changes m ON m.old_sha256 = s.previous_text_sha256 AND m.new_sha256 = s.text_sha256
    AND m.kind = coalesce(p.kind, '{PRIVACY.name}')
WINDOW page AS (PARTITION BY s.domain, s.urlkey, s.variant ORDER BY s.number)
"""

VERSIONS_AMONG: Final = _VERSIONS.replace(_ALL, f"{_ALL} AND c.domain IN :among", 1)
"""The SELECT of the view `versions` for some listed domains, the list `among`.

Neither database carries a condition on the view down to its captures: one domain's versions took a scan of all.
"""

VERSION_STARTS: Final = f"""
{VERSIONS_AMONG.partition(_NUMBERED)[0]}
SELECT m.domain, m.moment, m.text_sha256 FROM marked m
JOIN documents d ON d.domain = m.domain AND d.text_sha256 = m.text_sha256 WHERE m.begins = 1
"""
"""Domain, first moment and text of each version of the listed domains `among`: in a fifth of the time of the whole rows."""

_TEXTS: Final = f"""
SELECT company, domain, CASE max(is_policy) WHEN 1 THEN '{PRIVACY.name}' ELSE max(kind) END AS kind, path,
    text_sha256, title, words, language, reading, reading_coverage, policy_score, max(is_policy) AS is_policy,
    near_duplicate_of, archive, snapshot_url, converter_version, sum(captures) AS captures, min(first_seen) AS first_seen,
    max(last_seen) AS last_seen, min(recorded) AS recorded
FROM versions
GROUP BY company, domain, path, text_sha256, title, words, language, reading, reading_coverage, policy_score,
    near_duplicate_of, archive, snapshot_url, converter_version
"""

_FATES: Final = f"""
SELECT coalesce(domains.company, c.domain) AS company, c.domain, c.archive,
    coalesce(c.fate, 'not asked for') AS fate, coalesce(c.cause, '') AS cause,
    count(*) AS captures, {_iso("min(c.timestamp)")} AS earliest, {_iso("max(c.timestamp)")} AS latest
FROM captures c LEFT JOIN domains ON domains.domain = c.domain
GROUP BY coalesce(domains.company, c.domain), c.domain, c.archive, coalesce(c.fate, 'not asked for'), coalesce(c.cause, '')
"""

_LOSSES: Final = f"SELECT * FROM fates WHERE fate IN ({_OPEN})"

_POLICY_PAGES: Final = f"""
SELECT coalesce(domains.company, c.domain) AS company, c.domain, c.urlkey AS page, p.kind, min(c.original) AS url,
    count(*) AS captures, count(c.text_sha256) AS with_text, count(DISTINCT c.text_sha256) AS texts,
    {_iso("min(c.timestamp)")} AS earliest, {_iso("max(c.timestamp)")} AS latest
FROM captures c LEFT JOIN domains ON domains.domain = c.domain
LEFT JOIN pages p ON p.domain = c.domain AND p.urlkey = c.urlkey
GROUP BY coalesce(domains.company, c.domain), c.domain, c.urlkey, p.kind
"""

_LISTING_STATES: Final = f"""
SELECT archive, domain, url, match, since, until,
    CASE WHEN problem IS NOT NULL THEN 'failed' WHEN finished IS NULL THEN 'under way' ELSE 'read' END AS state,
    {_whole_seconds("finished")} AS finished, {_whole_seconds("finished_full")} AS finished_full, newest, "rows",
    {_whole_seconds("failed")} AS failed, problem
FROM listings
"""

# What is asked for again, or was given up, for a cause of the capture's own; `runs` counts those in which its archive was
# healthy, after which GIVE_UP_RUNS gives it up.
_UNREAD: Final = f"""
SELECT coalesce(domains.company, c.domain) AS company, c.domain, c.archive, c.urlkey AS page, c.original AS url,
    {_iso("c.timestamp")} AS captured, c.fate, c.cause, d.kind AS defect, d.detail, count(h.run) AS runs
FROM captures c
JOIN defects d ON d.domain = c.domain AND d.urlkey = c.urlkey AND d.timestamp = c.timestamp AND d.digest = c.digest
    AND d.archive = c.archive
LEFT JOIN (SELECT run, archive, min(timestamp || ' ' || url) AS first, max(timestamp || ' ' || url) AS last
    FROM healthy_runs GROUP BY run, archive) h
    ON h.run = d.run AND h.archive = d.archive AND (d.memento_timestamp IS NULL
        OR h.first <> d.memento_timestamp || ' ' || d.memento_url OR h.last <> d.memento_timestamp || ' ' || d.memento_url)
LEFT JOIN domains ON domains.domain = c.domain
WHERE c.fate IN ({_OPEN}, '{Fate.UNREADABLE}')
GROUP BY coalesce(domains.company, c.domain), c.domain, c.archive, c.urlkey, c.original, c.timestamp, c.digest, c.fate,
    c.cause, d.kind, d.detail
"""

_JUDGEMENTS: Final = f"""
SELECT coalesce(domains.company, c.domain) AS company, c.domain, c.archive, c.urlkey AS page, c.original AS url,
    {_iso("c.timestamp")} AS captured, c.fate, c.cause, c.judged_sha256, c.policy_score AS score, c.threshold,
    c.class_scores
FROM captures c LEFT JOIN domains ON domains.domain = c.domain
WHERE c.judged_sha256 IS NOT NULL
"""

_COVERAGE: Final = """
SELECT coalesce(domains.company, h.domain) AS company, h.domain, count(*) AS half_years,
    count(CASE WHEN h.state = 'policy' THEN 1 END) AS with_text,
    cast(count(CASE WHEN h.state = 'policy' THEN 1 END) AS double precision) / count(*) AS coverage,
    min(CASE WHEN h.state = 'policy' THEN h.half_year END) AS first_policy,
    max(CASE WHEN h.state = 'policy' THEN h.half_year END) AS last_policy
FROM half_years h LEFT JOIN domains ON domains.domain = h.domain
GROUP BY coalesce(domains.company, h.domain), h.domain
"""

VIEWS: Final = {
    "versions": _VERSIONS,
    "texts": _TEXTS,
    "fates": _FATES,
    "losses": _LOSSES,
    "policy_pages": _POLICY_PAGES,
    "listing_states": _LISTING_STATES,
    "unread": _UNREAD,
    "judgements": _JUDGEMENTS,
    "coverage": _COVERAGE,
}
"""The SELECT of each view, by name. A view may use the views before it."""


def create_views(db: Connection) -> None:
    """Create the views in the caller's transaction, or replace those of another version of the program."""
    if has_views(db):
        return
    for name in reversed(VIEWS):
        db.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
    for name, statement in _statements().items():
        db.exec_driver_sql(statement)
        if db.dialect.name == "postgresql":
            db.exec_driver_sql(f"COMMENT ON VIEW {name} IS '{_digest(statement)}'")


def has_views(db: Connection) -> bool:
    """Whether a catalog has the views of this version.

    SQLite keeps the text of a view, PostgreSQL one of its own: there the view's comment has a hash of ours.
    """
    if db.dialect.name == "postgresql":
        wanted = {name: _digest(statement) for name, statement in _statements().items()}
        return {name: comment for name, comment in db.execute(_COMMENTS) if name in VIEWS} == wanted
    known = sa.inspect(db)
    return {name: known.get_view_definition(name) for name in known.get_view_names() if name in VIEWS} == _statements()


_COMMENTS: Final = sa.text(
    "SELECT relname, obj_description(oid, 'pg_class') FROM pg_class WHERE relkind = 'v' AND pg_table_is_visible(oid)"
)


def _digest(statement: str) -> str:
    return sha256(statement.encode()).hexdigest()


def _statements() -> dict[str, str]:
    return {name: f"CREATE VIEW {name} AS {select.strip()}" for name, select in VIEWS.items()}
