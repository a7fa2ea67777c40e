"""The tree: which package may import which, no import circles, no base name twice, no long files."""

from __future__ import annotations

import ast
import re
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import pytest

from tests.support.commands import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGES = ("crawler", "pipelines")
MANY = {"commands", "kinds"}
"""Folders whose modules may have the names of others: Scrapy and users go by them."""
MAX_LINES = 300

PATH_METHODS = {
    "exists", "glob", "is_dir", "is_file", "iterdir", "mkdir", "read_bytes", "read_text", "rglob", "rmdir", "stat", "touch",
    "unlink", "write_bytes", "write_text",
}  # fmt: skip
FILE_SYSTEM = {
    "pipelines.output.storage": "is the local folder",
    "pipelines.output.folder_locks": "writes who holds the folder's lock",
    "pipelines.output.store": "makes the folder",
    "pipelines.output.foreign_catalog": "looks whether the catalog's file is there",
    "pipelines.output.spool": "keeps an object store's open files in SPOOL_DIR",
    "pipelines.catalog.read_only": "looks for catalog.db, its log and the lock's owner",
    "pipelines.convert.program_version": "hashes the package's own code and data",
    "pipelines.installation": "looks whether the folder that pip installed from is there",
    "pipelines.export.describe": "hashes files in the export's temporary folder",
    "pipelines.export.git": "git needs a local folder",
    "pipelines.export.package": "makes the files of an export in a temporary folder",
    "pipelines.export.writers": "writes to the export's temporary folder",
    "pipelines.kinds.vocabulary": "reads the package's own data",
    "pipelines.gate.no_document": "reads the package's own data",
    "pipelines.similarity.effective_date": "reads the package's own data",
    "pipelines.report.site": "reads the package's own assets",
    "crawler.extensions.run_parameters": "hashes the user's companies file",
    "crawler.packaged": "copies the package's own data",
    "pipelines.located_yaml": "reads the user's companies file and file of topics",
    "crawler.company_list.list_file": "extends the user's companies file",
    "crawler.archives.archive_spec": "looks for the user's archive",
    "crawler.options.setting_values": "checks the user's files and folders",
    "crawler.archives.columns_files": "reads the user's Parquet files and lists of them",
    "crawler.archives.columns_index": "keeps a database in index/",
    "crawler.archives.warc_index": "reads the user's WARC files, keeps the database index/",
    "crawler.archives.warc_check": "looks into the user's WARC files",
    "crawler.archives.warc_files": "reads the user's WARC files",
    "crawler.archives.warc_index_file": "opens the database in index/",
    "crawler.archives.warc_indexing": "reads the user's WARC files",
    "crawler.archives.warc_parts": "keeps unpacked copies in index/",
    "crawler.commands.convert": "reads the user's page",
    "crawler.commands.selftest": "looks for a folder of today's",
    "crawler.selftest.exchange_file": "writes the exchanges of a self-test, and reads those that somebody sent",
}
"""The modules that touch the file system directly, each with its reason. Any other uses a Storage."""


def modules() -> dict[str, Path]:
    """Return each module's file by its dotted name."""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


def imports(node: ast.AST) -> Iterator[str]:
    """Yield the names that a module imports when it runs; imports for types alone are left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are absolute"
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        elif isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        else:
            yield from imports(child)


def graph() -> dict[str, set[str]]:
    """Return the modules of ours that each module imports."""
    known = modules()
    found: dict[str, set[str]] = {}
    for name, file in known.items():
        wanted = (each if each in known else each.rpartition(".")[0] for each in imports(ast.parse(file.read_text())))
        found[name] = {each for each in wanted if each in known and each != name}
    return found


def test_pipelines_imports_nothing_of_crawler() -> None:
    found = graph()
    assert len(found) > 100
    upward = {
        name: wanted
        for name, wanted in found.items()
        if name.startswith("pipelines") and any(each.startswith("crawler") for each in wanted)
    }
    assert upward == {}


def test_one_module_chooses_the_storage() -> None:
    named = {name for name, file in modules().items() if re.search(r"(?:Local|Object)Storage", file.read_text("utf-8"))}
    others = {"pipelines.export.git", "pipelines.output.spool"}  # git needs a local folder, as the spool is one
    assert named == {"pipelines.output.storage", "pipelines.output.object_storage", *others}


def test_output_is_reached_through_storage() -> None:
    """Only modules that have a reason touch the file system otherwise than through a Storage."""
    found = {name for name, file in modules().items() if any(map(touches_files, ast.walk(ast.parse(file.read_text()))))}
    assert found == FILE_SYSTEM.keys()


def touches_files(node: ast.AST) -> bool:
    """Whether a node calls a method of Path that reads or writes, or opens a file by `open` or `path.open(mode)`."""
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name):
        return node.func.id == "open"
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    mode = node.args[0] if node.args else None
    by_mode = isinstance(mode, ast.Constant) and re.fullmatch("[rwax]b?", str(mode.value))
    return name in PATH_METHODS or (name == "open" and bool(by_mode))


def test_no_import_circles() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        pytest.fail(f"import circle: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("package", PACKAGES)
def test_no_base_name_twice(package: str) -> None:
    paths = [path for path in (ROOT / package).rglob("*") if path.suffix == ".py" or (path / "__init__.py").exists()]
    named = [path for path in paths if not MANY & set(path.relative_to(ROOT).parts) and path.stem != "__init__"]
    assert [name for name, count in Counter(path.stem for path in named).items() if count > 1] == []


def test_files_are_short() -> None:
    lengths = {name: file.read_text("utf-8").count("\n") for name, file in modules().items()}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}
