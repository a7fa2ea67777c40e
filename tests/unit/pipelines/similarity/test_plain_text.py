"""Plain text of markdown, sentences, and what two texts do not share."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.document import parse
from pipelines.similarity.markdown_links import links_of, mark_links, strip_link_targets
from pipelines.similarity.plain_text import plain_text, unlinked
from pipelines.similarity.sentences import SentenceChange, sentence_change, sentences_of
from pipelines.similarity.words import visible_words, words
from tests.support.commands import SHARED


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("## 1\\. Data\n\nWe _keep_ **all**.", "1. Data\n\nWe keep all.\n"),
        ('  * [Terms](http://a/b_(c) "t") and <http://d.e>\n  * user_id', "Terms and http://d.e\nuser_id\n"),
        ("a [b] c](d [e](f)", "a [b] c](d e\n"),
        ("> quoted\n> > twice", "quoted\ntwice\n"),
        ("A | B\n---|---\n**1** | _2_\n", "A\tB\n1\t2\n"),
        ("prose | with a bar", "prose | with a bar\n"),
        ("one\n\n* * *\n\n\n\ntwo\n\n---", "one\n\ntwo\n"),
        ("[](http://a) `code` ~~gone~~ 2 * 3", "code gone 2 * 3\n"),
        ("", ""),
        ("__init__ a__b _c_d_", "init a__b c_d\n"),
    ],
)  # fmt: skip
def test_plain_text(markdown: str, plain: str) -> None:
    assert plain_text(markdown) == plain


MARKDOWN = st.text("ab _*[]()<>\\|#-\n.:/1é情0", max_size=60)


@given(MARKDOWN)
@settings(deadline=None)
def test_links_keep_their_text(markdown: str) -> None:
    assert words(unlinked(markdown)) == words(mark_links(markdown, "", ""))
    marked = mark_links(markdown, "\x01", "\x02")
    assert marked.replace("\x01", "").replace("\x02", "") == unlinked(markdown)
    assert sorted(words(strip_link_targets(markdown).replace("[", "").replace("]", ""))) == sorted(
        words(unlinked(markdown).replace("[", "").replace("]", ""))
    )


@pytest.mark.parametrize(
    ("markdown", "links"),
    [
        ('a [b](http://x/y "t") c', [("[b]", "http://x/y")]),
        ("<http://z> and [c [d](e)]", [("[http://z]", "http://z"), ("[d]", "e")]),
        (r"[w](http://v/\(1\)?a\_b)", [("[w]", "http://v/(1)?a_b")]),
        ("[](<http://a b>)[e]( )", [("[]", "http://a b"), ("[e]", "")]),
        (r"\[no\] [k ] ](x", []),
    ],
)
def test_links_of(markdown: str, links: list[tuple[str, str]]) -> None:
    text = strip_link_targets(markdown)
    assert [
        (text[at : at + len(shown)], target) for (at, target), (shown, _) in zip(links_of(markdown), links, strict=True)
    ] == links


@given(MARKDOWN)
@settings(deadline=None)
def test_links_of_stand_at_brackets(markdown: str) -> None:
    text = strip_link_targets(markdown)
    assert all(text[at] == "[" for at, _ in links_of(markdown))


@given(MARKDOWN)
@settings(deadline=None)
def test_plain_text_has_the_letters_of_the_visible_words(markdown: str) -> None:
    letters = [char for word in visible_words(markdown) for char in word if char != "_"]
    plain = [char for word in words(plain_text(markdown)) for char in word if char != "_"]
    assert plain == letters


def test_visible_words_leave_out_marks_of_emphasis() -> None:
    assert visible_words("_We_ keep _ user_id これは_重要_です __a__b_") == [
        *"We keep user_id".split(),
        *"これは重要です",
        "a__b",
    ]


@pytest.mark.parametrize(
    "sign", ["_", "a_", "[", "](", "|", "| ", "* ", "> ", "#", "\\", ". ", "---|", "`", "\n\t", "\n ", "1."]
)
def test_plain_text_of_many_signs_ends(sign: str) -> None:
    """With a pattern that backtracks, this takes hours."""
    markdown = sign * 300_000
    text = plain_text(markdown)
    assert len(text) <= len(markdown) + 1
    assert len(visible_words(markdown)) <= 300_000
    assert len(sentences_of("", text)) <= 300_000


def test_sentences_end_with_sentence_and_line() -> None:
    plain = 'We keep data, e.g. names. "We sell it." Never (ever). Ask at 3.5 Acme Inc.\nItem\tcell\n第一。第二'
    assert sentences_of("T", plain) == [
        "T", "We keep data, e.g. names.", '"We sell it."', "Never (ever).", "Ask at 3.5 Acme Inc.", "Item", "cell", "第一。",
        "第二",
    ]  # fmt: skip


def test_sentence_change_counts_each() -> None:
    old = ["A one.", "Same, here", "Same here", "Gone."]
    new = ["Same here!", "New.", "A one", "New."]
    assert sentence_change(old, new) == SentenceChange(added=("New.", "New."), removed=("Same here", "Gone."))


def test_plain_text_of_real_documents_has_no_marks() -> None:
    files = [*(SHARED / "golden").glob("*/*.txt"), *(SHARED / "seeds").glob("*.txt")]
    if not files:
        pytest.skip("../shared is not here")
    for file in sorted(files)[::7]:
        body = parse(file.read_text("utf-8")).body
        plain = plain_text(body)
        assert "](" not in plain or "](" in unlinked(body), file
        assert not [line for line in plain.splitlines() if line.startswith(("# ", "* ", "> "))], file
        assert abs(len(words(plain)) - len(visible_words(body))) <= 12, file
