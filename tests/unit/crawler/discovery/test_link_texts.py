"""Links on home pages that lead to the policy: the corpus' rule, by text alone."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.discovery import page_anchors
from crawler.discovery.hubs import MAX_HUBS
from crawler.discovery.link_texts import MAX_FOUND, MAX_FRAMES, PageLinks, owners_pages, page_links
from crawler.discovery.page_anchors import MAX_LINKS
from pipelines.untrusted import MAX_URL, url_problem

HOME = "https://www.example.com/index.html"


def links(html: str, domain: str = "example.com") -> PageLinks:
    return page_links(html.encode(), "text/html; charset=utf-8", url=HOME, domain=domain)


def found(html: str, domain: str = "example.com") -> list[str]:
    return list(links(html, domain).policies)


def to(*paths: str) -> list[str]:
    return [f"https://www.example.com{path}" for path in paths]


@pytest.mark.parametrize(
    ("html", "targets"),
    [
        ('<a href="/x7">Privacy\n <b>Policy</b></a>', to("/x7")),
        ('<a href="doc?id=9">PRIVACY</a>', to("/doc?id=9")),
        ('<a href="//legal.example.org/p#top">Your Privacy Rights</a>', ["https://legal.example.org/p"]),
        ('<a href="/a">Security and Privacy</a><a href="/b">Privacy Statement</a>', to("/b")),
        ('<a href="/a">Security and Privacy</a>', to("/a")),
        ('<a href="/b">Cookie Policy</a><a href="/a">Privacy</a>', to("/a")),
        ('<a href="/b">Cookie Policy</a>', to("/b")),
        ('<a href="/p">Privacy</a><a href="/p#b">Privacy Policy</a>', to("/p")),
        ('<a href="/w">Domain Privacy</a><a href="/x">Private Hosting</a>', []),
        ('<a href="#privacy">Privacy</a><a href="/index.html#p">Privacy</a>', []),
        ('<a href="javascript:show()">Privacy</a><a href="mailto:privacy@example.com">Privacy</a><a>Privacy</a>', []),
        ('<a href="http://[bad">Privacy</a>', []),
        ('<a href="https://policies.google.com/privacy">Privacy</a> of reCAPTCHA', []),
        ('<a href="https://www.iubenda.com/privacy-policy/123">Privacy Policy</a>',
         ["https://www.iubenda.com/privacy-policy/123"]),
        ('<a href="https://www.iubenda.com/en/">Privacy Policy</a>', []),
        ('<a href="https://example.zendesk.com/hc/1">Privacy Policy</a>', ["https://example.zendesk.com/hc/1"]),
        ('<a href="dpo@example.com">Privacy</a>', []),
        ('<a href="/pri\n\tvacy.html">Privacy</a>', to("/privacy.html")),
        ('<base target="_top"><base href="/en/"><a href="p">Privacy</a>', to("/en/p")),
        ('<a href="/7"><img src="/i/privacy_policy.gif?2"></a><a href="/8"><img src="privacy.gif" alt="Home"></a>', to("/7")),
    ],
)  # fmt: skip
def test_page_links_policies(html: str, targets: list[str]) -> None:
    assert found(html) == targets


@pytest.mark.parametrize(
    "text",
    [
        "Privacy Policy.", "Privacy|", "| Privacy |", "Privacy & Legal", "Privacy/Legal", "Copyright & privacy", "Legal and privacy",
        "Privacy Rights", "Privacy centre", "Privacy Center", "University Privacy", "Privacy agreement", "Private policy",
        "[Privacy]", "» Privacy Statement «", "Privacy Policy (PDF)", "Read our Privacy Policy", "Terms of Use & Privacy Policy",
        "Terms | Privacy", "Example Privacy Policy", "Privacy, Cookies and Legal", "Privacy - Terms", "Website Privacy Notice",
        "Data Protection", "GDPR", "Privacy+Security", "Our Privacy Policies", "Security/Privacy", "Disclaimer & Privacy",
        "Privacy Policy - opens in a new window", "PRIVACY\u00a0POLICY", "Notice of Privacy Practices",
        "Информация за поверителност", "Политика за поверителност", "Защита на личните данни", "ΠΟΛΙΤΙΚΗ ΑΠΟΡΡΗΤΟΥ",
        "Πολιτική Απορρήτου", "سياسة الخصوصية", "מדיניות פרטיות", "개인정보처리방침", "プライバシーポリシー", "個人情報保護方針", "隐私政策",
        "隱私權政策", "นโยบายความเป็นส่วนตัว", "Chính sách bảo mật", "Kebijakan Privasi", "Dasar Privasi", "गोपनीयता नीति",
        "Політика конфіденційності", "Политика конфиденциальности", "Ochrana osobných údajov", "Ochrana osobních údajů",
        "Polityka prywatności", "Adatvédelmi tájékoztató", "Politica de confidențialitate", "Politica de confidenţialitate",
        "Pravila privatnosti", "Политика приватности", "Varstvo osebnih podatkov", "Privatumo politika", "Privātuma politika",
        "Privaatsuspoliitika", "Tietosuojaseloste", "Integritetspolicy", "Personvernerklæring", "Privatlivspolitik",
        "Persónuverndarstefna", "Privacyverklaring", "Datenschutzerklärung", "DATENSCHUTZ", "Datenschutz &amp; Impressum",
        "Politique de confidentialité", "Données personnelles &amp; cookies", "Mentions légales et vie privée",
        "Informativa sulla privacy", "Política de privacidad", "Política de Privacitat", "Política de Privacidade",
        "Daten&shy;schutz&shy;erklärung", "Daten\u200bschutz",
        "Ochrana os. údajů", "Prelucrarea datelor", "RODO", "Политика обработки ПДн", "Gizlilik Politikas\u0131", "GİZLİLİK POLİTİKASI", "حریم خصوصی", "KVKK Ayd\u0131nlatma Metni", "Impressum/Datenschutz",
    ],
)  # fmt: skip
def test_page_links_texts(text: str) -> None:
    assert found(f'<a href="/news/1">News</a><a href="/x7">{text}</a>') == to("/x7")


@pytest.mark.parametrize(
    "html",
    [
        '<a href="/x7"><img src=i.gif alt="Privacy Policy"></a>',
        '<a href="/x7" title="Privacy Policy"><i class=icon></i></a>',
        '<a href="/x7" aria-label="Privacy Policy"></a>',
        '<a href="/x7"><style>.a{}</style>Privacy Policy</a>',
        '<a href="/x7" rel="nofollow privacy-policy">§</a>',
        '<link rel="privacy-policy" href="/x7">',
        '<map name=m><area href="/x7" alt="Privacy Policy"><area href="/y" alt="Home"></map>',
        '<base href="https://www.example.com/"><a href="x7">Privacy Policy</a>',
        "<a href=\"javascript:popup('/x7', 300)\">Privacy Policy</a>",
        '<a href="#" onclick="window.open(\'/x7\')">Privacy Policy</a>',
        "<button onclick=\"location.href='/x7'\">Privacy Policy</button>",
        '<select><option value="/x7">Privacy Policy</option></select>',
        '<frameset cols=*><frame src="/m.html"></frameset><noframes><a href="/x7">Privacy Policy</a></noframes>',
        '<noscript><a href="/x7">Privacy Policy</a></noscript>',
        '<template><a href="/x7">Privacy Policy</a></template>',
        '<svg><a href="/x7">Privacy Policy</a></svg>',
        '<a href="/x7"><svg aria-label="Privacy Policy"></svg></a>',
        '<a href="\\x7">Privacy Policy</a>',
        "<table><tr><td onclick=\"location.href='/x7'\">Privacy Policy</td></tr></table>",
        "<span onclick='window.location = \"/x7\"'>Privacy Policy</span>",
        "<li role=link onclick=\"document.location.assign('/x7')\">Privacy Policy</li>",
        '<img alt="Privacy Policy" src=p.gif onclick="location.replace(\'/x7\')">',
        '<form action="/x7"><input type=submit value="Privacy Policy"></form>',
        '<form action="/x7"><input type=hidden><button>Privacy Policy</button></form>',
        '<form method=post action="/x7"><input type=hidden name=s value=1><input type=image alt="Privacy Policy"></form>',
        '<form action="/y"><button formaction="/x7">Privacy Policy</button></form>',
        '<span id=q hidden>Privacy <b>Policy</b></span><a href="/x7" aria-labelledby="q"><i></i></a>',
        '<x-foot><template shadowrootmode="open"><a href="/x7">Privacy Policy</a></template></x-foot>',
        '<a href="#" data-href="/x7">Privacy Policy</a>',
        '<span data-url="/x7">Privacy Policy</span>',
        '<a routerlink="/x7">Privacy Policy</a>',
        '<svg><a xlink:href="/x7"><title>Privacy Policy</title></a></svg>',
        '<iframe srcdoc="<a href=/x7>Privacy Policy</a>"></iframe>',
        '<map name=m><area href="/x7" title="Privacy Policy" alt=""></map>',
        '<head><link rel=privacy href="/x7" title="Privacy Policy"></head>',
        '<div id=root></div><script>f=[{"title":"Privacy Policy","url":"\\/x7"}]</script>',
        "<script>menu(['Privacy Policy', '/x7'])</script>",
        '<script>document.write("<a href=\\"/x7\\">Privacy " + "Policy</a>")</script>',
        """<script>self.__next_f.push([1,"{\\"href\\":\\"/x7\\",\\"children\\":\\"Privacy Policy\\"}"])</script>""",
    ],
)
def test_page_links_markup(html: str) -> None:
    assert found(html) == to("/x7")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", "/privacy"), ("Do not sell my personal information", "/privacy"), ("Site Policies", "/privacy-policy/"),
        ("Learn more", "/privacy"), ("<i></i>", "/de/datenschutz.html"), ("here", "/legal/privacy-policy"),
        ("Your Privacy Choices", "/optout"), ("Click for details", "/politica-de-privacidad"),
    ],
)  # fmt: skip
def test_page_links_by_address(text: str, path: str) -> None:
    assert found(f'<a href="/about">About</a><a href="{path}">{text}</a>') == to(path)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("Privacy news", "/n/1"), ("Domain Privacy", "/domains/privacy"), ("WHOIS Privacy Protection", "/whois"),
        ("Privacy Shield certificate", "/ps"), ("Cookie Settings", "/c"), ("Manage cookie preferences", "#c"),
        ("Applicant privacy notice", "/jobs/privacy"), ("Privacy notice for job candidates", "/jn"),
        ("Why privacy matters", "/blog/privacy"), ("How to protect your privacy", "/guide"), ("Privacy settings", "/account/privacy"),
        ("GDPR compliance tools", "/gdpr-tools"), ("Data protection software", "/p"), ("Data protection officer services", "/dpo"),
        ("Datenschutzbeauftragter buchen", "/dsb"), ("Privacy screens", "/shop/privacy-screens"), ("Legal", "/legal"),
        ("Privacy webinar", "/w"), ("New privacy law explained", "/law"), ("", "/blog/privacy-tips"), ("", "/img/privacy.png"),
        ("Datenschutz für Bewerber", "/bewerber"), ("Terms", "/terms"), ("Privacy policy generator", "/generator"),
    ],
)  # fmt: skip
def test_page_links_leads_elsewhere(text: str, path: str) -> None:
    assert found(f'<a href="{path}">{text}</a>') == []


@pytest.mark.parametrize(
    "others",
    [
        '<a href="https://policies.google.com/privacy">Privacy Policy</a>',
        '<a href="https://www.cookiebot.com/en/privacy-policy/">Privacy Policy</a>',
        '<a href="https://widget.example/privacy">Privacy</a>',
        '<a href="https://help.zendesk.com/privacy">Privacy Notice</a>',
        '<a rel="privacy-policy" href="https://tawk.to/p">Privacy</a>',
        '<a href="https://www.mailerlite.com/legal/privacy-policy">Privacy Policy</a>',
    ],
)
@pytest.mark.parametrize(
    "own", ["Privacy Policy and Terms of Use", "Our commitment to privacy", "Cookies & Privacy", ""]
)
def test_page_links_widget_does_not_hide_own(others: str, own: str) -> None:
    assert found(f'{others}<a href="/privacy">{own}</a>') == to("/privacy")
    assert found(f'<a href="/privacy">{own}</a>{others}') == to("/privacy")


def test_page_links_address_contradicts_text() -> None:
    menu = '<a href="/domains/privacy">Privacy</a><a href="/products/data-protection">Data Protection</a>'
    assert found(f'{menu}<a href="/x7">Privacy &amp; Terms</a>') == to("/x7")
    assert found(menu) == to("/domains/privacy")


def test_page_links_foreign() -> None:
    page = (
        '<a href="https://parent.example/legal/p">Privacy Policy</a><a href="https://policies.google.com/p">Privacy</a>'
        '<a href="https://other.example/privacy-news">Privacy news</a><a href="/cookies">Cookie Policy</a>'
    )
    assert links(page).foreign == ("https://parent.example/legal/p",)
    own = '<a href="https://examplehosting.net/p">Privacy</a><a href="https://www.example.co.uk/p">Privacy</a>'
    assert found(page + own) == ["https://examplehosting.net/p", "https://www.example.co.uk/p"]


@pytest.mark.parametrize("own", ["Privacy Policy", "Privacy &amp; Terms"])
def test_page_links_foreign_beside_own_is_a_widgets(own: str) -> None:
    page = f'<a href="https://widget.example/privacy">Privacy Policy</a><a href="/x/9">{own}</a>'
    assert links(page) == PageLinks(tuple(to("/x/9")), is_sure=True)


@pytest.mark.parametrize(
    ("link", "is_sure"),
    [
        ('<a href="/x/9">Privacy Policy</a>', True),
        ('<a href="/x/9">Privacy Policy</a><a href="/c">Cookie Policy</a>', True),
        ('<a href="/cookies">Cookie Policy</a>', False),
        ('<a href="/cloud-data-protection">Backup</a>', False),
        ('<a href="/news/9">We have updated our privacy policy</a>', False),
        ('<a href="/ccpa">Do Not Sell My Personal Information</a>', False),
        ("", False),
    ],
)
def test_page_links_say_whether_they_are_sure(link: str, *, is_sure: bool) -> None:
    """The page that policies stand on is told of beside a link that can be another's."""
    found = links(f'{link}<a href="/legal">Legal</a>')
    assert found.is_sure is is_sure
    assert found.hubs == tuple(to("/legal"))


def test_page_links_hubs() -> None:
    page = (
        '<a href="/contact">Contact</a><a href="/help">Help</a><a href="/about">About us</a><a href="/tos">Terms of Service</a>'
        '<a href="/l">Legal</a><a href="/legal.html"><img src=x></a><a href="https://facebook.com/legal">Legal</a>'
        '<a href="/sitemap.html">Site map</a>'
    )
    assert links(page).hubs == (*to("/l", "/legal.html", "/tos", "/about"),)
    assert len(links(page).hubs) == MAX_HUBS
    assert links('<a href="/i">Impressum</a><a href="/c">Kontakt</a>').hubs == (*to("/i", "/c"),)


@pytest.mark.parametrize(
    "text", ["T&amp;C", "AUP", "ÁSZF", "Όροι χρήσης", "Правовая информация", "תנאי שימוש", "Điều khoản"]
)
def test_page_links_hub_texts(text: str) -> None:
    assert links(f'<a href="/4">{text}</a>').hubs == (*to("/4"),)


@pytest.mark.parametrize(
    "html",
    [
        '<form action="/subscribe"><input name=mail><button>Privacy Policy</button></form>',
        '<form action="/login"><input type=password><input type=submit value="Privacy Policy"></form>',
        '<form><input type=submit value="Privacy Policy"></form>',
        '<td onclick="show()">Privacy Policy</td>',
        '<a href="#" data-href="#p">Privacy Policy</a>',
        '<script>x={"title":"Privacy Policy","url":"#privacy"}</script>',
        '<script>x={"title":"Privacy Policy","url":"https://policies.google.com/privacy"}</script>',
        '<script>x={"title":"Domain Privacy","url":"/privacy"}</script>',
    ],
)
def test_page_links_markup_that_is_no_link(html: str) -> None:
    assert found(html) == []


def test_page_links_form_asks_with_its_hidden_values() -> None:
    form = '<form action="/show.cgi"><input type=hidden name=page value=p7><input type=submit value=Privacy></form>'
    assert found(form) == to("/show.cgi?page=p7")


def test_page_links_hub_of_a_page_that_scripts_make() -> None:
    page = '<div id=root></div><script>f=[{"label":"Legal","href":"/l"},{"label":"Blog","href":"/b"}]</script>'
    assert links(page).hubs == (*to("/l"),)


@pytest.mark.parametrize(
    ("html", "entries"),
    [
        ('<a href="/de/">Deutschland</a><a href="/us/">United States</a><a href="/fr/">France</a>', ("/us/", "/de/")),
        ('<a href="/main.html"><img src=enter.gif alt="Enter site"></a>', ("/main.html",)),
        ('<a href="/start/7">Skip intro</a><a href="/flash">Download</a>', ("/start/7",)),
        ('<a href="/en-us/home">Home</a>', ("/en-us/home",)),
        ('<a href="/de/">Deutsch</a><a href="/legal">Legal</a>', ("/legal",)),
        ('<a href="https://www.facebook.com/en/">English</a><a href="/products">Products</a>', ()),
    ],
)
def test_page_links_of_a_door_are_the_ways_in(html: str, entries: tuple[str, ...]) -> None:
    """Pages that choose a country or a language, or only say "Enter", have no other link to the site's footer."""
    assert links(html).hubs == tuple(to(*entries))


def test_page_links_hubs_of_the_buyers_home_page() -> None:
    """A home page that redirects to another domain has its hubs there; what they link to is foreign."""
    page = b'<a href="/legal">Legal</a><a href="https://www.facebook.com/legal">Legal</a>'
    read = page_links(page, "text/html", url="https://www.buyer.example.net/", domain="example.com")
    assert read.hubs == ("https://www.buyer.example.net/legal",)


@pytest.mark.parametrize(
    "part",
    [
        '<script src="/footer.js"></script>',
        '<div w3-include-html="/footer.js"></div>',
        '<div hx-get="/footer.js" hx-trigger=load></div>',
        '<turbo-frame src="/footer.js"></turbo-frame>',
    ],
)
def test_page_links_parts_that_scripts_fetch_are_frames(part: str) -> None:
    assert links(f"<p>Hello{part}<script src=/jquery.js></script>").frames == (*to("/footer.js"),)
    assert links("<script>$('#foot').load('/inc/foot.html')</script>").frames == (*to("/inc/foot.html"),)


def test_page_links_of_a_script_that_writes_them() -> None:
    script = b"document.write('<a href=\"x/7.html\">Privacy ' + 'Policy</a>')"
    read = page_links(script, "application/javascript", url="https://www.example.com/js/menu.js", domain="example.com")
    assert read.policies == (*to("/x/7.html"),)


@pytest.mark.parametrize(
    "script",
    ['c={privacyPolicyUrl:"/x7",imprintUrl:"/x8"}', '{"privacy_policy_link": "/x7"}', "var privacyUrl = '/x7';"],
)
def test_page_links_of_a_consent_managers_settings(script: str) -> None:
    assert found(f"<div id=root></div><script>{script}</script>") == to("/x7")


@pytest.mark.parametrize("said", ["name=footer", 'title="Bottom navigation"', "id=menu"])
def test_page_links_frames_by_their_names(said: str) -> None:
    frames = "".join(f'<frame src="/{n}.htm">' for n in range(9))
    assert links(f"<frameset>{frames}<frame src=/x.htm {said}></frameset>").frames[0] == to("/x.htm")[0]


def test_page_links_objects_and_layers_are_frames() -> None:
    page = '<object data="/f.html" type="text/html"></object><ilayer src="/g.html"></ilayer><object data=x.swf type="application/x-shockwave-flash"></object>'
    assert links(page).frames == (*to("/f.html", "/g.html"),)


def test_page_links_frames_with_a_menu_first() -> None:
    frames = "".join(f'<frame src="/{name}.htm">' for name in ("top", "a", "b", "c", "main", "nav", "foot"))
    assert links(f"<frameset>{frames}</frameset>").frames == (*to("/nav.htm", "/foot.htm", "/top.htm", "/a.htm"),)


def test_page_links_frames() -> None:
    frames = "".join(f'<frame src="/f{n}.html">' for n in range(9))
    assert links(f"<frameset>{frames}</frameset>").frames == (*to("/f0.html", "/f1.html", "/f2.html", "/f3.html"),)
    assert MAX_FRAMES == 4
    assert links('<frameset><frame src="https://real.example/"></frameset>').frames == ("https://real.example/",)
    inline = '<iframe src="https://ad.example/"></iframe><iframe src="https://www.youtube.com/e"></iframe><iframe src="/foot">'
    assert links(inline).frames == (*to("/foot"),)


def test_page_links_in_scripts() -> None:
    script = (
        '<div id=app></div><script>x={"href":"\\/legal\\/privacy-policy","a":"/privacy.js","b":"/pricing"}</script>'
    )
    assert found(script) == to("/legal/privacy-policy")
    assert found(script + '<a href="/x7">Privacy</a>') == to("/x7")


def test_page_links_relative_to_page() -> None:
    page = "https://www.example.com/en/home/"
    html = b'<a href="../privacy">Privacy</a>'
    assert page_links(html, "text/html", url=page, domain="example.com").policies == (
        "https://www.example.com/en/privacy",
    )


def test_page_links_hostile_page_is_bounded() -> None:
    assert found("<a href='/x'>y</a>" * (MAX_LINKS + 1) + "<a href='/p'>Privacy</a>") == []
    assert found("<a href='/p'>" + "privacy " * 100_000 + "</a>") == []
    assert found("\x00\xff<<<a href=" * 1000) == []


@pytest.mark.parametrize(
    "href",
    [
        "http://example.com/p?%" + "25" * 1_000_000,
        "/" + "x" * MAX_URL,
        "/p?" + "&" * 900,  # encoded for a query, it is too long
        "http://[evil/privacy",
        "http://example.com:99999/privacy",
        "http://1.2.3/privacy",
        "http:///privacy",
        "/pri&#0;vacy&#27;[2J",
        "javascript:privacy()",
    ],
)
def test_page_links_leaves_out_unusable_urls(href: str) -> None:
    assert found(f'<a href="{href}">Privacy Policy</a><a href="/p">Privacy Policy</a>') == ["https://www.example.com/p"]


def test_page_links_are_bounded() -> None:
    assert len(found("".join(f'<a href="/p{n}">Privacy</a>' for n in range(1_000)))) == MAX_FOUND
    within = "<a href=/x><object>" + "privacy " * 1_000
    assert len(found(within * 2_000)) < MAX_FOUND  # each link has the text of all below it


def test_page_links_refuses_exploding_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(text: str, **_: object) -> None:
        raise AssertionError(text[:100])

    monkeypatch.setattr(page_anchors, "turbohtml", SimpleNamespace(parse=parse))
    page = "".join(f"<i id={n}>" for n in range(5_000)) + "<p>x" * 5_000 + "<a href=/p>Privacy</a>"
    assert page_links(page.encode("utf-16"), "text/html; charset=utf-16", url=HOME, domain="example.com") == PageLinks()


MARKUP = st.lists(
    st.one_of(
        st.sampled_from(
            ["<a href='", "'>Privacy Policy</a>", "<a>", "</a>", "http://", "[", "&#xD800;", "&#0;", "<base href=//x>"]
        ),
        st.text(max_size=10),
    ),
    max_size=12,
).map("".join)


@settings(deadline=None, max_examples=200)
@given(MARKUP, st.sampled_from([HOME, "", "http://[", "nonsense"]))
def test_page_links_never_raises(page: str, url: str) -> None:
    html = page.encode("utf-8", "surrogatepass")
    told = page_links(html, "text/html; charset=utf-8", url=url, domain="example.com")
    for link in (*told.policies, *told.foreign, *told.hubs, *told.frames):
        assert url_problem(link) == ""


def _foreign(**pages: str) -> dict[str, PageLinks]:
    return {name.removeprefix("t"): PageLinks(foreign=tuple(targets.split())) for name, targets in pages.items()}


@pytest.mark.parametrize(
    ("pages", "owners"),
    [
        (_foreign(t20100101000000="http://a.com/p", t20110101000000="http://a.com/p"), ["http://a.com/p"]),
        (_foreign(t20100101000000="http://a.com/p", t20120101000000="http://a.com/p"), []),
        (_foreign(t20100101000000="http://a.com/p", t20100601000000="http://a.com/p"), []),
        (_foreign(t20100101000000="http://a.com/p", t20110101000000="", t20110601000000="http://a.com/p"),
         ["http://a.com/p"]),
        (_foreign(t20100101000000="http://a.com/p http://a.com/p/", t20100601000000="", t20100901000000="",
                  t20110101000000="http://a.com/p", t20110601000000=""), []),
        (_foreign(t20100101000000="http://a.com/p", t20110101000000="https://www.a.com/p/ http://b.com/",
                  t20120101000000="http://b.com/"), ["http://b.com/", "https://www.a.com/p/"]),
        ({}, []),
    ],
)  # fmt: skip
def test_owners_pages(pages: dict[str, PageLinks], owners: list[str]) -> None:
    assert owners_pages(pages) == owners
