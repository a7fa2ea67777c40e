"""Every recorded exchange of web.archive.org through the real reading code, with what its own project or a plain reading says.

The recordings are third parties' and stay beside the project; without them the tests are skipped.
"""

from __future__ import annotations

from collections import Counter

import pytest

from crawler.archives.base import Match, Query
from crawler.archives.listing_trouble import read_listing_trouble
from crawler.archives.playback import Absence, Pointer, Refusal, read_playback
from crawler.archives.wayback import WAYBACK
from pipelines.errors import ListingExcluded
from pipelines.items import Memento
from tests.support.recorded import BASE, RECORDED, Exchange, exchanges

pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="needs the recorded exchanges in ../shared")

FWS = "20171124151315 https://www.fws.gov/birds/"
EPA = "https://www.epa.gov"
SIGNPOST = f"{EPA}/sites/production/files/signpost/cc.html"
FACTS = f"{EPA}/ghgreporting/proposed-rule-fact-sheet-greenhouse-gas-reporting-program-addition-global-warming"
HYDRAULIC = f"{EPA}/hfstudy/epa-published-research-related-hydraulic-fracturing-study"
ADAPTATION = f"{EPA}/sites/production/files/2016-08/documents/oar-climate-change-adaptation-plan.pdf"
JAPANESE = "https://www.cdc.gov/coronavirus/2019-ncov/travelers/after-travel-precautions-japanese.html"
HPMS = "https://highways.dot.gov/safety/data-analysis-tools/rsdp/rsdp-tools/highway-performance-monitoring-system-hpms"
ARTICLE = "https://link.springer.com/article/10.1007/s00382-012-1331-2"
AUTHORIZE = f"https://idp.springer.com/authorize?response_type=cookie&client_id=springerlink&redirect_uri={ARTICLE}"
OLD_FAQS = "https://www.whitehouse.gov/administration/eop/ostp/about/student/faqs"
FAQS = "https://www.whitehouse.gov/ostp/about/student/faqs"
REFUSED = ("015729", "004407", "022223", "010708", "025754", "013305", "033741")

PLAYED = {
    f"20171124151315id_/{FWS.partition(' ')[2]}": f"200 {FWS} 122756",
    f"20171124151315/{FWS.partition(' ')[2]}": f"200 {FWS} 169125",
    "20171101000000id_/https://www.fws.gov/birds/": f"to {FWS}",
    "20171124000000id_/https://www.fws.gov/birds/": f"to {FWS}",
    "20171124151310id_/https://www.fws.gov/birds/": f"to {FWS}",
    "20150509080314id_/https://www.fws.gov/birds/": "to 20150503090125 http://www.fws.gov/birds/",
    "20171124143728id_/http://fws.gov/": "200 20171124143728 https://www.fws.gov/ 59206",
    "20200201020357id_/http://epa.gov/climatechange": f"to 20200201023757 {EPA}/climatechange",
    f"20200201023757id_/{EPA}/climatechange": f"301 20200201023757 {EPA}/climatechange 267 to 20200201023757 {SIGNPOST}",
    f"20200201023757id_/{SIGNPOST}": f"to 20200201024405 {SIGNPOST}",
    f"20200201024405id_/{SIGNPOST}": f"200 20200201024405 {SIGNPOST} 13031",
    "20170929002712id_/https://nationalpost.com/health/": "excluded: site excluded",
    "20170929002712id_/https://this-is-not-real-url.whatever/": "missing: listed, but the archive does not have it",
    f"20200925075402id_/{ARTICLE}": f"303 20200925075402 {ARTICLE} 0 to 20200925075402 {AUTHORIZE}",
    f"20200925075402id_/{AUTHORIZE}": f"to 20200925075411 {AUTHORIZE}",
    f"20200925075411id_/{AUTHORIZE}": f"302 20200925075411 {AUTHORIZE} 0 to 20200925075411 {ARTICLE}",
    f"20200925075411id_/{ARTICLE}": f"to 20200925075402 {ARTICLE}",
    f"20201027215555id_/{OLD_FAQS}": f"301 20201027215555 {OLD_FAQS} 0 to 20201027215555 {FAQS}",
    f"20201027215555id_/{FAQS}": f"to 20201027220743 {FAQS}",
    f"20201027220743id_/{FAQS}": f"404 20201027220743 {FAQS} 39063",
    f"20201027215555/{OLD_FAQS}": "failed: HTTP 200 without memento",  # a view for people says that it was a redirect
    f"20201027215555/{FAQS}": f"to 20201027220743 {FAQS}",
    f"20201027220743/{FAQS}": f"404 20201027220743 {FAQS} 50424",
    f"20180808094144id_/{EPA}/ghgreporting/san5779-factsheet": (
        f"301 20180808094144 {EPA}/ghgreporting/san5779-factsheet 0 to 20180808094144 {FACTS}"
    ),
    f"20180808094144id_/{FACTS}": f"to 20180808104500 {FACTS}",
    f"20180808104500id_/{FACTS}": f"200 20180808104500 {FACTS} 40310",
    "20201102232816id_/https://www.census.gov/geography/gss-initiative.html": (
        "301 20201102232816 https://www.census.gov/geography/gss-initiative.html 138740 "
        "to 20201102232816 https://www.census.gov/geo/gssi/"
    ),
    "20201102232816id_/https://www.census.gov/geo/gssi/": "to 20201102233026 https://www.census.gov/geo/gssi/",
    "20201102233026id_/https://www.census.gov/geo/gssi/": "404 20201102233026 https://www.census.gov/geo/gssi/ 18420",
    "20150129034904id_/http://www.reddit.com/r/PokemonGiveaway": (
        "429 20150129034904 http://www.reddit.com/r/PokemonGiveaway 1064"
    ),
    "19970427191925id_/http://www.zew.de/": "200 19970427191925 http://www.zew.de:80/ 2084",
    "19961231235847id_/http://www.nasa.gov/": "200 19961231235847 http://www.nasa.gov:80/ 6639",
    f"20190101033033id_/{HYDRAULIC}": f"200 20190101033033 {HYDRAULIC} 49727",
    f"20190101051123id_/{HYDRAULIC}": f"200 20190101051123 {HYDRAULIC} 49727",
    f"20200430024232id_/{ADAPTATION}": f"200 20200430024232 {ADAPTATION} 375909",
    f"20201123040127id_/{JAPANESE}": f"200 20201123040127 {JAPANESE} 270172",
    **{f"20260416{time}id_/{HPMS}": f"403 20260416{time} {HPMS} 499" for time in REFUSED},
    f"20260416012735id_/{HPMS}": f"200 20260416012735 {HPMS} 67912",
    "20080328041443id_/http%3A//www.commoncrawl.org%3A80/": "200 20080328041443 http://www.commoncrawl.org:80/ 5241",
}
"""What each recorded playback is, by its address below /web/: status, timestamp, URL and bytes of a memento, and where it leads."""

CNN = (
    "2001041400593:", "20010503212619", "20010504092326", "20010505085533", "20010505091254", "20010506001449",
    "20010506010648", "2001050614125:", "20010507021559", "20010507180423", "2001050807025:", "20010508143112",
    "2001050910252:", "20010509235545",
)  # fmt: skip
"""The resume keys of fourteen pages of one listing, of which the last page is empty."""

LISTED = {
    **dict.fromkeys((42, *range(81, 90)), (1000, "de,zew)/ 20220908205958")),
    63: (3, None),
    64: (15, None),
    **{65 + page: (25, f"com,cnn)/ {key}") for page, key in enumerate(CNN)},
    79: (0, None),
    90: (1000, "com,dw)/ 20191218145126"),
    91: (1000, "com,dw)/ 20200220202228"),
    92: (245, None),
    **dict.fromkeys((93, 95), (10, "gov,nasa)/ 20220101013953")),
    94: (10, f"gov,nasa)/.{'%c2%a0' * 5} 20220119182337"),
    **dict.fromkeys((96, 97), (6, None)),
    98: (1000, "gov,nasa)/ 2004091510134:"),
    99: (1000, "gov,nasa)/ 20040917084403"),
    100: (1000, "eJxLzy_TyUssTtTUVzAyMDAxsDQwNTA3NTe0BABfMwZl"),
    **dict.fromkeys((102, 113), (2, None)),
    **dict.fromkeys((105, 107, 111, 124, 127, 129), (1, None)),
    115: (8, None),
    **dict.fromkeys((125, 126), (10, None)),
}
"""How many captures each recorded listing has, by its number, and its resume key as it reads unquoted."""


def judged(exchange: Exchange) -> str:
    """Return in one line what playback's answer is taken for."""
    found = read_playback(exchange.response, WAYBACK)
    if isinstance(found, Memento):
        leads = f" to {' '.join(found.location)}" if found.location else ""
        return f"{found.status} {found.timestamp} {found.url} {len(found.body)}{leads}"
    if isinstance(found, Pointer):
        return f"to {found.timestamp} {found.url}"
    return "refused" if isinstance(found, Refusal) else f"{found.fate}: {found.cause}"


def test_every_recorded_playback() -> None:
    played = [exchange for exchange in exchanges() if not exchange.is_listing]
    found = {exchange.url.removeprefix(f"{BASE}/web/"): judged(exchange) for exchange in played}
    assert found == PLAYED
    assert len(played) == 81
    assert all(judged(exchange) == PLAYED[exchange.url.removeprefix(f"{BASE}/web/")] for exchange in played)


def test_every_recorded_listing() -> None:
    listings = {exchange.number: exchange for exchange in exchanges() if exchange.is_listing}
    assert len(listings) == 50
    assert set(listings) == {*LISTED, 80}
    for number, (captures, key) in LISTED.items():
        assert read_listing_trouble(listings[number].listing) is None
        page = WAYBACK.read_listing(listings[number].listing, Query("any.example", Match.EXACT))
        assert (len(page.captures), unquoted(page.resume_key)) == (captures, key), number
        assert page.unusable == Counter()
        assert not page.incomplete
    with pytest.raises(ListingExcluded, match="excludes this site"):
        WAYBACK.read_listing(listings[80].listing, Query("nationalpost.com/health", Match.EXACT))


def unquoted(key: str | None) -> str | None:
    """Return a resume key of the old server as it reads: a urlkey and a timestamp, quoted twice where that was needed."""
    return key and key.replace("%25", "%").replace("%2C", ",").replace("%29", ")").replace("%2F", "/").replace(
        "%3A", ":"
    ).replace("+", " ")


def test_recorded_listing_cut_anywhere_is_asked_for_again() -> None:
    for number in (63, 124, 125):
        listing = exchanges()[number].listing
        whole = listing.body.rstrip()
        for size in range(1, len(whole), max(1, len(whole) // 40)):
            trouble = read_listing_trouble(listing.replace(body=whole[:size]))
            assert isinstance(trouble, Absence), (number, size)
            assert trouble.is_transient


def test_recorded_memento_cut_anywhere_is_no_memento() -> None:
    """Of a gzip body, whatever its headers say of its length."""
    compressed = exchanges()[6]
    for size in (1, 20, len(compressed.body) // 2, len(compressed.body) - 1):
        cut = Exchange(0, compressed.url, 200, compressed.headers, compressed.body[:size])
        assert judged(cut).startswith("cut short: "), size
