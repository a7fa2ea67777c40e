"""The PDFs of ../shared/pdf, each with the text it has. Other kinds are in test_pdf_layout.py and test_pdf_words.py."""

from __future__ import annotations

import difflib
import json
from collections import Counter

import pytest

from pipelines.convert import pdf
from tests.support.commands import ROOT

FOLDER = ROOT.parent / "shared" / "pdf"
NAMES = sorted(json.loads((FOLDER / "expected.json").read_text())) if FOLDER.exists() else []


def test_shared_folder():
    if not NAMES:
        pytest.skip("../shared is absent")
    assert len(NAMES) >= 8


@pytest.mark.parametrize("name", NAMES)
def test_words_and_their_order(name):
    want = json.loads((FOLDER / "expected.json").read_text())[name].split()
    got = pdf.read((FOLDER / f"{name}.pdf").read_bytes(), "http://a.com/b.pdf")[1].split()
    recall = sum((Counter(got) & Counter(want)).values()) / len(want)
    order = difflib.SequenceMatcher(None, want, got, autojunk=False).ratio()
    assert recall >= 0.97
    assert order >= 0.95
