"""Columns and tables that releases before revisions added one by one, and the logins that they recorded."""

from __future__ import annotations

import re
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from pipelines.errors import OutputError

revision = "1"
down_revision = None

_REQUIRED: Final = {
    "captures": "domain urlkey timestamp digest original mimetype statuscode length fate cause text_sha256".split(),
    "mementos": "timestamp url status source_url file offset length digest payload_file payload_offset".split(),
    "documents": "domain text_sha256 timestamp url source_url snapshot_url path title words language policy_score "
    "converter_version band0 band1 band2 band3 dateless_sha256".split(),
}
"""Columns that every release has written."""

_ADDED: Final = (
    ("captures", "memento_timestamp", None),
    ("captures", "memento_url", None),
    ("captures", "recorded", "UPDATE captures SET recorded = '' WHERE text_sha256 IS NOT NULL"),
    ("captures", "again", None),
    # which converter made the pages of a domain without documents is not known; at worst they are converted anew
    (
        "domains",
        "converter_version",
        "UPDATE domains SET converter_version = (SELECT min(converter_version) FROM documents)",
    ),
    ("mementos", "trouble", None),
    ("documents", "near_duplicate_of", None),
    ("documents", "file_sha256", None),
)
"""Table, column (text that may be NULL), and the statement that fills it."""

_LOGIN: Final = re.compile(r"^((?:pywb\+)?https?://)[^/]*@")


def upgrade() -> None:
    """Raises OutputError for a catalog that no release has written."""
    db = op.get_bind()
    known = {name: {column["name"] for column in sa.inspect(db).get_columns(name)} for name in _tables(db)}
    for table, columns in _REQUIRED.items():
        for column in columns:
            if column not in known.get(table, ()):
                raise OutputError(
                    f"the catalog has no {table}.{column}: another version of this program made it; use another OUTPUT_DIR"
                )
    _create_missing_tables(known)
    for table, column, fill in _ADDED:
        if column not in known.get(table, ()):
            op.add_column(table, sa.Column(column, sa.String))
            if fill:
                op.execute(fill)
    _forget_logins()


def _tables(db: sa.Connection) -> list[str]:
    return sa.inspect(db).get_table_names()


def _create_missing_tables(known: dict[str, set[str]]) -> None:
    """Create the tables that the oldest releases did not have, without the columns of _ADDED."""
    text, number = sa.String, sa.Integer
    missing: dict[str, list[sa.Column[Any]]] = {
        "domains": [sa.Column("domain", text, primary_key=True), sa.Column("company", text, nullable=False)],
        "links": [sa.Column(name, text, primary_key=True) for name in ("domain", "timestamp", "url")],
        "pointers": [
            *(sa.Column(name, text, primary_key=True) for name in ("timestamp", "url")),
            *(sa.Column(name, text, nullable=False) for name in ("to_timestamp", "to_url")),
        ],
        "runs": [
            sa.Column("moment", text, primary_key=True),
            *(sa.Column(name, text, nullable=False) for name in ("finished", "archive")),
            sa.Column("exit_status", number, nullable=False),
            sa.Column("reason", text, nullable=False),
        ],
    }
    for name, columns in missing.items():
        if name not in known:
            op.create_table(name, *columns)


def _forget_logins() -> None:
    """Remove the user names and passwords that an earlier release recorded from `archive=http://user:password@host`.

    The listings of such an archive are deleted; the next run requests them again under the name without a login.
    """
    db = op.get_bind()
    names = db.scalars(sa.text("SELECT archive FROM listings UNION SELECT archive FROM runs")).all()
    for name in names:
        clean = _LOGIN.sub(r"\1", name)
        if clean == name:
            continue
        db.execute(sa.text("DELETE FROM listings WHERE archive = :name"), {"name": name})
        db.execute(sa.text("UPDATE runs SET archive = :clean WHERE archive = :name"), {"name": name, "clean": clean})
        given = {"base": f"{name.removeprefix('pywb+')}/", "clean": f"{clean.removeprefix('pywb+')}/"}
        for table in ("mementos", "documents"):
            statement = (
                f"UPDATE {table} SET source_url = replace(source_url, :base, :clean) "  # noqa: S608 - constants
                "WHERE substr(source_url, 1, length(:base)) = :base"
            )
            db.execute(sa.text(statement), given)
