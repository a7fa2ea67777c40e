"""Documents against those of the reference pipeline, byte for byte: own pages, and the golden ones where they are."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from pipelines.convert import convert_html
from tests.support.commands import ROOT, SHARED

FIXTURES = ROOT / "tests" / "fixtures" / "convert"
GOLDEN = SHARED / "golden"
FLOOR = json.loads((FIXTURES / "floor.json").read_text())


def page(folder: Path, name: str) -> bytes:
    plain = folder / f"{name}.html"
    return plain.read_bytes() if plain.exists() else gzip.decompress((folder / f"{name}.html.gz").read_bytes())


def rows(folder: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines()]


def is_identical(folder: Path, row: dict[str, str]) -> bool:
    document = convert_html(
        page(folder, row["name"]),
        url=row["url"],
        timestamp=row["timestamp"],
        domain=row["domain"],
        content_type="text/html; charset=utf-8",
    )
    return document.text.encode() == (folder / f"{row['name']}.txt").read_bytes()


@pytest.mark.parametrize("name", ["fixtures", "seeds", "corpus", "modern", "minis"])
def test_fidelity_does_not_decrease(name):
    folder = FIXTURES if name == "fixtures" else GOLDEN / name
    if not folder.exists():
        pytest.skip("the golden documents are not here")
    different = [row["name"] for row in rows(folder) if not is_identical(folder, row)]
    identical = len(rows(folder)) - len(different)
    assert identical >= FLOOR[name], f"different: {different}"
