"""README.md of an export: its files, the authors' rights in the texts, and the scope of the program's licence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipelines.export.describe import File

NOTICE = """\
## Whose texts these are

The privacy policies are their authors' documents, archived by the Internet Archive or whoever `source_url` names, and
quoted here for research. No licence for them is given or claimed: look at your own right to use them (text and data
mining, quotation, fair use) before you publish them again. Titles come from the same pages. The facts about them (dates,
hashes, counts, scores) were worked out by wayback-policies; whoever made this export decides about those.

The program itself is under the MIT licence, which does not extend to what it collects.
"""

_CSV = """\
## Reading the CSV

Texts are longer than the 131,072 characters that Python's csv module takes for one cell: call
`csv.field_size_limit(2**31 - 1)` first. Titles and texts are as found in the wild: a spreadsheet may take one that starts
with `=` for a formula, so import those columns as text.

"""


def readme(files: Sequence[File]) -> str:
    """Return the README.md of an export of tables."""
    lines = ["# Versions of privacy policies", "", "| file | content |", "|---|---|"]
    lines += [f"| `{file.name}` | {file.table.title} |" for file in files]
    lines += [
        "| `datapackage.json`, `croissant.json` | what each column is (Frictionless Data Package; Croissant) |",
        "",
    ]
    if any(file.name.endswith(".csv") for file in files):
        lines += _CSV.splitlines()
    return "\n".join(lines) + "\n" + NOTICE
