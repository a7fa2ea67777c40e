"""Program code, style sheets and tables of values that a server calls a page. Pure.

A page is one of these only if it begins like one, and has neither an element of HTML nor a run of words, comments aside. So
a policy with one sentence is none, not even behind code that has lost its `<script>`. Code with sentences stays a page.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

_HEAD: Final = 4096
_ROWS: Final = 5
"""Fewest rows of a table of values, that of names included."""
_CALLEE: Final = (
    r"(?:jQuery|\$)\(\s*(?:function\b|document\b|window\b|\(\s*\)\s*=>|[\"'])|(?:define|require)\(\s*[\[\"'{]"
)
_JAVASCRIPT: Final = re.compile(
    r"(?:[\"']use strict[\"'];|[;!+(]{0,4}\s*(?:async\s+)?function\s*[\w$]{0,100}\s*\([\w$,\s]{0,500}\)\s*\{"
    r"|\(\s*\(\s*\)\s*=>|(?:var|let|const)\s+[\w$]{1,100}\s*(?:=[^=]|;|,\s*[\w$]{1,100}\s*[=,;])"
    r"|(?:window|document|self|globalThis|module|exports)(?:\.[\w$]{1,100}|\[[\"'][^\"']{1,100}[\"']\]){1,10}\s*(?:=[^=]|\()"
    r"|import\s*(?:[\w$*{},\s]{1,500}\sfrom\s*)?[\"'][^\"'\n]{1,500}[\"'];|export\s+(?:default|const|function|class)\s"
    r"|(?:" + _CALLEE + r"))"
)
_DECLARATION: Final = r"\s*-{0,2}[a-z][\w-]{0,60}\s*:[^;{}<]{1,1000}[;}]"
_RULE: Final = r"[^;{}<@]{1,1000}\{" + _DECLARATION
_CSS: Final = re.compile(
    r"(?:@(?:charset|import|namespace)\s[^;{}<]{1,500};\s*){0,20}"
    r"(?:@(?:media|supports|layer|(?:-\w{1,10}-)?keyframes)\b[^;{}<]{0,500}\{" + _RULE + r"|"
    r"@(?:font-face|page)\b[^;{}<]{0,100}\{" + _DECLARATION + r"|" + _RULE + r")",
    re.IGNORECASE,
)
_SEPARATORS: Final = (",", ";", "\t")
_QUOTED: Final = re.compile(r'"[^"]{0,500}"')
_ELEMENT: Final = re.compile(
    r"<(?=[!/a-z])/?(?:\w{1,10}:)?(?:a|address|article|aside|b|big|blockquote|body|br|button|center|code|dd|div|dl|dt|em|font"
    r"|footer|form|frameset|h[1-6]|head|header|html|i|iframe|img|input|label|li|link|main|meta|nav|nobr|noscript|ol|p|pre|script"
    r"|section|small|span|strong|style|sub|sup|svg|table|tbody|td|th|title|tr|tt|u|ul|xmp|!doctype)[\s/>]",
    re.IGNORECASE,
)
_LETTER: Final = r"[^\s\x00-@\[-`{-\xbf]"
"""A letter of any script, with the marks that some write vowels by."""
_WORD: Final = rf"{_LETTER}{{1,40}}(?:['-]{_LETTER}{{1,20}})?[,.:;]?\s{{1,40}}"
_WORDS: Final = re.compile(rf"(?<!{_LETTER})(?:{_WORD}){{5}}{_LETTER}|(?<![^\s\x00-\u0dff])[^\s\x00-\u0dff]{{12}}")
"""Six words in a row, or twelve letters of a script that parts no words. A policy has longer sentences."""
_MAX_COMMENT: Final = 400
"""Characters of a comment that is none of the page's text. A longer one may be text between two quoted `/*`."""
_LINE_COMMENT: Final = re.compile(r"^[ \t]*//[^\n]*", re.MULTILINE)


def code_name(text: str) -> str:
    """Return what a page's text is, if it is code or a table of values; else an empty string. Takes linear time."""
    head = text[:_HEAD].lstrip()
    if head.startswith("<"):
        return ""
    start = _uncommented(head).lstrip()
    name = "JavaScript" if _JAVASCRIPT.match(start) else "a style sheet" if _CSS.match(start) else ""
    name = name or ("a table of values" if _is_table(head, is_whole=len(text) <= _HEAD) else "")
    return name if name and not _is_page(text) else ""


def _is_table(head: str, *, is_whole: bool) -> bool:
    """Whether all lines have the same separator, at least twice, and equally often; quotes count as a value."""
    lines = _QUOTED.sub("", head).splitlines()
    lines = [line for line in (lines if is_whole else lines[:-1]) if line.strip()]
    counts = ({line.count(separator) for line in lines} for separator in _SEPARATORS)
    return len(lines) >= _ROWS and any(len(each) == 1 and each.pop() > 1 for each in counts)


def _is_page(text: str) -> bool:
    return bool(_ELEMENT.search(text) or _WORDS.search(unescape(_uncommented(text))))


def _uncommented(text: str) -> str:
    """Return code without comments. A long one stays: its beginning may be in a string, and text behind that."""
    parts, at = [], 0
    while (begin := text.find("/*", at)) >= 0 and (end := text.find("*/", begin + 2)) >= 0:
        is_long = end - begin > _MAX_COMMENT
        parts.append(text[at : end + 2 if is_long else begin])
        at = end + 2
    return _LINE_COMMENT.sub("", " ".join([*parts, text[at:]]))
