"""Topics: patterns of words, their file and its faults, and that the known changes of policies have one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import TopicsError
from pipelines.topics.topics_file import MAX_TOPICS, default_topics, load_topics
from pipelines.topics.word_pattern import GAP, WordIndex, parse_pattern
from tests.support.commands import SHARED

if TYPE_CHECKING:
    from pathlib import Path

NAMES = (
    "ai-training sale-and-sharing retention children transfers rights cookies-and-tracking processors biometric location gdpr "
    "ccpa do-not-track safe-harbor privacy-shield security breach advertising health financial"
).split()


@pytest.mark.parametrize(
    ("pattern", "sentence", "found"),
    [
        ("sell data", "We SELL data.", True),
        ("sell data", "We sell the data.", False),
        ("sell ... data", "We sell the data.", True),
        ("sell ... data", f"sell {'x ' * GAP}data", True),
        ("sell ... data", f"sell {'x ' * (GAP + 1)}data", False),
        ("sell ... data", "data we sell", False),
        ("child*", "Children's privacy", True),
        ("child", "Children's privacy", False),
        ("opt-out", "You may opt out", True),
        ("sell|rent|trade data", "to trade data", True),
        ("個人情報", "個人情報を", True),
        ("a|個人", "個人", None),
        ("個 ... 報", "個人情報を", True),
        ("straße", "Die STRASSE", True),
        ("a* a*", "ab", False),
    ],
)
def test_pattern(pattern: str, sentence: str, *, found: bool | None) -> None:
    if found is None or pattern == "a* a*":
        with pytest.raises(ValueError, match=r"one word|at least"):
            parse_pattern(pattern)
    else:
        assert WordIndex([sentence]).find(parse_pattern(pattern)) == ({0} if found else set())


def test_pattern_never_crosses_sentences() -> None:
    index = WordIndex(["we sell", "data about you", "", "sell data"])
    assert index.find(parse_pattern("sell data")) == {3}
    assert index.find(parse_pattern("sell ... you")) == set()


WORDS = st.lists(st.sampled_from(["sell", "data", "selling", "x"]), max_size=12)


@given(WORDS, st.sampled_from(["sell", "data", "sel*"]), st.sampled_from(["data", "x", "da*"]), st.booleans())
@settings(deadline=None)
def test_pattern_finds_what_a_search_finds(found: list[str], first: str, last: str, gap: bool) -> None:  # noqa: FBT001
    def fits(word: str, place: str) -> bool:
        return word.startswith(place[:-1]) if place.endswith("*") else word == place

    near = range(1, (GAP if gap else 0) + 2)
    expected = any(
        fits(word, first) and any(at + step < len(found) and fits(found[at + step], last) for step in near)
        for at, word in enumerate(found)
    )
    pattern = parse_pattern(f"{first} ... {last}" if gap else f"{first} {last}")
    assert bool(WordIndex([" ".join(found)]).find(pattern)) == expected


def test_default_topics_are_those_that_policies_speak_of() -> None:
    topics = default_topics()
    assert set(NAMES) <= set(topics.names)
    assert len(topics.names) < MAX_TOPICS - 10  # room for a user's own
    assert topics.of_sentences(["We use your content to train our AI models.", "We never sell personal information."]) == (
        "ai", "ai-training", "sale-and-sharing",
    )  # fmt: skip
    assert topics.of_sentences(["Der Verantwortliche im Sinne der DSGVO"]) == ("gdpr",)
    assert topics.of_sentences(["Nothing to see here."]) == ()


def test_topic_of_each_known_change_is_known() -> None:
    memos = SHARED / "research" / "ota_memos.tsv"
    if not memos.exists():
        pytest.skip("../shared is not here")
    rows = [line.split("\t") for line in memos.read_text("utf-8").splitlines()]
    privacy = [row for row in rows if "Privacy" in row[2]]
    assert len(privacy) == 30
    for name, _, _, _, text, *_ in privacy:
        assert default_topics().of_sentences([name.replace("-", " "), *text.split(". ")]), name


def test_own_topics_are_added_replaced_and_removed(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("topics:\n  drones:\n    - drone*\n  gdpr: [our rule]\n  ccpa: []\n")
    topics = load_topics(file)
    assert topics.of_sentences(["Drones and the GDPR and the CCPA"]) == ("drones",)
    assert topics.of_sentences(["our rule"]) == ("gdpr",)
    assert topics.digest != default_topics().digest == load_topics("").digest


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("topics:\n  a:\n    - ok\n    - (a+)+$\n", ":4: "),
        ("topics:\n  a: text\n", ":2: `a` is a list"),
        ("topics:\n  A b: [x]\n", ":2: 'A b' is no name"),
        ("topics:\n  a:\n    - ... x\n", ":3: "),
        ("topics:\n  a:\n    - [x]\n", ":3: a pattern is text"),
        ("topics:\n  a:\n    - x*\n", ":3: "),
        (f"topics:\n  a:\n    - {'x ' * 13}\n", ":3: "),
        (f"topics:\n  a:\n    - {'x' * 500}\n", ":3: a pattern of more than"),
        ("topics:\n  a: !!python/object:os.system [x]\n", ":2: YAML anchors"),
        ("topics:\n  a: &b [x]\n  c: *b\n", ":2: YAML anchors"),
        ("topics: [a]\n", ":1: the file is one mapping"),
        ("topic:\n  a: [x]\n", ":1: the file is one mapping"),
        ("[]", ":1: the file is one mapping"),
        ("", ": the file is empty; start it with `topics:`"),
        ("topics:\n  a: [x\n", ":3: not valid YAML"),
        ("topics:\n" + "".join(f"  t{number}: [word]\n" for number in range(MAX_TOPICS)), ":1: "),
        ("topics:\n  a: " + "[" * 30 + "]" * 30, ":2: nested too deeply; `topics:`"),
    ],
)
def test_faults_of_a_file_name_the_line(tmp_path: Path, content: str, fault: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(content)
    with pytest.raises(TopicsError) as raised:
        load_topics(file)
    assert str(raised.value).startswith(f"{file}{fault}"), raised.value
    assert "\n" not in str(raised.value)


def test_missing_file_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(TopicsError, match="-s TOPICS_FILE="):
        load_topics(tmp_path / "none.yaml")
