"""The digest as text, markdown and HTML. Pure; archived text is escaped in each, so that it is never markup."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipelines.digest.excerpts import counted
from pipelines.digest.news import FIRST
from pipelines.kinds import KINDS
from pipelines.kinds.privacy import PRIVACY
from pipelines.quantity import quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipelines.digest.excerpts import Excerpts
    from pipelines.digest.news import Digest, News
    from pipelines.versions import Version

_MARKDOWN: Final = re.compile(r"([\\`*_\[\]<>|~&]|^[#+-])")
_STYLE: Final = (
    "body{max-width:46rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif}"
    "ins,del{display:block;margin:.4rem 0;padding:.1rem .6rem;text-decoration:none;border-left:3px solid}"
    "ins{border-color:#146c3e;background:#146c3e14}del{border-color:#a8322a;background:#a8322a14}"
    "h2{margin:2.5rem 0 0}h3{margin:1.2rem 0 .2rem;font-size:1rem}p{margin:.3rem 0}.quiet{opacity:.75}"
)


_TAGS: Final = {"+": "ins", "-": "del"}
_SIGNS: Final = {"+": "+", "-": "\N{MINUS SIGN}"}
MAX_TOPICS: Final = 8
"""Topics of a change that are named; a new policy touches all."""


NOTHING_NEW: Final = "; scrapy changes --since all shows what was found before"


def headline(digest: Digest) -> str:
    """Return how much is new, in a line."""
    when = f"since {digest.since[:16].replace('T', ' ')} UTC" if digest.since else "in all"
    if not digest.count:
        return f"nothing new {when}{NOTHING_NEW if digest.since else ''}"
    companies = quantity(digest.company_count, "company")
    return f"{quantity(digest.count, 'change')} of {companies} {when}"


def _rest(digest: Digest) -> Iterator[str]:
    """Yield what is not shown, and what to do to see it."""
    if firsts := digest.shown_of(FIRST):
        changes = quantity(digest.count - digest.left_out - firsts, "change")
        yield f"Shown: {changes} of a known text, {quantity(firsts, 'first text')}{_of_all(digest)}."
    if digest.left_out:
        yield f"{quantity(digest.left_out, 'more change')}: scrapy changes{_since(digest)} shows them."
    if digest.hidden:
        yield f"Not shown: {counted(sorted(digest.hidden.items()))}. --only all shows them."
    if digest.withheld:
        yield f"{quantity(digest.withheld, 'change')} without sentences: the texts are withheld on request (TAKEDOWN_FILE)."
    if digest.without_report:
        yield f"{quantity(digest.without_report, 'change')} not in the report yet: run scrapy report."
    if digest.without_address:
        yield f"{quantity(digest.without_address, 'comparison')} in {digest.report}: set PUBLIC_URL for links to them."


def _of_all(digest: Digest) -> str:
    all_ = digest.count + sum(digest.hidden.values())
    return f"; {quantity(all_, 'version')} new in all" if all_ > digest.count else ""


def _since(digest: Digest) -> str:
    return f" --since {digest.since or 'all'}"


def title(news: News) -> str:
    """Return what happened, in a line."""
    version = news.version
    if news.before is None:
        words = quantity(version.words, "word")
        return f"{version.first_seen:%Y-%m-%d}  {_noun(version)}first text of a page, {words}"
    back = ", an earlier text is back" if version.change == "returned" else ""
    words = f"+{version.words_added:,} -{version.words_removed:,} words"
    moved = f", {version.words_moved:,} moved" if version.words_moved else ""
    return f"{version.first_seen:%Y-%m-%d}  {_noun(version)}{news.kind}{back}: {words}{moved}"


def _noun(version: Version) -> str:
    """Return what sort of document it is, if it is none of the first kind."""
    is_first = version.searched_as == PRIVACY.name
    return "" if is_first else f"{KINDS[version.searched_as].header_noun}: "


def when(news: News) -> str:
    """Return between which captures it happened, of which page, and the topics that it touches."""
    version, before = news.version, news.before
    span = f"last seen otherwise on {before.last_seen:%Y-%m-%d}; " if before else ""
    named = version.topics_changed if before else version.topics
    return f"{span}{version.place}{_topics((named or '').split())}"


def _topics(names: list[str]) -> str:
    more = f" and {len(names) - MAX_TOPICS} more" if len(names) > MAX_TOPICS else ""
    return f"; topics: {', '.join(names[:MAX_TOPICS])}{more}" if names else ""


def links(news: News) -> list[tuple[str, str]]:
    """Return names and addresses: the report's comparison, the snapshots before and after."""
    before = [("before", news.before.snapshot_url)] if news.before else []
    report = [("comparison", news.report)] if news.report else []
    return [*report, *before, ("after", news.version.snapshot_url)]


def as_text(digest: Digest) -> str:
    """Return the digest for a terminal or a plain mail."""
    lines = [headline(digest)]
    for name, of in digest.companies:
        lines += ["", name]
        for news in of:
            lines += [f"  {title(news)}", f"    {when(news)}"]
            lines += [f"    {each.sign} {each.text}" for each in news.difference.shown]
            lines += [f"    … and {quantity(news.difference.more, 'more sentence')}"] if news.difference.more else []
            lines += [f"    {what + ':':12}{where}" for what, where in links(news)]
    rest = list(_rest(digest))
    return "\n".join([*lines, *([""] if rest and digest.count else []), *rest])


def as_markdown(digest: Digest) -> str:
    """Return the digest in markdown (CommonMark)."""
    lines = [f"# {_md(_capital(headline(digest)))}"]
    for name, of in digest.companies:
        lines += ["", f"## {_md(name)}"]
        for news in of:
            lines += ["", f"### {_md(title(news))}", "", _md(when(news)), ""]
            lines += [f"- {_md(each.sign)} {_md(each.text)}" for each in news.difference.shown]
            lines += [f"- … and {quantity(news.difference.more, 'more sentence')}"] if news.difference.more else []
            lines += ["", " · ".join(f"[{what}](<{_address(where)}>)" for what, where in links(news))]
    return "\n".join([*lines, *(f"\n{_md(line)}" for line in _rest(digest))])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _md(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def as_html(digest: Digest) -> str:
    """Return the digest as a page that needs nothing else."""
    lines = [f"<h1>{escape(_capital(headline(digest)))}</h1>"]
    for name, of in digest.companies:
        lines.append(f"<h2>{escape(name)}</h2>")
        for news in of:
            lines += [f"<h3>{escape(title(news))}</h3>", f'<p class="quiet">{escape(when(news))}</p>']
            lines += difference_html(news.difference)
            addresses = (f'<a href="{escape(_address(where))}">{what}</a>' for what, where in links(news))
            lines.append(f"<p>{' · '.join(addresses)}</p>")
    lines += [f'<p class="quiet">{escape(line)}</p>' for line in _rest(digest)]
    names = (
        'charset="utf-8"',
        'name="viewport" content="width=device-width"',
        'name="color-scheme" content="light dark"',
    )
    head = "".join(f"<meta {each}>" for each in names)
    body = "\n".join(lines)
    return (
        f'<!doctype html>\n<html lang="en">\n{head}\n<title>Changes</title>\n<style>{_STYLE}</style>\n{body}\n</html>'
    )


def difference_html(difference: Excerpts) -> list[str]:
    """Return the sentences added and removed as HTML, and how many more there are.

    The signs tell them apart where the markup is not shown.
    """
    lines = [
        f"<p><{_TAGS[each.sign]}>{escape(_SIGNS[each.sign])} {escape(each.text)}</{_TAGS[each.sign]}></p>"
        for each in difference.shown
    ]
    return [*lines, *([f"<p>… and {quantity(difference.more, 'more sentence')}</p>"] if difference.more else [])]


def _address(where: str) -> str:
    """Return an address for a link: that of a file is absolute, so that the digest can stand anywhere."""
    if where.startswith(("https://", "http://")):
        return where.replace(">", "%3E").replace("<", "%3C")
    path, _, fragment = where.rpartition("#")
    return f"{Path(path).absolute().as_uri()}#{fragment}"


FORMATS: Final[dict[str, Callable[[Digest], str]]] = {"text": as_text, "markdown": as_markdown, "html": as_html}
