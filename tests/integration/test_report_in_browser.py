"""The site as people use it, in a real Chromium: nothing is asked for outside, nothing is complained about (conftest)."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pypdfium2 import PdfDocument
from selenium.webdriver.common.keys import Keys

from pipelines.report.site import build
from tests.support.report_catalog import HOSTILE, Folder, hostile, many

if TYPE_CHECKING:
    from tests.support.browser import Browser
    from tests.support.commands import Run

MEGABYTE = 1_000_000
COMPANIES, VERSIONS = 150, 100
SHOWN = "#table tbody tr:not([hidden])"
READY = "document.querySelector('#reader-body .diff') !== null && !document.querySelector('[aria-busy]')"


@pytest.fixture(scope="module")
def sample(sample_run: Run, tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Path:  # noqa: ARG001 - not built for nobody
    """Return the report of a copy of the sample's folder: feeds link to a report, so that others would see it."""
    output = sample_run.copied_to(tmp_path_factory.mktemp("sample") / "output")
    return Path(build(output).index).parent


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Path:  # noqa: ARG001 - as above
    return Path(build(many(tmp_path_factory.mktemp("large"), companies=COMPANIES, versions=VERSIONS)).index).parent


def open_company(browser: Browser, site: Path, slug: str, fragment: str = "") -> None:
    browser.open(site / "companies" / f"{slug}.html", fragment)
    browser.until(READY)


def test_overview_shows_changes_charts_and_outcomes(browser: Browser, sample: Path, sample_run: Run) -> None:
    browser.open(sample / "index.html")
    assert browser.count(SHOWN) == 5
    assert browser.text(".changes li:first-child").startswith("2023-05-20")
    assert browser.count(".plot canvas") == 2
    assert browser.text("#constant") == "the same 3 companies in all years, 2015 to 2021"
    assert browser.count(".strip path.m[d^=M]") == 5
    assert "HTTP 404" in browser.text(".outcomes")
    rows = (
        "[...document.querySelectorAll('#chart-births details tbody tr')].map(row => Number(row.cells[1].textContent))"
    )
    assert sum(browser.js(f"return {rows}")) == len(sample_run.versions())


def test_overview_filters_table_and_charts_and_keeps_them_in_url(browser: Browser, sample: Path) -> None:
    browser.open(sample / "index.html")
    browser.driver.find_element("name", "q").send_keys("north")
    assert browser.count(SHOWN) == 1
    assert browser.text("#shown") == "1 of 5 companies"
    assert browser.js("return location.hash") == "#q=north"
    rows = (
        "[...document.querySelectorAll('#chart-births details tbody tr')].map(row => Number(row.cells[1].textContent))"
    )
    assert sum(browser.js(f"return {rows}")) == 5
    browser.driver.find_element("name", "q").send_keys("xyz")
    assert browser.text("#nothing").startswith("No company matches.")
    browser.click("#nothing button")
    browser.until("document.querySelectorAll(arguments[0]).length === 5", SHOWN)
    browser.js(
        "const f = document.forms.filters; f.lang.value = 'de'; f.lang.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    assert browser.text(SHOWN).startswith("Wolkenwerft")
    browser.open(sample / "index.html", "#year=2023")
    assert browser.count(SHOWN) == 1


def test_overview_topics_filter_companies(browser: Browser, sample: Path) -> None:
    browser.open(sample / "index.html")
    browser.js("document.querySelector('button[data-topic=\"children\"]').click()")
    browser.until("location.hash === '#topic=children'")
    shares = "[...document.querySelectorAll('#chart-topics td')].map(cell => Number(cell.textContent))"
    assert all(0 <= share <= 100 for share in browser.js(f"return {shares}"))
    assert 0 < browser.count(SHOWN) < 5
    assert browser.js("return document.activeElement.getAttribute('aria-pressed')") == "true"
    browser.js("document.activeElement.click()")
    assert browser.count(SHOWN) == 5


def test_company_page_hides_what_says_nothing_new(browser: Browser, sample: Path) -> None:
    hidden = "[...document.querySelectorAll('.versions .noise')].filter(item => item.offsetParent === null).length"
    open_company(browser, sample, "northlane", "#v5")
    assert browser.js(f"return {hidden}") == browser.count(".versions .noise") > 0
    browser.click("#noise")
    assert browser.js(f"return {hidden}") == 0
    open_company(browser, sample, "northlane", "#v4")  # such a one
    assert browser.js(f"return {hidden}") == 0


def test_overview_sorts_by_keyboard(browser: Browser, sample: Path) -> None:
    browser.open(sample / "index.html")
    browser.driver.find_element("css selector", "[data-sort=words]").send_keys(Keys.ENTER)
    words = "[...document.querySelectorAll('#table tbody tr')].map(row => Number(row.cells[4].textContent.replace(',', '')))"
    found = browser.js(f"return {words}")
    assert found == sorted(found, reverse=True)
    assert browser.js("return document.querySelector('[data-sort=words]').closest('th').ariaSort") == "descending"
    browser.driver.find_element("css selector", "[data-sort=words]").send_keys(Keys.ENTER)
    assert browser.js(f"return {words}") == sorted(found)


def test_overview_change_links_to_comparison(browser: Browser, sample: Path) -> None:
    browser.open(sample / "index.html")
    browser.click(".changes li:first-child a")
    browser.until(READY)
    assert browser.text("h1") == "Northlane"
    assert browser.text("#reader-title") == "Version 5 of 5"
    assert browser.text("#reader-when").startswith("Changed after 2022-08-06 and by 2023-05-20, against version 4:")
    shown = "[...document.querySelectorAll('#reader-body ' + arguments[0])].map(item => item.textContent).join(' ')"
    assert "ask for telephone numbers" in browser.js(f"return {shown}", "ins")
    assert "two years" in browser.js(f"return {shown}", "del")
    assert "Northlane Cloud rents out computers by the hour" not in browser.js(f"return {shown}", "ins")


def test_comparison_side_by_side_and_inline_have_same_words(browser: Browser, sample: Path) -> None:
    open_company(browser, sample, "northlane", "#v5")
    words = "['ins', 'del'].map(tag => [...document.querySelectorAll('#reader-body ' + tag)].map(item => item.textContent).sort())"
    assert browser.count("table.split") == 1
    split = browser.js(f"return {words}")
    browser.js("document.querySelector('[value=inline]').click()")
    browser.until("document.querySelector('#reader-body .inline') !== null")
    assert browser.js(f"return {words}") == split
    browser.js("document.querySelector('[value=text]').click()")
    browser.until("document.querySelector('#reader-body .text') !== null")
    assert browser.count("#reader-body ins, #reader-body del") == 0
    assert browser.js("return document.getElementById('layout').disabled")


def test_company_page_shows_every_version(browser: Browser, sample: Path) -> None:
    for page in sorted((sample / "companies").glob("*.html")):
        open_company(browser, sample, page.stem)
        for number in range(browser.count(".versions a"), 0, -1):
            browser.js("location.hash = arguments[0]", f"v{number}")
            browser.until(
                "document.getElementById('reader-title').textContent.startsWith(arguments[0])", f"Version {number} "
            )
            browser.until(
                "document.querySelector('#reader-body > *') !== null && !document.querySelector('[aria-busy]')"
            )
            assert "missing" not in browser.text("#reader-body").split("\n")[0]


def test_comparison_folded_paragraphs_unfold_and_get_focus(browser: Browser, sample: Path) -> None:
    open_company(browser, sample, "northlane", "#v5")
    before = browser.count("#reader-body tr")
    browser.js("document.querySelector('.fold').click()")
    assert browser.count("#reader-body tr") > before
    assert browser.js("return document.activeElement.tagName") == "TR"


COMPARED = """
const words = "we keep mail _and_ names for one year [x] two 情報 é ö. Cookies".split(" ");
let seed = 7;
const chance = (most) => (seed = (seed * 1103515245 + 12345) % 2147483648) % most;
const line = () => Array.from({ length: 1 + chance(9) }, () => words[chance(words.length)]).join(" ");
const text = () => Array.from({ length: chance(9) }, line);
const rebuilt = (rows, old, fresh) => {
  const [left, right] = [[], []];
  for (const [kind, ...rest] of rows) {
    const [count] = rest;
    if (kind === 2) {
      let [i, j, was, is] = [0, 0, old[left.length], fresh[right.length]];
      for (let at = 0; at < rest.length; at += 3) {
        if (was.slice(i, i + rest[at]) !== is.slice(j, j + rest[at])) return false;
        [i, j] = [i + rest[at] + rest[at + 1], j + rest[at] + rest[at + 2]];
      }
      left.push(was.slice(0, i));
      right.push(is.slice(0, j));
      continue;
    }
    for (let at = 0; at < count; at++) {
      if ([0, -1, -3].includes(kind)) left.push(old[left.length]);
      if ([0, 1, 3].includes(kind)) right.push(fresh[right.length]);
      if (kind === 0 && left.at(-1) !== right.at(-1)) return false;
    }
  }
  return JSON.stringify([left, right]) === JSON.stringify([old, fresh]);
};
return Array.from({ length: 400 }, () => [text(), text()]).every(([old, extra]) => {
  const fresh = [...extra, ...old].filter(() => chance(3)).sort(() => chance(3) - 1);
  return rebuilt(PolicyCompare.compare(old, fresh), old, fresh);
});
"""


def test_company_page_compares_any_two_versions(browser: Browser, sample: Path) -> None:
    open_company(browser, sample, "northlane", "#v5")
    assert browser.js(COMPARED)
    long = "Array.from({length: 90}, (_, line) => Array.from({length: 900}, (_, at) => `w${(line * at * arguments[0]) % 97}`).join(' '))"
    rows = browser.js(
        f"return PolicyCompare.compare({long}, {long.replace('arguments[0]', '31')}).map(([kind]) => kind)", 17
    )
    assert len(rows) >= 90  # it ends
    heads = "[...document.querySelectorAll('.split th')].map(head => head.textContent)"
    browser.js(
        "const s = document.forms.view.against; s.value = '2'; s.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    browser.until(f"location.hash === '#v5-v2' && {heads}[0]?.startsWith('v2')")
    browser.until(READY)
    assert browser.text("#reader-when").startswith("What led from version 2, last seen 2019-07-14, to this one")
    assert browser.count("#reader-body ins") > 0
    assert browser.js("return document.querySelector('.facts').rows[0].cells[1].textContent") == "Version 2"
    open_company(browser, sample, "northlane", "#v5-v4")  # that is the one before
    assert browser.js("return document.forms.view.against.value") == ""
    # The words that differ are those of the comparison that the report has made.
    shown = (
        "['ins', 'del'].map(tag => [...document.querySelectorAll('#reader-body ' + tag)].map(item => item.textContent))"
    )
    made = browser.js(f"return {shown}")
    browser.js(
        """const links = ['5', '4'].map((number) => document.getElementById(`v${number}-link`).dataset.text);
        return Promise.all(links.map((name) => PolicyReport.load('northlane', name))).then(([fresh, old]) => {
          const rows = PolicyCompare.compare(old[0], fresh[0]);
          const shown = PolicyDiff.difference(rows, PolicyDiff.read(old), PolicyDiff.read(fresh), 'split', []);
          document.getElementById('reader-body').replaceChildren(shown);
        });"""
    )
    assert browser.js(f"return {shown}") == made


def test_company_page_keys_move_between_versions_and_changes(browser: Browser, sample: Path) -> None:
    open_company(browser, sample, "northlane", "#v5")
    link = browser.driver.find_element("css selector", ".versions a[aria-current]")
    link.send_keys("k")
    browser.until("location.hash === '#v4'")
    browser.until("document.activeElement.id === 'reader-title'")
    browser.driver.switch_to.active_element.send_keys("j")
    browser.until("document.getElementById('reader-title').textContent === 'Version 5 of 5'")
    browser.until(READY)
    browser.driver.switch_to.active_element.send_keys("n")
    first = browser.js("return document.activeElement.textContent")
    browser.driver.switch_to.active_element.send_keys("n")
    assert browser.js("return document.activeElement.textContent") != first
    browser.driver.switch_to.active_element.send_keys("p")
    assert browser.js("return document.activeElement.textContent") == first


def test_company_page_first_tab_skips_to_content(browser: Browser, sample: Path) -> None:
    browser.open(sample / "index.html")
    browser.driver.find_element("tag name", "body").send_keys(Keys.TAB)
    assert browser.js("return document.activeElement.className") == "skip"
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    browser.until("document.activeElement.id === 'main'")


def test_timeline_marks_link_to_versions(browser: Browser, sample: Path) -> None:
    open_company(browser, sample, "larkfield-hosting")
    assert browser.count(".lane") == 2
    assert browser.count(".lane rect.gap") > 0
    assert browser.count(".lane .tick.none") == 1
    browser.js(
        "document.querySelector('.lane a').dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}))"
    )
    browser.until("document.getElementById('reader-title').textContent === 'Version 1 of 5'")
    assert browser.count(".lane a.current") == 1


@pytest.mark.parametrize("page", ["index.html", "companies/larkfield-hosting.html"])
def test_report_on_phone_scrolls_vertically_only(browser: Browser, sample: Path, page: str) -> None:
    browser.screen(width=360, height=740)
    browser.open(sample / page)
    for layout in ("inline", "split"):
        browser.js("document.querySelector(`[value=${arguments[0]}]`)?.click()", layout)
        if "companies" in page:
            browser.until(f"document.querySelector('#reader-body .{layout}') !== null")
        assert browser.js("return document.documentElement.scrollWidth") <= 360


def test_company_page_prints_hashes_times_and_addresses(browser: Browser, sample: Path, sample_run: Run) -> None:
    open_company(browser, sample, "northlane", "#v5")
    printed = browser.driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    text = "".join(
        "".join(page.get_textpage().get_text_range().split()) for page in PdfDocument(b64decode(printed["data"]))
    )
    last, before = sorted(
        (version for version in sample_run.versions() if version["domain"] == "northlane.example"),
        key=lambda version: version["first_seen"],
        reverse=True,
    )[:2]
    for version in (last, before):
        for name in ("text_sha256", "snapshot_url", "url"):
            assert version[name] in text.replace("\ufffe", "-")
        for name in ("first_seen", "last_seen"):
            assert version[name].replace("T", "").replace("Z", "UTC") in text
    assert "Olderversion" not in text
    assert "Previouschange" not in text
    assert not browser.js("return document.getElementById('reader-facts').open")


CONTRAST = """
const luminance = (colour) => {
  const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (!/, 0\\)|transparent/.test(colour)) return colour;
  }
};
return [...new Set(arguments[0].flatMap((selector) => [...document.querySelectorAll(selector)].map((element) => {
  const [a, b] = [luminance(getComputedStyle(element).color), luminance(ground(element))];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) >= 4.5 ? "" : selector;
})))].filter(Boolean);
"""


@pytest.mark.parametrize("dark", [False, True])
def test_report_light_and_dark_have_contrast(browser: Browser, sample: Path, dark: bool) -> None:  # noqa: FBT001 - pytest's way
    browser.screen(dark=dark)
    open_company(browser, sample, "northlane", "#v5")
    assert (
        browser.js(CONTRAST, ["body", "ins", "del", ".kept", ".plus", ".minus", ".tag", "small", "dt", "a", "th"]) == []
    )
    paper = browser.js("return getComputedStyle(document.body).backgroundColor")
    browser.screen(dark=not dark)
    assert browser.js("return getComputedStyle(document.body).backgroundColor") != paper
    assert browser.count(".plot canvas") == 1


def test_report_hostile_text_is_text(browser: Browser, tmp_path: Path) -> None:
    site = Path(build(hostile(tmp_path)).index).parent
    browser.open(site / "index.html")
    assert HOSTILE in browser.text("#table tbody th")
    page = next((site / "companies").glob("*.html"))
    for view in ("diff", "text"):
        open_company(browser, site, page.stem, "#v2")
        browser.js("document.querySelector(`[value=${arguments[0]}]`).click()", view)
        browser.until(READY)
        assert "<img src=x onerror=hacked=1>" in browser.text("#reader-body")
        assert (
            browser.count("main script, main img, main iframe, a[href^='javascript:'], a[href^='data:'], [onerror]")
            == 0
        )
    browser.js("location.hash = 'v1'")
    browser.until("document.getElementById('reader-title').textContent.startsWith('Version 1')")
    browser.until(READY)
    assert "javascript:hacked=1" in browser.text("#reader-body")  # an autolink's text
    assert browser.js("return window.hacked === undefined")


def test_report_renders_markdown_links_and_moves(browser: Browser, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.company("Acme", "acme.example")
    body = "## 1\\. _Data_\n\nWe **never** sell [your data](https://acme.example/data) [or not].\n\n  * one\n\n* * *\n"
    folder.capture("acme.example", "20100101000000", body=body)
    folder.capture(
        "acme.example", "20110101000000", body=body.replace("sell [your", "ever rent [your").replace("_", "**")
    )
    moved = "[{}][a](javascript:b) stands by itself here, first.\n\nOne more line stays.\n\nAnother line stays."
    folder.capture("acme.example", "20120101000000", body=moved)
    first, rest = moved.split("\n\n", 1)
    folder.capture("acme.example", "20130101000000", body=f"{rest}\n\n{first}")
    site = Path(build(folder.write()).index).parent
    open_company(browser, site, "acme", "#v4")
    browser.js("document.querySelector('[value=inline]').click()")
    browser.until("document.querySelector('#reader-body .inline') !== null")
    assert browser.text(".moved.away").startswith("moved from here, now below\n[{}]a stands")
    assert browser.text(".moved.here").startswith("moved here from above\n[{}]a stands")
    assert browser.count("#reader-body ins, #reader-body del") == 0
    assert "moved" in browser.text("#reader-when")
    open_company(browser, site, "acme", "#v2")
    words = "[...document.querySelectorAll(arguments[0])].map(item => item.innerText)"
    assert browser.js(f"return {words}", "#reader-body ins") == ["Data", "ever rent"]
    assert browser.js(f"return {words}", "#reader-body del") == ["Data", "sell"]
    assert browser.js("return document.querySelector('#reader-body .changed a').href") == "https://acme.example/data"
    browser.js("document.querySelector('[value=text]').click()")
    browser.until("document.querySelector('#reader-body .text') !== null")
    lines = [line for line in browser.text("#reader-body").split("\n") if line.strip()]
    assert lines[1:4] == ["1. Data", "We never ever rent your data [or not].", "• one"]
    assert browser.text("#reader-body strong") == "Data"
    assert browser.count("#reader-body .rule") == 1


def test_report_csp_blocks_other_scripts(browser: Browser, sample: Path) -> None:
    open_company(browser, sample, "northlane")
    refused = browser.js(
        "try { const s = document.createElement('script'); s.src = '../evil.js'; return 'loads'; } catch (e) { return e.name; }"
    )
    assert refused == "TypeError"
    assert (
        browser.js("try { document.body.innerHTML = '<b>x</b>'; return 'set'; } catch (e) { return e.name; }")
        == "TypeError"
    )
    assert browser.js("return PolicyReport.load('../..', 'x').then(() => 'loads', (e) => e.name)") == "TypeError"
    assert len(browser.problems()) >= 2  # the browser's own report of what was tried here


def test_report_of_many_companies_is_small(browser: Browser, large: Path) -> None:
    sizes = {
        name: (large / name).stat().st_size
        for name in ("index.html", "overview-data.js", "companies/long-company.html")
    }
    assert sizes["index.html"] + sizes["overview-data.js"] < MEGABYTE * COMPANIES / 1000
    assert sizes["companies/long-company.html"] < MEGABYTE * VERSIONS / 600
    browser.open(large / "index.html")
    assert browser.count(SHOWN) == COMPANIES
    browser.driver.find_element("name", "q").send_keys("long")
    assert browser.count(SHOWN) == 1
    browser.requests()
    open_company(browser, large, "long-company", "#v50")
    assert browser.count(".versions a") == VERSIONS
    assert browser.text("#reader-title") == f"Version 50 of {VERSIONS}"
    data = [url for url in browser.requests() if "/long-company/" in url]
    assert len(data) == 3  # two texts and what lies between them: nothing else was loaded
