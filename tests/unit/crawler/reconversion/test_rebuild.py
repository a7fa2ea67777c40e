"""Documents made anew: the same as a first crawl makes them, whatever is lost or ends it in between."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from crawler.reconversion.rebuild import Reconverter
from pipelines.convert import CONVERTER_VERSION
from pipelines.convert.pool import ConversionPool
from pipelines.items import Fate
from pipelines.output.folder import OutputFolder
from tests.support.reconversion import (
    DOMAIN,
    HALF,
    SETTINGS,
    MadeUp,
    Visit,
    close,
    crawl,
    current,
    open_library,
    rebuild,
    restore,
    run,
    state,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    import pytest

    from pipelines.output.store import OutputStore

BODIES = "abcd"


def fresh(root: Path, visits: list[Visit], converter: MadeUp) -> dict[str, Any]:
    """Return the state of a first crawl."""
    library = open_library(root)
    crawl(library, visits, converter)
    found = state(library)
    close(library)
    return found


def damage(library: OutputStore, visits: Iterable[Visit]) -> int:
    """Garble the records of mementos, of those that are kept; return how many were."""
    mementos = {visit.memento.key for visit in visits}
    rows = [row for key in mementos if (row := library.catalog.memento(key))]
    for row in rows:
        with (library.root / "warc" / row["payload_file"]).open("r+b") as stream:
            stream.seek(row["payload_offset"] + 30)
            stream.write(bytes(20))
    return len(rows)


def answers_of(found: dict[str, Any], lost: set[tuple[str, str]]) -> list[tuple[Any, ...]]:
    """Return the captures that rest on these mementos, "stored" being as good as "same text"."""
    same = {Fate.STORED: Fate.SAME_TEXT}
    rows = [row for row in found["captures"] if (row[6], row[7]) in lost]
    return [(*row[:3], same.get(row[3], row[3]), *row[4:]) for row in rows]


TABLES = st.fixed_dictionaries(
    {
        body: st.sampled_from(
            ["one en", "two en", "three de", "!no policy en", "?is it one of the policies that we have en"]
        )
        for body in BODIES
    }
)


@st.composite
def histories(draw: st.DrawFn) -> list[Visit]:
    """Draw pages that redirect to one another, payloads that are equal, and pages captured in the same second."""
    bodies = draw(st.lists(st.sampled_from(BODIES), min_size=8, max_size=8))
    visits = []
    for page in "pq":
        for second in sorted(draw(st.sets(st.integers(0, 3), min_size=1))):
            target = draw(st.sampled_from("pq"))
            body = bodies[second + 4 * (target == "q")]
            visits.append(Visit(page, second, body, f"{body}{draw(st.integers(0, 1))}", target))
    return visits


FEW_EXAMPLES = settings(
    deadline=None,
    max_examples=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)


def converter_changed(
    root: Path, visits: list[Visit], old: Mapping[str, str], new: Mapping[str, str]
) -> tuple[dict[str, Any], OutputFolder]:
    """Return the state after a first crawl with the new converter, and a folder crawled with the old one."""
    library = open_library(root / "output")
    crawl(library, visits, MadeUp("0", old))
    library.catalog.set_converter(DOMAIN, "0")
    return fresh(root / "fresh", visits, current(new)), library


ONE = {"a": "one en", "b": "one en", "c": "one en", "d": "one en"}


@example(  # both pages rest on one memento, and b proves with the new converter the text that a had with the old one
    visits=[
        Visit("p", 0, "a", "a0"), Visit("q", 0, "a", "a0", "p"), Visit("q", 1, "a", "a0", "p"), Visit("q", 3, "b", "b0", "p"),
    ],
    old=ONE, new=ONE | {"a": "two en"}, lost={"a"},
)  # fmt: skip
@example(  # b gets the text that c had, and its document has to move to b's memento
    visits=[
        Visit("p", 0, "a", "a0"), Visit("p", 2, "b", "b0", "q"), Visit("q", 0, "c", "c0"), Visit("q", 1, "a", "a0", "p"),
    ],
    old=ONE | {"c": "two en"}, new=ONE | {"b": "two en"}, lost={"a", "b", "c"},
)  # fmt: skip
@given(visits=histories(), old=TABLES, new=TABLES, lost=st.sets(st.sampled_from(BODIES)))
@FEW_EXAMPLES
def test_rebuild_equals_first_crawl_and_keeps_lost_texts(
    tmp_path_factory: pytest.TempPathFactory,
    visits: list[Visit],
    old: Mapping[str, str],
    new: Mapping[str, str],
    lost: set[str],
) -> None:
    expected, library = converter_changed(tmp_path_factory.mktemp("rebuild"), visits, old, new)
    before = state(library)
    gone = damage(library, [visit for visit in visits if visit.body in lost])
    done = rebuild(library, current(new))
    assert len(done.unread) == gone
    mementos = {unread.key[:2] for unread in done.unread}
    rebuilt = state(library)
    assert answers_of(rebuilt, mementos) == answers_of(before, mementos)
    assert library.documents.damaged(DOMAIN) == []
    shas = {row[5] for row in rebuilt["captures"] if row[5]}
    assert {row["text_sha256"] for row in rebuilt["documents"]} == shas
    assert len(rebuild(library, current(new)).unread) == gone
    assert state(library) == rebuilt
    crawl(library, visits, current(new))
    assert state(library) == expected
    assert rebuild(library, current(new)).unread == []
    assert state(library) == expected
    close(library)


class Killed(BaseException):
    """What a kill is here: nothing catches it."""


def kill_at(library: OutputStore, operation: int) -> None:
    """Let the so-many-th operation on text files from now on be the last one."""
    left = [operation]

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return function(*args)

        return call

    for name in ("write", "copy", "delete", "stage", "put", "sweep"):
        setattr(library.texts, name, counted(getattr(library.texts, name)))


def damage_text(library: OutputStore, what: str, number: int) -> None:
    """Delete, change or truncate a text file, or all of them."""
    files = sorted((library.root / "text").rglob("*.txt"))
    if what == "all":
        shutil.rmtree(library.root / "text", ignore_errors=True)
    elif files and what == "delete":
        files[number % len(files)].unlink()
    elif files:
        file = files[number % len(files)]
        file.write_text("" if what == "truncate" else file.read_text().replace("example.com/2", "example.com/3"))


TROUBLES = st.one_of(
    st.tuples(st.just("records"), st.sets(st.sampled_from(BODIES))),
    st.tuples(st.sampled_from(["delete", "edit", "truncate", "all"]), st.integers(0, 9)),
    st.tuples(st.just("rebuild"), st.sets(st.sampled_from(BODIES))),
    st.tuples(st.just("run"), st.sets(st.sampled_from(BODIES))),
    st.tuples(st.just("kill"), st.integers(0, 12)),
)


@example(  # what was credited with c's answer is asked for itself when c is lost, and the archive has neither
    visits=[Visit("q", 0, "c", "c0"), Visit("q", 1, "c", "c0"), Visit("q", 3, "a", "a0")],
    old=ONE, new=ONE | {"c": "two en"}, troubles=[("records", {"c"}), ("run", {"c"})],
)  # fmt: skip
@example(  # killed when the rows are committed, and the files not yet in their places
    visits=[Visit("p", 0, "a", "a0"), Visit("q", 0, "b", "b0")],
    old=ONE | {"b": "three de"}, new=ONE | {"a": "two en"}, troubles=[("kill", 2), ("all", 0), ("kill", 3), ("kill", 4)],
)  # fmt: skip
@given(visits=histories(), old=TABLES, new=TABLES, troubles=st.lists(TROUBLES, max_size=6))
@FEW_EXAMPLES
def test_crawl_after_random_damage_equals_first_crawl(
    tmp_path_factory: pytest.TempPathFactory,
    visits: list[Visit],
    old: Mapping[str, str],
    new: Mapping[str, str],
    troubles: list[tuple[str, Any]],
) -> None:
    root = tmp_path_factory.mktemp("rebuild")
    expected, library = converter_changed(root, visits, old, new)
    for what, how in troubles:
        if what == "records":
            damage(library, [visit for visit in visits if visit.body in how])
        elif what == "rebuild":  # of some bodies the conversion takes too long
            rebuild(library, current({body: text for body, text in new.items() if body not in how}))
        elif what == "run":
            run(library, visits, current(new), lost=how)
        elif what == "kill":
            kill_at(library, how)
            with suppress(Killed):
                rebuild(library, current(new))
            close(library)
            library = open_library(root / "output")
        else:
            damage_text(library, what, how)
    run(library, visits, current(new))
    run(
        library, visits, current(new)
    )  # with a new converter and no record left, a run may file a text under a later memento
    assert state(library) == expected
    rebuild(library, current(new))  # it notices damage that nobody has come across so far
    run(library, visits, current(new))
    assert state(library) == expected
    assert rebuild(library, current(new)).unread == []
    assert state(library) == expected
    close(library)


def test_rebuild_interrupted_changes_nothing(tmp_path: Path) -> None:
    library = open_library(tmp_path)
    crawl(library, [Visit("p", 0, "a", "a0")], MadeUp("0", ONE))
    before = state(library)
    reconverter = Reconverter(OutputFolder(library), SETTINGS, ConversionPool(workers=1), is_ending=lambda: True)
    assert asyncio.run(reconverter.rebuild(DOMAIN, ())).mementos == 0
    assert state(library) == before
    assert library.catalog.has_other_converters(DOMAIN, CONVERTER_VERSION)
    close(library)


def test_rebuild_lost_record_keeps_word_count(tmp_path: Path) -> None:
    visits = [Visit("p", 1, "a", "a0"), Visit("p", 2, "b", "b0")]  # one text; the link targets have other words
    library = open_library(tmp_path)
    crawl(library, visits, current(ONE))
    before = state(library)
    damage(library, visits[:1])
    assert [unread.key.timestamp for unread in rebuild(library, current(ONE)).unread] == [visits[0].timestamp]
    assert state(library) == before
    damage_text(library, "delete", 0)
    assert restore(library, current(ONE)).restored == 1
    assert state(library)["versions"] == before["versions"]
    close(library)


def test_rebuild_domain_without_texts_once(tmp_path: Path) -> None:
    library = open_library(tmp_path)
    visits = [Visit("p", 0, "a", "a0")]
    crawl(library, visits, MadeUp("0", ONE | {"a": "!no policy en"}))
    library.catalog.set_converter(DOMAIN, "0")
    assert library.catalog.has_other_converters(DOMAIN, CONVERTER_VERSION)
    run(library, visits, current(ONE))
    assert len(texts(library)) == 1
    assert not library.catalog.has_other_converters(DOMAIN, CONVERTER_VERSION)
    close(library)


def test_rebuild_lost_record_is_not_retried_every_run(tmp_path: Path) -> None:
    library = open_library(tmp_path)
    visits = [Visit("p", 0, "a", "a0"), Visit("p", 1, "b", "b0")]
    crawl(library, visits, MadeUp("0", ONE))
    damage(library, visits[:1])
    rebuild(library, current(ONE))
    assert not library.catalog.has_other_converters(DOMAIN, CONVERTER_VERSION)
    for _ in range(2):
        assert [(a.capture.digest, a.fate) for a in run(library, visits, current(ONE), lost={"a"})] == [
            ("a0", Fate.FAILED)
        ]
    close(library)


def test_rebuild_when_text_has_no_page_left(tmp_path: Path) -> None:
    library = open_library(tmp_path)
    visits = [Visit("p", 0, "a", "a0"), Visit("p", 1, "b", "b0")]
    crawl(library, visits, current(ONE))
    damage_text(library, "delete", 0)
    repaired = restore(library, current(ONE | {"a": "two en"}))  # the converter was changed, and its version was not
    assert (repaired.restored, repaired.lost, repaired.gone) == (1, {}, [])
    assert state(library) == fresh(tmp_path / "fresh", visits, current(ONE | {"a": "two en"}))
    close(library)


def test_rebuild_half_page_is_fetched_again(tmp_path: Path) -> None:
    library = open_library(tmp_path)
    visits = [Visit("p", 0, "a", "a0"), Visit("p", 1, "a", "a0"), Visit("p", 2, "b", "b0")]
    crawl(library, visits, MadeUp("0", ONE))
    done = rebuild(library, current(ONE | {"a": HALF}))
    assert [(cut.key.timestamp, cut.reason) for cut in done.cut] == [(visits[0].timestamp, "cut when it was captured")]
    assert [line.count("half a text is no version") for line in done.losses] == [1]
    assert list(texts(library)) == [f"{visits[2].timestamp}.txt"]
    assert library.catalog.fates(DOMAIN) == {"cut short": 1, "not asked for": 1, "stored": 1}
    close(library)
