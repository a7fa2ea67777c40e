"""The views of the catalog: its public interface, for Datasette, `sqlite3 output/catalog.db` and this program.

Plain SQL with window functions, the same for SQLite and PostgreSQL. Moments are in ISO 8601; `timestamp` has 14 digits.
"""
# ruff: noqa: S608 - the SQL is put together from constants

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from pipelines.items import Fate

if TYPE_CHECKING:
    from sqlalchemy import Connection

_OPEN: Final = ", ".join(f"'{fate}'" for fate in Fate if not fate.is_final)


def _iso(digits: str) -> str:
    """Return the SQL of a 14-digit timestamp in ISO 8601: `2015-06-30T12:00:00Z`."""
    parts = ((1, 4, "-"), (5, 2, "-"), (7, 2, "T"), (9, 2, ":"), (11, 2, ":"), (13, 2, "Z"))
    return " || ".join(f"substr({digits}, {start}, {length}) || '{mark}'" for start, length, mark in parts)


# The definition of a version: a maximal run of a page's readings with the same text, in time order, from all archives. A
# reading's time is that of the memento read. A capture credited with the text of another one, as its digest is the same, has
# its own time. Ties are broken by the text, so that equal texts stay together.
#
# `captures` counts the page's captures from first_seen to last_seen with the text, and those that were not read. The number
# is the same however many of them were. A capture that several archives list counts once.
_VERSIONS: Final = f"""
WITH seen AS (
    SELECT domain, urlkey, coalesce(memento_timestamp, timestamp) AS moment, timestamp, text_sha256, digest, archive,
        CASE WHEN mimetype <> 'warc/revisit' AND text_sha256 IS NOT NULL THEN mimetype END AS mimetype,
        CASE WHEN text_sha256 IS NOT NULL THEN recorded END AS recorded
    FROM captures WHERE text_sha256 IS NOT NULL OR fate IS NULL
),
marked AS (
    SELECT seen.*, CASE WHEN text_sha256 IS NULL OR text_sha256 = lag(text_sha256) OVER readings THEN 0 ELSE 1 END AS begins
    FROM seen WINDOW readings AS (
        PARTITION BY domain, urlkey, text_sha256 IS NULL ORDER BY moment, text_sha256, digest, archive
    )
),
numbered AS (
    SELECT marked.*, sum(begins) OVER (
        PARTITION BY domain, urlkey ORDER BY moment, text_sha256 IS NULL, text_sha256, digest, archive
        ROWS UNBOUNDED PRECEDING
    ) AS number
    FROM marked
),
ended AS (
    SELECT numbered.*, max(CASE WHEN text_sha256 IS NOT NULL THEN moment END)
        OVER (PARTITION BY domain, urlkey, number) AS last_seen
    FROM numbered
),
stretches AS (
    SELECT domain, urlkey, number, max(text_sha256) AS text_sha256,
        domain || ' ' || urlkey || ' ' || min(moment) || ' ' || substr(max(text_sha256), 1, 8) AS id,
        min(moment) AS first_seen, max(last_seen) AS last_seen,
        count(DISTINCT timestamp || ' ' || digest) AS captures, max(mimetype) AS mimetype,
        min(recorded) AS recorded
    FROM ended WHERE moment <= last_seen GROUP BY domain, urlkey, number
)
SELECT s.id, lag(s.id) OVER page AS previous_id,
    CASE WHEN s.number = 1 THEN 'first'
        WHEN row_number() OVER same_text = 1 THEN 'changed'
        ELSE 'returned' END AS change,
    coalesce(domains.company, s.domain) AS company, s.domain, d.kind, s.urlkey AS page, s.number,
    {_iso("s.first_seen")} AS first_seen, {_iso("s.last_seen")} AS last_seen, s.captures, s.mimetype,
    d.timestamp, d.archive, d.url, d.snapshot_url, d.source_url, d.path, d.text_sha256, d.title, d.words, d.language,
    d.policy_score, d.near_duplicate_of, d.converter_version, nullif(s.recorded, '') AS recorded
FROM stretches s
JOIN documents d ON d.domain = s.domain AND d.text_sha256 = s.text_sha256
LEFT JOIN domains ON domains.domain = s.domain
WINDOW page AS (PARTITION BY s.domain, s.urlkey ORDER BY s.number),
    same_text AS (PARTITION BY s.domain, s.urlkey, s.text_sha256 ORDER BY s.number)
"""

_TEXTS: Final = """
SELECT company, domain, kind, path, text_sha256, title, words, language, policy_score, near_duplicate_of, archive,
    snapshot_url, converter_version, sum(captures) AS captures, min(first_seen) AS first_seen, max(last_seen) AS last_seen,
    min(recorded) AS recorded
FROM versions
GROUP BY company, domain, kind, path, text_sha256, title, words, language, policy_score, near_duplicate_of, archive,
    snapshot_url, converter_version
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

_LISTING_STATES: Final = """
SELECT archive, domain, url, match, since, until,
    CASE WHEN problem IS NOT NULL THEN 'failed' WHEN finished IS NULL THEN 'under way' ELSE 'read' END AS state,
    finished, finished_full, newest, "rows", failed, problem
FROM listings
"""

_COVERAGE: Final = """
SELECT coalesce(domains.company, h.domain) AS company, h.domain, count(*) AS half_years,
    count(CASE WHEN h.state = 'policy' THEN 1 END) AS with_text,
    1.0 * count(CASE WHEN h.state = 'policy' THEN 1 END) / count(*) AS coverage,
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
    "coverage": _COVERAGE,
}
"""The SELECT of each view, by name. A view may use the views before it."""


def create_views(db: Connection) -> None:
    """Create the views in the caller's transaction, or replace those of another version of the program."""
    known = {name: sa.inspect(db).get_view_definition(name) for name in sa.inspect(db).get_view_names()}
    wanted = {name: f"CREATE VIEW {name} AS {select.strip()}" for name, select in VIEWS.items()}
    if known == wanted:  # SQLite returns the text of a view as written; PostgreSQL returns its own
        return
    for name in reversed(VIEWS):
        db.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
    for statement in wanted.values():
        db.exec_driver_sql(statement)
