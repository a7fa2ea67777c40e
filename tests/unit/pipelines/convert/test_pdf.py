"""Policies captured as PDF. The files are made here, by hand."""

from __future__ import annotations

import time
from itertools import count

import pytest

from pipelines.convert import MAX_TITLE, convert_html, pdf, pdf_glyphs
from pipelines.errors import (
    ConversionError,
    ConversionTimedOut,
    CutShortPdf,
    EncryptedPdf,
    PageCutShort,
    PageTooLarge,
    ScannedPdf,
    UnreadablePdf,
)
from tests.support.pdf_files import Pdf, column, line


def make_pdf(*pages: list[tuple[int, str]], title: str | None = None) -> bytes:
    """A PDF with lines of text (height on the page, words) on each page."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n, lines in enumerate(pages):
        stream = "".join(f"BT /F1 12 Tf 72 {y} Td ({text}) Tj ET\n" for y, text in lines)
        objects += [
            (
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * n} 0 R "
                "/Resources << /Font << /F1 3 0 R >> >> >>"
            ),
            f"<< /Length {len(stream)} >>\nstream\n{stream}endstream",
        ]
    if title is not None:
        objects.append(f"<< /Title ({title}) >>")
    body, offsets = "%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    info = f" /Info {len(objects)} 0 R" if title is not None else ""
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    trailer = f"trailer << /Size {size} /Root 1 0 R{info} >>\nstartxref\n{len(body)}\n%%EOF\n"
    return (f"{body}xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}").encode("latin-1")


PAGE = [(720, "Privacy Policy"), (680, "We collect your name"), (666, "and your address."), (620, "We sell nothing.")]


def convert(body: bytes, content_type: str = "application/pdf"):
    return convert_html(
        body,
        url="http://a.com/legal/Our%20Privacy.pdf",
        timestamp="20150612233820",
        domain="a.com",
        content_type=content_type,
    )


@pytest.mark.parametrize("content_type", ["application/pdf", "text/html", ""])
def test_convert_pdf_document(content_type):
    document = convert(make_pdf(PAGE, title="Example  Privacy"), content_type)
    assert document.title == "Example Privacy"
    assert document.body == "Privacy Policy\n\nWe collect your name and your address.\n\nWe sell nothing.\n"
    assert document.text.startswith("> *The following text is extracted and transformed from the a.com privacy policy")
    assert "id_/http%3A//a.com/legal/Our%2520Privacy.pdf)" in document.text


def test_convert_pdf_title_from_file_name():
    assert convert(make_pdf(PAGE)).title == "Our Privacy.pdf"


def test_convert_pdf_sentence_across_pages():
    body = convert(make_pdf([(720, "We keep"), (706, "your name")], [(720, "and your address."), (660, "Next.")])).body
    assert body == "We keep your name and your address.\n\nNext.\n"


@pytest.mark.parametrize("body", [b"%PDF-1.4\n", b"%PDF-1.4\n" + b"garbage " * 500, make_pdf(PAGE)[:300], make_pdf([])])
def test_convert_pdf_broken_or_empty(body):
    with pytest.raises(UnreadablePdf):
        convert(body)


def test_convert_pdf_too_many_pages(monkeypatch):
    monkeypatch.setattr(pdf, "MAX_PAGES", 2)
    with pytest.raises(PageTooLarge):
        convert(make_pdf(PAGE, PAGE, PAGE))


def test_convert_pdf_with_too_many_characters_on_a_page(monkeypatch):
    monkeypatch.setattr(pdf_glyphs, "MAX_PAGE_GLYPHS", 20)
    with pytest.raises(PageTooLarge):
        convert(make_pdf(PAGE))


def test_convert_pdf_with_too_many_characters(monkeypatch):
    monkeypatch.setattr(pdf, "MAX_CHARACTERS", 100)
    assert convert(make_pdf(PAGE)).body
    with pytest.raises(PageTooLarge):
        convert(make_pdf(PAGE, PAGE))


def test_convert_pdf_too_slow(monkeypatch):
    """It is tried again: a limit of time says nothing final."""
    monkeypatch.setattr(pdf, "MAX_SECONDS", -1)
    with pytest.raises(ConversionTimedOut):
        convert(make_pdf(PAGE))


def test_convert_pdf_on_a_busy_machine(monkeypatch):
    """Time that passes on the clock is not time that the conversion takes."""
    clock = count(step=100)
    for name in ("monotonic", "time", "perf_counter"):
        monkeypatch.setattr(time, name, lambda: next(clock))
    assert convert(make_pdf(*[PAGE] * 31)).body.count("We sell nothing.") == 31


def test_convert_pdf_that_needs_a_password():
    with pytest.raises(EncryptedPdf, match="password"):
        convert(bytes(Pdf([line(40, 700, "We keep your name.")], encrypted=True)))


FULL_PICTURE = "q 612 0 0 792 0 0 cm /Im Do Q\n"


@pytest.mark.parametrize("stamp", ["", line(500, 20, "Page 1"), line(500, 770, "Scanned by Example")])
def test_convert_pdf_that_is_a_scan(stamp):
    with pytest.raises(ScannedPdf, match="scan"):
        convert(bytes(Pdf([FULL_PICTURE + stamp] * 3, picture=True)))


def test_convert_pdf_scan_with_a_text_layer():
    layer = "3 Tr " + "".join(column(40, 740, "We collect your name and your address to provide the service.", 40))
    document = convert(bytes(Pdf([FULL_PICTURE + layer], picture=True)))
    assert document.body == "We collect your name and your address to provide the service.\n"


def test_convert_pdf_scan_within_a_form():
    with pytest.raises(ScannedPdf):
        convert(bytes(Pdf(["/Fm Do"], picture=True, forms={"Fm": FULL_PICTURE})))


def test_convert_pdf_without_text_is_no_scan():
    with pytest.raises(UnreadablePdf, match="no text") as caught:
        convert(bytes(Pdf(["10 10 50 50 re f"])))
    assert type(caught.value) is UnreadablePdf


def test_convert_pdf_whose_fonts_name_no_letters():
    nameless = {byte: "0000" if byte % 2 else f"E0{byte:02X}" for byte in range(32, 127)}
    with pytest.raises(UnreadablePdf, match="fonts"):
        convert(bytes(Pdf([line(40, 700, "We keep your name.")], to_unicode=nameless)))


def test_convert_pdf_cut_short_is_named_so():
    """It may come complete from another capture; what the file still holds is no version."""
    whole = bytes(Pdf(["".join(column(40, 740, "We keep your name. " * 40, 80))] * 4))
    for length in (60, len(whole) // 4, len(whole) // 2, len(whole) - 600):
        with pytest.raises(CutShortPdf) as caught:
            convert(whole[:length])
        assert isinstance(caught.value, PageCutShort)
    assert convert(whole + b"\r\n<!-- added by a server -->").body == convert(whole).body


@pytest.mark.parametrize("title", ["untitled", "(anonymous)", "Untitled-1", "", "Untitled document"])
def test_convert_pdf_title_that_is_none(title):
    assert convert(bytes(Pdf([line(40, 700, "We keep your name.")], title=title))).title == "Our Privacy.pdf"


def test_convert_pdf_title_by_a_word_processor():
    written = Pdf([line(40, 700, "We keep your name.")], title="Microsoft Word - Privacy Policy.doc")
    assert convert(bytes(written)).title == "Privacy Policy.doc"


def test_convert_html_with_pdf_content_type():
    assert not pdf.is_pdf(b"<html><p>x", "application/pdf")
    with pytest.raises(ConversionError):
        convert(b"no PDF at all")


def mapped(*units: str, title: bytes = b"") -> bytes:
    """A PDF whose text has the letters A, B, ..., which its font maps to these UTF-16 code units, and then words."""
    lines = "\n".join(f"<{65 + n:02X}> <{unit}>" for n, unit in enumerate(units))
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
        "1 begincodespacerange <00> <FF> endcodespacerange\n"
        f"{len(units)} beginbfchar\n{lines}\nendbfchar endcmap end end"
    )
    letters = "".join(chr(65 + n) for n in range(len(units)))
    whole = make_pdf([(720, f"{letters} we keep your name.")], title="T").decode("latin-1")
    font = "/Subtype /Type1 /BaseFont /Helvetica"
    stream = f"\n9 0 obj\n<< /Length {len(cmap)} >>\nstream\n{cmap}\nendstream\nendobj\n"
    whole = whole.replace(font, f"{font} /ToUnicode 9 0 R").replace("/Title (T)", f"/Title <{title.hex()}>")
    return whole.replace("xref\n0 ", f"{stream}xref\n0 ", 1).encode("latin-1")


@pytest.mark.parametrize(
    ("units", "text"),
    [
        (("D800", "0042"), "\ufffdB"),
        (("DC00", "D800"), "\ufffd\ufffd"),
        (("D83D", "DE00"), "😀"),
        (("0000", "0041"), "A"),
    ],
)
def test_convert_pdf_removes_unencodable_text(units, text):
    document = convert(mapped(*units))
    assert document.body == f"{text} we keep your name.\n"
    assert document.text.encode().decode() == document.text


@pytest.mark.parametrize(
    ("title", "cleaned"),
    [
        (b"\0P\0r\0i", "Pri"),
        (b"\xfe\xff\xd8\x00\x00A\x00\x00", "A"),
        (b"x" * 1_000_000, "x" * MAX_TITLE),
    ],
)
def test_convert_pdf_title_is_cleaned_and_bounded(title, cleaned):
    found = convert(mapped("0041", title=title)).title
    assert found.lstrip("\ufffdþÿØ") == cleaned
    assert "\0" not in found


def test_convert_pdf_file_name_is_cleaned_and_bounded():
    url = "http://a.com/Our%00Privacy%1B%5B2J%ED%A0%80.pdf"
    document = convert_html(make_pdf(PAGE), url=url, timestamp="20150612233820", domain="a.com")
    document.text.encode()
    assert "\0" not in document.title
