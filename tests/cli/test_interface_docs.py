"""Examples of docs/export.md, python.md, catalog.md and settings.md: each one runs and gives what the page says."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import yaml

from crawler.companies import load_companies
from pipelines.catalog.views import VIEWS
from tests.support.commands import ROOT, Run

if TYPE_CHECKING:
    from pathlib import Path

DOCS = {name: (ROOT / "docs" / f"{name}.md").read_text() for name in ("export", "python", "catalog")}


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCS[name], re.MULTILINE | re.DOTALL)


def test_docs_example_of_expectations(tmp_path: Path) -> None:
    (block,) = blocks("export", "yaml")
    (tmp_path / "list.yaml").write_text(block)
    (company,) = load_companies(tmp_path / "list.yaml")
    assert company.expect.model_dump(exclude_unset=True) == yaml.safe_load(block)["companies"][0]["expect"]


def test_docs_example_of_python(sample_run: Run, tmp_path: Path) -> None:
    sample_run.copied_to(tmp_path / "output")
    (block,) = blocks("python", "python")
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{block}"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "2023-05-20 Northlane Privacy Notice | Northlane Cloud" in done.stdout


def test_docs_queries_name_every_view() -> None:
    assert len(blocks("catalog", "sql")) == 5
    assert set(re.findall(r"^\| `(\w+)` \|", DOCS["catalog"], re.MULTILINE)) == set(VIEWS)


@pytest.mark.parametrize("number", range(5))
def test_docs_queries_run(sample_run: Run, tmp_path: Path, number: int) -> None:
    shutil.copy(sample_run.output / "catalog.db", tmp_path)
    with closing(sqlite3.connect(tmp_path / "catalog.db")) as db:
        # The sample loses nothing and has a text of everybody; so that each query has something to say:
        db.execute("UPDATE captures SET fate = 'failed', cause = 'timed out' WHERE fate = 'archived error'")
        db.execute(
            "UPDATE captures SET fate = 'failed', cause = 'x', text_sha256 = NULL WHERE domain = 'quillbox.example'"
        )
        rows = db.execute(blocks("catalog", "sql")[number]).fetchall()
    assert rows
    assert all(value is not None for value in rows[0])


def test_settings_module_of_ones_own(tmp_path: Path) -> None:
    """The module and the variables of docs/settings.md, with other folders; `scrapy` as a shell starts it."""
    page = (ROOT / "docs" / "settings.md").read_text()
    (module,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (variables,) = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    own, elsewhere = tmp_path / "own", tmp_path / "elsewhere"
    for folder in (own, elsewhere):
        folder.mkdir()
    (own / "my_settings.py").write_text(module.replace("/var/lib/wayback-policies", f"{tmp_path}/output"))
    # the tests run from a folder, an installed program needs no second one in PYTHONPATH
    exports = variables.replace("/etc/wayback-policies", f"{own}:{ROOT}")
    command = f"{sys.executable} -c 'from scrapy.cmdline import execute; import sys; del sys.path[0]; execute()' status"
    done = subprocess.run(["bash", "-ec", f"{exports}{command}"], cwd=elsewhere, capture_output=True, text=True)
    assert f"{tmp_path}/output/catalog.db: no catalog here" in done.stderr, done.stderr
