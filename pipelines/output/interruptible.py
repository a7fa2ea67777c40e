"""Calls into compiled code that wait, made so that Ctrl-C ends the wait."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


def interruptible(call: Callable[[], _T]) -> _T:
    """Return the result of a call; in the main thread a signal's handler, which may raise, runs meanwhile.

    Python runs handlers in the main thread alone, between its own instructions. So another thread makes the call. If a
    handler raises, that thread is left behind, and ends with the process at the latest.
    """
    if threading.current_thread() is not threading.main_thread():
        return call()
    found: Future[_T] = Future()
    thread = threading.Thread(target=_run, args=(call, found), name="waits", daemon=True)
    thread.start()
    try:
        thread.join()  # until it has let go of `call`, too
        return found.result()
    finally:
        del found  # its error refers to this frame: in a circle, what `call` refers to would live on


def _run(call: Callable[[], _T], found: Future[_T]) -> None:
    try:
        found.set_result(call())
    except BaseException as error:  # noqa: BLE001 - raised by the main thread
        found.set_exception(error)
    finally:
        del call, found
