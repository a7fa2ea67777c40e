"""Which reading of a page a document holds, and that the policy is whole in it."""

from __future__ import annotations

import json
import re

import pytest

from pipelines.convert import convert_html
from pipelines.errors import ConversionError, NeedsScript, NoArticle

SECTIONS = {
    "Information we collect": (
        "We collect personal information that you provide when you create an account, such as your name, email address "
        "and payment details. We also collect information automatically, including your IP address, browser type, and "
        "the pages that you visit on our website, by means of cookies and similar technologies."
    ),
    "How we use your information": (
        "We use the personal data that we collect to provide and improve our services, to process payments, to answer "
        "your questions, and to send you marketing messages where you have given your consent, which you may withdraw "
        "at any time by writing to us or by following the link in each message."
    ),
    "Sharing with third parties": (
        "We do not sell your personal information. We share it with service providers who process it on our behalf, "
        "with authorities where the law requires us to disclose it, and with a buyer if our company is sold, under the "
        "same obligations of confidentiality that we are bound by ourselves."
    ),
    "How long we keep your data": (
        "We retain your personal data for as long as your account exists and for six years after that, as tax law "
        "obliges us to. Log files are deleted after thirty days. Backups are encrypted and overwritten within ninety "
        "days, after which nothing of your data is left on any of our systems."
    ),
    "Your rights": (
        "You have the right to access, correct, delete or restrict the processing of your personal data, the right to "
        "data portability, and the right to object. To exercise these rights, contact our data protection officer at "
        "privacy@acme.example. You may also lodge a complaint with a supervisory authority."
    ),
}
POLICY = "".join(f"<h2>{heading}</h2><p>{text}</p>" for heading, text in SECTIONS.items())
INTRO = "<p>Acme Hosting respects your privacy. This privacy policy explains what we do with your personal data.</p>"
HEAD = (
    "<!DOCTYPE html><html><head><meta charset=utf-8><title>Privacy Policy | Acme</title>{}</head><body>{}</body></html>"
)
NAVIGATION = "<nav><ul><li><a href=/a>Products</a><li><a href=/b>Prices</a></ul></nav>"
BANNER = (
    "<h2>We value your choices</h2><p>We and our 842 partners store and access information on your device, such as "
    "cookies and unique identifiers, and process personal data such as browsing history, to offer personalised ads, to "
    "measure them, and to develop services, with your consent. You may withdraw your consent at any time.</p>"
    + "".join(
        f"<div><h3>{name} cookies</h3><p>These cookies, also known as {name.lower()} trackers, are set by us, or by third "
        f"parties, whose services we have added to our pages; they collect information, such as your IP address, and "
        f"share it with our partners, who may use it to build a profile of your interests, as their privacy policy says. "
        f"If you do not allow these cookies, some or all of these services, and pages, may not function properly.</p></div>"
        for name in ("Strictly necessary", "Performance", "Functional", "Targeting", "Social media")
    )
    + "<button>Accept all</button><button>Reject all</button>"
)


def convert(page: str, reading: str = "auto", content_type: str = "text/html; charset=utf-8"):
    return convert_html(
        page.encode(),
        url="https://acme.example/privacy",
        timestamp="20250301120000",
        domain="acme.example",
        content_type=content_type,
        reading=reading,
    )


def page(body: str, head: str = "") -> str:
    return HEAD.format(head, body)


def plain(markdown: str) -> str:
    return " ".join(re.sub(r"[\\*_]", "", markdown).split())


def missing(document) -> list[str]:
    """Return the headings of the sections that a document does not hold whole, with their headings."""
    text = plain(document.body)
    return [heading for heading, section in SECTIONS.items() if heading not in text or section not in text]


def accordion(panel: str, heading: str = "<h3><button aria-expanded=false aria-controls=p>{}</button></h3>") -> str:
    return (
        "<div>"
        + "".join(
            f"<div>{heading.format(name)}{panel.format(f'<p>{text}</p>')}</div>" for name, text in SECTIONS.items()
        )
        + "</div>"
    )


@pytest.mark.parametrize(
    "body",
    [
        "<noscript><iframe src='//x.example/ns.html' style='display:none'/></noscript><main>{}</main>",
        "<noscript><iframe src='//x.example/ns.html'></noscript><main>{}</main>",
        "<p>Welcome, and thank you for reading our notices, which we keep short.</p><noscript><iframe/></noscript>{}",
        "<noscript><div style='display:none'><img src=x></noscript><main>{}</main>",
        "<noscript><!-- pixel <img src=x></noscript><main>{}</main>",
        "<noscript><textarea></noscript><main>{}</main>",
        "<noscript><style>.x {{ color: red }}</noscript><main>{}</main>",
        "<div id=root></div><noscript><p>Please enable scripts.</p>{}</noscript>",
        "<noscript>{}</noscript>",
        "<iframe src='//x.example/frame'/><div>{}</div>",
    ],
    ids=range(10),
)
def test_convert_html_noscript_is_read_as_with_scripting(body):
    document = convert(page(body.format(POLICY)))
    assert not missing(document)
    assert document.reading == "full"
    assert document.is_policy


def test_convert_html_noscript_in_head_is_read_as_with_scripting():
    document = convert(page(f"<main>{POLICY}</main>", "<noscript><iframe src='//x.example/ns.html'/></noscript>"))
    assert not missing(document)


@pytest.mark.parametrize(
    "head",
    [
        '<script src="x.js"/>',
        '<script src="x.js" /><style type="text/css" />',
        "<title/>",
        '<link rel="stylesheet" href="x.css"/><script type="text/javascript" src="/a/b.js"/>',
    ],
)
def test_convert_html_xhtml_with_self_closed_elements(head):
    xhtml = (
        f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head>{head}</head>'
        f'<body><a id="top"/><div class="ad"/><iframe src="x"/>{INTRO}{POLICY}</body></html>'
    )
    document = convert(xhtml, content_type="application/xhtml+xml")
    assert not missing(document)
    assert document.reading == "corpus"
    assert not missing(convert(xhtml))


def test_convert_html_xhtml_with_prefix():
    body = re.sub(r"<(/?)", r"<\1h:", f"<html><head><title>T</title></head><body>{POLICY}</body></html>")
    body = body.replace("<h:html>", '<h:html xmlns:h="http://www.w3.org/1999/xhtml">')
    assert not missing(convert(body, content_type="application/xhtml+xml; charset=utf-8"))


@pytest.mark.parametrize(
    "panel",
    [
        "<div aria-hidden=true>{}</div>",
        "<div hidden>{}</div>",
        "<div hidden=until-found>{}</div>",
        "<div style='display:none'>{}</div>",
        "<div style='display: none;'><div>{}</div></div>",
        "<div role=tabpanel aria-hidden=true style='display:none'>{}</div>",
    ],
)
def test_convert_html_collapsed_sections_are_read(panel):
    document = convert(page(f"{NAVIGATION}<main><h1>Privacy Policy</h1>{INTRO}{accordion(panel)}</main>"))
    assert not missing(document)
    assert document.reading == "full"
    assert document.reading_coverage > 0.9


@pytest.mark.parametrize(
    "heading",
    [
        "<button class=accordion aria-expanded=false>{}</button>",
        "<h4><a data-toggle=collapse href='#c1'>{}</a></h4>",
        "<h4><a href='#c1'>{}</a></h4>",
        "<div class=panel-heading><h4><a role=button data-bs-toggle=collapse href='#c1'>{}</a></h4></div>",
    ],
)
def test_convert_html_headings_of_collapsed_sections_are_read(heading):
    body = accordion("<div style='display:none'>{}</div>", heading)
    assert not missing(convert(page(f"<div id=wrap>{INTRO}{body}</div>")))


@pytest.mark.parametrize(
    "dialog",
    [
        "<div id=onetrust-consent-sdk><div class=ot-sdk-container>{}</div></div>",
        "<div id=CybotCookiebotDialog>{}</div>",
        "<div class='cookie-banner'>{}</div>",
        "<div class='gdpr-modal'>{}</div>",
        "<div id=privacy-preferences class=modal>{}</div>",
        "<div class=css-1x2y role=dialog aria-label='Cookie choices'>{}</div>",
        "<dialog open>{}</dialog>",
        "<div aria-modal=true>{}</div>",
    ],
)
@pytest.mark.parametrize("place", ["{dialog}<div class=c>{policy}</div>", "<div>{policy}</div>{dialog}"])
def test_convert_html_consent_dialog_is_not_the_policy(dialog, place):
    collapsed = accordion("<div aria-hidden=true>{}</div>")
    body = place.format(dialog=dialog.format(BANNER), policy=INTRO + collapsed)
    document = convert(page(body))
    assert not missing(document)
    assert "842 partners" not in document.body
    assert "trackers" not in document.body


@pytest.mark.parametrize(
    "dialog",
    ["<div id=onetrust-consent-sdk>{}</div>", "<div role=dialog><div>{}</div></div>", "<div><div>{}</div></div>"],
)
@pytest.mark.parametrize("place", ["{dialog}<div>{policy}</div>", "<main>{policy}</main>{dialog}"])
def test_convert_html_consent_centre_longer_than_the_policy_is_left_out(dialog, place):
    shown = "<h2>Information we collect</h2><p>" + SECTIONS["Information we collect"] + "</p>"
    document = convert(page(place.format(dialog=dialog.format(BANNER), policy=INTRO + shown)))
    assert SECTIONS["Information we collect"] in plain(document.body)
    assert "842 partners" not in document.body


@pytest.mark.parametrize(
    "body",
    [
        "<div class=cookie-policy-container>{}<button>Save as PDF</button><button>Accept</button></div><p>x",
        "<div class=privacy-center-content><h1>Privacy</h1>{}<button>Save</button></div>",
        "<div class=privacy-modal>{}</div>",
        "<div id=app aria-hidden=true><main>{}</main></div><div role=dialog aria-modal=true>We use cookies. <button>OK</button></div>",
        "<div id=app style='display:none'>{}</div><p>Loading our site, please wait a moment.</p>",
        "<aside>{}</aside><p>Welcome to our site.</p>",
        "<form><input name=q>{}</form>",
    ],
)  # fmt: skip
def test_convert_html_policy_in_an_unlikely_element_is_read(body):
    assert not missing(convert(page(body.format(INTRO + accordion("<div hidden>{}</div>")))))


def test_convert_html_sections_in_dialogs_or_with_names_of_boilerplate_are_read():
    names = ("cookie", "share", "social", "consent", "comments")
    sections = [f"<h2>{heading}</h2><p>{text}</p>" for heading, text in SECTIONS.items()]
    named = "".join(f"<section id={name} hidden>{text}</section>" for name, text in zip(names, sections, strict=True))
    assert not missing(convert(page(INTRO + named)))
    dialogs = "".join(
        f"<div class='modal fade' role=dialog aria-hidden=true><div>{text}</div></div>" for text in sections
    )
    assert not missing(convert(page(INTRO + dialogs)))


def test_convert_html_small_unnamed_banner_is_left_out():
    banner = (
        "<div class=css-9z><p>We use cookies, and similar technologies, to improve your experience, to analyse traffic, "
        "and for marketing. By clicking Accept, you consent to our use of cookies, as our cookie notice explains.</p>"
        "<button>Accept</button><button>Decline</button></div>"
    )
    document = convert(page(f"{banner}<div>{INTRO}{accordion('<div hidden>{}</div>')}</div>"), "full")
    assert not missing(document)
    assert "improve your experience" not in document.body


def test_convert_html_consent_dialog_alone_is_no_document():
    with pytest.raises(NoArticle):
        convert(page(f"<div id=onetrust-consent-sdk>{BANNER}</div>"))


@pytest.mark.parametrize("reading", ["auto", "full"])
def test_convert_html_shell_needs_script(reading):
    shell = "<noscript>You need to enable JavaScript to run this app.</noscript><div id=root></div><script src=/m.js></script>"
    with pytest.raises(NeedsScript):
        convert(page(shell), reading)
    with pytest.raises(NeedsScript):
        convert(page(f"{NAVIGATION}<app-root></app-root><script src=m.js></script><footer>Acme Inc.</footer>"), reading)


def test_convert_html_short_page_with_scripts_is_a_document():
    assert convert(page("<p>We keep nothing, and sell nothing.</p><script src=/analytics.js></script>")).words == 6
    assert convert(page(f"<div id=root><main>{POLICY}</main></div><script src=m.js></script>")).reading == "corpus"


def as_script(data: object) -> str:
    return json.dumps(data).replace("</", "<\\/")


def contentful() -> object:
    def text(value: str) -> dict[str, object]:
        return {"nodeType": "text", "value": value, "marks": [], "data": {}}

    blocks = []
    for heading, section in SECTIONS.items():
        start, _, end = section.partition(", ")
        blocks.append({"nodeType": "heading-2", "content": [text(heading)], "data": {}})
        blocks.append({"nodeType": "paragraph", "content": [text(start), text(", "), text(end)], "data": {}})
    return {"nodeType": "document", "data": {}, "content": blocks}


def draft() -> object:
    return {
        "blocks": [
            block
            for heading, text in SECTIONS.items()
            for block in ({"type": "header-two", "text": heading}, {"type": "unstyled", "text": text})
        ],
        "entityMap": {},
    }


def sanity() -> object:
    return [
        {"_type": "block", "style": style, "children": [{"_type": "span", "text": text, "marks": []}]}
        for heading, section in SECTIONS.items()
        for style, text in (("h2", heading), ("normal", section))
    ]


DATA = {
    "html": POLICY,
    "sections": [{"id": f"s{n}", "title": title, "body": text} for n, (title, text) in enumerate(SECTIONS.items())],
    "contentful": contentful(),
    "sanity": sanity(),
    "draft": draft(),
    "slate": [
        {"type": kind, "children": [{"text": text[:50], "bold": True}, {"text": text[50:]}]}
        for heading, section in SECTIONS.items()
        for kind, text in (("h2", heading), ("paragraph", section))
    ],
    "inner": json.dumps({"content": POLICY}),
}
APP = "<div id=__next></div><script id=__NEXT_DATA__ type=application/json>{}</script>"


@pytest.mark.parametrize("name", list(DATA))
def test_convert_html_policy_in_next_data_is_read(name):
    data = {"props": {"pageProps": {"page": {"slug": "privacy", "content": DATA[name]}, "menu": [{"label": "Prices"}]}}}
    document = convert(page(APP.format(as_script(data))))
    assert not missing(document)
    assert document.reading == "full"
    assert document.reading_coverage > 0.9
    assert document.title == "Privacy Policy | Acme"


@pytest.mark.parametrize(
    "script",
    [
        "<script type='application/ld+json'>{}</script>",
        "<script>window.__INITIAL_STATE__ = {};</script>",
        "<script>window['state']={}; boot();</script>",
        "<script type='application/json' data-hydrate>{}</script>",
    ],
)
def test_convert_html_policy_in_other_data_is_read(script):
    data = {"@context": "https://schema.org", "@type": "WebPage", "name": "Privacy Policy", "text": POLICY}
    body = "<div id=app></div>" + script.format(as_script(data)) + "<script src=x.js></script>"
    assert not missing(convert(page(body)))


def test_convert_html_data_of_a_page_that_shows_its_policy_is_left_alone():
    data = as_script({"html": POLICY, "other": INTRO * 20})
    document = convert(page(f"<main>{INTRO}{POLICY}</main><script type=application/json>{data}</script>"))
    assert document.reading == "corpus"
    assert not missing(document)


def test_convert_html_corpus_reading_of_a_policy_stays():
    document = convert(page(f"{NAVIGATION}<div>{INTRO}{POLICY}</div><div hidden><p>Thank you, and welcome.</p></div>"))
    assert document.reading == "corpus"
    assert 0.9 < document.reading_coverage < 1


def test_convert_html_readings_can_be_asked_for():
    body = page(f"<main>{INTRO}{accordion('<div hidden>{}</div>')}</main>")
    assert len(missing(convert(body, "corpus"))) == len(SECTIONS)
    assert convert(body, "corpus").reading_coverage < 0.5
    assert not missing(convert(body, "full"))
    with pytest.raises(ValueError, match="corpus"):
        convert(body, "most")


def test_convert_html_without_article_raises_in_each_reading():
    for reading in ("auto", "corpus", "full"):
        with pytest.raises(ConversionError):
            convert("<html><body></body></html>", reading)


@pytest.mark.parametrize(
    "wrap",
    [
        "<textarea readonly>{}</textarea>",
        "<iframe srcdoc='{}'></iframe>",
        "<template shadowrootmode=open>{}</template>",
    ],
)
def test_convert_html_text_outside_the_tree_is_read(wrap):
    text = " ".join(SECTIONS.values()) if "textarea" in wrap else POLICY
    document = convert(page(f"<h1>Privacy</h1>{wrap.format(text)}"))
    assert all(section in plain(document.body) for section in SECTIONS.values())
