"""What converting costs beside the reference pipeline and trafilatura, in one run, as ratios.

    python benchmarks/convert.py [--golden ../shared/golden/modern] [--reference ../shared/tools/reference/run] [--every 1]

All three work on the same pages, one process each, timed by the processor's time of that process and its children (a busy
machine does not stretch it). The reference's time is that of its two programs less their start on an empty page, which
is measured too. Ours is the second time over the pages: the first one loads models and phrases. `--every 4` takes each
fourth page. Then: cost by page size up to 10 MB, pages made of a golden one.
trafilatura is not among the dependencies: `pip install trafilatura lxml_html_clean`, or it is left out.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pipelines.convert import convert_html

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipelines.document import Document

SIZES_MB = (0.1, 0.3, 1.0, 3.0, 10.0)
EMPTY = b"<title>x</title><p>x"


def main() -> None:
    """Print one line for each pipeline and each size."""
    arguments = _arguments()
    rows = [json.loads(line) for line in (arguments.golden / "index.jsonl").read_text().splitlines()][
        :: arguments.every
    ]
    pages = [gzip.decompress((arguments.golden / f"{row['name']}.html.gz").read_bytes()) for row in rows]
    ours = min(_cpu(lambda: [_convert(row, page) for row, page in zip(rows, pages, strict=True)]) for _ in range(2))
    print(f"{len(pages)} pages, {sum(map(len, pages)) / 1e6:.1f} MB; milliseconds of processor time a page")
    _line("ours", ours, ours, len(pages))
    _line("reference", _reference(arguments, rows, pages), ours, len(pages))
    _line("trafilatura", _trafilatura(pages), ours, len(pages))
    for megabytes in SIZES_MB:
        page = _page_of(int(megabytes * 1e6))
        spent = _cpu(partial(_convert, rows[0], page))
        print(f"{megabytes:5.1f} MB  {spent:6.2f} s  {spent / megabytes:5.2f} s a MB")


def _arguments() -> argparse.Namespace:
    shared = Path(__file__).resolve().parents[2] / "shared"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--golden", type=Path, default=shared / "golden" / "modern")
    parser.add_argument("--reference", type=Path, default=shared / "tools" / "reference" / "run")
    parser.add_argument("--every", type=int, default=1)
    return parser.parse_args()


def _convert(row: dict[str, str], page: bytes) -> Document:
    return convert_html(
        page,
        url=row["url"],
        timestamp=row["timestamp"],
        domain=row["domain"],
        content_type="text/html; charset=utf-8",
    )


def _cpu(work: Callable[[], object]) -> float:
    """Seconds of processor time, children included, without the garbage of what was measured before."""
    gc.collect()
    before = os.times()
    work()
    return sum(os.times()[:4]) - sum(before[:4])


def _line(name: str, seconds: float | None, ours: float, pages: int) -> None:
    if seconds is None:
        print(f"{name:12} left out: not here")
    else:
        print(f"{name:12} {seconds / pages * 1e3:8.1f}  ours / it: {ours / seconds:.3f}")


def _reference(arguments: argparse.Namespace, rows: list[dict[str, str]], pages: list[bytes]) -> float | None:
    if not arguments.reference.exists():
        return None
    start = min(_reference_run(arguments.reference, rows[:1], [EMPTY]) for _ in range(2))
    return _reference_run(arguments.reference, rows, pages) - start * -(-len(rows) // 100)


def _reference_run(program: Path, rows: list[dict[str, str]], pages: list[bytes]) -> float:
    """Seconds for these pages; the program starts anew for each hundred."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "index.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        for row, page in zip(rows, pages, strict=True):
            (folder / f"{row['name']}.html.gz").write_bytes(gzip.compress(page, 1))
        command = [str(program), name, f"{name}/out"]
        return _cpu(lambda: subprocess.run(command, check=True, capture_output=True))


def _trafilatura(pages: list[bytes]) -> float | None:
    try:
        from trafilatura import extract  # noqa: PLC0415 - not a dependency
    except ImportError:
        return None
    options = {"output_format": "markdown", "include_links": True, "include_formatting": True}
    extract(EMPTY.decode(), **options)
    return _cpu(lambda: [extract(page.decode(errors="replace"), **options) for page in pages])


def _page_of(size: int) -> bytes:
    """A page of paragraphs, lists and links, of about this many bytes."""
    paragraph = (
        "<div class=section><h3>Retention</h3><p>We keep your name, address, and the pages you read, for as long as we "
        "must, and <b>no longer</b>; see <a href='/terms.html'>the terms</a> for what that means in your country, and "
        "write to us if you want to know more, since we answer every letter, in the order in which they arrive.</p>"
        f"<p>{'Personal information, as this policy has it, is what tells who you are, or where, or what you do. ' * 4}</p>"
        "<ul><li>Name, and address<li>Card number, kept encrypted</ul></div>\n"
    )
    return b"<title>Privacy</title><body>" + paragraph.encode() * (size // len(paragraph))


if __name__ == "__main__":
    main()
