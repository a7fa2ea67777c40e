"""How much of a page's main text the readings hold, beside trafilatura, and which reading the golden pages get.

    python benchmarks/reading.py [--pages ../shared/extraction] [--golden ../shared/golden/modern] [--python PYTHON]

The pages are of WCXB's dev split (CC BY 4.0, arXiv 2605.21097): documentation, service and article, with their main text.
F1 is that of the words as multisets, in lower case, link targets left out; the mean of the pages of a type. trafilatura is
not among the dependencies: `--python` names an interpreter of an environment that has it, or it is left out.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pipelines.convert import convert_html
from pipelines.errors import ConversionError
from pipelines.similarity.markdown_links import strip_link_targets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.document import Document

Score = tuple[float, float, float]
"""F1, precision, recall."""

_NO_URL = "https://example.com/"
_TRAFILATURA = """
import gzip, json, sys
from pathlib import Path
from trafilatura import extract
folder = Path(sys.argv[1])
rows = [json.loads(line) for line in (folder / "index.jsonl").open(encoding="utf-8")]
pages = {row["name"]: gzip.decompress((folder / f"{row['name']}.html.gz").read_bytes()) for row in rows}
print(json.dumps({row["name"]: extract(pages[row["name"]], url=row["url"]) or "" for row in rows}))
"""


def main() -> None:
    """Print the scores by type and reading, then the readings of the golden pages."""
    arguments = _arguments()
    rows = list(_rows(arguments.pages))
    for reading in ("corpus", "auto", "full"):
        _print_scores(reading, rows, {row["name"]: _text(arguments.pages, row, reading) for row in rows})
    if arguments.python:
        command = [arguments.python, "-c", _TRAFILATURA, str(arguments.pages)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        _print_scores("trafilatura", rows, json.loads(done.stdout))
    documents = [_document(arguments.golden, row, "auto") for row in _rows(arguments.golden)]
    _print_readings([document for document in documents if document is not None])


def _arguments() -> argparse.Namespace:
    shared = Path(__file__).resolve().parent.parent.parent / "shared"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, default=shared / "extraction")
    parser.add_argument("--golden", type=Path, default=shared / "golden" / "modern")
    parser.add_argument("--python")
    return parser.parse_args()


def _rows(folder: Path) -> Iterable[dict[str, Any]]:
    return map(json.loads, (folder / "index.jsonl").read_text(encoding="utf-8").rstrip("\n").split("\n"))


def _document(folder: Path, row: dict[str, Any], reading: Any) -> Document | None:
    page = gzip.decompress((folder / f"{row['name']}.html.gz").read_bytes())
    try:
        return convert_html(
            page,
            url=row["url"] or _NO_URL,
            timestamp=row.get("timestamp", "20250101000000"),
            domain=row.get("domain", "example.com"),
            reading=reading,
        )
    except ConversionError:
        return None


def _text(folder: Path, row: dict[str, Any], reading: str) -> str:
    document = _document(folder, row, reading)
    return "" if document is None else strip_link_targets(document.body)


def _print_scores(name: str, rows: list[dict[str, Any]], texts: dict[str, str]) -> None:
    by_type: defaultdict[str, list[Score]] = defaultdict(list)
    for row in rows:
        by_type[row["type"]].append(_score(texts[row["name"]], row["main_content"]))
    for kind, scores in sorted(by_type.items()):
        f1, precision, recall = (mean(column) for column in zip(*scores, strict=True))
        print(f"{name:12} {kind:14} {len(scores):4} pages: F1 {f1:.3f}, precision {precision:.3f}, recall {recall:.3f}")


def _score(text: str, wanted: str) -> Score:
    got, want = (Counter(re.findall(r"\w+", each.lower())) for each in (text, wanted))
    both = (got & want).total()
    if not both:
        return (0.0, 0.0, 0.0) if got or want else (1.0, 1.0, 1.0)
    precision, recall = both / got.total(), both / want.total()
    return 2 * precision * recall / (precision + recall), precision, recall


def _print_readings(documents: list[Document]) -> None:
    readings = Counter(document.reading for document in documents)
    tenths = Counter(int(10 * (document.reading_coverage or 0)) / 10 for document in documents)
    print(f"golden: {dict(readings)}; documents by coverage, from the number on: {dict(sorted(tenths.items()))}")


if __name__ == "__main__":
    main()
