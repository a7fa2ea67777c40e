"""Licences: nothing that the program needs to run is under the GPL or AGPL. The LGPL is no hindrance."""

from __future__ import annotations

import re
import tomllib
from email.message import Message
from importlib.metadata import PackageNotFoundError, metadata, requires
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.commands import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import PackageMetadata

LONGEST_NAME = 100
"""Characters of a License field that names a licence. A longer one quotes its text, whose first line is the name."""
COPYLEFT = re.compile(r"(?<![A-Z])A?GPL|(?<!LESSER )(?<!LIBRARY )GENERAL PUBLIC LICENSE")
KNOWN = re.compile(
    r"\b(MIT|BSD|0BSD|APACHE|PSFL?|PYTHON|MPL|MOZILLA|ISC|ZLIB|ZPL|ZOPE|LGPL|LESSER|CC0|UNLICENSE|HPND)\b"
)


def licences(about: PackageMetadata | Message) -> Iterator[list[str]]:
    """Yield the licences that all apply, each with its alternatives. License-Expression replaces older fields (PEP 639)."""
    if expression := about.get("License-Expression"):
        yield from (part.split(" OR ") for part in expression.upper().split(" AND "))
        return
    for classifier in about.get_all("Classifier") or []:
        if classifier.startswith("License ::") and classifier.count("::") > 1:
            yield [classifier.rpartition("::")[2].strip().upper()]
    if field := (about.get("License") or "").strip():
        yield [(field if len(field) <= LONGEST_NAME else field.partition("\n")[0]).upper()]


def problem(about: PackageMetadata | Message) -> str:
    """Return why a package's licence is no licence for a dependency of the core, or an empty string."""
    named = list(licences(about))
    for choices in named:
        if all(map(COPYLEFT.search, choices)):
            return f"is under {' OR '.join(choices)}"
    return (
        "" if any(KNOWN.search(choice) for choices in named for choice in choices) else f"has no known licence: {named}"
    )


def run_time_packages() -> set[str]:
    """Return the packages that this project needs without extras, with those that they need, for this platform."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    waiting = [Requirement(text) for text in project["dependencies"]]
    found: dict[str, set[str]] = {}
    while waiting:
        needed = waiting.pop()
        name, extras = canonicalize_name(needed.name), {"", *needed.extras}
        if extras <= found.get(name, set()):
            continue
        found.setdefault(name, set()).update(extras)
        waiting.extend(
            each
            for each in map(Requirement, requires(name) or [])
            if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in extras)
        )
    return set(found)


def test_licences_of_run_time_packages() -> None:
    try:
        names = run_time_packages()
    except PackageNotFoundError as error:
        pytest.fail(f"{error.name} is a dependency, but not installed")
    assert {"scrapy", "twisted", "lxml"} <= names

    assert {name: reason for name in sorted(names) if (reason := problem(metadata(name)))} == {}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"License-Expression": "MIT"}, ""),
        ({"License-Expression": "Apache-2.0 OR GPL-2.0-or-later"}, ""),
        ({"License-Expression": "MIT AND GPL-3.0-only"}, "is under GPL-3.0-ONLY"),
        ({"License-Expression": "AGPL-3.0-or-later"}, "is under AGPL-3.0-OR-LATER"),
        ({"License-Expression": "LGPL-2.1-only"}, ""),
        ({"License": "GPLv3"}, "is under GPLV3"),
        ({"License": "GNU General Public License v3 or later"}, "is under GNU GENERAL"),
        ({"License": "GNU AGPL v3"}, "is under GNU AGPL V3"),
        (
            {"License": "GNU General Public License v3 or later (GPLv3+)"},
            "is under GNU GENERAL PUBLIC LICENSE V3 OR LATER",
        ),
        ({"License": "GNU Lesser General Public License v3"}, ""),
        (
            {"License": "MIT", "Classifier": "License :: OSI Approved :: GNU Affero General Public License v3"},
            "is under GNU",
        ),
        ({"Classifier": "License :: OSI Approved :: GNU Library or Lesser General Public License (LGPL)"}, ""),
        ({"License": "MIT License\n\nPermission is hereby granted, " + "free of charge, " * 9}, ""),
        ({"License": "UNKNOWN"}, "has no known licence"),
        ({"License": "see LICENSE.txt", "Classifier": "License :: OSI Approved"}, "has no known licence"),
        ({}, "has no known licence"),
    ],
)
def test_problem(fields: dict[str, str], reason: str) -> None:
    about = Message()
    for name, value in fields.items():
        about[name] = value
    found = problem(about)
    assert found.startswith(reason)
    assert bool(found) == bool(reason)
