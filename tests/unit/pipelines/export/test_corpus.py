"""The corpus' layout, read as the corpus' own users read it: by `git log`, `git show` and what the message's body says."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from pipelines.document import parse, snapshot_url
from pipelines.errors import OutputError, UsageError
from pipelines.export.corpus import Form, corpus_path, export_corpus
from pipelines.versions import versions
from tests.support.folders import file, opened

if TYPE_CHECKING:
    from pathlib import Path

FILE = "e/ex/exa/example.com.md"
KEYS = """
    alexa_rank analysis_subcorpus categories char_count classifier_probability cross_domain_homepage_redir flesch_ease
    flesch_kincaid homepage_snapshot_redirected_domain homepage_snapshot_redirected_url homepage_snapshot_url interval
    link_text parked_domain phase policy_domain policy_filetype policy_snapshot_url policy_title policy_url sha1 simhash
    simhash_updated site_hostname site_url smog strict_updated timestamp word_count year
""".split()
"""As the corpus' commits have them (research/corpus.md), typed in."""


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def output(tmp_path: Path) -> Path:
    with opened(tmp_path / "output") as library:
        for timestamp, text in (("20100101000000", "a"), ("20120801000000", "b"), ("20140101000000", "a")):
            file(library, timestamp, text)
    return tmp_path / "output"


def test_export_corpus_layout(output: Path, tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    assert export_corpus(output, folder) == (3, 0)
    commits = git(folder, "log", "--reverse", "--format=%H", FILE).split()
    bodies = [git(folder, "show", "-s", "--format=%b", commit) for commit in commits]
    intervals = [re.search(r'"?interval"?:\s*"?([\w_]+)', body)[1] for body in bodies]  # type: ignore[index]
    assert intervals == ["2010_A", "2012_B", "2014_A"]
    for body in bodies:
        assert sorted(json.loads(body)) == KEYS
    by_time = sorted(versions(output), key=lambda version: version.first_seen)
    assert [git(folder, "show", f"{commit}:{FILE}") for commit in commits] == [version.text() for version in by_time]
    dates = git(folder, "log", "--reverse", "--date=format:%Y%m%d%H%M%S", "--format=%ad %cd").splitlines()
    assert dates == [f"{v.first_seen:%Y%m%d%H%M%S} {v.first_seen:%Y%m%d%H%M%S}" for v in by_time]
    assert [path.name for path in folder.rglob("*.md")] == ["example.com.md"]
    assert (folder / FILE).read_text() == by_time[-1].text()
    assert git(folder, "status", "--porcelain") == ""


def test_export_corpus_for_git_log_shows_changes_of_the_text_alone(tmp_path: Path) -> None:
    with opened(tmp_path / "output") as library:
        for timestamp, text in (("20100101000000", "Old."), ("20120801000000", "New.")):
            snapshot = f"https://web.archive.org/web/{timestamp}id_/"
            page, site = f"{snapshot}http%3A//example.com/privacy", f"{snapshot}http%3A//example.com%3A8080"
            links = f"[a]({page}#top) [b]({site}/terms?x=%3A) [c]({snapshot}https://x.example/y) [d](http://z.example/)"
            file(
                library, timestamp, f"{text}\n\n{links} https://web.archive.org/web/20090101000000id_/http://q.example/"
            )
    folder = tmp_path / "corpus"
    export_corpus(tmp_path / "output", folder, form=Form(original_links=True, header=False))
    assert (folder / FILE).read_text().splitlines()[:3] == ["# Privacy", "", "New."]
    links = "[a](http://example.com/privacy#top) [b](http://example.com:8080/terms?x=%3A) [c](https://x.example/y)"
    assert (
        f"{links} [d](http://z.example/) https://web.archive.org/web/20090101000000id_/" in (folder / FILE).read_text()
    )
    shown = git(folder, "log", "-p", "-1", "--format=", FILE).splitlines()
    assert [line for line in shown if re.match(r"[-+](?![-+])", line)] == ["-Old.", "+New."]
    assert "Links lead to the addresses" in (folder / "README").read_text()
    message = json.loads(git(folder, "log", "-1", "--format=%b"))
    assert message["policy_snapshot_url"] == snapshot_url("http://example.com/privacy", "20120801000000")


def test_export_corpus_commit_metadata(output: Path, tmp_path: Path) -> None:
    export_corpus(output, tmp_path / "corpus")
    first, _, last = (
        json.loads(body) for body in git(tmp_path / "corpus", "log", "--reverse", "--format=%b%x00").split("\0")[:3]
    )
    text = parse((tmp_path / "corpus" / FILE).read_text())
    assert (last["policy_title"], last["char_count"]) == (text.title, len(text.body))
    assert last["policy_snapshot_url"] == text.snapshot_url
    assert (last["year"], last["phase"], last["timestamp"]) == (2014, "A", "20140101000000")
    assert (last["policy_url"], last["policy_domain"]) == ("example.com/privacy", "example.com")
    assert (first["strict_updated"], last["strict_updated"]) == (None, True)
    assert first["sha1"] == last["sha1"]
    assert last["alexa_rank"] is None


def test_export_corpus_again_adds_only_new_versions(output: Path, tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    export_corpus(output, folder)
    history = git(folder, "log", "--format=%H").split()
    packs = sorted((folder / ".git" / "objects").rglob("*.pack"))
    export_corpus(output, folder)
    assert git(folder, "log", "--format=%H").split() == history
    assert sorted((folder / ".git" / "objects").rglob("*.pack")) == packs
    with opened(output) as library:
        file(library, "20200101000000", "c")
    export_corpus(output, folder)
    assert git(folder, "log", "--format=%H").split()[1:] == history
    assert "c\n" in (folder / FILE).read_text()


def test_export_corpus_inserts_earlier_version(output: Path, tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    export_corpus(output, folder)
    with opened(output) as library:
        file(library, "20050101000000", "earlier")
    export_corpus(output, folder)
    subjects = git(folder, "log", "--reverse", "--format=%s").splitlines()
    assert subjects == [f"example.com {interval}" for interval in ("2005_A", "2010_A", "2012_B", "2014_A")]
    git(folder, "fsck", "--strict")


def test_export_corpus_ignores_git_configuration(output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export_corpus(output, tmp_path / "one")
    config = tmp_path / "gitconfig"
    config.write_text("[user]\n\tname = Somebody\n[core]\n\tautocrlf = true\n[init]\n\tdefaultBranch = other\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    export_corpus(output, tmp_path / "two")
    monkeypatch.undo()
    assert git(tmp_path / "two", "rev-parse", "main") == git(tmp_path / "one", "rev-parse", "main")
    assert (tmp_path / "two" / FILE).read_bytes() == (tmp_path / "one" / FILE).read_bytes()


def test_export_corpus_refuses_foreign_folder(output: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("mine")
    git(tmp_path, "init", "-q", "repository")
    for name in ("notes", "repository"):
        before = sorted((tmp_path / name).rglob("*"))
        with pytest.raises(UsageError, match="holds something else"):
            export_corpus(output, tmp_path / name)
        assert sorted((tmp_path / name).rglob("*")) == before


def test_export_corpus_without_git(output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="needs git"):
        export_corpus(output, tmp_path / "corpus")


def test_export_corpus_missing_text_keeps_history(output: Path, tmp_path: Path) -> None:
    export_corpus(output, tmp_path / "corpus")
    head = git(tmp_path / "corpus", "rev-parse", "main")
    (output / "text" / "example.com" / "20120801000000.txt").unlink()
    with pytest.raises(OutputError, match="can't be read"):
        export_corpus(output, tmp_path / "corpus")
    assert git(tmp_path / "corpus", "rev-parse", "main") == head


def test_export_corpus_without_versions(tmp_path: Path) -> None:
    with opened(tmp_path / "output"):
        pass
    assert export_corpus(tmp_path / "output", tmp_path / "corpus") == (0, 0)


@pytest.mark.parametrize(
    ("domain", "path"),
    [
        ("rackspace.com", "r/ra/rac/rackspace.com.md"),
        ("01.com", "0/01/01./01.com.md"),
        ("1and1.co.uk", "1/1a/1an/1and1.co.uk.md"),
    ],
)
def test_corpus_path_names(domain: str, path: str) -> None:
    assert corpus_path(domain) == path


@pytest.mark.parametrize("domain", ["../../etc", 'a"b.com', "a b.com", "a.com\nM 100644", ".git", ""])
def test_export_corpus_tampered_catalog_names_no_path(domain: str) -> None:
    with pytest.raises(OutputError, match="no listed domain"):
        corpus_path(domain)
