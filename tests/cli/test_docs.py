"""What the documentation says is so: its commands run, its tables are complete, its messages and links exist."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml
from scrapy.settings import default_settings

from crawler import settings
from crawler.arguments import ARGUMENTS
from crawler.run_stats import ExitStatus
from crawler.selftest.facts import FACTS
from crawler.spiders.policies import PoliciesSpider
from pipelines.versions import COLUMNS
from tests.support.commands import ROOT, Ended, run_command

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
COMMAND = re.compile(r"(?:\$ )?(?:\.venv/bin/)?(scrapy .*)")

NOT_RUN = {
    "CONTACT=you@example.org": "asks the live archive",
    "archive=http": "asks an archive that is the reader's own",
    "archive=pywb+http": "asks an archive that is the reader's own",
    "archive=/": "reads files of the reader's own",
    "OUTPUT_DIR=s3://": "writes to a bucket of the reader's own",
    "CONVERSION_POOL=dask": "uses a cluster of the reader's own",
    "--replay": "reads a file of the reader's own",
}
"""Commands that can't run offline, by what is in them, with the reason."""


@dataclass(frozen=True)
class Shown:
    """A command in a code block, and the lines that the block shows as its output, if it has a prompt."""

    page: Path
    line: int
    command: str
    output: tuple[str, ...]

    @property
    def why_not_run(self) -> str:
        return next((why for part, why in NOT_RUN.items() if part in self.command), "")


def code_blocks(page: Path) -> list[tuple[int, str, list[str]]]:
    """Return line number, language and lines of each code block: fenced, or indented by four spaces after a blank line."""
    blocks: list[tuple[int, str, list[str]]] = []
    fenced, indented = False, False
    lines = page.read_text().splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("```"):
            fenced = not fenced
            if fenced:
                blocks.append((number + 1, line[3:].strip(), []))
        elif fenced:
            blocks[-1][2].append(line)
        elif line.startswith("    ") and (indented or not lines[number - 2].strip()):
            if not indented:
                blocks.append((number, "", []))
            indented = True
            blocks[-1][2].append(line[4:])
        else:
            indented = False
    return blocks


def commands(page: Path) -> list[Shown]:
    """Return the commands of a page: lines that begin with scrapy, and in console blocks all after a prompt."""
    found: list[Shown] = []
    for start, language, lines in code_blocks(page):
        prompts = language == "console"
        for number, line in enumerate(lines, start):
            match = COMMAND.fullmatch(line.strip())
            if match or (prompts and line.startswith("$ ")):
                found.append(Shown(page, number, match[1] if match else line[2:], ()))
            elif prompts and found:
                last = found.pop()
                found.append(Shown(page, last.line, last.command, (*last.output, line)))
    return found


ALL = [shown for page in sorted(PAGES, key=lambda page: page.name != "tutorial.md") for shown in commands(page)]
"""Of all pages, the tutorial's first: the others, and its own later ones, look at what its first crawl makes."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder to run commands in, with the companies file that the tutorial tells the reader to save."""
    folder = tmp_path_factory.mktemp("docs")
    (listed,) = (lines for _, language, lines in code_blocks(DOCS / "tutorial.md") if language == "yaml")
    (folder / "mine.yaml").write_text("\n".join(listed) + "\n")
    (topics,) = (lines for _, language, lines in code_blocks(DOCS / "topics.md") if language == "yaml")
    (folder / "topics.yaml").write_text("\n".join(topics) + "\n")
    return folder


@pytest.fixture(scope="module")
def ran() -> dict[str, Ended]:
    """Return the commands that have run: one that shows no output of its own need not run twice."""
    return {}


@pytest.mark.parametrize(
    "shown",
    [shown for shown in ALL if not shown.why_not_run],
    ids=lambda shown: f"{shown.page.name}:{shown.line}",
)
def test_docs_command_works_as_shown(shown: Shown, desk: Path, ran: dict[str, Ended]) -> None:
    if shown.output or shown.command not in ran:
        ran[shown.command] = _run(shown.command.replace("/tmp/", f"{desk}/"), desk)  # noqa: S108 - what is not used
    done = ran[shown.command]
    assert done.status == 0, done.stderr
    lines = iter([line.rstrip() for line in done.stdout.splitlines()])
    for line in shown.output:
        elided = line.strip() == "…" or not line.strip()
        assert elided or any(line.rstrip() == printed for printed in lines), f"not printed: {line}\n{done.stdout}"


def _run(command: str, folder: Path) -> Ended:
    """Run a command line in a folder; a shell runs what is more than `scrapy` and its arguments."""
    environment = {"PYTHONPATH": str(ROOT), "SCRAPY_SETTINGS_MODULE": "tests.support.patient_settings"}
    program, *arguments = shlex.split(command)
    if program == "scrapy" and not re.search(r"[|&;<>$`*]", command):
        return run_command(*arguments, cwd=folder, env=environment)
    environment |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    shell = ["bash", "-o", "pipefail", "-c", command]
    done = subprocess.run(shell, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True)
    return Ended(done.returncode, done.stdout, done.stderr)


def test_docs_reasons_not_to_run_are_all_used() -> None:
    assert all(shown.command.startswith("scrapy ") for shown in ALL if shown.why_not_run)
    assert any(shown.why_not_run for shown in ALL)


# Tables


def rows(page: Path, heading: str) -> dict[str, str]:
    """Return the first table under a heading: its first column's names, to the second."""
    section = page.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    cells = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    return {name.strip("` "): value for name, value, *_ in cells}


def own_settings() -> dict[str, object]:
    """Return the settings that crawler/settings.py has and Scrapy has not."""
    names = (name for name in vars(settings) if name.isupper() and not hasattr(default_settings, name))
    return {name: getattr(settings, name) for name in names}


@pytest.mark.parametrize("page", [ROOT / "README.md", DOCS / "settings.md"], ids=lambda page: page.name)
def test_docs_arguments_table_is_up_to_date(page: Path) -> None:
    table = [f"| `{each.name}` | {each.shown_default} | {each.meaning} |" for each in ARGUMENTS]
    assert "\n|---|---|---|\n" + "\n".join(table) + "\n\n" in page.read_text()


def test_crawl_help_lists_arguments() -> None:
    assert ", ".join(f"{each.name}=" for each in ARGUMENTS) in str(PoliciesSpider.__doc__)


def test_docs_list_every_exit_status() -> None:
    section = (DOCS / "settings.md").read_text().partition("## Exit status")[2]
    assert re.findall(r"^\| (\d) \|", section, re.MULTILINE) == [f"{status:d}" for status in ExitStatus]


def test_docs_list_every_setting_with_default() -> None:
    table = rows(DOCS / "settings.md", "Settings")
    in_readme = {name: getattr(settings, name) for name in settings_in_readme()}  # some are Scrapy's
    shown = own_settings() | in_readme
    assert set(table) == set(shown)
    for name, value in shown.items():
        if table[name].startswith("`") and name != "CATALOG_URL":
            assert table[name] == f"`{value}`", name


def settings_in_readme() -> list[str]:
    return re.findall(r"^\| `([A-Z_]{4,})` \|", (ROOT / "README.md").read_text(), re.MULTILINE)


def test_readme_names_existing_arguments_and_settings() -> None:
    named = settings_in_readme()
    assert named
    assert set(named) <= set(vars(settings))


def test_docs_list_every_field_of_versions_jsonl() -> None:
    names = rows(DOCS / "file-format.md", "versions.jsonl")
    assert [name.strip("`") for cell in names for name in cell.split(", ")] == [column.name for column in COLUMNS]


def test_docs_list_every_fact_of_the_selftest() -> None:
    names = rows(DOCS / "selftest.md", "The facts")
    assert [name.strip("`") for cell in names for name in re.split("`, `", cell)] == [fact.name for fact in FACTS]


# Messages


def message_parts(page: Path) -> list[str]:
    """Return the quoted parts of messages in the first columns of a page's tables."""
    cells = [line.split(" | ")[0] for line in page.read_text().splitlines() if line.startswith("| `")]
    return [part for cell in cells for part in re.findall(r"`([^`]+)`", cell)]


@cache
def strings_of_the_program() -> str:
    """Return the string literals of the two packages but docstrings, with gaps that no message has between their parts."""
    found: list[str] = []
    for package in ("crawler", "pipelines"):
        for path in (ROOT / package).rglob("*.py"):
            nodes = list(ast.walk(ast.parse(path.read_text())))
            docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
            found += [_literal(node) for node in nodes if id(node) not in docstrings]
    return "\0".join(filter(None, found))


def _literal(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "\1".join(part.value for part in node.values if isinstance(part, ast.Constant))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@pytest.mark.parametrize("part", sorted(set(message_parts(DOCS / "troubleshooting.md")) - {"HTTP 504"}))
def test_troubleshooting_quotes_existing_messages(part: str) -> None:
    assert part in strings_of_the_program()


# Links and files


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "output" / "README.md"], ids=lambda p: p.name
)
def test_docs_links_resolve(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    local = [target for target in targets if "://" not in target and "{" not in target]
    missing = [target for target in local if not (page.parent / target).exists()]
    assert not missing


def test_docs_pages_are_linked_from_readme() -> None:
    text = (ROOT / "README.md").read_text()
    assert [page.name for page in DOCS.glob("*.md") if f"docs/{page.name}" not in text] == []


def test_extending_names_existing_files() -> None:
    named = re.findall(r"`((?:crawler|pipelines|tools|tests)/[\w/.]+\.\w+)`", (DOCS / "extending.md").read_text())
    assert len(named) >= 6
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("name", ["wayback-policies.cron", "my_settings.py"])
def test_scheduling_settings_are_current(name: str) -> None:
    text = (DOCS / "files" / name).read_text()
    used = re.findall(r"-s ([A-Z_]+)=|^([A-Z_]+) = ", text, re.MULTILINE)
    assert len(used) >= 3
    assert {one or other for one, other in used} <= set(own_settings())


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd is installed")
def test_scheduling_units_are_valid(tmp_path: Path) -> None:
    """With a program and a user that are here."""
    for name in ("wayback-policies.service", "wayback-policies.timer"):
        unit = (DOCS / "files" / name).read_text()
        (tmp_path / name).write_text(
            unit.replace("/opt/wayback-policies/.venv/bin", str(Path(sys.executable).parent)).replace(
                "User=policies", "User=root"
            )
        )
    command = ["systemd-analyze", "verify", "--man=no", *map(str, tmp_path.glob("wayback-policies.*"))]
    done = subprocess.run(command, capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if "wayback-policies" in line]
    assert (done.returncode, said) == (0, []), done.stderr


def test_docs_yaml_examples_load(tmp_path: Path) -> None:
    from crawler.companies import load_companies  # noqa: PLC0415 - only this test wants it

    for page in PAGES:
        for start, language, lines in code_blocks(page):
            example = yaml.safe_load("\n".join(lines)) if language == "yaml" else None
            if isinstance(example, dict) and "companies" in example:
                (tmp_path / "list.yaml").write_text("\n".join(lines))
                assert load_companies(tmp_path / "list.yaml"), f"{page.name}:{start}"
