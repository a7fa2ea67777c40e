"""pipelines.convert.pool with real processes: a page that hangs, crashes or eats memory takes only itself with it."""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pebble
import pytest

from crawler.discovery.link_texts import page_links
from pipelines import errors
from pipelines.convert import pdf
from pipelines.convert import pool as workers
from pipelines.convert.pool import ConversionPool
from tests.support.commands import ROOT
from tests.support.conversion_failures import FAILURES
from tests.support.pdf_files import Pdf, line

HERE = ROOT / "tests" / "support"
FACTS = {"url": "http://a.com/", "timestamp": "20200102030405", "domain": "a.com"}

linux = pytest.mark.skipif(sys.platform != "linux", reason="limits and signals as Linux has them")


@pytest.fixture
def target(monkeypatch):
    """Give `perform` of worker_targets.py, importable in the worker processes too (they inherit sys.path)."""
    monkeypatch.syspath_prepend(HERE)
    return importlib.import_module("worker_targets").perform


@pytest.fixture
def run(target):
    """Run `scenario(convert, pool)` in an event loop, where convert takes a page's text, and close the pool."""

    def start(scenario, **options):
        async def main():
            pool = ConversionPool(**{"workers": 1, "timeout": 100.0, "patience": 1.0, "convert": target, **options})
            try:
                return await asyncio.wait_for(scenario(lambda page: pool.convert(page.encode(), **FACTS), pool), 300)
            finally:
                await pool.close()

        return asyncio.run(main())

    return start


def ended(pid: int) -> bool:
    """Whether a process is gone, or dead and waiting for someone to take note."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


def written(*files: Path) -> bool:
    return all(file.exists() and file.read_text() for file in files)


def wait_until(condition):
    for _ in range(2400):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("waited for two minutes and more")


def test_convert_returns_result_of_target(run):
    async def scenario(convert, pool):
        return await convert("page"), await pool.convert(b"page", **FACTS, content_type="text/html; charset=x")

    plain, typed = run(scenario)
    assert plain == (b"page", {**FACTS, "content_type": ""})
    assert typed == (b"page", {**FACTS, "content_type": "text/html; charset=x"})


@linux
@pytest.mark.parametrize(("page", "name", "message"), [(page, *failure) for page, failure in FAILURES.items()])
def test_convert_failure_is_named_and_affects_one_page(run, page, name, message):
    async def scenario(convert, _):
        others = [asyncio.create_task(convert(f"slowly 0.{i}")) for i in range(1, 4)]
        failure, *results = await asyncio.gather(convert(page), *others, return_exceptions=True)
        return failure, results, await convert("page")

    failure, results, after = run(scenario, workers=2, timeout=3.0 if name == "ConversionTimedOut" else 100.0)
    assert type(failure).__name__ == name
    assert isinstance(failure, errors.ConversionError)
    assert re.search(message, str(failure))
    assert all(isinstance(result, int) for result in results)
    assert after[0] == b"page"


def test_convert_crash_has_traceback(run):
    async def scenario(convert, _):
        with pytest.raises(errors.ConversionCrashed) as caught:
            await convert("explode")
        return caught.value.__notes__

    assert 'raise ValueError("first line\\nsecond line")' in run(scenario)[0]


@linux
@pytest.mark.parametrize("page", ["eat 2000", "nibble"])
def test_convert_memory_limit(run, page):
    async def scenario(convert, _):
        assert await convert("eat 100") == 100 << 20
        with pytest.raises(errors.ConversionOutOfMemory):
            await convert(page)
        return await convert("eat 100")

    assert run(scenario, memory_limit=300 << 20) == 100 << 20


@linux
def test_convert_hang_in_c_is_killed(run, tmp_path, monkeypatch):
    sent, kill = [], os.kill
    monkeypatch.setattr(os, "kill", lambda pid, number: (sent.append(number), kill(pid, number)))
    monkeypatch.setattr(pebble.CONSTS, "term_timeout", 60)  # seconds before pebble sends SIGKILL; three are its own

    async def scenario(convert, _):
        await convert("page")
        with pytest.raises(errors.ConversionTimedOut):
            await convert(f"hang_in_c {tmp_path / 'pid'}")

    run(scenario, timeout=1.0, patience=0.5)
    assert set(sent) == {signal.SIGTERM}


@linux
@pytest.mark.parametrize("page", ["burn 60", "hang_in_c /dev/null"])
def test_convert_processor_time_is_limited(run, page):
    """In Python and in C, whatever the clock says."""

    async def scenario(convert, _):
        with pytest.raises(errors.ConversionTimedOut, match=r" not converted within 0\.5 s of processor time$"):
            await convert(page)
        return await convert("page")

    assert run(scenario, timeout=0.5, patience=500.0)[0] == b"page"


@linux
def test_a_pdf_that_never_ends_is_ended(run):
    """Forms that draw themselves five times each keep PDFium busy for ever, in C."""
    endless = bytes(Pdf(["/Fm Do"], forms={"Fm": "/Fm Do " * 5 + line(40, 700, "We keep your name.")}))

    async def scenario(_, pool):
        with pytest.raises((errors.ConversionTimedOut, errors.ConversionOutOfMemory, errors.WorkerDied)):
            await pool.run("the PDF", pdf.read, endless, "http://a.com/b.pdf")
        return await pool.run("another", pdf.read, bytes(Pdf([line(40, 700, "We keep it.")])), "http://a.com/b.pdf")

    assert run(scenario, timeout=1.0, patience=100.0)[1] == "We keep it.\n"


@linux
def test_processor_time_is_each_jobs_own_and_waiting_uses_none(run):
    async def scenario(convert, _):
        return [await convert(page) for page in ("burn 0.3", "slowly 0.9", "burn 0.3", "burn 0.3", "slowly 0.9")]

    assert len(set(run(scenario, timeout=0.8, patience=100.0))) == 1, "one process has done them all"


def test_convert_waits_for_free_worker(run):
    async def scenario(convert, _):
        return await asyncio.gather(*(convert("slowly 0.02") for _ in range(20)))

    pids = run(scenario, workers=2)
    assert len(pids) == 20
    assert 1 <= len(set(pids)) <= 2


def test_convert_sequential_pages_use_one_process(run):
    async def scenario(convert, _):
        return {await convert("pid") for _ in range(5)}

    assert len(run(scenario, workers=4)) == 1


def test_pool_replaces_process_after_page_limit(run, monkeypatch):
    monkeypatch.setattr(workers, "TASKS_PER_PROCESS", 2)

    async def scenario(convert, _):
        return [await convert("pid") for _ in range(5)]

    first, second, third, fourth, fifth = run(scenario)
    assert first == second != third == fourth != fifth


def test_convert_time_limit_excludes_process_start(run, monkeypatch):
    monkeypatch.syspath_prepend(HERE)
    slow = importlib.import_module("slow_worker_target").perform

    async def scenario(convert, _):
        return await convert("0")

    assert run(scenario, convert=slow, timeout=1.5) > 0


@linux
def test_convert_cancelled_frees_worker(run, tmp_path):
    file = tmp_path / "pid"

    async def scenario(convert, _):
        hanging = asyncio.create_task(convert(f"hang {file}"))
        waiting = asyncio.create_task(convert("pid"))
        await asyncio.to_thread(wait_until, lambda: written(file))
        waiting.cancel()
        hanging.cancel()
        results = await asyncio.gather(hanging, waiting, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results)
        return await convert("pid")

    assert run(scenario) > 0
    assert ended(int(file.read_text()))


@linux
def test_pool_replaces_killed_idle_process(run):
    async def scenario(convert, _):
        for pause in (0.0, 0.5):  # before pebble has noticed, and after
            pid = await convert("pid")
            os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(pause)
            assert await convert("pid") != pid

    run(scenario)


@linux
def test_worker_ignores_ctrl_c(run):
    async def scenario(convert, _):
        return await convert("kill SIGINT")

    assert run(scenario) == "survived"


def test_convert_page_of_50_mb(run):
    async def scenario(convert, _):
        return await convert("size " + "x" * 50_000_000)

    assert run(scenario) == 50_000_000


def test_convert_target_that_fails_to_import_is_named(run, monkeypatch, tmp_path):
    (tmp_path / "gone.py").write_text("def perform(html, **facts): return 1")
    monkeypatch.syspath_prepend(tmp_path)
    gone = importlib.import_module("gone").perform
    (tmp_path / "gone.py").unlink()

    async def scenario(convert, _):
        with pytest.raises(errors.WorkerDied, match="no process could take it"):
            await convert("page")

    run(scenario, convert=gone)


@linux
def test_close_ends_running_and_waiting_conversions(run, tmp_path):
    file = tmp_path / "pid"

    async def scenario(convert, pool):
        pages = [convert(f"hang {file}"), convert("page"), convert("page " + "x" * 1_000_000)]
        tasks = [asyncio.create_task(page) for page in pages]
        await asyncio.to_thread(wait_until, lambda: written(file))
        await pool.close()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        with pytest.raises(errors.PoolClosed):
            await convert("page")
        return results

    assert [type(result) for result in run(scenario)] == [errors.PoolClosed] * 3  # not timed out
    assert ended(int(file.read_text()))


def test_close_unused_pool_starts_no_process(run):
    async def scenario(_, pool):
        await pool.close()

    run(scenario)


def test_pool_needs_at_least_one_worker():
    with pytest.raises(ValueError, match="1 or more, not 0"):
        ConversionPool(workers=0)


# As a program that is started by a script without `if __name__ == "__main__":` and has Scrapy loaded.
SCRIPT = """\
import asyncio, sys
import scrapy
sys.path[:0] = [{root!r}, {here!r}]
from pipelines.convert.pool import ConversionPool
from worker_targets import perform

async def main():
    pool = ConversionPool(workers=2, timeout=100.0, convert=perform)
    pages = [pool.convert(page.encode(), url="", timestamp="", domain="") for page in sys.argv[1:]]
    print(*await asyncio.gather(*pages), flush=True)
    # no close: the end of the program must do

asyncio.run(main())
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "console-script"
    path.write_text(SCRIPT.format(root=str(ROOT), here=str(HERE)))
    return [sys.executable, str(path)]


def test_worker_runs_no_main_script_and_loads_no_scrapy(script):
    pages = [
        "loaded scrapy",
        "loaded twisted",
        "loaded asyncio.base_events",
        "loaded pipelines.convert.pool",
        "loaded distributed",
    ]
    done = subprocess.run([*script, *pages], capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "False False True True False\n"


@linux
@pytest.mark.parametrize("hang", ["hang", "hang_in_c", "hang_unknown_to_the_kernel"])
def test_worker_ends_with_killed_parent(script, tmp_path, hang):
    files = [tmp_path / "1", tmp_path / "2"]
    with subprocess.Popen([*script, *(f"{hang} {file}" for file in files)], stderr=subprocess.DEVNULL) as parent:
        wait_until(lambda: written(*files))
        pids = [int(file.read_text()) for file in files]
        assert not any(ended(pid) for pid in pids)
        parent.kill()
    wait_until(lambda: all(ended(pid) for pid in pids))


@linux
def test_worker_idle_ends_with_killed_parent(script, tmp_path):
    with subprocess.Popen([*script, "pid", f"hang {tmp_path / '1'}"], stderr=subprocess.DEVNULL) as parent:
        wait_until((tmp_path / "1").exists)
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
        parent.kill()
    assert len(children) == 3  # two workers and multiprocessing's resource tracker
    wait_until(lambda: all(ended(int(pid)) for pid in children))


def test_convert_computes_facts_in_worker(monkeypatch):
    asked = []

    class Document:
        def __getattr__(self, name):
            asked.append(name)

    converter = ModuleType("pipelines.convert")
    converter.convert_html = lambda *_args, **_facts: Document()
    monkeypatch.setitem(sys.modules, "pipelines.convert", converter)
    assert isinstance(workers.convert_page(b"", **FACTS), Document)
    assert asked == ["text_sha256", "words", "policy_score", "language"]


def test_convert_html_document_has_cached_facts(run):
    html = b"<title>Privacy</title><p>" + b"We respect your privacy and protect your personal data. " * 20

    async def scenario(_, pool):
        return await pool.convert(html, **FACTS)

    document = run(scenario, convert=workers.convert_page)
    assert document.text.startswith("> *The following text is extracted and transformed from the a.com privacy policy")
    assert {"text_sha256", "words", "_assessment"} <= vars(document).keys()  # score and language are two views of one


# What other jobs are done in the same processes.

HOME = b'<a href="/p7">Privacy Policy</a>'


def test_pool_finds_links_without_loading_scrapy(run):
    async def scenario(convert, pool):
        about = "http://a.com/ of 20200102030405"
        found = await pool.run(about, page_links, HOME, "text/html", url="http://a.com/", domain="a.com")
        return (
            found,
            await convert("loaded scrapy"),
            await convert("loaded crawler.discovery.link_texts"),
            await convert("page"),
        )

    links, scrapy, module, page = run(scenario)
    assert links.policies == ("http://a.com/p7",)
    assert (scrapy, module) == (False, True)
    assert page == (b"page", {**FACTS, "content_type": ""})


def test_pool_process_seldom_searches_for_garbage(run):
    async def scenario(_convert, pool):
        return await pool.run("thresholds", gc.get_threshold), await pool.run("frozen", gc.get_freeze_count)

    thresholds, frozen = run(scenario)
    assert thresholds == workers.COLLECT_AFTER
    assert frozen


@linux
def test_pool_process_forgets_large_texts(run):
    """Few objects hold them, so that their number alone says nothing of the memory."""
    page = f"<title>x</title><p>{'We keep it. ' * 50}</p><script>var d = '\N{GRINNING FACE}{'x y' * 900_000}'</script>"

    async def scenario(convert, _pool):
        return {(await convert(page)).words for _ in range(40)}

    assert run(scenario, convert=workers.convert_page, memory_limit=400 << 20) == {150}


@linux
def test_pool_failed_job_error_names_job(run, target):
    async def scenario(convert, pool):
        with pytest.raises(errors.ConversionTimedOut, match=r"^home: not converted within 1 s$"):
            await pool.run("home", target, b"hang ")
        with pytest.raises(errors.ConversionOutOfMemory, match=r"^home: needs more than the memory limit$"):
            await pool.run("home", target, b"eat 2000")
        return await convert("page")

    assert run(scenario, timeout=1.0, memory_limit=300 << 20)[0] == b"page"


def test_close_twice(run):
    async def scenario(convert, pool):
        await convert("page")
        await pool.close()
        await pool.close()
        with pytest.raises(errors.PoolClosed, match=r"^home: not converted, the program is ending$"):
            await pool.run("home", page_links, HOME, "text/html", url="http://a.com/", domain="a.com")

    run(scenario)
