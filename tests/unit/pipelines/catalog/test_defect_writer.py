"""Giving captures up: which runs count, what is forgotten, and what is asked for again."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.catalog import database, defect_writer
from pipelines.catalog.writer import Catalog
from pipelines.defects import Defect, DefectKind
from pipelines.items import Answer, Capture, Fate, MementoKey
from tests.support.either_database import ON_SQLITE

if TYPE_CHECKING:
    from pathlib import Path

DOMAIN = "acme.example"
LIMIT = 5
CUT = Defect(DefectKind.CUT, "2000 bytes of 9000")
OTHER_CUT = Defect(DefectKind.CUT, "2001 bytes of 9000")
POINTER = Defect(DefectKind.POINTER, "20020504221610 http://acme.example/privacy")
CONVERTER = Defect(DefectKind.CONVERTER, "ConversionTimedOut")
ELSEWHERE = MementoKey("20200101000000", "http://acme.example/", "wayback")


def capture(archive: str = "wayback", timestamp: str = "20150911043127") -> Capture:
    return Capture("example,acme)/p", timestamp, "http://acme.example/p", "text/html", "200", "D", "1", archive)


class Folder:
    """A catalog, opened anew for each run, as a run does."""

    def __init__(self, root: Path) -> None:
        self._url = database.catalog_url(root, "")

    def run(
        self,
        answers: list[tuple[Capture, Fate, str, Defect | None, MementoKey | None]],
        alive: tuple[MementoKey, ...] = (ELSEWHERE,),
        *,
        killed: bool = False,
        limit: int = LIMIT,
    ) -> list[str]:
        """Record a run's answers and mementos; return the fates of the captures, in their order."""
        with closing(Catalog(self._url)) as catalog:
            catalog.reopen_outdated()
            catalog.give_up(limit)
            for key in alive:
                catalog.note_memento(key)
            for one, fate, cause, defect, read in answers:
                catalog.add_captures(DOMAIN, [one])
                answer = Answer(DOMAIN, one, fate, cause, memento=read, defect=defect)
                catalog.add_answers([answer])
                catalog.note_defect(answer)
            if not killed:
                catalog.give_up(limit)
            return [self._fate(catalog, one) for one, *_ in answers]

    def _fate(self, catalog: Catalog, one: Capture) -> str:
        known = dict(catalog.page(DOMAIN, one.urlkey, one.archive, as_it_is=True))
        answer = known[one]
        return answer.fate if answer else ""


def failed(
    defect: Defect, one: Capture | None = None, cause: str = "cut", read: MementoKey | None = None
) -> tuple[Capture, Fate, str, Defect | None, MementoKey | None]:
    return (one or capture(), Fate.CUT_SHORT, cause, defect, read)


def test_give_up_after_five_runs_with_the_same_defect(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    fates = [folder.run([failed(CUT)])[0] for _ in range(5)]
    assert fates == ["cut short"] * 4 + ["unreadable"]


def test_give_up_a_pointer_after_two_runs(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert [folder.run([failed(POINTER)])[0] for _ in range(2)] == ["cut short", "unreadable"]


@ON_SQLITE
def test_runs_without_another_memento_do_not_count(tmp_path: Path) -> None:
    """Neither one in which nothing could be read, nor one with the capture's own memento or another archive's alone."""
    folder, own = Folder(tmp_path), MementoKey("20150911043127", "http://acme.example/p", "wayback")
    for alive in [(), (own,), (ELSEWHERE._replace(archive="arquivo"),)] * 4:
        assert folder.run([failed(CUT, read=own)], alive) == ["cut short"]
    fates = [folder.run([failed(CUT, read=own)], (own, ELSEWHERE))[0] for _ in range(5)]
    assert fates == ["cut short"] * 4 + ["unreadable"]


def test_another_defect_begins_anew(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for _ in range(3):
        for defect in (CUT, CUT, OTHER_CUT, CONVERTER):
            assert folder.run([failed(defect)]) == ["cut short"]


@ON_SQLITE
def test_what_may_pass_never_counts_and_forgets_nothing(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for _ in range(4):
        assert folder.run([failed(CUT)]) == ["cut short"]
        assert folder.run([(capture(), Fate.FAILED, "timed out", None, None)]) == ["failed"]
    for _ in range(20):
        assert folder.run([(capture(), Fate.FAILED, "HTTP 503", None, None)]) == ["failed"]
    assert folder.run([failed(CUT)]) == ["unreadable"]


def test_a_reading_in_between_begins_anew(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for _ in range(4):
        folder.run([failed(CUT)])
    assert folder.run([(capture(), Fate.MISSING, "not archived", None, None)]) == ["missing"]
    assert [folder.run([failed(CUT)])[0] for _ in range(5)] == ["cut short"] * 4 + ["unreadable"]


def test_the_runs_of_killed_ones_count(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for _ in range(5):
        assert folder.run([failed(CUT)], killed=True) == ["cut short"]
    with closing(Catalog(database.catalog_url(tmp_path, ""))) as catalog:
        assert catalog.give_up(LIMIT) == [(DOMAIN, capture().key)]  # as the next run begins
        assert catalog.unreadable(DOMAIN) == {"cut": 1}


def test_each_archive_counts_for_itself(tmp_path: Path) -> None:
    folder, theirs = Folder(tmp_path), capture("arquivo")
    alive = (ELSEWHERE, ELSEWHERE._replace(archive="arquivo"))
    for _ in range(3):
        folder.run([failed(CUT)], alive)
        assert folder.run([failed(CUT, theirs)], alive) == ["cut short"]
    assert folder.run([failed(CUT), failed(CUT, theirs)], alive) == ["cut short", "cut short"]
    assert folder.run([failed(CUT)], alive) == ["unreadable"]
    assert folder.run([failed(CUT, theirs)], (ELSEWHERE,)) == ["cut short"]
    assert folder.run([failed(CUT, theirs)], alive) == ["unreadable"]


@ON_SQLITE
def test_zero_runs_is_never(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for _ in range(12):
        assert (
            folder.run([failed(CUT), failed(POINTER, capture(timestamp="2016" + "0" * 10))], limit=0)
            == ["cut short"] * 2
        )


def test_retry_asks_again_once(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for _ in range(5):
        folder.run([failed(CUT)])
    with closing(Catalog(database.catalog_url(tmp_path, ""))) as catalog:
        assert (
            catalog.reopen_unreadable("arquivo", [DOMAIN]) == catalog.reopen_unreadable("wayback", ["b.example"]) == 0
        )
        assert catalog.reopen_unreadable("wayback", [DOMAIN, "b.example"]) == 1
        catalog.add_answers([Answer(DOMAIN, capture(), Fate.FAILED, "timed out")])
        assert catalog.give_up(LIMIT) == []  # a time-out is none of the capture's own
        answer = Answer(DOMAIN, capture(), Fate.CUT_SHORT, "cut", defect=CUT)
        catalog.add_answers([answer])
        catalog.note_defect(answer)
        assert catalog.give_up(LIMIT) == [(DOMAIN, capture().key)]


@pytest.mark.parametrize(
    ("defect", "fate"), [(CONVERTER, Fate.FAILED), (CUT, Fate.UNREADABLE), (POINTER, Fate.UNREADABLE)]
)
def test_another_version_of_the_converter_asks_again(
    defect: Defect, fate: Fate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path)
    for _ in range(5):
        folder.run([failed(defect)])
    monkeypatch.setattr(defect_writer, "CONVERTER_VERSION", "later")
    with closing(Catalog(database.catalog_url(tmp_path, ""))) as catalog:
        assert catalog.reopen_outdated() == (fate is Fate.FAILED)
        assert catalog.fates(DOMAIN) == {fate: 1}
    if fate is Fate.FAILED:
        assert [folder.run([failed(defect)])[0] for _ in range(5)] == ["cut short"] * 4 + ["unreadable"]


def test_views_show_fate_cause_and_runs(tmp_path: Path) -> None:
    folder, other = Folder(tmp_path), capture(timestamp="20160101000000")
    for number in range(5):
        folder.run([failed(CUT), *([failed(CONVERTER, other, "timed out")] if number > 2 else [])])
    with closing(Catalog(database.catalog_url(tmp_path, ""))) as catalog, catalog.connection() as db:
        fates = db.exec_driver_sql("SELECT fate, cause, captures FROM fates ORDER BY fate").all()
        assert [tuple(row) for row in fates] == [("cut short", "timed out", 1), ("unreadable", "cut", 1)]
        assert db.exec_driver_sql("SELECT fate FROM losses").scalars().all() == ["cut short"]
        unread = db.exec_driver_sql("SELECT captured, fate, defect, detail, runs FROM unread ORDER BY captured").all()
        assert [tuple(row) for row in unread] == [
            ("2015-09-11T04:31:27Z", "unreadable", "body cut", CUT.detail, 5),
            ("2016-01-01T00:00:00Z", "cut short", "converter", "ConversionTimedOut", 2),
        ]


def test_controls_are_named_only_for_a_run_that_needs_them(tmp_path: Path) -> None:
    facts = {"status": 200, "source_url": "", "file": "f", "offset": 0, "length": 1, "digest": "", "payload_file": "f"}
    own = MementoKey("20150911043127", "http://acme.example/p", "wayback")
    with closing(Catalog(database.catalog_url(tmp_path, ""))) as catalog:
        for number in range(6):
            key = MementoKey(f"201{number}0101000000", "http://acme.example/", "wayback")
            catalog.add_memento(
                **key._asdict(), **facts, payload_offset=0, retrieved=f"2026-01-0{number + 1}T00:00:00Z"
            )
        catalog.add_memento(**own._asdict(), **facts, payload_offset=0, retrieved="2026-02-01T00:00:00Z")
        catalog.add_captures(DOMAIN, [capture()])
        assert catalog.controls("wayback") == []
        catalog.note_defect(Answer(DOMAIN, capture(), Fate.FAILED, "timed out", memento=own, defect=CONVERTER))
        assert [key.timestamp[:4] for key in catalog.controls("wayback")] == ["2015", "2014", "2013"]
        assert catalog.controls("arquivo") == []
        catalog.note_memento(own)
        assert len(catalog.controls("wayback")) == 3
        catalog.note_memento(ELSEWHERE)
        assert catalog.controls("wayback") == []


STEP = st.tuples(
    st.sampled_from(["cut", "other cut", "converter", "time-out", "missing", "nothing"]),
    st.booleans(),  # whether the archive gave another memento
    st.booleans(),  # whether the run was killed
)
DEFECTS = {"cut": CUT, "other cut": OTHER_CUT, "converter": CONVERTER}


@ON_SQLITE
@settings(deadline=None, max_examples=40)
@given(st.lists(STEP, max_size=14), st.integers(0, 4))
def test_count_is_that_of_a_plain_model(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, bool, bool]], limit: int
) -> None:
    """The model: healthy runs since the last other defect or final answer; what is given up is asked for no more."""
    folder = Folder(tmp_path_factory.mktemp("model"))
    last, count, fate = "", 0, ""
    for what, is_healthy, killed in steps:
        # a run that begins gives up what a killed one left
        if fate == "cut short" and 0 < limit <= count:
            fate = "unreadable"
        if fate == "unreadable":
            break
        answers = []
        if what in DEFECTS:
            count = (count if what == last else 0) + is_healthy
            last, fate = what, "cut short"
            answers = [failed(DEFECTS[what])]
        elif what == "time-out":
            fate = "failed"
            answers = [(capture(), Fate.FAILED, "timed out", None, None)]
        elif what == "missing":
            last, count, fate = "", 0, "missing"
            answers = [(capture(), Fate.MISSING, "not archived", None, None)]
        if fate == "cut short" and not killed and 0 < limit <= count:
            fate = "unreadable"
        found = folder.run(answers, (ELSEWHERE,) if is_healthy else (), killed=killed, limit=limit)
        assert found == [fate] * len(answers)
