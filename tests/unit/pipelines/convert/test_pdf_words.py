"""Words of PDFs: hyphens, ligatures, accents, right-to-left, Chinese, Japanese, Korean, Thai."""

from __future__ import annotations

import pytest

from pipelines.convert import pdf
from tests.support.pdf_files import Pdf, glyphs, line


def text(*drawn: str, **options) -> str:
    return pdf.read(bytes(Pdf(["".join(drawn)], **options)), "http://a.com/b.pdf")[1].removesuffix("\n")


def lines(*each: str) -> str:
    """The text of lines of a paragraph, in Courier."""
    return text(*(line(40, 740 - 12 * number, words) for number, words in enumerate(each)))


def shown(*each: str, right: float = 560, **options) -> str:
    """The text of lines given as they are seen, that end at the right margin."""
    width = 10 if options.get("wide") else 5
    drawn = [glyphs(right - width * len(words), 740 - 14 * number, words) for number, words in enumerate(each)]
    return text(*drawn, **options)


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        (
            "We collect personal infor-",
            "mation and keep it for long.",
            "We collect personal information and keep it for long.",
        ),
        (
            "We share it with third-",
            "party providers of services.",
            "We share it with third-party providers of services.",
        ),
        ("You can opt out by e-", "mail or by a letter to us.", "You can opt out by e-mail or by a letter to us."),
        ("Das Recht auf Daten- ", "und Informationsfreiheit.", "Das Recht auf Daten- und Informationsfreiheit."),
        ("Die Behörde in Baden-", "Württemberg ist zuständig.", "Die Behörde in Baden-Württemberg ist zuständig."),
        ("The regulation is 2016-", "679 of the European Union.", "The regulation is 2016-679 of the European Union."),
        (
            "Visit www.example.com/privacy-",
            "policy to read more of it.",
            "Visit www.example.com/privacy-policy to read more of it.",
        ),
        (
            "Visit https://example.com/en/",
            "legal/privacy.html for more.",
            "Visit https://example.com/en/legal/privacy.html for more.",
        ),
        (
            "We keep data for a year -",
            "or for as long as you want.",
            "We keep data for a year - or for as long as you want.",
        ),
    ],
)
def test_line_ends(first, second, joined):
    assert lines(first, second) == joined


def test_a_hyphen_that_the_document_has_elsewhere():
    both = "Our web-site and the cooperation are here."
    assert (
        lines(f"{both} See our web-", "site and the coop-", "eration of all.")
        == f"{both} See our web-site and the cooperation of all."
    )


def test_typesetters_hyphens_are_never_kept():
    assert text(
        glyphs(40, 740, "We share with third\u2010"),
        glyphs(40, 726, "party firms, cooper\u00ad"),
        glyphs(40, 712, "at\u00ading."),
    ) == ("We share with thirdparty firms, cooperating.")


def test_ligatures_are_letters():
    assert (
        text(glyphs(40, 740, "de\ufb01ne tra\ufb03c \ufb02ow o\ufb00er a\ufb04uent"))
        == "define traffic flow offer affluent"
    )


@pytest.mark.parametrize(
    ("hole", "word"),
    [
        ("di\x10erent", "different"),
        ("tra\x10c", "traffic"),
        ("de\x10ne", "define"),
        ("work\x10ow", "workflow"),
        ("a\x10liates", "affiliates"),
        ("identi\x10cation", "identification"),
        ("betro\x10en", "betroffen"),
        ("O\x10cer", "Officer"),
        ("su\x10cient", "sufficient"),
    ],
)
def test_ligatures_that_the_font_does_not_name(hole, word):
    assert text(line(40, 740, f"We {hole} it."), to_unicode={16: "0000"} | same()) == f"We {word} it."


def test_ligatures_that_the_document_explains():
    """A word that no list has, spelt out elsewhere in the document."""
    drawn = [line(40, 740, "The Zafflon of it."), line(40, 700, "A Za\x10on is ours.")]
    assert text(*drawn, to_unicode={16: "0000"} | same()) == "The Zafflon of it.\n\nA Zafflon is ours."


def test_ligatures_that_nothing_explains_are_left_out():
    assert (
        text(line(40, 740, "A Xq\x10zz of ours."), to_unicode={16: "0000"} | same()).replace("\0", "")
        == "A Xqzz of ours."
    )


def same() -> dict[int, str]:
    return {byte: f"00{byte:02X}" for byte in range(32, 127)}


def test_tex_draws_accents_before_letters():
    """As OT1 fonts do it: the diaeresis first, then the letter at the same place; and a dotless i."""
    drawn = [glyphs(40, 740, "Verf"), glyphs(60, 740, "\u00a8"), glyphs(60, 740, "u"), glyphs(65, 740, "gung")]
    drawn += [glyphs(90, 740, "na"), glyphs(100.5, 740, "\u00a8"), glyphs(100, 740, "\u0131"), glyphs(105, 740, "v")]
    assert text(*drawn) == "Verfügung naïv"


HEBREW = "אנו אוספים מידע אישי (ראו סעיף 3.1) של Google LLC, כגון שם."
HEBREW_AS_SEEN = ".םש ןוגכ ,Google LLC לש (3.1 ףיעס ואר) ישיא עדימ םיפסוא ונא"


def test_hebrew_is_in_logical_order():
    assert shown(HEBREW_AS_SEEN) == HEBREW


def test_hebrew_whose_font_names_brackets_by_their_meaning():
    mirrored = HEBREW_AS_SEEN.translate(str.maketrans("()", ")("))
    assert shown(mirrored) == HEBREW


def test_hebrew_that_the_content_stream_has_in_logical_order():
    """Each letter is placed by itself, from right to left."""
    drawn = [glyphs(500 - 5 * number, 740, char) for number, char in enumerate("אנו אוספים מידע") if char != " "]
    assert text(*drawn) == "אנו אוספים מידע"


def test_right_to_left_paragraphs_of_several_lines():
    assert shown("םיפסוא ונא", "ךלש עדימ תא") == "אנו אוספים את מידע שלך"


def test_right_to_left_columns():
    right = ["ונא םיפסוא עדימ ישיא ךלש םויה", "םתאש םירסומ ונל ןוגכ םש תבותכ", "םישמתשמו וב ךרוצל ןתמ תורישה"]
    left = ["םכל תוכז ןייעל עדימב הזה דימת", "ןקתל ותוא תוחמל ותוא לכב תע", "ףסונ ךכל ןתינ רוזחל םכב המכסהמ"]
    drawn = [
        glyphs(x - 5 * len(words), 740 - 14 * n, words)
        for n, row in enumerate(zip(right, left, strict=True))
        for x, words in zip((560, 290), row, strict=True)
    ]
    got = text(*drawn)
    assert got.split() == " ".join(words[::-1] for words in right + left).split()


def test_arabic_shapes_are_letters_and_lam_alef_is_two():
    """Presentation forms, as fonts without a better mapping have them."""
    seen = "\ufee1\ufefc\ufeb3 \ufe94\ufee4\ufee0\ufedb"
    assert shown(seen) == "كلمة سلام"


def test_marks_follow_their_letters():
    drawn = [glyphs(500 - 5 * number, 740, char) for number, char in enumerate("שלום")]
    drawn += [glyphs(500, 740, "\u05b8")]
    assert text(*drawn) == "ש\u05b8לום"  # noqa: RUF001


def test_a_name_in_an_english_sentence():
    assert text(glyphs(40, 740, "The word תויטרפ means privacy.")) == "The word פרטיות means privacy."


def test_numbers_and_latin_names_keep_their_direction():
    assert (
        shown("2024 תנש ,050-1234567 ןופלט ,privacy@example.com") == "privacy@example.com, טלפון 050-1234567, שנת 2024"
    )


CHINESE = "我们收集您提供给我们的个人信息，例如您的姓名、电子邮件地址和邮寄地址，并将其用于提供服务。"  # noqa: RUF001


@pytest.mark.parametrize(
    ("cmap", "ordering", "sample"),
    [
        ("Identity-H", "Identity", CHINESE),
        ("UniGB-UCS2-H", "GB1", CHINESE),
        ("UniCNS-UCS2-H", "CNS1", "我們收集您提供給我們的個人資訊，例如您的姓名。"),  # noqa: RUF001
        ("UniJIS-UCS2-H", "Japan1", "当社は、お客様の個人情報を収集し、サービスの提供のために利用します。"),
    ],
)
def test_chinese_and_japanese_lines_join_without_a_space(cmap, ordering, sample):
    drawn = [glyphs(40, 740 - 16 * at // 12, sample[at : at + 12]) for at in range(0, len(sample), 12)]
    assert text(*drawn, wide=True, cmap=cmap, ordering=ordering) == sample


def test_chinese_beside_latin_text_has_no_space():
    """Typesetters leave a quarter em there."""
    assert (
        text(glyphs(40, 740, "我们使用"), glyphs(82.5, 740, "C"), glyphs(95, 740, "的数据"), wide=True)
        == "我们使用C的数据"
    )


def test_vertical_chinese():
    drawn = [glyphs(500 - 20 * (n // 12), 740 - 10 * (n % 12), char) for n, char in enumerate(CHINESE)]
    assert text(*drawn, wide=True) == CHINESE


KOREAN = "회사는 이용자의 개인정보를 수집하고 이용 목적과 보유 기간을 안내합니다"


def test_korean_lines_join_with_a_space_between_words():
    drawn = [
        glyphs(40, 740 - 16 * n, words)
        for n, words in enumerate(("회사는 이용자의 개인정보를", "수집하고 이용 목적과", "보유 기간을 안내합니다"))
    ]
    assert text(*drawn, wide=True, cmap="UniKS-UCS2-H", ordering="Korea1") == KOREAN


def test_korean_lines_that_break_anywhere_join_within_words():
    cut = [KOREAN[at : at + 9].strip() for at in range(0, len(KOREAN), 9)]
    drawn = [glyphs(40, 740 - 16 * n, words) for n, words in enumerate(cut)]
    assert text(*drawn, wide=True).replace(" ", "") == KOREAN.replace(" ", "")
    assert "개인정보를" in text(*drawn, wide=True)


def test_thai_lines_join_without_a_space():
    assert (
        text(glyphs(40, 740, "เราเก็บรวบรวมข้อมูลส่วน"), glyphs(40, 724, "บุคคลที่คุณให้ไว้")) == "เราเก็บรวบรวมข้อมูลส่วนบุคคลที่คุณให้ไว้"
    )
