"""The kinds of documents by name. One folder per kind holds everything that is particular to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.kinds.privacy import PRIVACY
from pipelines.kinds.terms import TERMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.kinds.base import Kind

KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in (PRIVACY, TERMS)}
"""The first one is searched for unless others are asked for, and its texts stand directly in a domain's folder."""


def kind_with_noun(noun: str) -> Kind:
    """Return the kind whose documents' header has this noun; the first one if none has."""
    return next((kind for kind in KINDS.values() if kind.header_noun == noun), PRIVACY)


def suffix_of(name: str) -> str:
    """Return what tells a kind's files apart from those of the first one: empty for this, else `.terms`."""
    return "" if name == PRIVACY.name else f".{name}"


def folder_of(name: str) -> str:
    """Return the folder of a kind's texts below that of their domain: empty for the first one, else `terms/`."""
    return "" if name == PRIVACY.name else f"{name}/"
