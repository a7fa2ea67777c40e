"""The sample archive is what its sources make, and the outcome table says nothing that the captures contradict."""

from __future__ import annotations

import gzip
import itertools
import re
from urllib.parse import quote, urlsplit

import pytest
import yaml
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

from tests.sample import outcome
from tests.sample.build import SAMPLE, build, render
from tests.sample.captures import CAPTURES, PAGES, Spec
from tests.support.commands import ROOT

HERE = ROOT / "tests" / "sample"
POLICY_PATH = re.compile(r"^/(legal/)?(privacy|privacy-policy|datenschutz)(\.\w+)?/?$")


def urlkey(url: str) -> str:
    """Return the SURT of a sample URL; they need no more of the rules than this."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    return ",".join(reversed(host.split("."))) + ")" + (parts.path.rstrip("/") or "/")


def test_build_equals_committed_archive() -> None:
    committed, built = SAMPLE.read_bytes(), build()
    assert gzip.decompress(committed) == gzip.decompress(built)  # not the compressed bytes: zlibs differ
    assert len(committed) < 300_000


def test_build_is_deterministic() -> None:
    assert build() == build()


def test_build_records_have_digests_and_times() -> None:
    with SAMPLE.open("rb") as stream:
        seen = []
        for record in ArchiveIterator(stream, check_digests="raise"):
            record.content_stream().read()
            if record.rec_type in {"response", "revisit"}:
                date = re.sub(r"\D", "", record.rec_headers.get_header("WARC-Date"))
                seen.append((date, record.rec_headers.get_header("WARC-Target-URI")))
    assert seen == [(spec.timestamp, spec.url) for spec in CAPTURES]


def test_render_windows_1252_page_declares_no_charset() -> None:
    spec = next(spec for spec in CAPTURES if spec.page == "quillbox-2005")
    body = render(spec)
    assert b"charset" not in body.lower() + PAGES[spec.page].content_type.encode()
    assert {b"\x80", b"\x92", b"\xe9"} <= {bytes([byte]) for byte in body}  # the euro sign, a curly quote, e acute


def test_render_nonce_changes_bytes() -> None:
    bodies = [render(spec) for spec in CAPTURES if spec.page == "wolkenwerft-2010"]
    assert len(bodies) == 5
    assert len(set(bodies)) == 4


def test_outcome_covers_every_policy_capture() -> None:
    wanted = [(urlkey(s.url), s.timestamp) for s in CAPTURES if POLICY_PATH.match(urlsplit(s.url).path)]
    told = [(page.urlkey, c.timestamp) for page in outcome.PAGES for c in page.captures]
    assert sorted(told) == sorted(wanted)


@pytest.mark.parametrize("page", outcome.PAGES, ids=lambda page: page.urlkey)
def test_outcome_versions_are_runs_of_equal_texts(page: outcome.PageOutcome) -> None:
    with_text = [capture for capture in page.captures if capture.file]
    runs = [(file, list(run)) for file, run in itertools.groupby(with_text, key=lambda capture: capture.file)]
    assert [(run[0].moment, run[-1].moment, len(run), file) for file, run in runs] == [
        (version.first_seen, version.last_seen, version.captures, version.file) for version in page.versions
    ]
    assert all(capture.fate.has_text == bool(capture.file) and capture.fate.is_final for capture in page.captures)


@pytest.mark.parametrize("domain", outcome.DOMAINS)
def test_outcome_file_has_one_stored_capture(domain: str) -> None:
    stored = [
        capture.file
        for page in outcome.PAGES
        for capture in page.captures
        if page.domain == domain and capture.fate is outcome.STORED and not capture.credited
    ]
    expected = outcome.files(domain)
    assert sorted(stored) == list(expected)
    assert {path.stem for path in (HERE / "expected" / domain).iterdir()} == set(expected)


@pytest.mark.parametrize(
    ("domain", "stamp"), [(domain, stamp) for domain in outcome.DOMAINS for stamp in outcome.files(domain)]
)
def test_expected_document_names_fetched_memento(domain: str, stamp: str) -> None:
    (spec,) = [spec for spec in CAPTURES if spec.timestamp == stamp]
    document = (HERE / outcome.files(domain)[stamp]).read_text("utf-8")
    header, _, rest = document.partition("\n\n")
    assert f"from the {domain} privacy policy that was archived on {stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}." in header
    assert f"https://web.archive.org/web/{stamp}id_/{quote(spec.url)})" in header
    assert rest.startswith("# ")
    assert len(rest.split()) > 500
    assert "@@" not in rest


def test_expected_equal_files_come_from_equal_pages() -> None:
    by_file: dict[tuple[str, str], set[str]] = {}
    for page in outcome.PAGES:
        for candidate in page.captures:
            spec = _spec(page.urlkey, candidate.timestamp)
            if candidate.file and spec.page != "moved":
                by_file.setdefault((page.domain, candidate.file), set()).add(_text_of(spec))
    assert by_file
    assert all(len(texts) == 1 for texts in by_file.values())


def test_sample_companies_are_those_of_outcome() -> None:
    listed = yaml.safe_load((SAMPLE.parent / "companies.yaml").read_text("utf-8"))["companies"]
    domains = {(c["name"], domain) for c in listed for domain in [c["domain"], *c.get("aliases", [])]}
    assert domains == {(page.company, page.domain) for page in outcome.PAGES}


def _spec(key: str, timestamp: str) -> Spec:
    (spec,) = [spec for spec in CAPTURES if spec.timestamp == timestamp and urlkey(spec.url) == key]
    return spec


def _text_of(spec: Spec) -> str:
    """Return the source page and version without the variants that differ in chrome alone."""
    return {"larkfield-2012": "larkfield-2009", "wolkenwerft-kunden": "wolkenwerft-2018"}.get(spec.page, spec.page)
