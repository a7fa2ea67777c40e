"""The views of the catalog: its public interface, for Datasette, `sqlite3 output/catalog.db` and this program.

Plain SQL with window functions, the same for SQLite and PostgreSQL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy import Connection

# The definition of a version. Captures of one version have the same difference between their place among all captures of
# the page and their place among those with the same text. Both orders break ties in the same way, so that equal texts stay
# together.
_VERSIONS: Final = """
WITH placed AS (
    SELECT domain, urlkey, timestamp, text_sha256, mimetype, recorded,
        row_number() OVER (PARTITION BY domain, urlkey ORDER BY timestamp, text_sha256, digest)
        - row_number() OVER (PARTITION BY domain, urlkey, text_sha256 ORDER BY timestamp, digest) AS place
    FROM captures WHERE text_sha256 IS NOT NULL
),
stretches AS (
    SELECT domain, urlkey, text_sha256,
        domain || ' ' || urlkey || ' ' || min(timestamp) || ' ' || substr(text_sha256, 1, 8) AS id,
        min(timestamp) AS first_seen, max(timestamp) AS last_seen, count(*) AS captures,
        max(nullif(mimetype, 'warc/revisit')) AS mimetype, min(recorded) AS recorded
    FROM placed GROUP BY domain, urlkey, text_sha256, place
)
SELECT s.id, lag(s.id) OVER page AS previous_id,
    CASE WHEN row_number() OVER page = 1 THEN 'first'
        WHEN row_number() OVER same_text = 1 THEN 'changed'
        ELSE 'returned' END AS change,
    coalesce(domains.company, s.domain) AS company, s.domain, s.urlkey AS page, row_number() OVER page AS number,
    s.first_seen, s.last_seen, s.captures, s.mimetype,
    d.timestamp, d.url, d.snapshot_url, d.source_url, d.path, d.text_sha256, d.title, d.words, d.language,
    d.policy_score, d.near_duplicate_of, d.converter_version, nullif(s.recorded, '') AS recorded
FROM stretches s
JOIN documents d ON d.domain = s.domain AND d.text_sha256 = s.text_sha256
LEFT JOIN domains ON domains.domain = s.domain
WINDOW page AS (PARTITION BY s.domain, s.urlkey ORDER BY s.first_seen, s.text_sha256),
    same_text AS (PARTITION BY s.domain, s.urlkey, s.text_sha256 ORDER BY s.first_seen)
"""

_TEXTS: Final = """
SELECT coalesce(domains.company, d.domain) AS company, d.domain, d.path, d.text_sha256, d.title, d.words, d.language,
    d.policy_score, d.near_duplicate_of, d.snapshot_url, d.converter_version, count(*) AS captures,
    min(c.timestamp) AS first_seen, max(c.timestamp) AS last_seen, nullif(min(c.recorded), '') AS recorded
FROM documents d
JOIN captures c ON c.domain = d.domain AND c.text_sha256 = d.text_sha256
LEFT JOIN domains ON domains.domain = d.domain
GROUP BY coalesce(domains.company, d.domain), d.domain, d.path, d.text_sha256, d.title, d.words, d.language, d.policy_score,
    d.near_duplicate_of, d.snapshot_url, d.converter_version
"""

_FATES: Final = """
SELECT coalesce(domains.company, c.domain) AS company, c.domain,
    coalesce(c.fate, 'not asked for') AS fate, coalesce(c.cause, '') AS cause,
    count(*) AS captures, min(c.timestamp) AS earliest, max(c.timestamp) AS latest
FROM captures c LEFT JOIN domains ON domains.domain = c.domain
GROUP BY coalesce(domains.company, c.domain), c.domain, coalesce(c.fate, 'not asked for'), coalesce(c.cause, '')
"""

_LOSSES: Final = "SELECT * FROM fates WHERE fate IN ('failed', 'cut short', 'throttled')"

_POLICY_PAGES: Final = """
SELECT coalesce(domains.company, c.domain) AS company, c.domain, c.urlkey AS page, min(c.original) AS url,
    count(*) AS captures, count(c.text_sha256) AS with_text, count(DISTINCT c.text_sha256) AS texts,
    min(c.timestamp) AS earliest, max(c.timestamp) AS latest
FROM captures c LEFT JOIN domains ON domains.domain = c.domain
GROUP BY coalesce(domains.company, c.domain), c.domain, c.urlkey
"""

_LISTING_STATES: Final = """
SELECT archive, url, match, since, until, CASE WHEN finished IS NULL THEN 'under way' ELSE 'read' END AS state,
    finished, finished_full, newest, "rows"
FROM listings
"""

VIEWS: Final = {
    "versions": _VERSIONS,
    "texts": _TEXTS,
    "fates": _FATES,
    "losses": _LOSSES,
    "policy_pages": _POLICY_PAGES,
    "listing_states": _LISTING_STATES,
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
