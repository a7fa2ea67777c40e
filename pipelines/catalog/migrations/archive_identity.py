"""The archive in the key of captures, mementos and pointers; kinds of documents and pages; when mementos were retrieved.

Earlier releases did not record which archive a capture was listed by. It is found by the memento that was read: by the
address it was read from, and where that can be of several archives, by the run that first gave its text. With several
archives in one catalog, captures that were never read are forgotten with all listings, and listed anew: what one archive
does not have, an earlier release recorded as missing from all of them.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from alembic import op

if TYPE_CHECKING:
    from collections.abc import Iterable

revision = "2"
down_revision = "1"

_WAYBACK: Final = "wayback"
_PRIVACY: Final = "privacy"  # the only kind so far
_KEYS: Final = {
    "captures": ["domain", "urlkey", "timestamp", "digest", "archive"],
    "mementos": ["timestamp", "url", "archive"],
    "pointers": ["timestamp", "url", "archive"],
}


def upgrade() -> None:
    for table in (*_KEYS, "documents"):
        op.add_column(table, sa.Column("archive", sa.String))
    op.add_column("documents", sa.Column("kind", sa.String))
    op.add_column("mementos", sa.Column("retrieved", sa.String))
    names = op.get_bind().scalars(sa.text("SELECT archive FROM listings UNION SELECT archive FROM runs")).all()
    if len(names) > 1:
        _tell_apart(sorted(names))
    else:
        for table in (*_KEYS, "documents"):
            _execute(f"UPDATE {table} SET archive = :name", name=next(iter(names), _WAYBACK))  # noqa: S608 - constants
    _execute("UPDATE documents SET kind = :kind", kind=_PRIVACY)
    for table, key in _KEYS.items():
        _set_key(table, key)
    with op.batch_alter_table("documents") as batch:
        for column in ("archive", "kind"):
            batch.alter_column(column, existing_type=sa.String(), nullable=False)
    _create_pages()


def _tell_apart(names: list[str]) -> None:
    """Fill the archive of what was read, from several; forget the rest, so that it is listed anew."""
    db = op.get_bind()
    rows = db.execute(
        sa.text(
            "SELECT m.timestamp, m.url, m.source_url, runs.archive FROM mementos m "
            "LEFT JOIN captures c ON c.memento_timestamp = m.timestamp AND c.memento_url = m.url "
            "LEFT JOIN runs ON runs.moment = c.recorded ORDER BY c.recorded"
        )
    )
    runs: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for timestamp, url, source_url, archive in rows:
        runs[timestamp, url, source_url] += [archive] if archive else []
    for (timestamp, url, source_url), found in runs.items():
        named = {"name": _archive_of(source_url, names, found), "timestamp": timestamp, "url": url}
        _execute("UPDATE mementos SET archive = :name WHERE timestamp = :timestamp AND url = :url", **named)
        _execute("UPDATE documents SET archive = :name WHERE timestamp = :timestamp AND url = :url", **named)
        _execute(
            "UPDATE captures SET archive = :name WHERE memento_timestamp = :timestamp AND memento_url = :url", **named
        )
    # a capture credited with the text of one with the same digest is of that one's archive
    _execute(
        "UPDATE captures SET archive = (SELECT min(r.archive) FROM captures r WHERE r.domain = captures.domain "
        "AND r.urlkey = captures.urlkey AND r.text_sha256 = captures.text_sha256 AND r.archive IS NOT NULL) "
        "WHERE archive IS NULL AND text_sha256 IS NOT NULL"
    )
    _execute("DELETE FROM captures WHERE archive IS NULL AND text_sha256 IS NULL")
    _execute("DELETE FROM pointers")
    _execute("DELETE FROM listings")
    for table in ("captures", "documents"):
        _execute(f"UPDATE {table} SET archive = :name WHERE archive IS NULL", name=names[0])  # noqa: S608 - constants


def _archive_of(source_url: str, names: list[str], runs: Iterable[str]) -> str:
    """Return the archive that a memento was read from: one whose addresses begin so, if possible that of a run."""
    possible = [name for name in names if source_url.startswith(_base(name))] or names
    return next((name for name in runs if name in possible), possible[0])


def _base(name: str) -> str:
    """Return how the addresses begin that an archive's mementos are read from."""
    if name == _WAYBACK:
        return "https://web.archive.org/"
    url = name.removeprefix("pywb+")
    return f"{url}/" if url.startswith(("http://", "https://")) else "warc://"


def _set_key(table: str, key: list[str]) -> None:
    with warnings.catch_warnings(), op.batch_alter_table(table) as batch:
        # SQLAlchemy warns that the reflected columns had another key
        warnings.filterwarnings("ignore", r"Table '_alembic_tmp_", sa.exc.SAWarning)
        batch.alter_column("archive", existing_type=sa.String(), nullable=False)
        if op.get_bind().dialect.name == "postgresql":
            batch.drop_constraint(f"{table}_pkey", type_="primary")
        batch.create_primary_key(f"{table}_pkey", key)


def _create_pages() -> None:
    op.create_table(
        "pages",
        sa.Column("domain", sa.String, primary_key=True),
        sa.Column("urlkey", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
    )
    _execute(
        "INSERT INTO pages (domain, urlkey, kind) "
        "SELECT DISTINCT domain, urlkey, :kind FROM captures WHERE text_sha256 IS NOT NULL",
        kind=_PRIVACY,
    )


def _execute(statement: str, **values: str) -> None:
    op.get_bind().execute(sa.text(statement), values)
