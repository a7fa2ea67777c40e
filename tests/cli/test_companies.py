"""`scrapy companies`, run as a user runs it."""

from __future__ import annotations

import pytest

from tests.support.commands import run_command, scrapy

LIST = """\
companies:
  - name: Rackspace
    domain: rackspace.com
    aliases: [rackspace.co.uk, slicehost.com]
  - name: Gandi
    domain: gandi.net
"""


@pytest.fixture
def scrapy_companies(tmp_path):
    """Write a companies file, run the command on it, and give exit status, output and error output."""

    def run(content: str, *arguments: str) -> tuple[int, str, str]:
        path = tmp_path / "list.yaml"
        path.write_text(content)
        settings = ["-s", f"COMPANIES_FILE={path}", "-s", f"OUTPUT_DIR={tmp_path / 'output'}"]
        ended = run_command("companies", *settings, *arguments)
        return ended.status, ended.stdout, ended.stderr

    return run


def test_companies_prints_table(scrapy_companies):
    table = (
        "NAME       DOMAIN         ALIASES\n"
        "Rackspace  rackspace.com  rackspace.co.uk, slicehost.com\n"
        "Gandi      gandi.net\n"
        "2 companies, 4 listed domains\n"
    )
    assert scrapy_companies(LIST) == (0, table, "")


def test_companies_explain_takes_names_and_says_what_was_not_crawled(sample_run):
    by_name = scrapy("companies", "--explain", "northlane", output=sample_run.output)
    assert "northlane.example: policy in " in by_name.stdout
    never = scrapy("companies", "--explain", "rackspace.com", output=sample_run.output)
    assert (never.status, never.stdout) == (0, f"rackspace.com: not crawled into {sample_run.output} yet\n")
    unknown = scrapy("companies", "--explain", "nosuch.example", output=sample_run.output)
    assert (unknown.status, "no domain 'nosuch.example' in" in unknown.stderr) == (2, True)


def test_companies_names_unlisted_domains_with_files(scrapy_companies, tmp_path):
    for name in ("gandi.net", "slicehost.com", "old.example", "b.example", "Not a domain"):
        folder = tmp_path / "output" / "text" / name
        folder.mkdir(parents=True)
        (folder / "20200101000000.txt").write_text("text")
    (tmp_path / "output" / "text" / "empty.example").mkdir()
    _, out, _ = scrapy_companies(LIST)
    assert out.splitlines()[-1] == "not on this list, files kept: b.example, old.example"


def test_companies_invalid_file_is_one_line(scrapy_companies, tmp_path):
    status, out, err = scrapy_companies(LIST.replace("gandi.net", "gandi.net/privacy"))
    assert (status, out) == (2, "")
    assert err == (
        f"scrapy companies: {tmp_path / 'list.yaml'}:6: 'gandi.net/privacy' is no domain; "
        "write 'gandi.net', without scheme, port or path (addresses go under `pages`)\n"
    )


def test_companies_unknown_argument_is_bad_usage(scrapy_companies):
    status, out, err = scrapy_companies(LIST, "gandi.net")
    assert (status, out) == (2, "")
    assert err == "scrapy companies: takes no argument 'gandi.net'; see scrapy companies -h\n"
