"""Decoding of a page's bytes as in a browser (WHATWG HTML, 13.2.3 The input byte stream; WHATWG Encoding).

The encoding comes from, in this order: a byte order mark, the charset of the Content-Type header, the page's `<meta>`
declaration, detection by content (turbohtml's port of chardetng, Firefox's detector). Labels and codecs are those of the
standard, so ISO-8859-1 means windows-1252, and bytes that the encoding lacks become U+FFFD. The parser handles NULs.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

import turbohtml
from turbohtml.detect import detect

from pipelines.convert.gunzip import GZIP, gunzip
from pipelines.errors import NotHtml, PageCutShort, PageTooLarge

MAX_BYTES: Final = 16 * 1024 * 1024
"""Limit of a page's inflated bytes. The largest policy page seen so far has 3 MB."""

_MAX_GZIP_LAYERS: Final = 3
_BYTE_ORDER_MARK: Final = 4
"""Bytes that can outweigh a header, as a byte order mark."""
_DECLARED_WITHIN: Final = 65_536
"""Bytes searched for a declaration. The standard's prescan reads 1,024; a later one makes its parser start again."""
_DETECT_WITHIN: Final = 262_144
"""Bytes that the detector reads, at about 6 MB a second. No page changes its language that late."""

_CHARSET: Final = re.compile(r"""charset\s*=\s*["']?([^\s;"',]+)""", re.IGNORECASE)
_WIDE: Final = {b"<\0": "UTF-16LE", b"\0<": "UTF-16BE"}
"""First bytes of a UTF-16 page without byte order mark. They outweigh any declaration."""
_NON_ASCII: Final = re.compile("[^\0-\x7f]+")
_BINARY: Final = (
    *(b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*", b"\0\0\1\0", b"PK\3\4", b"Rar!"),
    *(b"7z\xbc\xaf", b"\xd0\xcf\x11\xe0", b"ID3", b"OggS", b"\x1aE\xdf\xa3", b"FWS", b"CWS", b"wOF", b"\x7fELF", b"MZ"),
)
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
"""Bytes that no text has (WHATWG MIME Sniffing, 3. binary data byte)."""
_HEAD: Final = 4096
_START: Final = (
    rb"(?:\xef\xbb\xbf)?\s*"
    rb"(?:\)\]\}'?,?\s*|while\s*\(1\);\s*|for\s*\(;;\);\s*)?"  # against inclusion as a script
    rb"(?:/\*[^*]{0,200}\*/\s*)?(?:[\w$.]{1,100}\(\s*)?"  # JSONP calls a function with the data
)
_OTHER_TEXT: Final = {
    "RTF": re.compile(rb"(?:\xef\xbb\xbf)?\s*\{\\rtf", re.IGNORECASE),
    "JSON": re.compile(_START + rb"(?:\[\s*)?\{\s*(?:\"(?:[^\"\\]|\\.){0,200}\"\s*:|\}[\s\]);]*\Z)", re.DOTALL),
    "TeX": re.compile(
        rb"(?:\xef\xbb\xbf)?\s*(?:%[^\n]{0,200}\n\s*){0,20}\\(?:document(?:class|style)\s*[\[{]|begin\{document\}|input\s*texinfo)"
    ),
    "PostScript": re.compile(rb"%!(?:PS|\r?\n)"),
    "a card or calendar": re.compile(rb"(?:\xef\xbb\xbf)?\s*BEGIN:V(?:CARD|CALENDAR)\s", re.IGNORECASE),
    "a feed or sitemap": re.compile(
        rb"(?:\xef\xbb\xbf)?\s*(?:<\?[^<>]{0,300}\?>\s*){0,3}<(?:rss|feed|rdf:RDF|urlset|sitemapindex|opml)[\s>]"
    ),
}
"""Formats of text that hold no page, whatever media type a server gives them: how they begin, and their names."""
_ARRAY: Final = re.compile(_START + rb"\[\s*[\"\[]")


def decode(body: bytes, content_type: str = "") -> str:
    """Return the text of a page.

    Raises NotHtml (binary data, RTF, JSON), PageTooLarge (above MAX_BYTES), PageCutShort (torn gzip).
    """
    data = inflate(body)
    encoding = _WIDE.get(data[:2]) or declared_encoding(data, content_type)
    if encoding is None or not encoding.startswith("UTF-16"):
        _refuse_binary(data)
    return data.decode(f"whatwg-{encoding or _guess(data)}").removeprefix("\ufeff")


def inflate(body: bytes) -> bytes:
    """Undo gzip that is still on a body, up to three layers. Raises PageCutShort, NotHtml, PageTooLarge."""
    for _ in range(_MAX_GZIP_LAYERS):
        if not body.startswith(GZIP):
            break
        body = _gunzip(body)
    if len(body) > MAX_BYTES:
        raise PageTooLarge(f"the page has more than {MAX_BYTES:,} bytes: it is skipped")
    return body


def _gunzip(body: bytes) -> bytes:
    inflated = gunzip(body, MAX_BYTES)
    if inflated is None:
        raise NotHtml("the body says it is gzip and can't be inflated")
    if not inflated.is_whole:
        raise PageCutShort("the gzip body is damaged or has no end: half a text is none; get the whole page")
    return inflated.body


def declared_encoding(data: bytes, content_type: str) -> str | None:
    """Return the WHATWG name of the encoding that byte order mark, header or meta element declares, or None."""
    header = _CHARSET.search(content_type)
    labels = [(header[1], _BYTE_ORDER_MARK)] if header else []
    for label, within in (*labels, (None, _DECLARED_WITHIN)):
        try:
            page = turbohtml.parse(data[:within], encoding=label, positions=False)
        except LookupError:
            continue
        if page.encoding_confidence == "certain" and page.encoding != "replacement":
            return page.encoding
    return None


def _guess(data: bytes) -> str:
    """Return UTF-8 if all but a few bytes are valid (truncated page, pasted quotation mark), else the detected one."""
    if data.isascii():
        return "utf-8"
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(data)  # a truncated last character is no error
    broken = text.count("\ufffd")
    if broken * 20 < sum(1 for _ in _NON_ASCII.finditer(text)):
        return "utf-8"
    return detect(data[:_DETECT_WITHIN]).encoding or "windows-1252"


def _refuse_binary(data: bytes) -> None:
    head = data[:_HEAD]
    controls = len(_CONTROL.findall(head.rstrip(b"\0")))
    if head.startswith(_BINARY) or controls * 20 > len(head):
        raise NotHtml("the body is neither HTML nor PDF but binary data")
    is_array = _ARRAY.match(head) and data.rstrip(b" \t\r\n;)").endswith(b"]")
    other = "JSON" if is_array else next((name for name, start in _OTHER_TEXT.items() if start.match(head)), "")
    if other:
        raise NotHtml(f"the body is no page but {other}")
