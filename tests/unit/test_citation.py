"""CITATION.cff: the fields that version 1.2.0 of its format asks for, and what other files say."""

from __future__ import annotations

import tomllib
from typing import Any

import yaml

from crawler import __version__
from tests.support.commands import ROOT

CITED: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text())
KNOWN = {
    "abstract", "authors", "cff-version", "commit", "contact", "date-released", "doi", "identifiers", "keywords", "license",
    "license-url", "message", "preferred-citation", "references", "repository", "repository-artifact", "repository-code",
    "title", "type", "url", "version",
}  # fmt: skip
"""The top-level keys of the format (schema-guide.md of citation-file-format 1.2.0)."""


def test_citation_has_the_fields_of_its_format() -> None:
    assert {"cff-version", "message", "title", "authors"} <= CITED.keys() <= KNOWN
    assert CITED["cff-version"] == "1.2.0"
    assert CITED["type"] == "software"
    assert all(author.keys() in ({"name"}, {"family-names", "given-names"}) for author in CITED["authors"])
    for reference in CITED["references"]:
        assert {"type", "title", "authors"} <= reference.keys()
        assert reference["doi"].startswith("10.")


def test_citation_agrees_with_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert str(CITED["version"]) == project["version"] == __version__
    assert CITED["license"] == project["license"]
    assert project["name"] in CITED["title"]
    assert CITED["authors"][0]["name"].lower() in (ROOT / "LICENSE").read_text().lower()
