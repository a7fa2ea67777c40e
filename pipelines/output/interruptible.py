"""Calls into compiled code that wait, made so that Ctrl-C ends the wait."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

_LOOK_SECONDS: Final = 1.0
"""Seconds between two looks whether what is waited for is still there, once the program is to end."""
_thread = threading.local()


def end_waits_if(is_interrupted: Callable[[], bool]) -> None:
    """Let calls of this thread end early once `is_interrupted`. For a thread that no signal reaches."""
    _thread.is_interrupted = is_interrupted


def is_interrupted() -> bool:
    """Whether the program is to end, as the calls of this thread know it (`end_waits_if`)."""
    return bool(getattr(_thread, "is_interrupted", bool)())


def interruptible(call: Callable[[], _T], look: Callable[[], None] = lambda: None) -> _T:
    """Return the result of a call; in the main thread a signal's handler, which may raise, runs meanwhile.

    Python runs handlers in the main thread alone, between its own instructions. So another thread makes the call. If a
    handler raises, that thread is left behind, and ends with the process at the latest. So it is in a thread with
    `end_waits_if`, if `look` raises: it is called now and then while the call lasts, once the program is to end.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main and not hasattr(_thread, "is_interrupted"):
        return call()
    found: Future[_T] = Future()
    thread = threading.Thread(target=_run, args=(call, found), name="waits", daemon=True)
    thread.start()
    try:
        while thread.is_alive():  # until it has let go of `call`, too
            thread.join(None if is_main else _LOOK_SECONDS)
            if thread.is_alive() and is_interrupted():
                look()
        return found.result()
    finally:
        del found  # its error refers to this frame: in a circle, what `call` refers to would live on


def _run(call: Callable[[], _T], found: Future[_T]) -> None:
    try:
        found.set_result(call())
    except BaseException as error:  # noqa: BLE001 - raised by the thread that waits
        found.set_exception(error)
    finally:
        del call, found
