"""What a user can get wrong, command by command: one line on standard error, status 2, nothing asked or written."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from crawler.archives.opening import SAMPLE as SAMPLE_FILES
from tests.support.commands import ROOT, run_command

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Ended

CRAWL = "crawl policies "
SAMPLE = "crawl policies -a archive=sample "
CLOSED = "postgresql+psycopg://me:s3cret@127.0.0.1:1/db"
"""A database that no server has: port 1 is tcpmux."""

WRONG = {
    # archive=
    CRAWL + "-a archive=http://": "archive=http://: not http://host:port",
    CRAWL + "-a archive=http://host:99999": "Port out of range",
    CRAWL + "-a archive=http://me:s3cret@host:x": "in a user name or password write",
    CRAWL + "-a archive=/etc/passwd": "/etc/passwd: no WARC record at byte 0",
    CRAWL + "-a archive=x.txt": "x.txt: no WARC record at byte 0, but b'hello",
    CRAWL + "-a archive=page.warc.gz": "page.warc.gz: no WARC record",
    CRAWL + "-a archive=x.txt -s LOG_LEVEL=INFO": "name another file if this is no WARC, ARC or WACZ file",
    CRAWL + "-a archive=own/warc -s OUTPUT_DIR=own": "these are the responses that OUTPUT_DIR itself keeps",
    CRAWL + "-a archive=folder": "no WARC, ARC or WACZ file in this folder",
    CRAWL + "-a archive=": "-a archive=: no value; leave it out for wayback",
    # other arguments
    SAMPLE + "-a since=201513": "-a since=201513: no such date (month must be in 1..12)",
    SAMPLE + "-a until=20150230": "no such date (day is out of range for month)",
    SAMPLE + "-a since=3015": "-a since=3015: since is in the future",
    SAMPLE + "-a versions=chnages": "use one of changes, all",
    SAMPLE + "-a company=a": "-a company=: no such argument; did you mean companies?",
    SAMPLE + "-a companies=,": "a list without a name",
    SAMPLE + "-a since=2015 -a since=2016": "-a since= is given 2 times",
    SAMPLE + "-a since": "use -a NAME=VALUE",
    # the spider's name, and what stands after it
    "crawl policy": "no spider 'policy'; did you mean policies?",
    "crawl": "no spider named; use scrapy crawl policies",
    "crawl policies since=2015": "write -a since=2015",
    "crawl policies http://me:s3cret@host/": "no place for 'http://***@host/'",
    # options
    SAMPLE + "-o items.csv": "`scrapy export --format csv` writes them as tables",
    SAMPLE + "-O out.xyz": "-o out.xyz: a crawl writes no such file",
    SAMPLE + "--pidfile nowhere/pid": "--pidfile nowhere/pid: can't be written",
    SAMPLE + "-s NAME": "use -s NAME=VALUE",
    "export --format xml": "invalid choice: 'xml'",
    "status --since 2026-02-30": "no date",
    "convert x.txt --url http://a.example/ --timestamp 20151301000000": "--timestamp 20151301000000: no such date",
    "convert x.txt --url a.example --timestamp 20150101000000": "--url 'a.example': no whole address",
    # settings
    SAMPLE + "-s COMPANY_FILE=mine.yaml": "-s COMPANY_FILE: no such setting; did you mean COMPANIES_FILE?",
    "status -s output_dir=x": "did you mean OUTPUT_DIR?",
    "report -s LISTING_ROWS=x": "-s LISTING_ROWS=x: write a whole number, 1 or more",
    SAMPLE + "-s OUTPUT_DIR=x.txt": "x.txt is no folder",
    SAMPLE + "-s OUTPUT_DIR=/proc/nowhere": "-s OUTPUT_DIR=/proc/nowhere: can't write here",
    "convert --from-warc -s OUTPUT_DIR=/proc/nowhere": "/proc/nowhere: no such folder",
    "companies -s CATALOG_URL=catalog.db": "write sqlite:///FILE",
    SAMPLE + "-s CATALOG_URL=sqlite:///x.txt": "file is not a database",
    SAMPLE + f"-s CATALOG_URL={CLOSED}": "Connection refused; start the server, or check host and port",
    f"status -s CATALOG_URL={CLOSED}": "Connection refused; start the server, or check host and port",
    SAMPLE + "-s COMPANIES_FILE=nowhere.yaml": "nowhere.yaml: can't be read (No such file or directory)",
    SAMPLE + "-s COMPANIES_FILE=empty.yaml": "empty.yaml: the file is empty",
    "companies -s COMPANIES_FILE=list.csv": "list.csv:2: 'a.example/privacy' is no domain; write 'a.example'",
}
"""Commands, and what they say."""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Return a folder to run commands in, with some files that are of no use."""
    (tmp_path / "x.txt").write_text("hello\n")
    (tmp_path / "page.warc.gz").write_bytes(gzip.compress(b"<!DOCTYPE html>" * 9))
    (tmp_path / "folder").mkdir()
    (tmp_path / "own" / "warc").mkdir(parents=True)
    shutil.copytree(SAMPLE_FILES, tmp_path / "own" / "warc", dirs_exist_ok=True)
    (tmp_path / "empty.yaml").write_text("")
    (tmp_path / "list.csv").write_text("name,domain\nA,a.example/privacy\n")
    return tmp_path


def said_in_one_line(done: Ended, desk: Path, before: set[str]) -> str:
    """Return what a command says on standard error; it has printed and written nothing else."""
    assert (done.status, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done
    assert {path.name for path in desk.iterdir()} == before
    assert "s3cret" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("command", WRONG)
def test_wrong_input_is_one_line(desk: Path, command: str) -> None:
    before = {path.name for path in desk.iterdir()}
    environment = {"SCRAPY_SETTINGS_MODULE": "crawler.settings", "PYTHONPATH": str(ROOT)}
    done = run_command(*command.split(), cwd=desk, env=environment, timeout=120)
    assert WRONG[command] in said_in_one_line(done, desk, before)


def test_empty_spaces_and_lines_in_a_value_stay_in_one_line(desk: Path) -> None:
    before = {path.name for path in desk.iterdir()}
    environment = {"SCRAPY_SETTINGS_MODULE": "crawler.settings", "PYTHONPATH": str(ROOT)}
    for value in ("http://a\nb", " ", "no\nwhere"):
        done = run_command("crawl", "policies", "-a", f"archive={value}", cwd=desk, env=environment, timeout=120)
        assert said_in_one_line(done, desk, before)


def program(*arguments: str, cwd: Path, **environment: str) -> Ended:
    """Run `wayback-policies ARGUMENTS` in a new Python, without what the tests' own environment says of settings."""
    from tests.support.commands import Ended  # noqa: PLC0415 - a type elsewhere

    env = {name: value for name, value in os.environ.items() if name not in {"SCRAPY_SETTINGS_MODULE", "PYTHONPATH"}}
    code = f"import sys; sys.path[0] = {str(ROOT)!r}; from crawler.cli import main; main()"  # as if it were installed
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=cwd, env={**env, **environment}, capture_output=True, text=True, timeout=300)
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("arguments", "module", "says"),
    [
        (["crwal", "policies"], "", "wayback-policies: no command 'crwal'; did you mean crawl?\n"),
        (["status"], "my_setings", "SCRAPY_SETTINGS_MODULE=my_setings: no such module"),
        (["status"], "broken", "broken: it imports nothing_at_all, and there is no such module"),
        (["status"], "unclosed", "unclosed.py:1: '(' was never closed"),
        (["status"], "typo", "wayback-policies status: typo: OUTPUT_FOLDER: no such setting; did you mean OUTPUT_DIR?"),
    ],
)
def test_wrong_command_or_settings_module(desk: Path, arguments: list[str], module: str, says: str) -> None:
    (desk / "broken.py").write_text("import nothing_at_all\n")
    (desk / "unclosed.py").write_text("X = (\n")
    (desk / "typo.py").write_text("from crawler.settings import *\nOUTPUT_FOLDER = 'x'\n")
    before = {path.name for path in desk.iterdir()}
    environment = {"PYTHONDONTWRITEBYTECODE": "1"}
    if module:
        environment["SCRAPY_SETTINGS_MODULE"] = module
    assert says in said_in_one_line(program(*arguments, cwd=desk, **environment), desk, before)
