"""Where pages send their readers: refreshes and frames, as a browser with scripts follows them."""

from __future__ import annotations

import pytest

from crawler.discovery.embedded import Inside, look_inside, may_send_on
from crawler.snapshots import MAX_FRAMES, likeliest

URL = "http://www.acme.example/privacy"
LONG = "<p>" + "word " * 200
DOMAIN = "acme.example"


def inside(html: str | bytes, header: str = "", url: str = URL) -> Inside:
    body = html.encode() if isinstance(html, str) else html
    return look_inside(body, "text/html", url=url, domain=DOMAIN, header=header)


def meta(content: str) -> str:
    return f'<html><head><meta http-equiv="refresh" content="{content}"></head><body>Moved.</body></html>'


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ("0; url=/legal/privacy.html", "http://www.acme.example/legal/privacy.html"),
        ("0;URL='/legal/privacy.html'", "http://www.acme.example/legal/privacy.html"),
        ("0, /legal/privacy.html", "http://www.acme.example/legal/privacy.html"),
        ("5 /legal", "http://www.acme.example/legal"),
        (" 3.5 ; Url = https://acme.example/p#x ", "https://acme.example/p"),
        ("0;url=&quot;/quoted&quot; and more", "http://www.acme.example/quoted"),
        ("0;url=legal\\privacy", "http://www.acme.example/legal/privacy"),
        ("0;url=/erklärung", "http://www.acme.example/erkl%C3%A4rung"),
        ("0;url=?lang=en", "http://www.acme.example/privacy?lang=en"),
        ("0", ""),
        ("", ""),
        ("url=/no-delay", ""),
        ("0;url=", ""),
        ("0;url=#top", ""),
        ("30;url=http://www.acme.example/privacy", ""),
        ("1800;url=/logout", ""),
        ("0;url=http://[evil/", ""),
        ("9" * 400 + ";url=/x", ""),
    ],
)
def test_look_inside_meta_refresh(content: str, target: str) -> None:
    assert inside(meta(content)).refresh == target
    assert may_send_on(meta(content).encode())


@pytest.mark.parametrize(
    "html", ['<META CONTENT="0;url=/p" HTTP-EQUIV=Refresh>', "<body><meta http-equiv='REFRESH' content='0;url=/p'>"]
)
def test_look_inside_meta_refresh_as_it_is_written(html: str) -> None:
    assert inside(html).refresh == "http://www.acme.example/p"
    assert may_send_on(html.encode())
    assert may_send_on(html.encode("utf-16"))
    assert inside(html.encode("utf-16")).refresh == "http://www.acme.example/p"


@pytest.mark.parametrize(
    "html",
    [
        '<noscript><meta http-equiv="refresh" content="0;url=/no-scripts"></noscript>',
        "<template><meta http-equiv=refresh content='0;url=/t'></template>",
        '<!-- <meta http-equiv="refresh" content="0;url=/comment"> -->',
        '<meta name="refresh" content="0;url=/name">',
        "<p>refresh",
    ],
)
def test_look_inside_no_refresh(html: str) -> None:
    assert inside(html).refresh == ""


def test_look_inside_refresh_of_a_page_that_says_much() -> None:
    assert inside(meta("10;url=/p") + LONG).refresh == ""
    assert inside(meta("0;url=/p") + LONG).refresh == "http://www.acme.example/p"
    assert inside(meta("10;url=/p") + f"<script>{LONG}</script>").refresh == "http://www.acme.example/p"


def test_look_inside_refresh_header_comes_first_and_base_counts() -> None:
    assert inside(meta("0;url=/meta"), header="0; url=/header").refresh == "http://www.acme.example/header"
    assert inside("%PDF-1.4 \0\1\2", header="0; url=/header").refresh == "http://www.acme.example/header"
    assert inside('<base href="/de/">' + meta("0;url=p")).refresh == "http://www.acme.example/de/p"


HTTP = "http://www.acme.example"


@pytest.mark.parametrize(
    ("script", "target"),
    [
        ('window.location = "/en/"', f"{HTTP}/en/"),
        ("location.replace('/en/')", f"{HTTP}/en/"),
        ("top.location.href='start.html'", f"{HTTP}/start.html"),
        ("window.top.location.assign('/en')", f"{HTTP}/en"),
        ("setTimeout(\"location.href='/en/'\", 0)", f"{HTTP}/en/"),
        ("window.onload = function () { document.location = '/en/'; }", f"{HTTP}/en/"),
        ("if (lang == 'de') location.href = '/de/'; else location.href = '/en/';", f"{HTTP}/en/"),
        ("// location = '/old/'\nlocation = '/en/' /* location = '/x/' */", f"{HTTP}/en/"),
        ("if (top != self) top.location = '/frames.html'", ""),
        ("if (parent.frames.length == 0) location.href = '/frames.html'", ""),
        ("if (location == '/x') go()", ""),
        ("location = target", ""),
        ("location.href = '#top'", ""),
        ("location.href = 'javascript:void(0)'", ""),
        ("mylocation = '/x'; a.location = '/y'", ""),
        ("location = '/en/'" + " " * 5_000, ""),
    ],
)
def test_look_inside_script_that_goes_elsewhere(script: str, target: str) -> None:
    page = f"<html><head><script>{script}</script></head><body>You are being redirected.</body></html>"
    assert may_send_on(page.encode()) or not target
    assert inside(page).refresh == target


def test_look_inside_script_of_a_page_that_is_more_than_that() -> None:
    goes = "<script>location.replace('/en/')</script>"
    assert inside("<body onload=\"location.replace('/en/')\">").refresh == f"{HTTP}/en/"
    assert inside(goes + '<script src="https://www.google-analytics.com/ga.js"></script>').refresh == f"{HTTP}/en/"
    assert inside(goes + LONG).refresh == ""
    assert inside(goes + '<div id=root></div><script src="/app.js"></script>').refresh == ""
    assert inside(goes + "<script type=module>import('x')</script>").refresh == ""
    assert inside(goes + '<iframe src="/text/privacy.html"></iframe>').refresh == ""
    assert not may_send_on(goes.encode() + b" " * 20_000)


def test_look_inside_frames_by_their_names() -> None:
    frames = "".join(f'<frame src="/{n}.htm">' for n in range(9))
    found = inside(f'<frameset>{frames}<frame src="/x9.htm" name="main"></frameset>')
    assert found.frames[0] == f"{HTTP}/x9.htm"


FRAMESET = (
    '<frameset cols="20%,80%"><frame src="menu.html"><frame src="text/privacy.html"><noframes>{}</noframes></frameset>'
)
MENU, TEXT = "http://www.acme.example/menu.html", "http://www.acme.example/text/privacy.html"


def test_look_inside_frameset() -> None:
    found = inside(FRAMESET)
    assert found == Inside("", (MENU, TEXT), is_frameset=True)
    assert likeliest(found, URL, DOMAIN) == [TEXT, MENU]
    assert may_send_on(FRAMESET.encode())


@pytest.mark.parametrize(
    ("html", "frames"),
    [
        ('<iframe src="/text/privacy.html"></iframe>', [TEXT]),
        (
            '<iframe src="https://www.iubenda.com/privacy-policy/123"></iframe>',
            ["https://www.iubenda.com/privacy-policy/123"],
        ),
        ('<iframe src="//legal.acme.example/p#a" width="100%"></iframe>', ["http://legal.acme.example/p"]),
        ('<noscript><iframe src="/ns.html"></iframe></noscript>', []),
        ('<iframe src="https://www.googletagmanager.com/ns.html?id=1" height="0" width="0"></iframe>', []),
        ('<iframe src="https://www.youtube.com/embed/privacy-policy"></iframe>', []),
        ('<iframe src="https://ads.example/banner"></iframe>', []),
        ('<iframe src="/pixel" style="display: none"></iframe>', []),
        ('<iframe src="/pixel" width=1 height="1px"></iframe>', []),
        ('<iframe src="about:blank"></iframe><iframe></iframe><iframe src=""></iframe>', []),
        (f'<iframe src="{URL}#self"></iframe>', []),
        ('<iframe src="javascript:void(0)"></iframe>', []),
        ('<iframe src="/text/privacy.html"></iframe>' * 5, [TEXT]),
    ],
)
def test_look_inside_iframes(html: str, frames: list[str]) -> None:
    assert likeliest(inside(html), URL, DOMAIN) == frames


def test_look_inside_is_bounded() -> None:
    many = "".join(f'<iframe src="/{number}"></iframe>' for number in range(1000))
    assert len(likeliest(inside(many), URL, DOMAIN)) == MAX_FRAMES
    assert inside(meta("0;url=/" + "x" * 100_000)).refresh == ""
    assert inside("<iframe src='/" + "x" * 100_000 + "'></iframe>").frames == ()
    assert inside("<b x=1>" * 5_000 + "<iframe src=/p>") == Inside()
