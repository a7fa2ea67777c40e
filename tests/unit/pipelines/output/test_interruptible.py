"""A call that waits in another thread: its result and error are the caller's, and a signal ends the wait."""

from __future__ import annotations

import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipelines.output.interruptible import end_waits_if, interruptible


class Interrupted(Exception):
    """What the handler raises."""


def test_signal_ends_the_wait() -> None:
    def handle(*_: object) -> None:
        raise Interrupted

    waits, before = threading.Event(), signal.signal(signal.SIGALRM, handle)
    compiled = threading.Lock()  # whose wait no handler interrupts, in the thread that waits
    compiled.acquire()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(Interrupted):
            interruptible(lambda: (waits.set(), compiled.acquire()))
    finally:
        signal.signal(signal.SIGALRM, before)
        compiled.release()
    assert waits.is_set()


def test_result_and_error_are_those_of_the_call() -> None:
    def fail() -> None:
        raise FileNotFoundError("x")

    assert interruptible(lambda: 7) == 7
    with pytest.raises(FileNotFoundError, match="x"):
        interruptible(fail)


def test_other_threads_call_themselves() -> None:
    with ThreadPoolExecutor(1) as pool:
        caller, made_by = pool.submit(lambda: (threading.get_ident(), interruptible(threading.get_ident))).result()
    assert caller == made_by
    assert interruptible(threading.get_ident) != threading.get_ident()


def test_look_ends_the_wait_of_a_thread_that_no_signal_reaches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.output.interruptible._LOOK_SECONDS", 0.01)
    interrupted, ends, looks = threading.Event(), threading.Event(), []

    def look() -> None:
        looks.append(interrupted.is_set())
        if len(looks) == 3:
            raise Interrupted

    with ThreadPoolExecutor(1, initializer=end_waits_if, initargs=(interrupted.is_set,)) as writer:
        assert writer.submit(interruptible, lambda: ends.wait(0.1), look).result() is False
        assert looks == []
        interrupted.set()
        with pytest.raises(Interrupted):
            writer.submit(interruptible, ends.wait, look).result()
        ends.set()
        assert writer.submit(interruptible, lambda: 7, look).result() == 7
    assert looks == [True] * 3
