"""The choice between the corpus' reading of a page and the fuller one.

The corpus' reading stays wherever it yields the policy. The fuller one takes its place where there is no article, where
the article is no policy though the page's text is, and where it holds less than half of the text, if it is short or what
it lacks is hidden.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, Literal

from pipelines.convert.markdown import to_markdown
from pipelines.convert.reader import NEARLY_ALL, read
from pipelines.convert.reader.full import FullReading, read_full
from pipelines.errors import NeedsScript, NoArticle, PageTooLarge
from pipelines.gate.assess import assess
from pipelines.similarity.markdown_links import strip_link_targets
from pipelines.similarity.words import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.convert.reader import Playback
    from pipelines.convert.reader.article import Article
    from pipelines.document import Document

    Wanted = Literal["auto", "corpus", "full"]
    Make = Callable[[str, str, str, float], Document]
    """Makes a document of title, body, reading and coverage. Raises NoArticle for an empty body."""

CORPUS: Final = "corpus"
FULL: Final = "full"
READINGS: Final = ("auto", CORPUS, FULL)

HALF: Final = 0.5
ENOUGH_WORDS: Final = 600
"""Words from which an article that is a policy stays, unless browsers hide most of what it lacks.

Four of the 213 pages in golden/modern have such an article, with 781 and 13,277 words of 6,534 and 52,347 that are shown.
"""
LONGEST: Final = 500_000
"""Characters of reachable text above which a page holds several documents. The longest known policy has 240,000."""
_MOSTLY_UNSEEN: Final = 0.4
_BRIEF: Final = 200
_BRIEF_LENGTH: Final = 1_200
"""Words and characters of a text that may be a shell's, or the introduction of a policy in the page's data."""
_UNLIKELY: Final = 0.2
"""Score of all the reachable text of a page below which none of it is taken for a policy."""
_THIN: Final = 60
"""Words up to which the text of a page that needs a script is the shell's: a request to enable scripts, a slogan."""


def read_page(text: str, playback: Playback, make: Make, wanted: Wanted) -> Document:
    """Return the document of a page's text. Raises NoArticle, NeedsScript, PageTooLarge."""
    if wanted == FULL:
        return _in_full(text, playback, make)
    try:
        article = read(text, playback)
        corpus = make(article.title, to_markdown(article.html), CORPUS, article.coverage)
    except NoArticle:
        if wanted == CORPUS:
            raise
        return _in_full(text, playback, make)
    if wanted == CORPUS or _suffices(article, corpus):
        return corpus
    try:
        return _better(corpus, article, text, playback, make)
    except PageTooLarge:  # the fuller reading's text; the corpus' is there
        return corpus


def _suffices(article: Article, corpus: Document) -> bool:
    """Whether the fuller reading can't take the place of the corpus' one, by what is known without it."""
    if article.is_doubtful or article.holds_dialog or (len(corpus.body) < _BRIEF_LENGTH and not corpus.is_sought):
        return False
    if article.coverage >= NEARLY_ALL or (article.coverage >= HALF and corpus.is_sought):
        return True
    if article.reachable > LONGEST and corpus.words >= ENOUGH_WORDS:
        return True
    if article.unseen >= _MOSTLY_UNSEEN:
        return False
    if corpus.is_sought:
        return corpus.words >= ENOUGH_WORDS
    return (
        corpus.words >= _BRIEF and assess(corpus.title or "", article.page_text, corpus.sought).policy_score < _UNLIKELY
    )


def _better(corpus: Document, article: Article, text: str, playback: Playback, make: Make) -> Document:
    """Return the corpus' reading, or the fuller one where that gives a policy which the former lacks."""
    reading = read_full(text, playback)
    full, unseen = _document_of(reading, make)
    if full is None:
        if article.holds_dialog:
            raise _nothing_to_read(reading)
        return _unless_shell(corpus, reading)
    lacks_most = _share(corpus, full) < HALF
    if full.is_sought and (not corpus.is_sought or (lacks_most and corpus.words < ENOUGH_WORDS)):
        return full
    if article.holds_dialog and full.words < HALF * corpus.words:
        return _unless_shell(full, reading)
    if lacks_most and (article.is_doubtful or article.holds_dialog or unseen >= _MOSTLY_UNSEEN):
        return _unless_shell(full, reading)
    return _unless_shell(corpus, reading)


def _in_full(text: str, playback: Playback, make: Make) -> Document:
    reading = read_full(text, playback)
    document, _ = _document_of(reading, make)
    if document is None:
        raise _nothing_to_read(reading)
    return _unless_shell(document, reading)


def _document_of(reading: FullReading, make: Make) -> tuple[Document | None, float]:
    """Return the document of a page's main text, or of its data where only that is a policy, or has most of it.

    The number is the share of the text that browsers do not show at first.
    """
    main = None if reading.main is None else _made(reading.main, make)
    embedded = [document for each in reading.embedded if (document := _made(each, make)) is not None]
    policy = next((each for each in embedded if each.is_sought), None)
    if policy is not None and (
        main is None or not main.is_sought or (main.words < _BRIEF and main.words < HALF * policy.words)
    ):
        return policy, 1.0
    if main is None:
        return next(iter(embedded), None), 1.0
    return main, reading.main.unseen if reading.main is not None else 0.0


def _made(article: Article, make: Make) -> Document | None:
    try:
        return make(article.title, to_markdown(article.html), FULL, article.coverage)
    except NoArticle:
        return None


def _share(part: Document, whole: Document) -> float:
    """Return the share of the words of a document that another one holds."""
    wanted, held = (Counter(words(strip_link_targets(each.body))) for each in (whole, part))
    return (wanted & held).total() / max(1, wanted.total())


def _unless_shell(document: Document, reading: FullReading) -> Document:
    """Return a document. Raises NeedsScript if it is no policy, but the little text of a shell."""
    if reading.needs_script and document.words <= _THIN and not document.is_sought:
        raise _nothing_to_read(reading)
    return document


def _nothing_to_read(reading: FullReading) -> NeedsScript | NoArticle:
    if reading.needs_script:
        return NeedsScript("the page's text is fetched by a script, and the archived HTML does not have it")
    return NoArticle("the page has no text: nothing to make a document of")
