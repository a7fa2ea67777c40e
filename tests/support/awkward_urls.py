"""URLs of every kind that a canonicaliser treats specially: each of BASES, altered in each of ALTERATIONS' ways."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

HEX = "0123456789abcdef" * 2
ASP = "0123456789abcdef01234567"
LETTERS = "abcdefghijklmnopqrstuvwx"

BASES = (
    "http://example.com",
    "http://www.Example.com/",
    "https://docs.example.co.uk/Legal/Privacy.html",
    "http://www2.example.de/datenschutz/?lang=de&b=2&a",
    "https://user:secret@example.org:8443/a/b.aspx?q=%41%2541&Q",
    "http://b\u00fccher.example/d\u00e9claration/%C3%A9?\u00e9=%E9",
    "http://192.168.1.10:80/privacy",
    "http://[2001:DB8::1]:8080/privacy/?x=1#top",
)
QUERIES = (
    *(f"{name}={HEX}" for name in ("jsessionid", "JSESSIONID", "phpsessid", "PHPSESSID", "sid", "xsid", "SID")),
    *(f"jsessionid={HEX}&b=1&jsessionid={HEX}", f"jsessionid={HEX}.node1", f"sid={HEX[1:]}", f"sid={HEX}&sid={HEX}&a"),
    *(f"ASPSESSIONIDABCDEFGH={LETTERS.upper()}", f"aspsessionidabcdefg1={LETTERS}", f"a&sid={HEX}&b", f"sid%3D{HEX}"),
    *("cfid=1&cftoken=2", "b&CFID=1&CFTOKEN=2&a", "cfid=&cftoken=2", "cfid=cfid=1&cftoken=2", "cftoken=2&cfid=1"),
    *("cfid=1&cftoken=cfid=2&cftoken=3", f"cfid=1&jsessionid={HEX}&cftoken=2", f"jsessionisid={HEX}&d={HEX}"),
    *("", "&", "&&", "a&&b", "b&a&", "=", "=1&a", "a=&a", "a&a=", "b=2&b=1", "a-b=1&a=2", "a=b=c&a=b-c", "B=1&a=2&b=0"),
    *(
        "a=%26b",
        "a=%2526b",
        "a?b",
        "?",
        "a/",
        "a=/../b",
        "%",
        "%zz&%4",
        "%%34%31",
        "a+b&a b&a%20b",
        "~&}",
        "a;b",
        "%23",
    ),
)
PATHS = (
    *("/", "//", "/a//b///", "/./", "/..", "/../a", "/a/../..", "/a/../../b", "/a//../b", "/a/.", "/.../", "/%2e%2E/a"),
    *("/%41", "/%2541", "/%252541", "/%", "/%%", "/%zz", "/%4", "/%u0041", "/%%25%34%31", "/%2f%2F", "/%5c\\", "/%7e~"),
    *(
        "/%E9",
        "/%c3%A9",
        "/\u00e9",
        "/\u0130\u212a",
        "/ ",
        "/%20+",
        "/%00\x00\x7f\x80",
        "/%3f/",
        "/a%3Fb?c",
        "/%23",
        "/;a/",
    ),
    *(
        f"/a;jsessionid={HEX}",
        f"/({ASP})/a.aspx",
        f"/(S({ASP}))/A.ASPX",
        f"/(a({ASP})b({ASP}))/x.aspx",
        f"/({ASP})/a.asp",
    ),
    *(
        f"/({ASP})/({ASP})/a.aspx",
        f"/({ASP})/.aspx",
        f"/({ASP})/a%3fb.aspx",
        f"/({ASP})/a.aspx%3f({ASP})/b",
        "/<a>|\"'",
    ),
)
HOSTS = (
    *(
        "www.www.example.com",
        "www12.example.com",
        "WWW.com",
        "www",
        "wwww.example.com",
        "www-1.example.com",
        "%77ww.a.com",
    ),
    *(
        "example.com.",
        "..example...com..",
        "exa%4Dple.com",
        "ex%2eample.com",
        "ex%2fample.com",
        "ex ample.com",
        "a_b.com",
    ),
    *(
        "B\u00dcCHER.example",
        "b%C3%BCcher.example",
        "b%FCcher.example",
        "xn--bcher-kva.example",
        "stra\u00dfe.de",
        "\ufb01.com",
    ),
    *(
        "\u65e5\u672c\u8a9e\u3002jp",
        "\u05d0a.com",
        "\u00e9..com",
        "xn--\u00e9.com",
        "\U0001f600.com",
        "a\u00adb.com",
        "\u00e9" * 64,
    ),
    *(
        "1.2.3.4",
        "1.2.3",
        "16909060",
        "4294967296",
        "0x1.2.3.4",
        "010.8.0.1",
        "08.0.0.1",
        "256.1.1.1",
        "1.2.3.4.5",
        "010.7.0.1",
        "0.9",
        "08",
        "www.1.2.3.4",
    ),
    *("[::1]", "[::FFFF:1.2.3.4]", "[evil", "a]b", "[]", "[[::1]]", "", ".", "*.example.com", "a,b.com", "a(b)c.com"),
)
PORTS = ("", "80", "443", "8080", "0", "00080", "65535", "65536", "x", "80:80", ":")
USERS = ("u", "u:p", "u@v", "", ":", "%40")
SCHEMES = (
    "https",
    "HTTP",
    "ftp",
    "ws",
    "x-y",
    "httpx",
    "http://http",
    "http://https",
    "HTTP://http",
    "1http",
    "h\tttp",
)
WHOLE = (
    *(
        "dns:Example.com",
        "DNS:www.Example.com",
        "filedesc://A.arc",
        "warcinfo:A",
        "MAILTO:A@b.com?b&a",
        "urn:A:b/c/",
        "tel:+1",
    ),
    *(
        "javascript:void(0)//A",
        "data:text/html,A%41",
        "file:///A/b",
        "about:blank",
        "x:///a/../b",
        "x:////a",
        "x:?a",
        "ftp:a",
    ),
    *(
        "http:example.com/a",
        "http:/example.com:80/a",
        "http:////example.com/a",
        "//example.com/a",
        "/example.com:81/a",
        "a.b",
    ),
    *(
        "example.com:80/a",
        "http:",
        "http://",
        "http:///",
        "http://?a",
        "http:.",
        "http:/.",
        "a:b",
        ":a",
        "?a",
        "#a",
        "1a:b",
    ),
    *(
        "https://http//a.com",
        "http\\://a.com",
        "http:\\\\a.com\\b",
        "a.com/http://b.com",
        "\u00a0http://a.com",
        "http%3a//a.com",
    ),
)


def _with(base: str, **changed: str) -> str:
    """Return a URL with other parts; `host`, `port` and `user` are parts of its netloc."""
    parts = urlsplit(base)
    host = changed.pop("host", parts.netloc.rpartition("@")[2])
    port, user = changed.pop("port", None), changed.pop("user", None)
    if port is not None:
        host = f"{host.rpartition(':')[0] if parts.port else host}:{port}"
    scheme = changed.get("scheme", parts.scheme)
    path, query = changed.get("path", parts.path), changed.get("query", parts.query)
    netloc = host if user is None else f"{user}@{host}"
    return f"{scheme}://{netloc}{path}{'?' if query or 'query' in changed else ''}{query}"


_WHOLE_URL: tuple[Callable[[str], str], ...] = (
    str.upper,
    str.swapcase,
    lambda url: f"{url}#A?b/c#d",
    lambda url: f"{url}#",
    lambda url: f" \t\n{url}\x0b\x0c\r ",
    lambda url: "\n".join((url[:3], url[3:12], url[12:])),
    lambda url: f"{url}\x00\x1f\x85",
    lambda url: f"{url}/",
    lambda url: f"{url}//",
    lambda url: f"{url}%",
    lambda url: f"{url}%2",
    lambda url: url.replace("/", "\\"),
    lambda url: url.replace("a", "%61").replace("e", "%2565"),
    lambda url: url.partition("://")[2],
)


def awkward_urls() -> list[str]:
    """Return several thousand URLs, each once."""
    found = dict.fromkeys(WHOLE)
    for base in BASES:
        found |= dict.fromkeys(change(base) for change in _WHOLE_URL)
        for part, values in (
            ("query", QUERIES), ("path", PATHS), ("host", HOSTS), ("port", PORTS), ("user", USERS), ("scheme", SCHEMES)
        ):  # fmt: skip
            found |= dict.fromkeys(_with(base, **{part: value}) for value in values)
    return list(found)
