"""How many versions each strategy finds, and for how many requests.

    python benchmarks/changes.py [--archive WARC] [--cache DIR] [--pages N]

Over real captures (texts by pipelines.convert, link targets dropped; made once, kept in DIR), where the archive is there,
and over simulated histories (benchmarks/simulated.py), N of each kind. An exhaustive run is what all is measured
against: a text, or a version (a run of captures with the same text), is found if one of its captures was read or
credited. Prints the tables of benchmarks/CHANGES.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.simulated import KINDS, History, simulate  # noqa: E402
from crawler.archives.urlkey import urlkey_of  # noqa: E402
from crawler.archives.warc_records import read_captures, read_payload  # noqa: E402
from crawler.sampling.change_search import BOUND_DAYS  # noqa: E402
from crawler.sampling.length_signals import DAY, LengthSignals, seconds_of  # noqa: E402
from crawler.sampling.search import Search, Strategy  # noqa: E402
from crawler.sampling.strategies import STRATEGIES  # noqa: E402
from pipelines.convert import convert_html  # noqa: E402
from pipelines.errors import ConversionError  # noqa: E402
from pipelines.items import Answer, Capture, Fate  # noqa: E402
from pipelines.similarity.fingerprint import text_sha256  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

REAL = ROOT.parent / "shared" / "archive" / "real-captures.warc.gz"
REVERT_DAYS = (7, 30, 90, BOUND_DAYS)
"""Where the table of texts that came and went divides, in days."""


class PlainHalving:
    """What the change search is compared with: the middle of every interval that is open, and nothing from the listing."""

    def __init__(self, captures: Sequence[Capture], answers: Mapping[int, Answer]) -> None:
        self._moments = [seconds_of(capture) for capture in captures]
        self._texts = {index: answer.text_sha256 for index, answer in answers.items()}
        self._intervals = [(0, len(captures) - 1)] if captures else []
        self._waiting: dict[int, tuple[int, int]] = {}

    def wanted(self) -> list[int]:
        ends = [index for interval in self._intervals for index in interval if index not in self._texts]
        return sorted(set(ends)) if ends else self._middles()

    def record_answers(self, answers: Mapping[int, Answer]) -> None:
        self._texts |= {index: answer.text_sha256 for index, answer in answers.items()}
        for middle in answers.keys() & self._waiting.keys():
            left, right = self._waiting.pop(middle)
            self._intervals += [(left, middle), (middle, right)]

    def _middles(self) -> list[int]:
        named: list[int] = []
        intervals, self._intervals = self._intervals, []
        while intervals:
            left, right = intervals.pop()
            days = (self._moments[right] - self._moments[left]) / DAY
            if right - left < 2 or (self._texts[left] == self._texts[right] and days < BOUND_DAYS):
                continue
            middle = (left + right) // 2
            if middle in self._texts:
                intervals += [(left, middle), (middle, right)]
            else:
                self._waiting[middle] = (left, right)
                named.append(middle)
        return named


METHODS: Mapping[str, Strategy] = {
    "changes": STRATEGIES["changes"],
    "plain halving": PlainHalving,
    "half-yearly": STRATEGIES["half-yearly"],
    "monthly": STRATEGIES["monthly"],
    "all": STRATEGIES["all"],
}


@dataclass
class Score:
    """What a method found in some histories, and for how much."""

    requests: int = 0
    texts: int = 0
    all_texts: int = 0
    versions: int = 0
    all_versions: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(*(one + more for one, more in zip(_values(self), _values(other), strict=True)))

    @property
    def row(self) -> str:
        return (
            f"{self.requests} | {self.texts / self.all_texts:.1%} ({self.texts} of {self.all_texts}) | "
            f"{self.versions / self.all_versions:.1%} ({self.versions} of {self.all_versions}) | "
            f"{self.requests / self.versions:.2f}"
        )


def fewest(history: History) -> int:
    """Return how many requests all versions take if it is known where they are.

    Those are the first and the last capture of each, and as many between that no part of half a year is left unread.
    """
    signals = LengthSignals(history.captures)
    ends = [(version[0], version[-1]) for version in versions_of(history)]
    return sum(len({*pair}) + len(signals.serving(*pair, BOUND_DAYS * DAY)) for pair in ends)


def seen_by(history: History, strategy: Strategy) -> tuple[int, set[int]]:
    """Return the number of requests, and the captures whose text is known after them."""
    place = {capture.key: at for at, capture in enumerate(history.captures)}
    search = Search("", "", ((capture, None) for capture in history.captures), strategy)
    requests: list[int] = []
    while wanted := search.wanted():
        for capture in wanted:
            at = place[capture.key]
            requests.append(at)
            text = history.texts[at]
            words, language = history.words.get(text), history.languages.get(text, "")
            search.record_answer(Answer("", capture, Fate.STORED, text_sha256=text, words=words, language=language))
    return len(requests), {*requests, *(place[answer.capture.key] for answer in search.answers_by_digest())}


def score(history: History, strategy: Strategy) -> Score:
    requests, seen = seen_by(history, strategy)
    versions = versions_of(history)
    return Score(
        requests,
        len({history.texts[at] for at in seen}),
        len(set(history.texts)),
        sum(any(at in seen for at in version) for version in versions),
        len(versions),
    )


def versions_of(history: History) -> list[Sequence[int]]:
    """Return the runs of captures with the same text, each within its variant of the page."""
    places: dict[str, list[int]] = defaultdict(list)
    for at, variant in enumerate(history.variants):
        places[variant].append(at)
    return [run for of_variant in places.values() or [range(len(history.texts))] for run in _runs(history, of_variant)]


def _runs(history: History, places: Sequence[int]) -> Iterator[Sequence[int]]:
    changes = [at for at in range(1, len(places)) if history.texts[places[at]] != history.texts[places[at - 1]]]
    return (places[start:end] for start, end in pairwise([0, *changes, len(places)]))


def reverts(histories: Iterable[History]) -> dict[int, tuple[Counter[str], int]]:
    """Return by upper bound in days: how many texts between two of another each method found, and how many there were."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    count: Counter[int] = Counter()
    for history in histories:
        seen = {name: seen_by(history, METHODS[name])[1] for name in ("changes", "plain halving")}
        for version, days in _reverts_of(history):
            bound = next((days_ for days_ in REVERT_DAYS if days < days_), 0)
            count[bound] += 1
            found[bound].update(name for name, known in seen.items() if any(at in known for at in version))
    return {bound: (found[bound], count[bound]) for bound in REVERT_DAYS}


def _reverts_of(history: History) -> Iterator[tuple[Sequence[int], float]]:
    moments = [seconds_of(capture) for capture in history.captures]
    versions = versions_of(history)
    for before, version, after in zip(versions, versions[1:], versions[2:], strict=False):
        if history.texts[before[0]] == history.texts[after[0]]:
            yield version, (moments[after[0]] - moments[before[-1]]) / DAY


def real_histories(archive: Path, cache: Path) -> list[History]:
    """Return the pages of an archive with the text of each capture, from the cache if they were converted before."""
    file = cache / f"{archive.name}.texts.jsonl"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(line) + "\n" for line in _converted(archive)))
    pages: dict[str, list[tuple[Capture, str]]] = defaultdict(list)
    words: dict[str, int] = {}
    languages: dict[str, str] = {}
    for line in map(json.loads, file.read_text().splitlines()):
        pages[line["capture"]["urlkey"]].append((Capture(**line["capture"]), line["text"]))
        words.setdefault(line["text"], line["words"])
        languages.setdefault(line["text"], line["language"])
    sorted_pages = {key: sorted(page, key=lambda one: one[0].timestamp) for key, page in pages.items()}
    return [
        History(key, [capture for capture, _ in page], [text for _, text in page], words, languages)
        for key, page in sorted_pages.items()
    ]


def _converted(archive: Path) -> Iterator[dict[str, object]]:
    for held in read_captures(archive):
        key = urlkey_of(held.url)
        row = (key, held.timestamp, held.url, held.mimetype, held.statuscode, held.digest, str(held.length))
        capture = Capture(*row, archive="real")
        payload = read_payload(archive, held.offset)
        body = payload.body if payload else b""
        kind = dict(payload.headers).get("Content-Type", "") if payload else ""
        try:
            document = convert_html(body, url=held.url, timestamp=held.timestamp, domain="-", content_type=kind)
            text, words, language = text_sha256(document.title or "", document.body), document.words, document.language
        except ConversionError:
            text, words, language = "", 0, ""
        yield {"capture": asdict(capture), "text": text, "words": words, "language": language}


def print_scores(title: str, histories: Sequence[History]) -> None:
    print(f"\n### {title}\n\n| strategy | requests | texts | versions | requests per version |\n|---|---|---|---|---|")
    for name, strategy in METHODS.items():
        total = sum((score(history, strategy) for history in histories), Score())
        print(f"| {name} | {total.row} |", flush=True)
    print(f"\nThe fewest requests that all versions take: {sum(map(fewest, histories))}", flush=True)


def print_pages(histories: Sequence[History]) -> None:
    print("\n### Requests, page by page\n\n| page | captures | changes of text | fewest | changes | plain halving |")
    print("|---|---|---|---|---|---|")
    for page in histories:
        ours, halving = (score(page, METHODS[name]) for name in ("changes", "plain halving"))
        counts = (len(page.captures), ours.all_versions - 1, fewest(page), ours.requests, halving.requests)
        print(f"| {page.name} | {' | '.join(map(str, counts))} |")


def print_reverts(histories: Sequence[History]) -> None:
    print("\n### Texts that came and went, found\n")
    print("| there for less than | number | changes | plain halving |\n|---|---|---|---|")
    for days, (found, count) in reverts(histories).items():
        shares = (f"{found[name] / count:.0%}" if count else "-" for name in ("changes", "plain halving"))
        print(f"| {days} days | {count} | {' | '.join(shares)} |")


def print_lasting(kinds: Mapping[str, Sequence[History]]) -> None:
    """Print the shares of the versions that the bound does not hide: all but those that came and went within it."""
    print("\n### Of the versions that did not come and go within half a year, found\n")
    print("| captures | number | changes | plain halving |\n|---|---|---|---|")
    for name, histories in kinds.items():
        found: Counter[str] = Counter()
        count = 0
        for history in histories:
            gone = {version[0] for version, days in _reverts_of(history) if days < BOUND_DAYS}
            lasting = [version for version in versions_of(history) if version[0] not in gone]
            count += len(lasting)
            for method in ("changes", "plain halving"):
                seen = seen_by(history, METHODS[method])[1]
                found[method] += sum(any(at in seen for at in version) for version in lasting)
        print(
            f"| {name} | {count} | {found['changes'] / count:.1%} | {found['plain halving'] / count:.1%} |", flush=True
        )


def _values(score: Score) -> tuple[int, int, int, int, int]:
    return score.requests, score.texts, score.all_texts, score.versions, score.all_versions


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--archive", type=Path, default=REAL)
    options.add_argument("--cache", type=Path, default=Path("/tmp/changes-cache"))  # noqa: S108
    options.add_argument("--pages", type=int, default=12)
    given = options.parse_args()
    if given.archive.exists():
        real = real_histories(given.archive, given.cache)
        print_scores(f"{sum(len(page.captures) for page in real)} real captures of {len(real)} pages", real)
        dense = [page for page in real if len(page.captures) > 100]
        print_scores(f"of these, {len(dense)} pages with more than 100 captures", dense)
        print_pages(real)
    simulated = {kind.name: [simulate(kind, seed) for seed in range(given.pages)] for kind in KINDS}
    for name, histories in simulated.items():
        print_scores(f"simulated: {name} ({given.pages} pages)", histories)
    print_lasting(simulated)
    print_reverts([history for histories in simulated.values() for history in histories if len(history.texts) > 1000])


if __name__ == "__main__":
    main()
