"""What a run over the sample archive with `versions=all` must yield, written down from the pages before any run.

`expected/<listed domain>/<timestamp>.txt` are the exact documents, made from the pages by the reference pipeline (Mozilla's
Readability 0.3.0 and html2text 2020.1.16), not by this program. Captures that are not listed here (home pages, a product
page /domain-privacy, blog posts) cannot be policies.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.items import Fate

STORED, SAME_TEXT, MISSING = Fate.STORED, Fate.SAME_TEXT, Fate.MISSING
NOT_A_POLICY, ARCHIVED_ERROR = Fate.NOT_A_POLICY, Fate.ARCHIVED_ERROR


@dataclass(frozen=True, slots=True)
class Candidate:
    """A listed capture that can be a policy, its fate, and the file (its timestamp) that holds its text.

    `credited` ones are revisits or repeat a digest of their page: never fetched, they share the fetched one's fate.
    A revisit whose original is in no WARC has nothing to be credited with.
    """

    timestamp: str
    fate: Fate
    file: str = ""
    credited: bool = False
    read: str = ""
    """Of a redirect to a page of another second: that second, the time of its reading."""

    @property
    def moment(self) -> str:
        return self.read or self.timestamp


@dataclass(frozen=True, slots=True)
class Version:
    """One line of versions.jsonl; `near_duplicate_of` is the file (its timestamp) that this one is nearly the same as.

    Its times are those of the mementos read: of a redirect, those of the pages it leads to.
    """

    first_seen: str
    last_seen: str
    captures: int
    file: str
    near_duplicate_of: str = ""


@dataclass(frozen=True, slots=True)
class PageOutcome:
    """A page (urlkey) of a listed domain: all its captures, and its versions, both in order of time."""

    company: str
    domain: str
    urlkey: str
    captures: tuple[Candidate, ...]
    versions: tuple[Version, ...]


def files(domain: str) -> dict[str, str]:
    """Return the files expected under text/<domain>/: timestamp -> the path of the expected text under tests/sample/."""
    stamps = {version.file for page in PAGES if page.domain == domain for version in page.versions}
    return {stamp: f"expected/{domain}/{stamp}.txt" for stamp in sorted(stamps)}


LARKFIELD_OLD = PageOutcome(
    "Larkfield Hosting",
    "larkfield.example",
    "example,larkfield)/privacy.php",
    (
        Candidate("20040214081530", STORED, "20040214081530"),
        Candidate("20040611220418", SAME_TEXT, "20040214081530"),
        Candidate("20041105033709", SAME_TEXT, "20040214081530"),
        Candidate("20050320171144", SAME_TEXT, "20040214081530"),
        Candidate("20060118120007", STORED, "20060118120007"),
        Candidate("20060902051950", SAME_TEXT, "20060118120007"),
        Candidate("20070415143121", SAME_TEXT, "20060118120007"),
        Candidate("20090227000316", STORED, "20090227000316"),
        Candidate("20091008190945", SAME_TEXT, "20090227000316"),
        Candidate("20100519064433", SAME_TEXT, "20090227000316"),
        Candidate("20110303101010", SAME_TEXT, "20090227000316"),
        Candidate("20120410115959", SAME_TEXT, "20090227000316", read="20120411120003"),  # redirects to /legal/privacy
        Candidate("20130705020202", ARCHIVED_ERROR),
    ),
    (
        Version("20040214081530", "20050320171144", 4, "20040214081530"),
        Version("20060118120007", "20070415143121", 3, "20060118120007"),
        Version("20090227000316", "20120411120003", 5, "20090227000316"),
    ),
)

LARKFIELD_NEW = PageOutcome(
    "Larkfield Hosting",
    "larkfield.example",
    "example,larkfield)/legal/privacy",
    (
        Candidate("20120411120003", SAME_TEXT, "20090227000316"),  # moved here unchanged from /privacy.php
        Candidate("20121120173829", SAME_TEXT, "20090227000316"),
        Candidate("20130806083056", STORED, "20130806083056"),
        Candidate("20140312140000", SAME_TEXT, "20130806083056"),
        Candidate("20141027211713", SAME_TEXT, "20130806083056"),
    ),
    (
        Version("20120411120003", "20121120173829", 2, "20090227000316"),
        Version("20130806083056", "20141027211713", 3, "20130806083056"),
    ),
)

NORTHLANE = PageOutcome(
    "Northlane",
    "northlane.example",
    "example,northlane)/legal/privacy-policy",
    (
        Candidate("20150911043127", STORED, "20150911043127"),
        Candidate("20160709221846", SAME_TEXT, "20150911043127"),
        Candidate("20161030070911", SAME_TEXT, "20150911043127"),
        Candidate("20170822191919", SAME_TEXT, "20150911043127"),
        Candidate("20180604112233", STORED, "20180604112233"),
        Candidate("20181201030405", SAME_TEXT, "20180604112233"),
        Candidate("20190714235959", SAME_TEXT, "20180604112233"),
        Candidate("20210203060606", STORED, "20210203060606"),
        Candidate("20210518123456", SAME_TEXT, "20210203060606"),
        Candidate("20210927010101", SAME_TEXT, "20210203060606"),
        Candidate("20220214141414", STORED, "20220214141414"),  # only the copyright year is new
        Candidate("20220806202020", SAME_TEXT, "20220214141414"),
        Candidate("20230520050505", STORED, "20230520050505"),
        Candidate("20231111111111", SAME_TEXT, "20230520050505"),
    ),
    (
        Version("20150911043127", "20170822191919", 4, "20150911043127"),
        Version("20180604112233", "20190714235959", 3, "20180604112233"),
        Version("20210203060606", "20210927010101", 3, "20210203060606"),
        Version("20220214141414", "20220806202020", 2, "20220214141414", near_duplicate_of="20210203060606"),
        Version("20230520050505", "20231111111111", 2, "20230520050505"),
    ),
)

PEPPERRACK = PageOutcome(
    "Pepperrack",
    "pepperrack.example",
    "example,pepperrack)/privacy",
    (
        Candidate("20140508013000", STORED, "20140508013000"),
        Candidate("20140919090000", STORED, "20140508013000", credited=True),  # a revisit
        Candidate("20150312212121", SAME_TEXT, "20140508013000"),
        Candidate("20151120080808", STORED, "20151120080808"),
        Candidate("20160427171717", SAME_TEXT, "20151120080808"),
        Candidate("20160915030303", STORED, "20140508013000", credited=True),  # back to the bytes of 2014
        Candidate("20170303192000", SAME_TEXT, "20140508013000"),
        Candidate("20171010101010", MISSING),
        Candidate("20180524145900", STORED, "20180524145900"),
        Candidate("20190818061524", SAME_TEXT, "20180524145900"),
        Candidate("20200102235500", ARCHIVED_ERROR),
        Candidate("20200630121212", STORED, "20200630121212"),
        Candidate("20210219070000", STORED, "20200630121212", credited=True),  # a revisit
    ),
    (
        Version("20140508013000", "20150312212121", 3, "20140508013000"),
        Version("20151120080808", "20160427171717", 2, "20151120080808"),
        Version("20160915030303", "20170303192000", 2, "20140508013000"),
        Version("20180524145900", "20190818061524", 2, "20180524145900"),
        Version("20200630121212", "20210219070000", 2, "20200630121212"),
    ),
)

QUILLBOX = PageOutcome(
    "Quillbox",
    "quillbox.example",
    "example,quillbox)/privacy.html",
    (
        Candidate("20050417100021", STORED, "20050417100021"),
        Candidate("20051203184207", SAME_TEXT, "20050417100021"),
        Candidate("20060623092512", SAME_TEXT, "20050417100021"),
        Candidate("20070601133020", STORED, "20070601133020"),
        Candidate("20080212041516", SAME_TEXT, "20070601133020"),
        Candidate("20100930225901", SAME_TEXT, "20070601133020"),
        Candidate("20120310070000", NOT_A_POLICY),  # "Back on Monday", with status 200
        Candidate("20131005121314", STORED, "20131005121314"),
        Candidate("20140622180055", SAME_TEXT, "20131005121314"),
        Candidate("20151119010203", SAME_TEXT, "20131005121314"),
        # redirects to the buyer: the mementos nearest in time
        Candidate("20160712101530", STORED, "20160709221846", read="20160709221846"),
        Candidate("20161103164422", SAME_TEXT, "20160709221846", read="20161030070911"),
        Candidate("20180625093300", STORED, "20180604112233", read="20180604112233"),
    ),
    (
        Version("20050417100021", "20060623092512", 3, "20050417100021"),
        Version("20070601133020", "20100930225901", 3, "20070601133020"),
        Version("20131005121314", "20151119010203", 3, "20131005121314"),
        Version("20160709221846", "20161030070911", 2, "20160709221846"),
        Version("20180604112233", "20180604112233", 1, "20180604112233"),
    ),
)

WOLKENWERFT = PageOutcome(
    "Wolkenwerft",
    "wolkenwerft.example",
    "example,wolkenwerft)/datenschutz",
    (
        Candidate("20100612070707", STORED, "20100612070707"),
        Candidate("20110204181716", SAME_TEXT, "20100612070707"),
        Candidate("20120930054545", SAME_TEXT, "20100612070707", credited=True),  # the bytes of 2011
        Candidate("20180528101112", STORED, "20180528101112"),
        Candidate("20181017151617", SAME_TEXT, "20180528101112"),
        Candidate("20190322000001", SAME_TEXT, "20180528101112"),
        Candidate("20200611232323", SAME_TEXT, "20180528101112"),
        Candidate("20220130040404", STORED, "20220130040404"),
        Candidate("20230115191817", SAME_TEXT, "20220130040404"),
    ),
    (
        Version("20100612070707", "20120930054545", 3, "20100612070707"),
        Version("20180528101112", "20200611232323", 4, "20180528101112"),
        Version("20220130040404", "20230115191817", 2, "20220130040404"),
    ),
)

WOLKENWERFT_KUNDEN = PageOutcome(
    "Wolkenwerft",
    "wolkenwerft.example",
    "example,wolkenwerft,kunden)/datenschutz",
    (Candidate("20190401161803", SAME_TEXT, "20180528101112"),),
    (Version("20190401161803", "20190401161803", 1, "20180528101112"),),
)

WOLKENWERFT_ALIAS = PageOutcome(
    "Wolkenwerft",
    "wolkenwerft-hosting.example",
    "example,wolkenwerft-hosting)/datenschutz.html",
    (
        Candidate("20110707131313", STORED, "20110707131313"),  # the text of 2010, but another listed domain
        Candidate("20120814220022", SAME_TEXT, "20110707131313"),
    ),
    (Version("20110707131313", "20120814220022", 2, "20110707131313"),),
)

PAGES = (
    LARKFIELD_OLD,
    LARKFIELD_NEW,
    NORTHLANE,
    PEPPERRACK,
    QUILLBOX,
    WOLKENWERFT,
    WOLKENWERFT_KUNDEN,
    WOLKENWERFT_ALIAS,
)
DOMAINS = tuple(sorted({page.domain for page in PAGES}))
