"""Addresses that are no document of their own: copies of a page, feeds, forms about it, and programs. Pure.

A copy has the page's name and its text, or less: to print, to share, as a feed, with a form to answer a comment. Searching
it costs requests and brings nothing that the page itself does not have.
"""

from __future__ import annotations

import re
from typing import Final

_COPYING: Final = frozenset(
    "replytocom share shared print printable printer pdf preview printview print-view printpage printversion print-version "
    "printer-friendly printerfriendly print-friendly drucken druckansicht druckversion imprimir imprimer stampa feed "
    "withcomments oldid diff curid veaction sendto mailto tellafriend outputtype doing-wp-cron elementor-preview "
    "preview-id customize-changeset-uuid et-blog ical openid-mode".split()
)
"""Arguments that make a copy of a page, whatever their value."""
_COPYING_VALUES: Final = {
    "action": frozenset("edit history print printpage raw info delete protect login logout share email submit".split()),
    "do": frozenset("edit diff revisions backlink login export_pdf register recent".split()),
    "format": frozenset("feed rss atom xml json print pdf pdf_print raw".split()),
    "type": frozenset("rss atom rss2 98".split()),
    "view": frozenset("print feed printerfriendly".split()),
    "mode": frozenset("print printable".split()),
    "layout": frozenset("print printable".split()),
    "output": frozenset("print rss amp".split()),
    "task": frozenset("emailform mailto print view-print".split()),
    "tmpl": frozenset({"component"}),
    "amp": frozenset({"", "1", "true"}),
    "noamp": frozenset({"mobile", "available"}),
}
"""Arguments that make a copy of a page with some values: of wikis, content systems and AMP."""
_LONGEST: Final = 2_000
_OFF: Final = frozenset({"0", "false", "no"})
_LAST: Final = frozenset(
    "feed rss rss2 atom amp embed trackback print printable printer-friendly printversion share replies edit "
    "diff request requests request-form requestform contact-form contactform form opt-out optout unsubscribe "
    "subscribe login signin logout submit success thanks thank-you thankyou danke merci gracias confirm confirmation "
    "email-friend tell-a-friend wp-login wp-json xmlrpc.php comments comment-page-1 widget popup-close".split()
)
"""Last folders that make a copy of what stands before them, a feed of it, or a form about it."""
_FIRST: Final = frozenset(
    "print printable printer printer-friendly printerfriendly printpage feed feeds rss share sharer trackback amp "
    "email-friend tell-a-friend send-to-friend sendtofriend translate".split()
)
"""First folders of copies, where the page's own address follows."""
_PROGRAMS: Final = re.compile(
    r"(?:robots|ads|app-ads|humans|security|llms|llms-full|readme|license|changelog)\.txt|"
    r"(?:xmlrpc|wp-login|wp-cron|wp-comments-post|wp-trackback|wp-mail|admin-ajax)\.php|"
    r"(?:sitemap|crossdomain|clientaccesspolicy|opensearch|osd|browserconfig|wlwmanifest|feed|rss|atom)[\w-]*\.(?:xml|php)|"
    r"(?:form|send)?-?e?mail(?:er|to|form)?(?:\.(?:pl|cgi|php|asp|exe))?|share(?:r)?(?:\.php)?|"
    r"(?:print|printer|printpage|printversion|print-version|printview|printable|drucken)(?:\.(?:php|asp|aspx|cgi|jsp|cfm))?|"
    r"feeds?|rss2?|atom|"
    r"(?:redir|redirect|goto|away|out|jump|click|track|link)(?:\.(?:php|asp|aspx|cgi|pl))",
)
"""Last folders that are programs and files of machines, of which a name in the query tells nothing."""
_USER: Final = re.compile(r"(?:~|%7e)(?!(?:site|admin|info|web)(?:/|$))[^/]+", re.IGNORECASE)
"""Folder of a user of a shared host: the pages below are the user's."""
_REST: Final = re.compile(
    r"/(?:page|comment-page-\d+)/\d*/?$|\.(?:bak|old|orig|tmp|save)$|_files/|_archivos/|-dateien/", re.IGNORECASE
)
"""Further pages of a list, and what editors and browsers leave beside a page."""
_MAX_PARTS: Final = 30


def is_no_page(path: str, query: str) -> bool:
    """Whether an address is a copy of a page, a feed, a form, a program's or a user's, by its path and query."""
    folders = [folder for folder in path.lower().split("/")[:_MAX_PARTS] if folder]
    if any(map(_USER.fullmatch, folders[:2])):
        return True
    last = folders[-1] if folders else ""
    if len(folders) > 1 and (last in _LAST or last.rpartition(".")[0] in _LAST or last.endswith((".rss", ".atom"))):
        return True
    if (len(folders) > 1 and (folders[0] in _FIRST or "print" in folders[:-1])) or _REST.search(path[-_LONGEST:]):
        return True
    if _PROGRAMS.fullmatch(last) and (query or "." in last):
        return True
    return bool(query) and any(map(_is_copying, query.lower().split("&", _MAX_PARTS)[:_MAX_PARTS]))


def _is_copying(argument: str) -> bool:
    name, _, value = argument.partition("=")
    name = name.replace("_", "-")
    return (name in _COPYING and value not in _OFF) or value in _COPYING_VALUES.get(name, ())
