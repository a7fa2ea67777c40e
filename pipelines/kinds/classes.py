"""The classes of documents that the gate tells apart: the kinds, and the documents that stand beside them.

Each has a folder with its phrases and its weights. `pipelines.kinds.KINDS` has those that can be searched for.
"""

from __future__ import annotations

from typing import Final

from pipelines.kinds.privacy import PRIVACY
from pipelines.kinds.terms import TERMS

OTHER: Final = "other"
CLASSES: Final = (PRIVACY.name, TERMS.name, "cookies", "imprint", "processing", "acceptable_use", OTHER)
"""Names of the folders, and of the classes wherever a user reads them. `other` is everything else."""
