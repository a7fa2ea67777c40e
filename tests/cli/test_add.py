"""`scrapy add`, run as a user runs it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from crawler.companies import Company, load_companies
from crawler.company_list.addition import Entry
from crawler.company_list.list_file import add_entry
from pipelines.errors import CompaniesError
from tests.support.commands import Ended, run_command


def add(folder: Path, *arguments: str, file: str = "mine.yaml") -> Ended:
    return run_command("add", *arguments, "-s", f"COMPANIES_FILE={folder / file}")


def test_add_makes_the_file_and_says_what_to_do_next(tmp_path: Path) -> None:
    first = add(tmp_path, "rackspace.com", "--name", "Rackspace", "--page", "https://www.rackspace.com/legal/p")
    assert (first.status, first.stderr) == (0, "")
    path = tmp_path / "mine.yaml"
    assert first.stdout.splitlines()[:2] == [
        f"{path}:4: Rackspace (rackspace.com) added; 1 company",
        f"next: `scrapy crawl policies -s COMPANIES_FILE={path} -a companies=rackspace.com -a plan=1` shows what a run costs",
    ]
    second = add(tmp_path, "blog.rackspace.con")
    assert second.stdout.splitlines()[:2] == [
        f"{path}:8: blog.rackspace.con (blog.rackspace.con) added; 2 companies",
        "note: no top-level domain .con is known today: check the spelling",
    ]
    rackspace, _ = load_companies(path)
    assert (rackspace.name, rackspace.pages_of("rackspace.com")) == (
        "Rackspace",
        ("https://www.rackspace.com/legal/p",),
    )
    before = path.read_bytes()
    again = add(tmp_path, "WWW.rackspace.com")
    assert (again.status, again.stdout) == (2, "")
    assert again.stderr == f"scrapy add: {path}:4: rackspace.com is listed already, for Rackspace; nothing was added\n"
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["mine.yaml"]


REFUSED = {
    "": "needs one DOMAIN; see scrapy add -h",
    "a.com b.com": "needs one DOMAIN, not 'a.com b.com'",
    "--nmae A a.com": "has no option --nmae",
    "https://a.com/": "write 'a.com', without scheme, port or path",
    "192.168.0.1": "is no domain",
    "co.uk": "co.uk is a public suffix",
    "web.archive.org": "web.archive.org is a web archive's",
    "a.com --page privacy": "page 'privacy' is no http or https address",
    "a.com --page blog=https://a.com/": "kind 'blog' is not known",
    "a.com -s COMPANIES_FILE=crawler/companies.yaml": "the list that comes with the program stays as it is",
    "a.com -s COMPANIES_FILE=nowhere/mine.yaml": "nowhere/mine.yaml: can't be written (No such file or directory)",
    "a.com -s COMPANIES_FILE=tests": "tests: no file",
}


@pytest.mark.parametrize(("arguments", "said"), REFUSED.items())
def test_add_refuses_in_one_line(tmp_path: Path, arguments: str, said: str) -> None:
    own = [] if "COMPANIES_FILE" in arguments else ["-s", f"COMPANIES_FILE={tmp_path / 'mine.yaml'}"]
    ended = run_command("add", *own, *arguments.split())
    assert (ended.status, ended.stdout, len(ended.stderr.splitlines())) == (2, "", 1)
    assert said in ended.stderr
    assert list(tmp_path.iterdir()) == []


def entry(domain: str) -> Entry:
    return Entry(Company(name=domain, domain=domain), domain)


def test_add_entry_keeps_mode_mark_and_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    real.write_bytes(b"\xef\xbb\xbfa.com\r\n")
    real.chmod(0o640)
    link.symlink_to(real)
    add_entry(link, entry("b.com"))
    assert link.is_symlink()
    assert real.read_bytes() == b"\xef\xbb\xbfa.com\r\nb.com\r\n"
    assert real.stat().st_mode & 0o777 == 0o640


def test_add_entry_of_several_at_once_loses_none(tmp_path: Path) -> None:
    path, refused = tmp_path / "mine.txt", []

    def run(number: int) -> None:
        for turn in range(20):
            try:
                add_entry(path, entry(f"host{number}-{turn}.com"))
            except CompaniesError as error:
                refused.append(str(error))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(path.read_text().split()) == 80 - len(refused)
    assert all("another command adds to it just now" in each for each in refused)


def test_add_entry_leaves_the_file_alone_if_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("a.com\n")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(CompaniesError, match=r"can't be written \(No space left on device\)"):
        add_entry(path, entry("b.com"))
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
    assert path.read_text() == "a.com\n"
