"""NOTE.txt: what an evidence folder shows, what it does not, and how to check it. Pure."""

from __future__ import annotations

from shlex import quote
from textwrap import fill, indent
from typing import TYPE_CHECKING, Final

from pipelines.columns import plain
from pipelines.document import snapshot_url
from pipelines.evidence.version_captures import SOURCE
from pipelines.kinds import kind_with_noun
from pipelines.kinds.privacy import PRIVACY
from pipelines.output.row_values import sha256_of
from pipelines.untrusted import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pipelines.evidence.subject import ProvenVersion, Subject

_WIDTH: Final = 78
_WAYBACK: Final = "wayback"

_SHOWS: Final = (
    (
        'When it was asked at the time under "Retrieved", the archive answered with the bytes in the folder body. The '
        "records of the requests and of the answers, with their headers, are in records.warc.gz, copied byte for byte from "
        "the files that were written when the answers arrived."
    ),
    'The archive said that it had captured these bytes at the address and time under "Captured".',
    (
        "The text files were made from these bytes by the program named in manifest.json, which is free software: anybody "
        "can repeat it. comparison.html marks every word that differs between them."
    ),
    "Nothing in this folder was changed since manifest.json was written, if its SHA-256 is the one that was noted then.",
)
_SHOWS_NOT: Final = (
    (
        "That the archive is right. All dates of captures are the archive's word. This is a record of what it answered, not "
        "a notary's certificate, and nobody has signed it. The Internet Archive certifies its own records on request "
        "(archive.org/legal)."
    ),
    (
        "On which day a text changed: only that it was after the last capture with the earlier text, and by the first with "
        "the later one."
    ),
    "That the text was the same, or was there at all, between two captures.",
    "What a certain visitor saw. Pages differ by country, language, device and account, and scripts change them.",
    (
        "That these are the bytes which the company's server sent: the archive plays a body back without the encoding it "
        "was sent in. So the archive's digest and the digest of the body may differ without anything being wrong."
    ),
    (
        "That the text files hold all of the page. Navigation, pictures and consent dialogs are left out; manifest.json has "
        "the share of the page's text that each holds (reading_coverage). The bodies have everything."
    ),
    "That the document applied to anybody, from when, or what it means in law.",
)
_CHECKS: Final = (
    "sha256sum -c SHA256SUMS    (in this folder: all files are as they were written)",
    "Open the snapshot addresses below: the archive shows the same captures, as long as it keeps them.",
    (
        "Open the .wacz file at https://replayweb.page, or with any other player of web archives: it shows the pages as "
        "they were captured. It is read in your browser, and sent nowhere."
    ),
)


def note(subject: Subject, names: Mapping[str, str]) -> bytes:
    """Return the note. `names` has the names of texts and bodies by the SHA-256 of their bytes."""
    after = subject.after
    parts = [
        f"EVIDENCE: {after.version.company}, {after.version.domain}",
        _filled(_about(subject)),
        *_section("WHAT THIS SHOWS", _SHOWS),
        *_section("WHAT THIS DOES NOT SHOW", [*_SHOWS_NOT, *_elsewhere(subject)]),
        *_section("HOW TO CHECK IT", _CHECKS),
        *_commands(subject, names),
        *(_section("WHAT IS MISSING", subject.losses) if subject.losses else ()),
        "THE CAPTURES",
        *(indent("\n".join(_captures(each)), "  ") for each in subject.versions),
        _filled("manifest.json names each file, with its SHA-256, and says where all is from."),
        _filled(
            "The documents are their authors', archived by the archive named, and quoted here as evidence of what they "
            "said."
        ),
    ]
    return printable("\n\n".join(parts) + "\n").encode(errors="replace")


def _about(subject: Subject) -> str:
    after, before = subject.after, subject.before
    what = f"The text of {after.numbered}"
    if subject.is_before_withheld:
        return f"{what}. The text before is withheld on request, and left out."
    if before and before.version.text_sha256 == after.version.text_sha256:
        return f"{what}, and the same text in {before.numbered}. Nothing changed between them."
    if subject.is_side_by_side and before:
        both = f"{what}, and another, {before.numbered}. Both were there at the same time"
        return f"{both}, on two pages or for different readers of one: what differs between them is no change."
    if before is None:
        return f"{what}. No earlier text is known."
    span = f"{plain(before.version.last_seen)} and by {plain(after.version.first_seen)}"
    return f"{what}, and the one before, {before.numbered}. The text changed after {span}."


def _elsewhere(subject: Subject) -> Iterator[str]:
    """Yield that the snapshot addresses are another archive's, where that is so."""
    archives = {each.version.archive for each in subject.versions} - {_WAYBACK}
    if archives:
        yield (
            "That the Wayback Machine has these captures. They were read from another archive "
            f"({', '.join(sorted(archives))}); a snapshot address may lead to a neighbouring capture, or to none."
        )


def _commands(subject: Subject, names: Mapping[str, str]) -> Iterator[str]:
    """Yield how to make the text files again. A command stands in one line, to be copied."""
    found = [line for each in subject.versions for line in _again(each, names)]
    if found:
        yield _filled(
            "- In this folder, these commands of the program named in manifest.json print the text files again:"
        )
        yield "\n\n".join(f"    {line}" for line in found)


def _again(proven: ProvenVersion, names: Mapping[str, str]) -> Iterator[str]:
    """Yield the command that makes a text file again."""
    version = proven.version
    source = next((each.copied for each in proven.captures if each.copied and SOURCE in each.capture.roles), None)
    if source is None or proven.document is None or not source.memento.body:
        return
    body = names[sha256_of(source.memento.body)]
    content_type, kind = source.memento.content_type, kind_with_noun(proven.document.noun)
    options = {"--url": version.url, "--timestamp": version.timestamp, "--domain": version.domain}
    options |= {"--content-type": content_type} if content_type else {}
    options |= {} if kind is PRIVACY else {"--kind": kind.name}
    shown = " ".join(f"{name} {quote(value)}" for name, value in options.items())
    yield f"wayback-policies convert {body} {shown}"


def _captures(proven: ProvenVersion) -> Iterator[str]:
    yield f"Version {proven.numbered.number}:"
    for each in proven.captures:
        capture = each.capture
        at, url, _ = capture.memento or (capture.timestamp, capture.url, "")
        yield f"  {', '.join(capture.roles)}"
        yield f"    Captured   {at[:4]}-{at[4:6]}-{at[6:8]} {at[8:10]}:{at[10:12]}:{at[12:]} UTC"
        yield f"    Snapshot   {snapshot_url(url, at)}"
        if each.copied:
            yield f"    Retrieved  {each.copied.retrieved or 'not recorded'} from {each.copied.memento.source_url}"
        else:
            yield f"    Not here   {capture.cause or 'its record could not be read'}"


def _section(heading: str, points: Iterable[str]) -> tuple[str, ...]:
    return heading, *(_filled(point, initial_indent="- ", subsequent_indent="  ") for point in points)


def _filled(text: str, **indents: str) -> str:
    return fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False, **indents)  # type: ignore[arg-type]
