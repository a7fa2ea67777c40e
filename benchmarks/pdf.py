"""PDF reading compared: words and order, damaged files, processor time and memory, by library.

    python benchmarks/pdf.py [FOLDER ...]

A FOLDER has PDFs and `expected.json`, a text for each file name without suffix; the default is ../shared/pdf, with PDFs
that are written here by hand (tests/support/pdf_files.py) beside it. Recall is the share of the expected words that are
found; order is difflib's ratio of the words. Each library reads in a process of its own with 1 GiB of memory, so that a
crash is counted. pypdf and pdfminer.six are not among the dependencies: `pip install pypdf pdfminer.six`, or they are
left out.
"""

from __future__ import annotations

import argparse
import difflib
import importlib.util
import io
import json
import logging
import multiprocessing
import random
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pipelines.convert import pdf
from pipelines.errors import ConversionError
from tests.support.pdf_files import Pdf, column, glyphs, line

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")
DAMAGED = 25  # variants of each file and kind of damage
SECONDS = 60  # for all variants of one file
TEXTS = [
    "We collect personal information that you provide to us, such as your name and address, when you register.",
    "We may share this information with service providers where this is required, as long as necessary.",
]


def ours(body: bytes) -> str:
    """Read as the converter does."""
    return pdf.read(body, "http://example.com/policy.pdf")[1]


def pdfium(body: bytes) -> str:
    """Read with PDFium's own order of text."""
    import pypdfium2  # noqa: PLC0415

    with pypdfium2.PdfDocument(body) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def pypdf_plain(body: bytes) -> str:
    """Read with pypdf, in the order of the content stream."""
    import pypdf  # noqa: PLC0415

    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(body)).pages)


def pypdf_layout(body: bytes) -> str:
    """Read with pypdf's layout mode, as this program did until version 2 of its converter."""
    import pypdf  # noqa: PLC0415

    pages = pypdf.PdfReader(io.BytesIO(body)).pages
    return "\n".join(page.extract_text(extraction_mode="layout") for page in pages)


def pdfminer(body: bytes) -> str:
    """Read with pdfminer.six and its layout analysis."""
    from pdfminer.high_level import extract_text  # noqa: PLC0415

    return str(extract_text(io.BytesIO(body)))


READERS: dict[str, tuple[Callable[[bytes], str], str]] = {
    "ours": (ours, "pypdfium2"),
    "pdfium": (pdfium, "pypdfium2"),
    "pypdf": (pypdf_plain, "pypdf"),
    "pypdf layout": (pypdf_layout, "pypdf"),
    "pdfminer": (pdfminer, "pdfminer"),
}


def main() -> None:
    """Print a table of each kind of figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(__file__).resolve().parent.parent.parent / "shared" / "pdf"
    parser.add_argument("folders", nargs="*", type=Path, default=[shared] if shared.exists() else [])
    files = [*_of_folders(parser.parse_args().folders), *_by_hand()]
    readers = {name: reader for name, (reader, module) in READERS.items() if importlib.util.find_spec(module)}
    print(f"| file | {' | '.join(readers)} |\n|---|{'---|' * len(readers)}")
    for name, body, want in files:
        print(f"| {name} | {' | '.join(_score(reader, body, want) for reader in readers.values())} |", flush=True)
    print(
        "\n| reader | ms a page | MB | whole text | part | refused | crashed or hung |\n|---|---|---|---|---|---|---|"
    )
    for name, reader in readers.items():
        print(f"| {name} | {_cost(reader)} | {_robustness(reader, files)} |", flush=True)


def _of_folders(folders: list[Path]) -> list[tuple[str, bytes, str]]:
    found = []
    for folder in folders:
        for name, text in sorted(json.loads((folder / "expected.json").read_text()).items()):
            file = folder / f"{name}.pdf"
            if file.exists():
                found.append((name, file.read_bytes(), text))
    return found


def _by_hand() -> list[tuple[str, bytes, str]]:
    left, right = column(40, 740, TEXTS[0] * 3, 40), column(320, 740, TEXTS[1] * 3, 40)
    rows = [each for row in zip(left, right, strict=False) for each in row] + left[len(right) :] + right[len(left) :]
    shuffled = random.Random(5).sample(left + right, len(left + right))  # noqa: S311
    texts = [" ".join(random.Random(n).sample(TEXTS[n % 2].split(), 15)) for n in range(5)]  # noqa: S311
    numbered = [
        "".join([line(40, 770, "Example Inc."), *column(40, 740, each, 60), line(300, 30, f"Page {n} of 5")])
        for n, each in enumerate(texts, start=1)
    ]
    both = f"{TEXTS[0] * 3} {TEXTS[1] * 3}"
    made = {
        "columns drawn by rows": (Pdf(["".join(rows)]), both),
        "columns drawn in any order": (Pdf(["".join(shuffled)]), both),
        "headers and page numbers": (Pdf(numbered), " ".join(texts)),
        "turned text": (Pdf(["0 1 -1 0 612 0 cm " + "".join(left)]), TEXTS[0] * 3),
        "Hebrew as seen": (
            Pdf([glyphs(40, 740, ".םש ןוגכ ,Google LLC לש (3.1 ףיעס ואר) ישיא")]),
            "אישי (ראו סעיף 3.1) של Google LLC, כגון שם.",
        ),
        "ligatures": (Pdf([glyphs(40, 740, "de\ufb01ne tra\ufb03c o\ufb00er")]), "define traffic offer"),
    }
    return [(name, bytes(made_pdf), text) for name, (made_pdf, text) in made.items()]


def _score(reader: Callable[[bytes], str], body: bytes, want: str) -> str:
    try:
        got = reader(body).split()
    except Exception as error:  # noqa: BLE001 - whatever the library raises
        return type(error).__name__
    recall, order = _figures(got, want.split())
    return f"{recall:.2f} {order:.2f}"


def _figures(got: list[str], want: list[str]) -> tuple[float, float]:
    recall = sum((Counter(got) & Counter(want)).values()) / len(want)
    return recall, difflib.SequenceMatcher(None, want, got, autojunk=False).ratio()


def _cost(reader: Callable[[bytes], str]) -> str:
    """Return milliseconds of processor time for a page of 3,000 characters, and the process's largest size."""
    body = bytes(Pdf(["".join(column(40, 760, " ".join(TEXTS * 14), 85))] * 31))
    taken = _in_process(_timed, reader, body)
    return f"{taken[0] * 1000 / 31:.0f} | {taken[1]}" if taken else "- | -"


def _timed(reader: Callable[[bytes], str], body: bytes) -> tuple[float, int]:
    reader(body)
    started = time.process_time()
    reader(body)
    return time.process_time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _robustness(reader: Callable[[bytes], str], files: list[tuple[str, bytes, str]]) -> str:
    """Return what became of damaged files: nine tenths of the words, fewer, an error, no answer."""
    counts: Counter[str] = Counter()
    for _, body, want in files:
        damaged = [damage(body, random.Random(n)) for damage in (_cut, _flipped) for n in range(DAMAGED)]  # noqa: S311
        found = _in_process(_read_all, reader, damaged, want) or []
        counts.update(found)
        counts["lost"] += len(damaged) - len(found)
    return " | ".join(str(counts[kind]) for kind in ("whole", "part", "refused", "lost"))


def _cut(body: bytes, chance: random.Random) -> bytes:
    return body[: chance.randrange(len(body) // 2, len(body))]


def _flipped(body: bytes, chance: random.Random) -> bytes:
    changed = bytearray(body)
    for _ in range(chance.choice([1, 10, 100])):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _read_all(reader: Callable[[bytes], str], bodies: list[bytes], want: str) -> list[str]:
    found = []
    for body in bodies:
        try:
            recall, _ = _figures(reader(body).split(), want.split())
            found.append("whole" if recall >= 0.9 else "part")
        except (ConversionError, Exception):  # noqa: BLE001
            found.append("refused")
    return found


def _in_process(function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result | None:
    """Return what a function returns in a process of its own, or None if that crashes or hangs."""
    ours_end, its_end = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_send, args=(its_end, function, *arguments))
    process.start()
    its_end.close()
    try:
        result: Result | None = ours_end.recv() if ours_end.poll(SECONDS) else None
    except EOFError:
        return None
    else:
        return result
    finally:
        process.kill()
        process.join()


def _send(end: Connection, function: Callable[[*Arguments], object], *arguments: *Arguments) -> None:
    logging.disable()
    resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30))
    end.send(function(*arguments))


if __name__ == "__main__":
    main()
