"""Documents made anew: the same as a first crawl makes them, whatever is lost or ends it in between."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.items import Fate
from tests.support.reconversion import (
    DOMAIN,
    MadeUp,
    Visit,
    close,
    crawl,
    current,
    open_library,
    rebuild,
    run,
    state,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from pipelines.output.folder import OutputFolder

BODIES = "abcd"
OLDER = MadeUp("0", {body: f"older {body} en" for body in BODIES})


@pytest.fixture
def library(tmp_path: Path) -> Iterator[OutputFolder]:
    opened = open_library(tmp_path / "output")
    yield opened
    close(opened)


def fresh(root: Path, visits: list[Visit], converter: MadeUp) -> dict[str, Any]:
    """Return the state of a first crawl."""
    library = open_library(root)
    crawl(library, visits, converter)
    found = state(library)
    close(library)
    return found


def damage(library: OutputFolder, visits: Iterable[Visit]) -> int:
    """Garble the records of mementos, of those that are kept; return how many were."""
    mementos = {(visit.memento.timestamp, visit.memento.url) for visit in visits}
    rows = [row for key in mementos if (row := library.catalog.memento(*key))]
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
    {body: st.sampled_from(["one en", "two en", "three de", "!no policy en"]) for body in BODIES}
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


@given(visits=histories(), old=TABLES, new=TABLES, lost=st.sets(st.sampled_from(BODIES)))
@settings(
    deadline=None,
    max_examples=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
def test_a_rebuild_makes_what_a_first_crawl_makes_and_keeps_what_is_lost_until_it_is_fetched_again(
    tmp_path_factory: pytest.TempPathFactory,
    visits: list[Visit],
    old: Mapping[str, str],
    new: Mapping[str, str],
    lost: set[str],
) -> None:
    root = tmp_path_factory.mktemp("rebuild")
    expected = fresh(root / "fresh", visits, current(new))
    library = open_library(root / "output")
    crawl(library, visits, MadeUp("0", old))
    library.catalog.set_converter(DOMAIN, "0")
    before = state(library)
    gone = damage(library, [visit for visit in visits if visit.body in lost])
    done = rebuild(library, current(new))
    assert len(done.unread) == gone
    mementos = {(unread.timestamp, unread.url) for unread in done.unread}
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


def kill_at(library: OutputFolder, operation: int) -> None:
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


def damage_text(library: OutputFolder, what: str, number: int) -> None:
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


@given(visits=histories(), old=TABLES, new=TABLES, troubles=st.lists(TROUBLES, max_size=6))
@settings(
    deadline=None,
    max_examples=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
def test_whatever_happens_to_the_output_a_crawl_makes_it_what_it_should_be(
    tmp_path_factory: pytest.TempPathFactory,
    visits: list[Visit],
    old: Mapping[str, str],
    new: Mapping[str, str],
    troubles: list[tuple[str, Any]],
) -> None:
    root = tmp_path_factory.mktemp("rebuild")
    expected = fresh(root / "fresh", visits, current(new))
    library = open_library(root / "output")
    crawl(library, visits, MadeUp("0", old))
    library.catalog.set_converter(DOMAIN, "0")
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
    assert state(library) == expected
    rebuild(library, current(new))  # it notices damage that nobody has come across so far
    run(library, visits, current(new))
    assert state(library) == expected
    assert rebuild(library, current(new)).unread == []
    assert state(library) == expected
    close(library)
