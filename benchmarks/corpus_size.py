"""Catalogs of up to 10 million captures: `python benchmarks/corpus_size.py [--companies 100 1000 10000] [--postgres]`.

A sample of 100 companies with 1,000 captures each is really crawled, and the catalogs are filled with copies of what that
has left (benchmarks/corpus_copies.py); `--check` crawls 100 of the others too, and compares their rows with the copies.
Then each question of benchmarks/corpus_questions.py is asked in a process of its own, and with `--crawl` a run over the
catalog of the most companies asks the archive what is new of 100 companies and crawls 20 that it has lost. The table goes to
the standard output. 10,000 companies need 5 GB for each database, and ten minutes of a core to fill both.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.corpus import MIB, Run, crawl, double, list_companies  # noqa: E402
from benchmarks.corpus_copies import Copier, differences, fill, read_sample  # noqa: E402
from benchmarks.corpus_questions import QUESTIONS  # noqa: E402
from pipelines.catalog.database import catalog_url  # noqa: E402
from pipelines.catalog.schema import metadata  # noqa: E402
from tests.support.double.hosting import HostingCompanies  # noqa: E402
from tests.support.ports import free_port  # noqa: E402
from tests.support.postgres import close_session, open_session, postgres  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLE: Final = 100
"""Companies that are really crawled, whose histories the others repeat."""
CAPTURES: Final = 1_000
"""Captures of each."""
_KNOWN, _NEW = 100, 20

Answers = dict[tuple[str, str, int], dict[str, Any]]
"""By question, database and companies."""


def crawl_companies(folder: Path, companies: int, numbers: range, port: int, catalog: str = "") -> Run:
    """Crawl some of the archive's companies into the output folder of `folder`, with a catalog there or at CATALOG_URL."""
    folder.mkdir(parents=True, exist_ok=True)
    captures = companies * CAPTURES
    archive = HostingCompanies(companies, captures, SAMPLE)
    list_companies(folder, (archive.company(number).domain for number in numbers))
    with double(companies, captures, SAMPLE, port) as (url, pid):
        return crawl(url, pid, folder, catalog)


def ask(name: str, output: Path, catalog: str) -> dict[str, Any]:
    """Ask a question in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.corpus_questions", name, str(output), catalog]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    sys.stderr.write(f"{name} {catalog[:10]}: {found}\n")
    return found


def forget(output: Path, catalog: str, companies: range, archive: HostingCompanies) -> None:
    """Let a catalog lose companies, so that a crawl begins them."""
    gone = [archive.company(number).domain for number in companies]
    with sa.create_engine(catalog_url(output, catalog)).begin() as db:
        for table in metadata.sorted_tables:
            if "domain" in table.c:
                db.execute(sa.delete(table).where(table.c.domain.in_(gone)))
            elif table.name == "mementos":
                hosts = [table.c.url.startswith(f"https://{domain}/") for domain in gone]
                db.execute(sa.delete(table).where(sa.or_(*hosts)))


def _database(server: str, name: str) -> str:
    """Return the URL of a new database of a server."""
    with sa.create_engine(server, isolation_level="AUTOCOMMIT").connect() as db:
        db.exec_driver_sql(f"CREATE DATABASE {name}")
    return f"{server.rpartition('/')[0]}/{name}"


def table(answers: Answers, scales: list[int]) -> str:
    """Return the answers in Markdown: a line for each question and database, columns for the scales."""
    lines = [["question", "", *(f"{each:,} companies" for each in scales)], ["---", "---", *("---:" for _ in scales)]]
    asked = sorted(answers, key=lambda each: list(QUESTIONS).index(each[0]))
    for name, database in dict.fromkeys((name, database) for name, database, _ in asked):
        found = [answers.get((name, database, each)) for each in scales]
        lines.append([name.replace("_", " "), database, *(_cell(each) if each else "" for each in found)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(answer: dict[str, Any]) -> str:
    seconds, gave = answer["seconds"], answer.get("gave", "")
    time = f"{seconds:,.1f} s" if seconds >= 1 else f"{seconds * 1000:,.0f} ms"
    return f"{time}, {answer['peak'] / MIB:,.0f} MB{f' ({gave})' if gave else ''}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--questions", nargs="+", default=[*QUESTIONS], choices=[*QUESTIONS])
    parser.add_argument("--postgres", action="store_true", help="ask a PostgreSQL server too, which is started")
    parser.add_argument("--check", action="store_true", help="crawl 100 more companies, and compare")
    parser.add_argument("--crawl", action="store_true", help="crawl 120 companies into the largest catalog")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="corpus-")))
        if options.postgres:
            open_session()
            stack.callback(close_session)
        server = stack.enter_context(postgres()) if options.postgres else ""
        _measure(options, folder, server)


def _measure(options: argparse.Namespace, folder: Path, server: str) -> None:
    largest, port = max(options.companies), free_port()
    crawl_companies(folder / "sample", largest, range(SAMPLE), port)
    copier = Copier(read_sample(folder / "sample/output"), f"http://127.0.0.1:{port}")
    if options.check:
        numbers = range(SAMPLE, 2 * SAMPLE)
        crawl_companies(folder / "crawled", largest, numbers, port)
        fill(copier, folder / "copied/output", SAMPLE, first=SAMPLE)
        sys.stderr.write(f"rows that differ: {differences(folder / 'crawled/output', folder / 'copied/output')}\n")
    answers: Answers = {}
    catalogs: dict[str, str] = {}
    for companies in options.companies:
        output = folder / f"{companies}" / "output"
        catalogs = {"SQLite": ""} | ({"PostgreSQL": _database(server, f"size{companies}")} if server else {})
        fill(copier, output, companies, [*catalogs.values()])
        for database, catalog in catalogs.items():
            with _alone(output, catalog):
                for name in options.questions:
                    answers[name, database, companies] = ask(name, output, catalog)
    sys.stdout.write(f"{table(answers, options.companies)}\n")
    for database, catalog in catalogs.items() if options.crawl else ():
        with _alone(folder / f"{largest}" / "output", catalog):
            run = _crawl_more(folder / f"{largest}", largest, port, catalog)
        memory = ", ".join(f"{run.memory_at(share) / MIB:,.0f} MB" for share in (0.1, 0.5, 1))
        sys.stdout.write(
            f"crawl, {database}: {run.seconds:,.0f} s, processor time {run.samples[-1].main_cpu:,.0f} s; "
            f"main process {memory}, peak {run.peak / MIB:,.0f} MB\n"
        )


@contextmanager
def _alone(output: Path, catalog: str) -> Iterator[None]:
    """Keep the folder's catalog.db elsewhere while one on a server is used: the program refuses a folder with both."""
    own, elsewhere = output / "catalog.db", output.parent / "catalog.db"
    if catalog:
        own.rename(elsewhere)
    yield
    if catalog:
        elsewhere.rename(own)


def _crawl_more(folder: Path, companies: int, port: int, catalog: str) -> Run:
    """Crawl the last companies over the catalog of all, of which the very last ones are new to it."""
    archive = HostingCompanies(companies, companies * CAPTURES, SAMPLE)
    forget(folder / "output", catalog, range(companies - _NEW, companies), archive)
    return crawl_companies(folder, companies, range(companies - _NEW - _KNOWN, companies), port, catalog)


if __name__ == "__main__":
    main()
