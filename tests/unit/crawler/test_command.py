"""What commands print: what strangers wrote does not command the terminal."""

from __future__ import annotations

import asyncio
import io
import signal
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from scrapy.commands import ScrapyCommand
from scrapy.settings import Settings

from crawler.command import AnsweringCommand
from crawler.commands import convert
from crawler.run_stats import ExitStatus
from pipelines.errors import OutputError
from pipelines.output.object_errors import ObjectStoreError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

TITLE = "# Privacy\x1b]0;owned\x07 \x96 of \x9b2J\u202eYou\tand\nme"


class Says(AnsweringCommand):
    def short_desc(self) -> str:
        return ""

    def answer(self, args: list[str], opts: argparse.Namespace) -> str:  # noqa: ARG002
        return TITLE


class Fails(Says):
    def answer(self, args: list[str], opts: argparse.Namespace) -> str:  # noqa: ARG002
        raise OutputError(TITLE)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "shown"),
    [
        (io.StringIO(), "# Privacy\ufffd]0;owned\ufffd \x96 of \x9b2J\u202eYou\tand\nme\n"),  # as a text file has it
        (Terminal(), "# Privacy\ufffd]0;owned\ufffd \ufffd of \ufffd2J\ufffdYou\tand\nme\n"),
    ],
)
def test_command_answer_is_printable(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, shown: str) -> None:
    monkeypatch.setattr(sys, "stdout", stream)
    Says().run([], SimpleNamespace())  # type: ignore[arg-type]
    assert stream.getvalue() == shown


def test_command_error_is_one_printable_line(capsys: pytest.CaptureFixture[str]) -> None:
    Fails().run([], SimpleNamespace())  # type: ignore[arg-type]
    assert capsys.readouterr().err.endswith(": # Privacy\ufffd]0;owned\ufffd \ufffd of \ufffd2J\ufffdYou and me\n")


def test_command_end_of_options_is_no_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScrapyCommand, "process_options", lambda *_: None)
    monkeypatch.setattr("crawler.command.check_settings", lambda _: None)
    command = Says()
    command.settings = Settings()
    args = ["--", "example.com", "-2", "--"]
    command.process_options(args, SimpleNamespace())  # type: ignore[arg-type]
    assert args == ["example.com", "-2", "--"]


class IsWithoutStore(Says):
    output = "s3://b/p"  # type: ignore[assignment]

    def answer(self, args: list[str], opts: argparse.Namespace) -> str:  # noqa: ARG002
        raise ObjectStoreError("the store answered 503")


def test_command_whose_store_is_gone_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    command = IsWithoutStore()
    command.run([], SimpleNamespace())  # type: ignore[arg-type]
    assert capsys.readouterr().err.endswith(": s3://b/p: the store answered 503\n")
    assert command.exitcode == ExitStatus.FAILED


class IsInterrupted(Says):
    def answer(self, args: list[str], opts: argparse.Namespace) -> str:  # noqa: ARG002
        raise KeyboardInterrupt


def test_command_interrupted_is_one_line_and_work_left(capsys: pytest.CaptureFixture[str]) -> None:
    command = IsInterrupted()
    command.run([], SimpleNamespace())  # type: ignore[arg-type]
    told = capsys.readouterr()
    assert told.err.endswith(": interrupted; run it again\n")
    assert told.out == ""
    assert command.exitcode == ExitStatus.OPEN_LOSSES


@pytest.fixture
def _python_takes_sigint() -> Iterator[None]:
    """Give SIGINT the handler that Python starts with: asyncio replaces no other, and Scrapy's tests may have left one."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before or signal.default_int_handler)


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
@pytest.mark.usefixtures("_python_takes_sigint")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_convert_from_warc_ends_in_order_by_a_signal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    ended: list[str] = []

    async def rebuild(*_: object) -> str:
        try:
            signal.raise_signal(number)
            await asyncio.sleep(60)
        finally:
            ended.append("in order")
        return ""

    monkeypatch.setattr(convert.Command, "_checked", lambda _: (None, {}))
    monkeypatch.setattr(convert.Command, "_rebuild", rebuild)
    command = convert.Command()
    command.run([], SimpleNamespace(from_warc=True))  # type: ignore[arg-type]
    assert ended == ["in order"]
    assert capsys.readouterr().err.endswith(": interrupted; every text is whole; run it again for the rest\n")
    assert command.exitcode == ExitStatus.OPEN_LOSSES


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
@pytest.mark.usefixtures("_python_takes_sigint")
def test_convert_from_warc_waits_for_no_server_when_interrupted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An event loop's handler of SIGINT let the checks go on, and an object store that is away was waited for."""
    checked: list[str] = []

    def check(_: object) -> None:
        signal.raise_signal(signal.SIGINT)
        checked.append("to the end")

    monkeypatch.setattr(convert, "check_pool", check)
    command = convert.Command()
    command.settings = {}  # type: ignore[assignment]
    command.run([], SimpleNamespace(from_warc=True))  # type: ignore[arg-type]
    assert checked == []
    assert capsys.readouterr().err.endswith(": interrupted; every text is whole; run it again for the rest\n")
