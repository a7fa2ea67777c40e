"""The kinds of documents by name. One folder per kind holds everything that is particular to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.kinds.base import Kind

KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in (PRIVACY,)}
