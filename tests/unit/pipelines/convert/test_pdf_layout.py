"""Reading order of PDFs: columns, tables, turned pages, forms, headers and footers, paragraphs."""

from __future__ import annotations

import random

import pytest

from pipelines.convert import pdf
from tests.support.pdf_files import Pdf, column, line, words

TEXTS = [
    (
        "We collect personal information that you provide to us, such as your name, email address, and postal address, when "
        "you register for an account or contact our support team."
    ),
    (
        "We may share this information with service providers and law enforcement authorities where this is required, and "
        "retain it only for as long as necessary."
    ),
    (
        "You have the right to access, rectify, and erase your personal data, to restrict its processing, and to lodge a "
        "complaint with a supervisory authority at any time."
    ),
    (
        "Cookies and similar technologies help us to understand how our website is used; you can refuse them in the settings "
        "of your browser, without losing access to the service."
    ),
]


def text(*pages: str | list[str], **options) -> str:
    return pdf.read(bytes(Pdf(["".join(page) for page in pages], **options)), "http://a.com/b.pdf")[1]


def paragraphs(*pages: str | list[str], **options) -> list[str]:
    return text(*pages, **options).removesuffix("\n").split("\n\n")


def one_above_another(texts: list[str], x: float, width: int) -> list[str]:
    y, found = 740.0, []
    for each in texts:
        lines = column(x, y, each, width)
        found += lines
        y -= 12 * len(lines) + 12
    return found


LEFT = one_above_another(TEXTS[:2], 40, 40)
RIGHT = one_above_another(TEXTS[2:], 310, 40)
ROWS = [each for row in zip(LEFT, RIGHT, strict=False) for each in row] + LEFT[len(RIGHT) :] + RIGHT[len(LEFT) :]
SHUFFLED = random.Random(5).sample(LEFT + RIGHT, len(LEFT + RIGHT))  # noqa: S311


@pytest.mark.parametrize(
    "drawn",
    [LEFT + RIGHT, ROWS, RIGHT + LEFT, [*LEFT, *RIGHT][::-1], SHUFFLED],
    ids=["columns", "rows", "right first", "backwards", "shuffled"],
)
def test_columns_are_read_one_after_the_other(drawn):
    assert paragraphs(drawn) == TEXTS


def test_columns_below_a_title_and_above_a_note():
    title, note = (
        "The privacy policy of Example Incorporated of Dover in Delaware",
        "Last updated by our lawyers in May of 2018.",
    )
    drawn = [line(110, 770, title, 11), *ROWS, line(150, 100, note)]
    assert paragraphs(drawn) == [title, *TEXTS, note]


def test_three_narrow_columns_drawn_by_rows():
    columns = [one_above_another([each, each], 40 + 180 * n, 27) for n, each in enumerate(TEXTS[:3])]
    rows = [each for row in zip(*(each[:12] for each in columns), strict=False) for each in row]
    got = text(rows).split()
    assert got[:10] == TEXTS[0].split()[:10]
    assert " ".join(got).index("We may share") > " ".join(got).rindex("We collect")


def test_columns_a_hair_apart_that_are_drawn_one_after_the_other():
    assert paragraphs(one_above_another(TEXTS[:2], 40, 41) + one_above_another(TEXTS[2:], 290, 41)) == TEXTS


def test_a_table_is_read_by_rows():
    cells = [("Name", "Contract"), ("Cookies", "Consent"), ("Address", "Contract"), ("Photo", "Consent")]
    drawn = [line(x, 740 - 20 * n, cell) for n, row in enumerate(cells) for x, cell in zip((40, 300), row, strict=True)]
    want = [word for row in cells for word in row]
    assert text(drawn).split() == want
    assert text(drawn[::-1]).split() == want


def test_cells_of_several_lines_stay_together_as_they_are_drawn():
    drawn = [*column(40, 740, TEXTS[0], 30), *column(310, 740, TEXTS[1], 30)]
    drawn += [*column(40, 600, TEXTS[2], 30), *column(310, 600, TEXTS[3], 30)]
    assert text(drawn).split() == " ".join(TEXTS).split()


def test_terms_beside_their_definitions():
    drawn = [
        line(40, 740, "Name"),
        *column(200, 740, TEXTS[0], 50),
        line(40, 640, "Data"),
        *column(200, 640, TEXTS[1], 50),
    ]
    assert text(drawn).split() == f"Name {TEXTS[0]} Data {TEXTS[1]}".split()


TURNS = {0: "1 0 0 1 0 0", 90: "0 1 -1 0 612 0", 180: "-1 0 0 -1 612 792", 270: "0 -1 1 0 0 792"}


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("drawn", [0, 90, 180, 270])
def test_turned_pages(rotate, drawn):
    """Whether the page is turned, or its text, or both so that it is upright."""
    lines = [*column(40, 560, TEXTS[0], 60), *column(40, 480, TEXTS[1], 60)]
    assert paragraphs([f"{TURNS[drawn]} cm\n", *lines], rotate=rotate) == TEXTS[:2]


def test_columns_on_a_turned_page():
    assert paragraphs(["0 1 -1 0 792 0 cm\n", *ROWS], size=(792, 612), rotate=90) == TEXTS


def test_text_that_is_turned_against_the_others_is_kept_and_a_watermark_is_not():
    turned = "q 0 1 -1 0 600 300 cm " + line(0, 0, "Form 12") + " Q\n"
    diagonal = "q 0.7 0.7 -0.7 0.7 100 100 cm " + line(0, 0, "DRAFT", 90) + " Q\n"
    assert paragraphs([diagonal, turned, *LEFT]) == [*TEXTS[:2], "Form 12"]


def test_forms_within_forms():
    forms = {"Inner": "".join(LEFT), "Outer": "q 1 0 0 1 5 5 cm /Inner Do Q"}
    assert paragraphs("q 0.9 0 0 0.9 0 0 cm /Outer Do Q", forms=forms) == TEXTS[:2]


def test_a_form_that_draws_itself_ends():
    assert paragraphs("/Self Do", forms={"Self": line(40, 700, "We keep your name.") + "/Self Do"}) == [
        "We keep your name."
    ]


def pages_with(header, footer, count: int = 5) -> list[list[str]]:
    drawn = []
    for number in range(1, count + 1):
        texts = [" ".join(random.Random(4 * number + n).sample(each.split(), 20)) for n, each in enumerate(TEXTS)]  # noqa: S311
        body = [each for n in range(4) for each in column(40, 700 - 60 * n, f"{texts[n]}.", 80)]
        drawn.append([*header(number), *body, *footer(number)])
    return drawn


FURNITURE = {
    "same header": (lambda _: [line(40, 760, "Example Inc. Privacy Policy")], lambda _: []),
    "number": (lambda _: [], lambda n: [line(300, 30, str(n))]),
    "number with dashes": (lambda _: [], lambda n: [line(300, 30, f"- {n} -")]),
    "number of all": (lambda n: [line(400, 760, f"Page {n} of 5")], lambda _: []),
    "number that starts later": (lambda _: [], lambda n: [line(300, 30, f"{n + 16}")]),
    "two rows and two sides": (
        lambda _: [line(40, 770, "Example Inc."), line(400, 770, "Version 3.2"), line(40, 758, "Legal department")],
        lambda n: [line(40, 30, "Confidential"), line(500, 30, f"{n}/5")],
    ),
    "chapter and number": (
        lambda n: [line(40, 760, f"CHAPTER {'ABCDE'[n - 1]}"), line(540, 760, str(n))],
        lambda _: [],
    ),
    "left and right pages": (lambda _: [], lambda n: [line(40 if n % 2 else 400, 30, f"Example Inc.  {n}")]),
}


@pytest.mark.parametrize("name", FURNITURE)
def test_headers_and_footers_are_left_out(name):
    bare = text(*pages_with(lambda _: [], lambda _: []))
    assert text(*pages_with(*FURNITURE[name])) == bare
    assert len(bare.split()) == 5 * 80


def test_a_browsers_header_and_footer_on_a_single_page():
    drawn = [line(24, 780, "11/26/26, 1:16 AM", 8), line(280, 780, "Privacy Policy", 8), *LEFT]
    drawn += [line(24, 15, "https://example.com/privacy", 8), line(570, 15, "1/1", 8)]
    assert paragraphs(drawn) == TEXTS[:2]


@pytest.mark.parametrize("size", [10, 16])
def test_what_pages_have_in_common_by_chance_stays(size):
    """Headings of sections on pages of their own, and a paragraph that two of six pages begin with."""
    headings = ["Data", "Rights", "Cookies", "Sharing", "Retention", "Contact"]
    pages = pages_with(lambda n: [line(40, 740, f"{n}. {headings[n - 1]}", size)], lambda _: [], 6)
    assert [text(*pages).count(f". {heading}\n") for heading in headings] == [1] * 6
    pages = pages_with(lambda n: column(40, 760, TEXTS[0], 70) if n in {2, 3} else [], lambda _: [], 6)
    assert text(*pages).count("support team.") == 2


def test_a_title_that_the_header_repeats_is_left_out_of_the_header_only():
    pages = pages_with(
        lambda n: [line(40, 770, "Privacy Policy"), *([line(40, 730, "Privacy Policy", 20)] * (n == 1))], lambda _: []
    )
    assert text(*pages).count("Privacy Policy") == 1


def test_a_paragraph_goes_on_on_the_next_page_after_its_header():
    pages = [[line(40, 770, "Example"), line(40, 100, "We keep your data for as long"), line(300, 20, "1")]]
    pages += [[line(40, 770, "Example"), line(40, 740, "as this is required."), line(300, 20, "2")]]
    pages[0].insert(1, line(40, 700, "Retention"))
    assert paragraphs(*pages) == ["Retention", "We keep your data for as long as this is required."]


def test_paragraphs_without_space_between_them():
    """A line whose end has room for the next line's first word ends a paragraph."""
    drawn, y = [], 740.0
    for each in TEXTS:
        lines = column(40, y, each, 60)
        drawn += lines
        y -= 12 * len(lines)
    assert paragraphs(drawn) == TEXTS


def test_paragraphs_with_indents():
    drawn, y = [], 740.0
    for each in (f"{TEXTS[0][:-1]}s.", f"Then {TEXTS[1]}"):
        first, *rest = wrapped_with_indent(each)
        drawn += [line(64, y, first), *(line(40, y - 12 * n, more) for n, more in enumerate(rest, start=1))]
        y -= 12 * (len(rest) + 1)
    assert paragraphs(drawn) == [f"{TEXTS[0][:-1]}s.", f"Then {TEXTS[1]}"]


def wrapped_with_indent(words_: str) -> list[str]:
    first, rest = words_[:56].rpartition(" ")[0], words_[56:]
    rest = words_[len(first) + 1 :]
    lines = []
    while rest:
        cut = rest if len(rest) <= 60 else rest[:60].rpartition(" ")[0]
        lines.append(cut)
        rest = rest[len(cut) + 1 :]
    return [first, *lines]


def test_list_items_are_paragraphs():
    drawn = [
        line(40, 740 - 12 * n, f"{mark} {each[:60]}") for n, (mark, each) in enumerate(zip("1234", TEXTS, strict=True))
    ]
    marked = [each.replace("(", "(-", 1) for each in drawn]
    assert paragraphs([each.replace("-", "- ", 1).replace("- ", "- ", 1) for each in marked])[0].startswith("- 1")
    assert len(paragraphs(marked)) == 1, "a hyphen at a word is no marker"
    numbered = [line(40, 740 - 12 * n, f"{n + 1}. Item number {n}.") for n in range(4)]
    assert paragraphs(numbered) == [f"{n + 1}. Item number {n}." for n in range(4)]


def test_a_large_initial_is_part_of_its_word():
    first, second, third = "e collect personal information", "that you provide to us, such as", "your name."
    drawn = [line(40, 716, "W", 36), line(62, 734, first), line(62, 722, second), line(40, 704, third)]
    want = f"W{first} {second} {third}"
    assert text(drawn).split() == want.split()
    assert text([drawn[0], line(40, 600, TEXTS[0][:40]), *drawn[1:]]).split()[:1] == ["We"]


def test_words_that_are_drawn_last_stand_where_they_are_seen():
    late = line(40 + 6 * 11, 740, "personal")
    assert paragraphs(
        [line(40, 740, "We collect"), line(40 + 6 * 20, 740, "information"), line(40, 728, "of yours."), late]
    ) == ["We collect personal information of yours."]


@pytest.mark.parametrize("gap", [0.2, 0.3, COURIER_GAP := 0.6])
def test_words_without_characters_for_spaces(gap):
    drawn = [words(40, 740 - 12 * n, each, gap=gap) for n, each in enumerate(TEXTS[0].split(", "))]
    assert text(drawn).split() == TEXTS[0].replace(",", "").split()


def test_letters_that_are_set_apart_are_one_word():
    spaced = "BT /F1 10 Tf 2.5 Tc 40 740 Td (YOUR PRIVACY RIGHTS) Tj ET\n"
    assert paragraphs([spaced, line(40, 700, "We keep your name.")]) == ["YOUR PRIVACY RIGHTS", "We keep your name."]


def test_letters_that_are_moved_are_one_word():
    kerned = "BT /F1 10 Tf 40 740 Td [(P) 60 (riv) -40 (acy) -300 (p) 30 (olicy)] TJ ET\n"
    assert paragraphs(kerned) == ["Privacy policy"]


def test_text_that_is_drawn_twice_is_read_once():
    assert paragraphs([line(40, 740, TEXTS[0][:60]), line(40.3, 740, TEXTS[0][:60])]) == [TEXTS[0][:60]]


def test_superscripts_stay_on_their_line():
    drawn = [
        line(40, 740, "We keep data"),
        line(112, 744, "1", 6),
        line(116, 740, " for a year."),
        line(40, 728, "Then not."),
    ]
    assert paragraphs(drawn) == ["We keep data1 for a year. Then not."]
