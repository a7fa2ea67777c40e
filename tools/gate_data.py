"""The labelled documents by which the gate is trained and measured (tools/train_gate.py).

They are those of the shared folder (golden/, gate/), with the classes that their sources give them, corrected by
tools/gate_labels.tsv, and the pages of tools/gate_pages.md, which were written for this.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path

HERE = Path(__file__).parent
LEAVE_OUT = "leave out"
GOLDEN = ("corpus", "modern", "seeds")
"""Folders of real pages; `minis` has pages made for the converter."""

CLASS_OF_LABEL = {
    "Privacy": "privacy", "Business-Privacy": "privacy", "Parent-Organization-Privacy": "privacy", "Terms-of-": "terms",
    "Developer-Terms": "terms", "Commercial-Terms": "terms", "Parent-Organization-Terms": "terms",
    "Marketplace": "terms", "Premium-Partner": "terms", "In-App": "terms", "Seller-Warranty": "terms", "Trackers": "cookies",
    "Acceptable-Use": "acceptable_use", "Community-Guidelines": "acceptable_use", "Restricted-Use": "acceptable_use",
    "Live-Policy": "acceptable_use", "Ad-Publishing": "acceptable_use", "Advertising-Content": "acceptable_use",
    "Data-Process": "processing", "Data-Controller": "processing", "Imprint": "imprint",
}  # fmt: skip
"""Classes by the beginning of the kind that Open Terms Archive files a document under. Others are `other`."""
SAMPLE_WEIGHT = 2.0
"""Weight of a text of the sample archive: hosting companies in plain words are what this project looks for most."""
KIND = re.compile(
    r"-(?:html__|Business-Priv|Privacy|Terms|Trackers|Copyright|Developer|Commercial|Acceptable|Data-P|Data-C|Platform"
    r"|Brand|Imprint|Accessib|Community|Vulnerab|Law-Enf|In-App|Service-Level).*"
)
"""The end of a document's name, from its kind on; before it stands the firm."""
CLASS_OF_FILE = (
    (re.compile(r"private-browsing|vti-cnf|prefs-privacy"), "other"), (re.compile(r"(?:^|-)privacy"), "privacy"),
    (re.compile(r"term(?:s|sservice)(?:-|$)|tos-htm|^agreements|^signup"), "terms"), (re.compile("^cookies"), "cookies"),
    (re.compile("^guidelines"), "acceptable_use"),
)  # fmt: skip
"""Classes by the names of the files of personal sites, the first that fits."""
PERSONAL_FAQ = re.compile("^(?:faqs|feeds)-")

FAMILIES = (
    "google|youtube|admob|adsense|chrome|firebase|blogger|bard|gemini|stadia|nest|waze|android|fitbit|recaptcha",
    "facebook|instagram|whatsapp|messenger|threads|^meta|llama|oculus", "twitter|^x$|grok|^xai|periscope",
    "chatgpt|openai|dall", "microsoft|linkedin|github|bing|xbox|skype|npm|azure|copilot|minecraft|swiftkey",
    "mistral|le-chat", "apple|itunes|icloud", "mozilla|firefox|pocket|thunderbird", "yahoo|aol|tumblr|flickr",
    "amazon|alexa|twitch|imdb|goodreads|kindle|audible", "tiktok|bytedance|doubao|capcut", "wordpress|automattic|gravatar",
    "site-patrol.com|host8b.com",
)  # fmt: skip
"""Firms under several names: their documents are held out together, so that none is judged by its sister's."""
SHARED_PARAGRAPHS = 0.3
"""Share of equal paragraphs from which two firms' documents are held out together too."""


@dataclass(frozen=True)
class Page:
    """A labelled document."""

    name: str
    firm: str
    title: str
    body: str
    classes: frozenset[str]
    """Usually one. Two for a page that holds both texts."""
    weight: float = field(default=1.0, compare=False)

    @property
    def is_written(self) -> bool:
        return self.firm.startswith("written ")


def labelled(shared: Path) -> list[Page]:
    """Return all documents that have a class, each text once, with firms that share texts under one name.

    Of a text that occurs twice, a corrected class counts, and else the last.
    """
    corrected = corrections()
    found = [*golden(shared / "golden"), *pages(shared / "gate"), *versions(shared / "gate")]
    found += [*written(HERE / "gate_pages.md"), *sample(HERE.parent / "tests" / "sample" / "expected")]
    texts: dict[tuple[str, str], Page] = {}
    for page in sorted(found, key=lambda page: page.name in corrected):
        texts[page.title, page.body] = replace(page, classes=corrected.get(page.name, page.classes))
    return _by_family([page for page in texts.values() if LEAVE_OUT not in page.classes])


def corrections() -> dict[str, frozenset[str]]:
    with (HERE / "gate_labels.tsv").open(encoding="utf-8") as file:
        return {row["document"]: frozenset(row["class"].split("+")) for row in csv.DictReader(file, delimiter="\t")}


def golden(folder: Path) -> Iterator[Page]:
    for path in sorted(path for name in GOLDEN for path in folder.glob(f"{name}/*.txt")):
        title, body = path.read_bytes().decode().split("\n\n", 2)[1:]
        modern = path.parent.name == "modern"
        name = path.stem.replace("Open-Terms-Archive", "OpenTermsArchive")
        firm = KIND.sub("", name.split("__", 1)[1]) if modern else name
        label = name.split("__", 1)[1][len(firm) + 1 :] if modern else "Privacy"
        yield Page(path.stem, firm, title[2:], body, class_of_label(label))


def pages(folder: Path) -> Iterator[Page]:
    for row in _rows(folder / "pages.jsonl.gz"):
        archive = row["source"].startswith("ota-")
        name = row["name"].split("__")[1]
        classes = class_of_label(row["label"].replace(" ", "-")) if archive else class_of_file(name)
        yield Page(row["name"], KIND.sub("", name) if archive else row["source"], row["title"], row["body"], classes)


def versions(folder: Path) -> Iterator[Page]:
    for row in _rows(folder / "ota_versions.jsonl.gz"):
        name = "/".join((row["source"].split("/")[1], row["service"], row["label"], row["which"]))
        yield Page(name, row["service"], "", row["body"], class_of_label(row["label"].replace(" ", "-")))


def written(path: Path) -> Iterator[Page]:
    """Read pages that start with `=== class name` and `# title`; each is a firm of its own."""
    for part in path.read_text("utf-8").split("\n=== ")[1:]:
        head, title, body = part.split("\n", 2)
        label, name = head.split(" ", 1)
        yield Page(name, f"written {name}", title[2:], body.lstrip("\n"), frozenset({label}))


def sample(folder: Path) -> Iterator[Page]:
    """Read the texts of the sample archive, which were written for this project; all are policies in plain words."""
    for path in sorted(folder.glob("*/*.txt")):
        title, body = path.read_text("utf-8").split("\n\n", 2)[1:]
        name = f"{path.parent.name}/{path.stem}"
        yield Page(name, f"written {path.parent.name}", title[2:], body, frozenset({"privacy"}), SAMPLE_WEIGHT)


def class_of_label(label: str) -> frozenset[str]:
    return frozenset({next((name for start, name in CLASS_OF_LABEL.items() if label.startswith(start)), "other")})


def class_of_file(name: str) -> frozenset[str]:
    if PERSONAL_FAQ.search(name):
        return frozenset({"other"})
    return frozenset({next((found for pattern, found in CLASS_OF_FILE if pattern.search(name)), "other")})


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _by_family(known: list[Page]) -> list[Page]:
    family = {page.firm: _family(page.firm) for page in known}
    parent = {name: name for name in family.values()}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    for one, other in _related(known):
        parent[root(family[one.firm])] = root(family[other.firm])
    return [replace(page, firm=root(family[page.firm])) for page in known]


def _family(firm: str) -> str:
    if firm.startswith("written "):
        return firm
    return next((pattern for pattern in FAMILIES if re.search(pattern, firm.lower())), firm.lower())


def _related(known: list[Page]) -> Iterator[tuple[Page, Page]]:
    own = [{hash(part) for part in re.split(r"\n\s*\n", page.body) if len(part) > 150} for page in known]
    where = defaultdict(list)
    for index, parts in enumerate(own):
        for part in parts:
            where[part].append(index)
    shared = Counter(pair for indices in where.values() if len(indices) < 40 for pair in combinations(indices, 2))
    for (one, other), count in shared.items():
        if count > SHARED_PARAGRAPHS * len(own[one] | own[other]):
            yield known[one], known[other]
