"""Time text hashes, fingerprints, and look-ups of near-duplicates among a million documents in SQLite.

    python benchmarks/dedup.py [DOCUMENTS]

The documents are simulated: a tenth of them are unrelated policies with random SimHashes, and each is followed by nine
versions that differ from the one before in up to three bits. So a look-up has a few documents to find among a million.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pipelines.similarity.fingerprint import NEAR_BITS, SIMHASH_BITS, bands, fingerprint, from_bands, text_sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VERSIONS = 10
LOOKUPS = 2000
COLUMNS = [f"band{index}" for index in range(NEAR_BITS + 1)]
# A union, not an OR: each arm is one search of one index, whatever the planner thinks of OR.
QUERY = " UNION ".join(f"SELECT id, {', '.join(COLUMNS)} FROM document WHERE {column} = ?" for column in COLUMNS)  # noqa: S608


def simhashes(count: int) -> Iterator[int]:
    rng = random.Random(1)  # noqa: S311 - simulation
    value = 0
    for index in range(count):
        if index % VERSIONS == 0:
            value = rng.getrandbits(SIMHASH_BITS)
        else:
            for bit in rng.sample(range(SIMHASH_BITS), rng.randint(0, NEAR_BITS)):
                value ^= 1 << bit
        yield value


def fill(database: sqlite3.Connection, count: int) -> None:
    columns = ", ".join(f"{column} INTEGER NOT NULL" for column in COLUMNS)
    database.execute(f"CREATE TABLE document (id INTEGER PRIMARY KEY, {columns})")
    for column in COLUMNS:
        database.execute(f"CREATE INDEX document_{column} ON document ({column})")
    marks = ", ".join("?" * (1 + len(COLUMNS)))
    rows = ((index, *bands(value)) for index, value in enumerate(simhashes(count)))
    with database:
        database.executemany(f"INSERT INTO document VALUES ({marks})", rows)  # noqa: S608 - marks only


def look_up(database: sqlite3.Connection, simhash: int) -> tuple[int, int]:
    """Give how many rows have a band in common with a SimHash, and how many of them are near."""
    rows = database.execute(QUERY, bands(simhash)).fetchall()
    return len(rows), sum((from_bands(row[1:]) ^ simhash).bit_count() <= NEAR_BITS for row in rows)


def milliseconds(work: Callable[[], object], repeats: int = 30) -> float:
    """Give the median of the processor's time for a piece of work, whatever else the machine does."""
    spent = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return statistics.median(spent) * 1e3


def policy(words: int) -> str:
    """Make a text of that many words, from a vocabulary as wide as a policy's."""
    rng = random.Random(2)  # noqa: S311 - simulation
    vocabulary = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 10))) for _ in range(words // 4)]
    return " ".join(rng.choices(vocabulary, k=words))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=int, nargs="?", default=1_000_000)
    count = parser.parse_args().documents
    text = policy(3000)
    print(f"text_sha256, 3,000 words: {milliseconds(lambda: text_sha256('t', text)):.2f} ms")
    print(f"fingerprint, 3,000 words: {milliseconds(lambda: fingerprint('t', text)):.2f} ms")
    with tempfile.TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder, "catalog.db"))) as database:
        path = Path(folder, "catalog.db")
        start = time.perf_counter()
        fill(database, count)
        print(f"{count:,} documents written in {time.perf_counter() - start:.0f} s, {path.stat().st_size / 1e6:.0f} MB")
        wanted = random.Random(3).choices(list(simhashes(count)), k=LOOKUPS)  # noqa: S311 - simulation
        spent, rows, near = [], 0, 0
        for simhash in wanted:
            start = time.perf_counter()
            found = look_up(database, simhash)
            spent.append(time.perf_counter() - start)
            rows, near = rows + found[0], near + found[1]
        spent.sort()
        middle, last = spent[LOOKUPS // 2] * 1e3, spent[-LOOKUPS // 100] * 1e3
        print(f"{LOOKUPS:,} look-ups: median {middle:.2f} ms, 99 % under {last:.2f} ms")
        print(f"a look-up read {rows / LOOKUPS:.0f} rows and found {near / LOOKUPS:.1f} near documents")
        database.close()


if __name__ == "__main__":
    main()
