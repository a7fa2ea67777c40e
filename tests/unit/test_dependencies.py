"""docs/dependencies.md and requirements/: each names what pyproject.toml, constraints.txt and the installed packages say."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.commands import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
GROUPS: dict[str, list[str]] = {
    "Core": PROJECT["dependencies"],
    **{f"Extra `{name}`": listed for name, listed in PROJECT["optional-dependencies"].items()},
}
DOC = (ROOT / "docs" / "dependencies.md").read_text()
HASHED = ROOT / "requirements" / "hashed.txt"
EXTRAS = ROOT / "requirements" / "hashed-extras.txt"
PIN = re.compile(r"^([\w.-]+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)


def rows(heading: str) -> dict[str, list[str]]:
    """Return the cells after the name, by canonical name, of a section's table."""
    section = DOC.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| `")
    ]
    return {canonicalize_name(name.strip("`")): rest for name, *rest in cells}


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def pins(text: str) -> dict[str, str]:
    """Return the versions of pinned requirements by canonical name."""
    return {
        canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==([^\s\\]+)", text, re.MULTILINE)
    }


CONSTRAINTS = pins((ROOT / "constraints.txt").read_text())


@pytest.mark.parametrize("heading", GROUPS)
def test_docs_have_a_row_for_each_dependency(heading: str) -> None:
    assert set(rows(heading)) == names(GROUPS[heading])
    for name, (why, keeper, release, licence, size) in rows(heading).items():
        assert why, name
        assert keeper, name
        assert licence, name
        assert re.match(r"\d+\.\d", size), name
        assert release.split(",")[0] == CONSTRAINTS.get(name, release.split(",")[0])


def test_docs_have_no_section_for_an_extra_that_is_gone() -> None:
    sections = set(re.findall(r"^## (Core|Extra .*)$", DOC, re.MULTILINE))
    assert sections == set(GROUPS)


@pytest.mark.parametrize("heading", GROUPS)
def test_docs_name_the_licences_of_the_installed_packages(heading: str) -> None:
    named = {name: cells[3] for name, cells in rows(heading).items()}
    found = {name: licence(name) or named[name] for name in named}
    assert named == found


def licence(name: str) -> str:
    """Return the licence that a package's metadata name; empty for one that is not installed."""
    try:
        about = metadata(name)
    except PackageNotFoundError:
        return ""
    classifiers = [text for text in about.get_all("Classifier") or [] if text.startswith("License ::")]
    return about.get("License-Expression") or about.get("License") or classifiers[-1].rpartition(":: ")[2]


# Hashes


@pytest.mark.parametrize("path", [HASHED, EXTRAS], ids=lambda path: path.name)
def test_hashed_pins_are_those_of_constraints(path: Path) -> None:
    found = pins(path.read_text())
    assert found
    assert found == {name: CONSTRAINTS.get(name) for name in found}


def test_hashed_requirements_have_every_dependency() -> None:
    core, extras = pins(HASHED.read_text()), pins(EXTRAS.read_text())
    assert names(GROUPS["Core"]) <= set(core)
    for extra, listed in PROJECT["optional-dependencies"].items():
        assert extra in {"test", "mutation"} or names(listed) <= set(extras), extra
    assert "psycopg-binary" in extras
    assert core.items() < extras.items()


@pytest.mark.parametrize("path", [HASHED, EXTRAS], ids=lambda path: path.name)
def test_hashed_requirements_are_closed(path: Path) -> None:
    """Whatever an installed package of the list needs here is in the list, too: pip refuses what has no hash."""
    listed = set(pins(path.read_text()))
    for name in listed:
        for text in metadata(name).get_all("Requires-Dist") or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                assert canonicalize_name(requirement.name) in listed, f"{name} needs {text}"


@pytest.mark.parametrize("path", [HASHED, EXTRAS], ids=lambda path: path.name)
def test_hashed_requirements_have_hashes_and_no_addresses(path: Path) -> None:
    text = path.read_text()
    requirements = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))
    assert PIN.sub("", requirements).strip() == ""
    assert "://" not in text
    assert "index" not in text
