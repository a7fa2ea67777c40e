"""Export of the versions in the layout of the Princeton-Leuven corpus: a git repository with one commit per version.

The policy of a domain is one file, `r/ra/rac/rackspace.com.md`. Each commit has the date of the capture, and metadata as
JSON in the body of its message (research: citp/privacy-policy-historical). The metadata have the 30 keys of the corpus;
unknown values are null.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from pipelines.catalog.read_only import reading
from pipelines.errors import OutputError
from pipelines.export.git import Commit, write_history
from pipelines.export.notice import NOTICE
from pipelines.kinds.privacy import PRIVACY
from pipelines.similarity.fingerprint import NEAR_BITS, fingerprint
from pipelines.takedown import NOTHING
from pipelines.versions import BY_TIME, read_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pipelines.document import Document
    from pipelines.output.location import Location
    from pipelines.takedown import Takedown
    from pipelines.versions import Version

_DOMAIN: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.ASCII)
_README: Final = (
    "Versions of privacy policies in the layout of the Princeton-Leuven Longitudinal Corpus of Privacy Policies, written\n"
    "by wayback-policies. One commit is one version; its message has the metadata. (This file is no .md: policies are.)\n"
    "\n" + NOTICE.removeprefix("## ")
)


@dataclass(frozen=True, slots=True)
class Form:
    """How the files differ from the text files, so that `git log -p` shows changes of the policy and nothing else.

    With `original_links`, links lead where the page's own did, not into the snapshot; without a `header`, files begin with
    the title. Both of these have a date, and change with every version.
    """

    original_links: bool = False
    header: bool = True

    def of(self, document: Document, version: Version) -> Document:
        """Return a version's document in this form."""
        if self.original_links:
            document = replace(document, body=_with_original_links(document.body, version))
        return document if self.header else replace(document, domain=None, date=None, snapshot_url=None)

    @property
    def readme(self) -> str:
        """What README says of it; empty for the corpus' own form."""
        links = "Links lead to the addresses in the archived pages." if self.original_links else ""
        header = "" if self.header else "The line with date and snapshot is left out; messages have both."
        return " ".join(filter(None, (links, header)))


_CORPUS: Final = Form()


def export_corpus(
    output_dir: Location, folder: Path, *, catalog_url: str = "", form: Form = _CORPUS, takedown: Takedown = NOTHING
) -> tuple[int, int]:
    """Write the repository of privacy policies in `folder` and return the numbers of versions in it and withheld.

    Raises OutputError.

    The history depends on the versions alone, commit ids included. Without new versions it does not change. A version
    later than all others adds one commit; an earlier one changes the ids of all commits after it.
    """
    withheld = 0

    def shown(found: Iterable[Version]) -> Iterator[Version]:
        nonlocal withheld
        for version in found:
            withheld += version.is_withheld
            if not version.is_withheld:
                yield version

    with reading(output_dir, catalog_url) as connection:
        found = read_versions(connection, output_dir, order=BY_TIME, kind=PRIVACY.name, takedown=takedown)
        count = write_history(folder, commits(shown(found), form))
        return count, withheld


def commits(found: Iterable[Version], form: Form = _CORPUS) -> Iterator[Commit]:
    """Yield one commit for each version; `found` is in the order of time."""
    last: dict[str, tuple[str, int]] = {}  # by domain: SHA-1 and SimHash
    for version in found:
        document = form.of(version.document(), version)
        marks = _sha1(document), fingerprint(document.title or "", document.body).simhash
        metadata = _metadata(version, document, marks, last.get(version.domain))
        files = {corpus_path(version.domain): document.text.encode()}
        yield Commit(
            moment=version.first_seen,
            message=f"{version.domain} {version.interval}\n\n{json.dumps(metadata, indent=2, sort_keys=True)}\n",
            files=files if last else {"README": _readme(form).encode(), **files},
        )
        last[version.domain] = marks


def _readme(form: Form) -> str:
    return f"{_README}\n{form.readme}\n" if form.readme else _README


def _with_original_links(body: str, version: Version) -> str:
    """Return a body whose links into the version's snapshot lead to what was captured there.

    A link to the page itself has its whole address percent-encoded, any other only that of the site (link_targets).
    """
    prefix = f"{version.snapshot_url.partition('id_/')[0]}id_/"
    body = body.replace(f"]({prefix}{quote(version.url)}", f"]({version.url}")
    return re.sub(rf"\]\({re.escape(prefix)}(https?)(?:%3A|:)(//[^/\s()%]*)(?:%3A(\d+))?", _original, body)


def _original(link: re.Match[str]) -> str:
    port = f":{link[3]}" if link[3] else ""
    return f"]({link[1]}:{link[2]}{port}"


def corpus_path(domain: str) -> str:
    """Return the path of a domain's file, in folders of its first one, two and three characters. Raises OutputError."""
    if not _DOMAIN.fullmatch(domain):
        raise OutputError(f"{domain!r:.80} is no listed domain: the catalog was not written by this program")
    return f"{domain[0]}/{domain[:2]}/{domain[:3]}/{domain}.md"


def _sha1(document: Document) -> str:
    return hashlib.sha1(document.body.encode(), usedforsecurity=False).hexdigest()


def _metadata(
    version: Version, document: Document, marks: tuple[str, int], before: tuple[str, int] | None
) -> dict[str, Any]:
    """Return the 30 keys of the corpus. The `updated` keys compare with the domain's previous version; null without one."""
    sha1, simhash = marks
    url = urlsplit(version.url)
    is_pdf = version.mimetype == "application/pdf" or url.path.lower().endswith(".pdf")
    year, _, phase = version.interval.partition("_")
    return dict.fromkeys(_UNKNOWN) | {
        "char_count": len(document.body),
        "classifier_probability": version.policy_score,
        "flesch_ease": version.flesch,
        "flesch_kincaid": version.flesch_kincaid,
        "interval": version.interval,
        "phase": phase,
        "policy_domain": (url.hostname or "").removeprefix("www."),
        "policy_filetype": "pdf" if is_pdf else "html",
        "policy_snapshot_url": version.snapshot_url,
        "policy_title": document.title,
        "policy_url": version.url.partition("//")[2],
        "sha1": sha1,
        "simhash": simhash,
        "simhash_updated": None if before is None else (simhash ^ before[1]).bit_count() > NEAR_BITS,
        "site_hostname": version.domain,
        "smog": version.smog,
        "site_url": f"http://{version.domain}",
        "strict_updated": None if before is None else sha1 != before[0],
        "timestamp": version.first_seen.strftime("%Y%m%d%H%M%S"),
        "word_count": version.words,
        "year": int(year),
    }


_UNKNOWN: Final = (
    "alexa_rank", "analysis_subcorpus", "categories", "cross_domain_homepage_redir",
    "homepage_snapshot_redirected_domain", "homepage_snapshot_redirected_url", "homepage_snapshot_url", "link_text",
    "parked_domain",
)  # fmt: skip
"""Keys of the corpus without a value here: ranks, and the home page that links to the policy."""
