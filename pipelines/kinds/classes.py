"""The classes of documents that the gate tells apart: the kinds, and the documents that stand beside them.

Each has a folder with its phrases and its weights. `pipelines.kinds.KINDS` has those that can be searched for.
"""

from __future__ import annotations

import functools
import json
from importlib.resources import files
from typing import Any, Final

from pipelines.kinds.privacy import PRIVACY

OTHER: Final = "other"
CLASSES: Final = (PRIVACY.name, "terms", "cookies", "imprint", "processing", "acceptable_use", OTHER)
"""Names of the folders, and of the classes wherever a user reads them. `other` is everything else."""


@functools.cache
def read_json(name: str, file: str) -> Any:
    """Return the content of a JSON file in a class's folder."""
    return json.loads(read_text(name, file))


def read_text(name: str, file: str) -> str:
    """Return the content of a file in a class's folder."""
    return files(f"pipelines.kinds.{name}").joinpath(file).read_text("utf-8")
