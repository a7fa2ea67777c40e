"""Who is told of changes: what is sent, what a failure says, and that it is tried again after the next run."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from concurrent.futures.thread import _threads_queues  # type: ignore[attr-defined]
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from scrapy.settings import Settings

from crawler import settings as own
from crawler.console.run_tables import closing_table
from crawler.extensions import notify
from crawler.run_stats import ExitStatus, RunStats
from pipelines.digest.message import message
from pipelines.digest.news import Digest, read_digest
from pipelines.output.folder import OutputFolder
from pipelines.output.store import OutputStore
from pipelines.topics.topics_file import default_topics
from tests.support.folders import DOMAIN, file
from tests.support.listeners import mail_server, webhook
from tests.support.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("apprise")
SECRET = "s3cret-t0ken"  # noqa: S105 - of nobody
HOSTILE = "We keep <script>alert(1)</script> data of @everyone."


def run_of(root: Path, day: int, *captures: tuple[str, str], **given: object) -> RunStats:
    """File captures as a run does that has settings, tell of them, and return its counts."""
    settings = Settings()
    settings.setmodule(own, priority="project")
    settings.update(given)
    store = OutputStore(root, "", software="test", topics=default_topics())
    folder = OutputFolder(store).open()
    store.catalog.moment = f"2026-01-0{day}T00:00:00.000000+00:00"
    stats = RunStats("archive", {})
    run: Any = SimpleNamespace(folder=folder, settings=settings, stats=stats)

    async def go() -> None:
        await folder.run(store.catalog.set_company, "Example, Inc.", [DOMAIN])
        for timestamp, text in captures:
            await folder.run(file, store, timestamp, text)
        await folder.write_versions()
        since = await folder.reported_until()
        if await folder.write_changes():
            await folder.expect_deliveries(notify.channel_names(settings), since)
        await folder.add_run(finished=store.catalog.moment, archive="archive", exit_status=0, reason="finished")
        await notify.tell(run)
        await folder.close()

    asyncio.run(go())
    return stats


def test_tell_by_mail_and_webhook(tmp_path: Path) -> None:
    with mail_server() as mail, webhook() as hook:
        addresses = [
            f"mailto://127.0.0.1:{mail.port}?from=a@b.example&to=me@x.example",
            f"json://127.0.0.1:{hook.port}/x",
        ]
        given = {"NOTIFY": " ".join(addresses), "PUBLIC_URL": "https://policies.example/data/"}
        stats = run_of(tmp_path, 1, ("20100101000000", "We keep no data."), ("20110101000000", HOSTILE), **given)
        run_of(tmp_path, 2, **given)
    assert stats.told == {"E-Mail": "", "JSON": ""}
    assert stats.exit_status is ExitStatus.DONE
    (told,) = mail.mails
    assert told["subject"] == "wayback-policies: 2 changes of 1 company in all"
    assert told["to"] == "me@x.example"
    page = told.get_body(("html",)).get_content()
    assert "<ins>+ We keep &lt;script&gt;alert(1)&lt;/script&gt; data of @everyone.</ins>" in page
    assert '<a href="https://policies.example/data/report/companies/example-inc.html#v2">comparison</a>' in page
    assert (tmp_path / "report" / "companies" / "example-inc.html").exists()
    text = told.get_body(("plain",)).get_content()
    assert "+ We keep <script>alert(1)</script> data" in text
    assert "We keep no data." in text
    (post,) = map(json.loads, hook.posts)
    assert post["title"] == told["subject"]
    assert "    + We keep <script>alert(1)</script> data of @\u200beveryone." in post["message"]


def test_tell_failure_is_named_and_tried_again(tmp_path: Path) -> None:
    with webhook("503") as hook:
        address = f"json://user:{SECRET}@127.0.0.1:{hook.port}/{SECRET}/x"
        stats = run_of(tmp_path, 1, ("20100101000000", "We keep no data."), NOTIFY=address)
        assert stats.exit_status is ExitStatus.OPEN_LOSSES
        (loss,) = stats.as_json()["losses"]
        assert loss.startswith("notification: JSON: Failed to send JSON POST notification: ")
        assert "error=503" in loss
        assert "not told: JSON: Failed" in closing_table(stats)
        hook.answer = "200"
        again = run_of(tmp_path, 2, ("20120101000000", "We sell data."), NOTIFY=address)
    assert again.told == {"JSON": ""}
    assert "2 changes of 1 company" in json.loads(hook.posts[-1])["title"]
    assert len(hook.posts) == 2


def test_tell_of_nothing_asks_nobody(tmp_path: Path) -> None:
    with webhook() as hook:
        given = {"NOTIFY": f"json://127.0.0.1:{hook.port}", "ON_CHANGES": "echo >> told"}
        run_of(tmp_path, 1, ("20100101000000", "We keep data."))
        noise = run_of(tmp_path, 2, ("20110101000000", "We keep data!"), **given)
        assert run_of(tmp_path, 3, **given).told == {}
    assert noise.told == {"JSON": "", "ON_CHANGES": ""}
    assert not hook.posts
    assert not (tmp_path / "told").exists()


def test_tell_after_killed_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has to be told stands in the catalog before the run is recorded."""

    async def killed(_run: object) -> None:
        pass

    with webhook() as hook:
        given = {"NOTIFY": f"json://127.0.0.1:{hook.port}"}
        with monkeypatch.context() as patch:
            patch.setattr(notify, "tell", killed)
            run_of(tmp_path, 1, ("20100101000000", "We keep data."), **given)
        assert run_of(tmp_path, 2, **given).told == {"JSON": ""}
    assert len(hook.posts) == 1


@pytest.mark.parametrize("scheme", ["json", "mailto"])
def test_tell_shows_no_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture, scheme: str) -> None:
    query = f"from=a@b.example&to=me@x.example&-token={SECRET}"
    address = f"{scheme}://{SECRET}1:{SECRET}@127.0.0.1:{free_port()}/{SECRET}/x?{query}"
    with caplog.at_level("DEBUG"):
        stats = run_of(tmp_path, 1, ("20100101000000", "We keep data."), NOTIFY=address)
    (cause,) = stats.told.values()
    assert "refused" in cause
    said = [cause, json.dumps(stats.as_json()), closing_table(stats), caplog.text]
    said += [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(SECRET in each for each in said)


def test_tell_command_fails_and_gets_the_digest_again(tmp_path: Path) -> None:
    command = 'cat > "$OUTPUT_DIR/told"; echo "$CHANGES_COUNT since <$CHANGES_SINCE>"; test -e "$REPORT_FILE" || exit 9; exit $STATUS'
    stats = run_of(tmp_path, 1, ("20100101000000", HOSTILE), ON_CHANGES=command.replace("$STATUS", "7"))
    assert stats.told == {"ON_CHANGES": "exit status 7"}
    assert stats.exit_status is ExitStatus.OPEN_LOSSES
    (tmp_path / "told").unlink()
    assert run_of(tmp_path, 2, ON_CHANGES=command.replace("$STATUS", "0")).told == {"ON_CHANGES": ""}
    assert (tmp_path / "told").read_text().startswith("1 change of 1 company in all\n\nExample, Inc.\n")
    assert run_of(tmp_path, 3, ON_CHANGES=command).told == {}


def test_service_that_answers_byte_by_byte_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the run, nor the end of the program, which waits for the threads of executors."""
    monkeypatch.setattr(notify, "SECONDS", 0.3)
    goes_on = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                while not goes_on.wait(0.1):
                    connection.send(b"2")

        threading.Thread(target=drip).start()
        before = set(threading.enumerate())
        service = notify.Service("JSON", f"json://127.0.0.1:{server.getsockname()[1]}/x")
        assert service.send(Digest("", ())) == "took longer than 0.3 seconds"
        late = set(threading.enumerate()) - before
        assert late
        assert all(thread.daemon and thread not in _threads_queues for thread in late)
        goes_on.set()
        for thread in late:
            thread.join(30)


def test_channel_names_number_services_of_one_kind() -> None:
    settings = Settings(
        {
            "NOTIFY": "json://a.example,jsons://b.example mailto://c.example?from=a@b.example&to=x@c.example",
            "ON_CHANGES": "true",
        }
    )
    assert notify.channel_names(settings) == ["JSON", "JSON 2", "E-Mail", "ON_CHANGES"]


def test_message_is_as_long_as_a_service_takes(tmp_path: Path) -> None:
    captures = [
        (f"{year}0101000000", f"Sentence {'x' * (year - 1990)} is {'long ' * 9}.") for year in range(1996, 2026)
    ]
    run_of(tmp_path, 1, *captures)
    digest = read_digest(tmp_path, since="", most=20)
    assert digest.count == 30
    whole = message(digest).body
    assert "10 more changes: scrapy changes --since all shows them." in whole
    assert "2025-01-01" in whole
    assert "\n  2005-01-01  " not in whole
    for most in (10, 200, 2_000, 4_000):
        for form in ("text", "markdown", "html"):
            told = message(digest, form, most=most)
            assert len(told.body) <= most
            assert told.title == "wayback-policies: 30 changes of 1 company in all"
    assert re.search(r"^2[5-9] more changes: ", message(digest, most=1_500).body, re.MULTILINE)
