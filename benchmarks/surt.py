"""Hostile URLs of 1 and 2 MB, by the processor time of their urlkeys: `python -m benchmarks.surt [FORM ...]`.

Linear means that twice the URL takes about twice the time. The crawl itself makes no keys of URLs longer than
`pipelines.untrusted.MAX_URL`; files of archives and other programs can have them.
"""

from __future__ import annotations

import argparse
import random
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from crawler.archives.urlkey import surt

if TYPE_CHECKING:
    from collections.abc import Callable

MB: Final = 1_000_000
LIMIT: Final = 0.1
"""Seconds that 2 MB may take on a quiet machine."""

SITE: Final = "http://example.com/"
HEX: Final = "0123456789abcdef" * 2
ASP: Final = "0123456789abcdef01234567"
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789-_."

PATHS: Final = {
    "escapes": "%41", "escapes of UTF-8": "%E2%82%AC", "escapes of slashes": "%2F", "of question marks": "%3F",
    "escapes and plain text": "abcdefghijklmnop%41", "twice escaped": "%2541", "thrice escaped": "%252541",
    "bare and nested": "abcdefghijklmnopq%%3331", "escapes and bare percent signs": "%41%z", "percent signs": "%",
    "percent signs and letters": "%z", "slashes": "/", "folders": "a/", "parent folders": "../", "up and down": "a/../",
    "current folders": "./", "escaped parent folders": "%2E%2E/", "semicolons": ";", "jsessionid in the path":
    f";jsessionid={HEX}", "letters": "A", "beyond ASCII": "é", "between letters": "éa", "emoji": "😀", "spaces": "a ",
    "controls": "\x01", "tabs": "é\t", "backslashes": "\\x", "ASP.NET ids": f"({ASP})/", "with pages": f"({ASP})/a.aspx/",
    "with question marks": f"({ASP})/%3F", "nested ASP.NET ids": f"(a({ASP}))/", "pages": "%3F.aspx",
}  # fmt: skip
QUERIES: Final = {
    "ampersands": "&", "arguments": "a&", "with values": "a=b&", "equals signs": "=", "two in each": "a==&",
    "sid": f"sid={HEX}&", "sid without an id": "sid=", "jsessionid": f"jsessionid={HEX}&", "without an id": "jsessionid=0&",
    "phpsessid": f"phpsessid={HEX}&", "aspsessionid": f"aspsessionidabcdefgh={'a' * 24}&", "cfid": "cfid=1&cftoken=2&",
    "cfid alone": "cfid=", "cftoken alone": "&cftoken=x", "cftoken with cfid": "cfid=1&cftoken=", "number signs": "%23",
}  # fmt: skip
HOSTS: Final = {
    "labels": "a.", "dots": ".", "numbers": "1.", "a label": "a", "labels beyond ASCII": "bücher.",
    "a label beyond ASCII": "é", "www": "www.", "at signs": "a@", "colons": "a:", "escaped host": "%41",
}  # fmt: skip


def _repeated(before: str, piece: str, after: str = "") -> Callable[[int], str]:
    return lambda size: before + piece * (size // len(piece.encode())) + after


def _mixed(*pieces: str) -> Callable[[int], str]:
    choices = random.Random(1).choices  # noqa: S311 - the same in every run
    return lambda size: SITE + "".join(choices(pieces, k=size * len(pieces) // sum(map(len, pieces))))


def _arguments(length: int, letters: str = _LETTERS) -> Callable[[int], str]:
    choices = random.Random(1).choices  # noqa: S311
    return lambda size: f"{SITE}?{'&'.join(''.join(choices(letters, k=length)) for _ in range(size // (length + 1)))}"


FORMS: Final[dict[str, Callable[[int], str]]] = {
    **{f"path: {name}": _repeated(SITE, piece) for name, piece in PATHS.items()},
    **{f"query: {name}": _repeated(f"{SITE}?", piece) for name, piece in QUERIES.items()},
    **{f"host: {name}": _repeated("http://", piece, ".com/") for name, piece in HOSTS.items()},
    "nested percent sign": _repeated(f"{SITE}%", "25"),
    "escapes in escapes, from the left": lambda size: SITE + "%" * (size // 2) + "3" * (size // 2),
    "escapes in escapes, from the right": _repeated(SITE, "%3", "3"),
    "mixed, twice escaped": _mixed("%25", "25", "%2541", "33", "%2533", "41"),
    "mixed digits of escapes": _mixed("%25", "%32", "%35", "%33", "%34", "31"),
    "every octet": _mixed(*(f"%{octet:02X}" for octet in range(256))),
    "percent signs and one escape": _repeated(SITE, "%", "%41"),
    "an ASP.NET id without end": _repeated(f"{SITE}(", f"a({ASP})"),
    "cfid and one letter": _repeated(f"{SITE}?cfid=", "c"),
    "percent signs and digits": _mixed(*"%%%3412"),
    "percent signs, 2 and 5": _mixed(*"%25"),
    "percent signs and all digits": _mixed(*"%0123456789"),
    "percent signs and few digits": _mixed(*"%%%%234"),
    "escapes of digits in each other": _mixed("%", "%3", "3"),
    "different arguments": _arguments(7),
    "different short arguments": _arguments(4),
    "different long arguments": _arguments(11),
    "different arguments of two equals signs": _arguments(9, "abcdefgh=="),
    "different arguments of any length": _arguments(60),
    "a number as host": _repeated("http://", "1", "/"),
    "a port": _repeated("http://example.com:", "1", "/"),
    "schemes": _repeated("", "http://"),
    "no scheme": _repeated("", "a"),
    "spaces before": _repeated("", " ", SITE),
}
"""URLs of about so many bytes, by what they are made of."""


def seconds(url: str) -> float:
    """Return the processor time of a key, the best of five."""
    best = float("inf")
    for _ in range(5):
        begin = time.process_time()
        with suppress(ValueError):
            surt(url)
        best = min(best, time.process_time() - begin)
    return best


def main() -> None:
    """Print a line for each form of URL, or for those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("forms", nargs="*", metavar="FORM", help=f"one of: {'; '.join(FORMS)}".replace("%", "%%"))
    named = parser.parse_args().forms
    if unknown := [name for name in named if name not in FORMS]:
        parser.error(f"there is no form named {unknown[0]!r}")
    print(f"| form | 1 MB, ms | 2 MB, ms | ratio |\n|{'---|' * 4}")
    for name in named or FORMS:
        form = FORMS[name]
        short, long = seconds(form(MB)), seconds(form(2 * MB))
        shown = f"{long / short:.1f}" if short > 1e-3 else ""
        print(
            f"| {name} | {short * 1000:.1f} | {long * 1000:.1f}{' *' if long > LIMIT else ''} | {shown} |", flush=True
        )


if __name__ == "__main__":
    main()
