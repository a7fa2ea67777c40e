"""Output folders generated for the tests of the report: a catalog and text files as after a run."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from pipelines.catalog.schema import captures, documents, domains, listings, metadata
from pipelines.catalog.upgrade import bring_up_to_date
from pipelines.document import Document, snapshot_url
from pipelines.similarity.fingerprint import text_sha256

WORDS = "we collect data about you and your use of services to provide support keep safe share with partners law may".split()


@dataclass
class Folder:
    """Collects rows. `write` makes the catalog and the texts."""

    root: Path
    _rows: dict[str, list[dict[str, object]]] = field(default_factory=lambda: {name: [] for name in metadata.tables})
    _known: set[tuple[str, str]] = field(default_factory=set)

    def company(self, name: str, *of: str) -> None:
        self._rows["domains"] += [{"domain": domain, "company": name} for domain in of]

    def capture(
        self,
        domain: str,
        timestamp: str,
        *,
        title: str = "Privacy",
        body: str | None = None,
        page: str = "privacy",
        fate: str | None = "stored",
        cause: str | None = None,
    ) -> None:
        """Add a capture; with a `body`, also its text."""
        sha = None if body is None else text_sha256(title, body)
        if sha and (domain, sha) in self._known:
            fate = "same text"
        elif sha and body is not None:
            self._text(domain, timestamp, title, body, sha)
        url = f"https://{domain}/{page}"
        self._rows["captures"].append(
            {
                "domain": domain, "urlkey": f"{','.join(reversed(domain.split('.')))})/{page}", "timestamp": timestamp,
                "digest": hashlib.sha256(f"{timestamp}{page}".encode()).hexdigest()[:32].upper(), "original": url,
                "archive": "wayback",
                "mimetype": "text/html", "statuscode": "200", "length": "9", "fate": fate, "cause": cause,
                "text_sha256": sha, "memento_timestamp": timestamp if sha else None, "memento_url": url if sha else None,
            }
        )  # fmt: skip

    def _text(self, domain: str, timestamp: str, title: str, body: str, sha: str) -> None:
        self._known.add((domain, sha))
        url = f"https://{domain}/privacy"
        document = Document(domain, "2000-01-01", snapshot_url(url, timestamp), title, body)
        path = f"text/{domain}/{timestamp}.txt"
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(document.text, encoding="utf-8")
        self._rows["documents"].append(
            {
                "domain": domain, "text_sha256": sha, "timestamp": timestamp, "url": url, "archive": "wayback",
                "source_url": url, "kind": "privacy",
                "snapshot_url": document.snapshot_url, "path": path, "title": title, "words": document.words,
                "language": "en", "policy_score": 0.9, "converter_version": "test", "dateless_sha256": sha,
                "band0": 0, "band1": 0, "band2": 0, "band3": 0,
            }
        )  # fmt: skip

    def refuse(self, domain: str) -> None:
        """Add a listing that was never read to its end."""
        self._rows["listings"].append(
            {
                "archive": "wayback", "domain": domain, "url": domain, "match": "domain", "since": "", "until": "", "asked_since": "",
                "resume_key": None, "finished": None, "finished_full": None, "newest": "", "rows": 0,
            }
        )  # fmt: skip

    def write(self, **run: object) -> Path:
        self.root.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(f"sqlite:///{self.root / 'catalog.db'}")
        with engine.begin() as db:
            bring_up_to_date(db)
            for table in (domains, captures, documents, listings):
                if self._rows[table.name]:
                    db.execute(sa.insert(table), self._rows[table.name])
        engine.dispose()
        if run:
            (self.root / "run.json").write_text(json.dumps(run))
        return self.root


def many(root: Path, *, companies: int, versions: int) -> Path:
    """Write a folder of many companies with a few versions each, and "Long Company" with `versions` versions."""
    folder, chance = Folder(root), random.Random(7)  # noqa: S311 - made-up texts
    for number in range(companies - 1):
        name, domain = f"Company {number:04} Hosting International", f"company-{number:04}.example"
        folder.company(name, domain, f"company-{number:04}-hosting.example")
        for year in range(2004 + number % 9, 2024, 10):
            body = _paragraphs(chance, 3)
            for month in (1, 5, 9):
                folder.capture(domain, f"{year}{month:02}{1 + number % 28:02}120000", body=body)
    folder.company("Long Company", "long.example")
    body = _paragraphs(chance, 60)
    for number in range(versions):
        paragraphs = body.split("\n\n")
        paragraphs[chance.randrange(len(paragraphs))] = f"{_paragraph(chance)} version {number}"
        body = "\n\n".join(paragraphs)
        for day in (1, 11, 21):
            folder.capture("long.example", f"{1998 + number // 12}{1 + number % 12:02}{day:02}000000", body=body)
    return folder.write()


def _paragraphs(chance: random.Random, count: int) -> str:
    return "\n\n".join(_paragraph(chance) for _ in range(count))


def _paragraph(chance: random.Random) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(20, 60)))


HOSTILE = '"></a></script><script>hacked=1</script><img src=x onerror=hacked=1>'


def hostile(root: Path) -> Path:
    folder = Folder(root)
    folder.company(f"Evil {HOSTILE}", "evil.example")
    for number, body in enumerate(
        (
            f"{HOSTILE}\n\n[click](javascript:hacked=1) <javascript:hacked=1>\n\n![](data:text/html,x)",
            "{{7*7}} ${7*7} plain",
        )
    ):
        folder.capture(
            "evil.example", f"201{number}0101000000", title=f"{HOSTILE} {number}", body=body, page=f"p{HOSTILE}"
        )
    folder.capture("evil.example", "20120101000000", fate="failed", cause=HOSTILE, page=f"p{HOSTILE}")
    return folder.write(
        finished=f"2020{HOSTILE}", archive=HOSTILE,
        companies=[{"name": f"Evil {HOSTILE}", "losses": {f"listing: {HOSTILE}": 1}, "notes": {HOSTILE: 2}}],
    )  # fmt: skip
