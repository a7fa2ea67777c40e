# ruff: noqa: RUF001 - quotation marks and dashes are what is tested
"""Bytes to text as a browser decides."""

from __future__ import annotations

import codecs
import gzip

import pytest

from pipelines.convert.decode import MAX_BYTES, decode
from pipelines.errors import NotHtml, PageCutShort, PageTooLarge

META = '<meta charset="{}">'


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("utf-8", "utf-8", "“Privacy” – ваши данные"),
        ("ISO-8859-1", "cp1252", "“Privacy” – €5"),
        ("latin1", "cp1252", "naïve — ‘quoted’"),
        ("us-ascii", "cp1252", "it’s"),
        ("Shift_JIS", "cp932", "個人情報保護方針①"),
        ("x-sjis", "cp932", "個人情報"),
        ("EUC-JP", "euc_jp", "個人情報"),
        ("ISO-2022-JP", "iso2022_jp", "個人情報"),
        ("EUC-KR", "cp949", "개인정보 보호정책 똠"),
        ("ks_c_5601-1987", "cp949", "개인정보"),
        ("GBK", "gbk", "隐私政策"),
        ("gb2312", "gbk", "隱私政策朱镕基"),
        ("gb18030", "gb18030", "隐私政策㐀"),
        ("Big5", "big5", "隱私權政策"),
        ("KOI8-R", "koi8_r", "Политика конфиденциальности"),
        ("windows-1251", "cp1251", "Політика"),
        ("iso-8859-9", "cp1254", "Gizlilik şartları – ğ"),
        ("tis-620", "cp874", "นโยบาย"),
        ("macintosh", "mac_roman", "naïve “data”"),
    ],
)
class TestLabels:
    def test_decode_charset_of_header(self, label, codec, text):
        assert decode(f"<p>{text}".encode(codec), f"text/html; charset={label}") == f"<p>{text}"

    def test_decode_charset_of_meta(self, label, codec, text):
        markup = META.format(label) + f"<p>{text}"
        assert decode(markup.encode(codec)) == markup


@pytest.mark.parametrize(
    ("bom", "codec"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_decode_byte_order_mark_outweighs_header_and_meta(bom, codec):
    markup = META.format("koi8-r") + "<p>données €"
    assert decode(bom + markup.encode(codec), "text/html; charset=windows-1251") == markup


def test_decode_header_outweighs_meta():
    markup = META.format("utf-8") + "<p>Политика"
    assert decode(markup.encode("koi8-r"), 'text/html;charset="KOI8-R"') == markup


def test_decode_header_outweighs_detection():
    assert decode("<p>é".encode(), "text/html; charset=iso-8859-1") == "<p>Ã©"


def test_decode_unknown_header_charset_uses_meta():
    markup = META.format("koi8-r") + "<p>Политика"
    assert decode(markup.encode("koi8-r"), "text/html; charset=nonsense") == markup


def test_decode_meta_http_equiv():
    markup = '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=windows-1251"><p>Данные'
    assert decode(markup.encode("cp1251"), "text/html") == markup


def test_decode_ignores_meta_in_comment():
    markup = "<!-- <meta charset=koi8-r> -->" + META.format("windows-1251") + "Данные"
    assert decode(markup.encode("cp1251")) == markup


def test_decode_meta_utf16_means_utf8():
    markup = META.format("utf-16") + "<p>€"
    assert decode(markup.encode()) == markup


def test_decode_meta_after_first_kilobyte():
    markup = "<title>x</title>" + " " * 2000 + META.format("koi8-r") + "<p>Политика"
    assert decode(markup.encode("koi8-r")) == markup


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("utf-8", "Ваши данные – “privées”"),
        ("cp1252", "© 2004 Example Host – “Privacy” policy"),
        ("cp1252", "Rackspace® websites"),
        ("koi8_r", "Политика конфиденциальности и защита данных"),
        ("cp1251", "Политика конфиденциальности и защита данных"),
        ("cp932", "個人情報保護方針について。当社は、お客様の情報を大切にします"),
        ("cp949", "개인정보 보호정책 입니다 우리는 개인정보를 소중히 여깁니다"),
        ("gbk", "隐私政策 我们重视您的隐私 并且保护您的个人信息"),
    ],
)
def test_decode_undeclared_charset_is_detected(codec, text):
    assert decode(f"<p>{text}".encode(codec), "text/html") == f"<p>{text}"


def test_decode_undeclared_utf16_without_mark():
    assert decode("<p>données €".encode("utf-16-le")) == "<p>données €"
    assert decode("<p>données €".encode("utf-16-be")) == "<p>données €"


def test_decode_truncated_utf8():
    assert decode("<p>données – privées €".encode()[:-1]).startswith("<p>données – privées ")


def test_decode_utf8_with_stray_byte():
    assert decode("<p>données – privées ".encode() * 20 + b"\x92").startswith("<p>données – privées")


def test_decode_invalid_bytes_are_replaced():
    assert decode(b"<p>a\xffb", "text/html; charset=utf-8") == "<p>a\ufffdb"


def test_decode_keeps_nul():
    assert decode(b"<p>pri\0vacy of data" + b"\0" * 300) == "<p>pri\0vacy of data" + "\0" * 300


class TestGzip:
    def test_decode_gzip_body(self):
        assert decode(gzip.compress("<p>données".encode()), "text/html; charset=utf-8") == "<p>données"

    def test_decode_gzip_twice(self):
        assert decode(gzip.compress(gzip.compress(b"<p>data"))) == "<p>data"

    def test_decode_gzip_two_members(self):
        assert decode(gzip.compress(b"<p>data ") + gzip.compress(b"we keep") + b"\n") == "<p>data we keep"

    def test_decode_gzip_without_end_is_cut_short(self):
        body = gzip.compress(b"".join(b"<p>paragraph %d</p>" % i for i in range(50_000)))
        with pytest.raises(PageCutShort, match="has no end"):
            decode(body[: len(body) // 2])

    def test_decode_gzip_broken_at_start(self):
        with pytest.raises(NotHtml, match="gzip"):
            decode(b"\x1f\x8b\x08\x00garbage that is no deflate stream")

    def test_decode_gzip_bomb(self):
        with pytest.raises(PageTooLarge, match="bytes"):
            decode(gzip.compress(b" " * (MAX_BYTES + 1)))


@pytest.mark.parametrize(
    "body",
    [b"\x89PNG\r\n\x1a\n" + b"x" * 99, b"GIF89a" + b"x" * 99, b"PK\3\4" + b"x" * 99, bytes(range(256)) * 20],
)
def test_decode_refuses_binary_data(body):
    with pytest.raises(NotHtml):
        decode(body, "text/html")


def test_decode_too_large():
    with pytest.raises(PageTooLarge):
        decode(b"x" * (MAX_BYTES + 1))


def test_decode_empty():
    assert decode(b"") == ""


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (rb"{\rtf1\ansi\deff0 {\fonttbl {\f0 Times;}} Privacy Policy: we collect personal information.}", "RTF"),
        (b"\xef\xbb\xbf\n{\\rtf1 Privacy", "RTF"),
        (b'{"title": "Privacy Policy", "content": "<p>We collect personal information.</p>"}', "JSON"),
        (b'\n { "a\\"b" : 1}', "JSON"),
        (b'[{"id": 1, "content": {"rendered": "<h1>Privacy</h1>"}}]', "JSON"),
        (b'["privacy", "policy"]', "JSON"),
        (b"[[1, 2], [3]]", "JSON"),
        (b"{}", "JSON"),
        (b'\xef\xbb\xbf{"a": 1}', "JSON"),
        (b'jQuery.cb_1({"html": "<p>Privacy</p>"});', "JSON"),
        (b')]}\'\n{"html": "<p>Privacy</p>"}', "JSON"),
        (b')]}\',\n[["privacy"]]', "JSON"),
        (b'for (;;);{"html": 1}', "JSON"),
        (b"while(1);[[1], [2]]", "JSON"),
        (b'/**/ typeof_cb({"html": 1});', "JSON"),
        (b"%!PS-Adobe-3.0\n%%Title: Privacy Policy", "PostScript"),
        (b"%!\n(Privacy Policy) show", "PostScript"),
        (b"BEGIN:VCARD\r\nVERSION:3.0\r\nNOTE:Privacy Policy", "card"),
        (b"BEGIN:VCALENDAR\nSUMMARY:Privacy", "calendar"),
        (b'<?xml version="1.0"?>\n<?xml-stylesheet href="a.xsl"?>\n<rss version="2.0"><channel>', "feed"),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"><title>Privacy</title>', "feed"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><urlset><url><loc>http://a.example/privacy</loc></url>', "sitemap"),
    ],
)
@pytest.mark.parametrize("content_type", ["", "unk", "text/html", "text/plain; charset=utf-8"])
def test_decode_refuses_text_that_is_no_page(body: bytes, name: str, content_type: str) -> None:
    with pytest.raises(NotHtml, match=name):
        decode(body, content_type)


@pytest.mark.parametrize(
    "text",
    [
        "Privacy Policy. We collect {personal} information.",
        "[Last updated: 2019] Privacy Policy",
        "{{ title }} Privacy Policy",
        "{% block %} Privacy",
        "(We) collect data",
        '"Privacy" is what we mean',
        "{ body: 1 }<p>Privacy",
        "[1] Privacy Policy",
        "BEGIN: Privacy Policy",
        "for (;;) { } is no policy",
        '<?xml version="1.0"?><html><feed>we collect',
        "<feedback>Privacy",
        '["Company", "we"] collect data</p>',
    ],
)
def test_decode_keeps_text_that_only_begins_like_another_format(text: str) -> None:
    assert decode(text.encode()) == text
