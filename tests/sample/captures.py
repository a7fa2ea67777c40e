"""What the embedded sample archive holds: five invented hosting companies and what was captured of them, and when.

One table each of pages (what was served) and captures (when and where it was served). `build.py` makes the WARC from
them, `outcome.py` says what the program must make of it. Every page under `pages/` was written for this archive.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """A body as served: a source under pages/, which of its `<!--[version]-->…<!--[/]-->` blocks it shows, its bytes."""

    source: str
    version: str = ""
    encoding: str = "utf-8"
    content_type: str = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Spec:
    """One capture to write: `timestamp` is 14 digits (UTC), `page` a key of PAGES.

    `nonce_of` names the timestamp the page's nonce is made from (the capture's own unless said otherwise): equal ones
    give equal bytes. `revisit_of` makes a revisit record of the capture of that URL at that time, or, for `LOST`, of one
    that is in no WARC. `location` is the Location header of a redirect, or where a home page says the policy is.
    """

    timestamp: str
    url: str
    page: str
    status: int = 200
    location: str = ""
    nonce_of: str = ""
    revisit_of: str = ""


LOST = "lost"

_CP1252 = ("windows-1252", "text/html")
_LATIN1 = ("iso-8859-1", "text/html")

PAGES = {
    "larkfield-2004": Page("larkfield-2004.html", "2004", *_LATIN1),
    "larkfield-2006": Page("larkfield-2004.html", "2006", *_LATIN1),
    "larkfield-2009": Page("larkfield-2009.html", "2009"),
    "larkfield-2012": Page("larkfield-2009.html", "2012"),
    "larkfield-2013": Page("larkfield-2009.html", "2013"),
    "larkfield-home": Page("home.html", "larkfield", *_LATIN1),
    "quillbox-2005": Page("quillbox-2005.html", "2005", *_CP1252),
    "quillbox-2007": Page("quillbox-2005.html", "2007", *_CP1252),
    "quillbox-2013": Page("quillbox-2013.html"),
    "quillbox-maintenance": Page("quillbox-maintenance.html"),
    "quillbox-blog": Page("quillbox-blog.html"),
    "quillbox-home": Page("home.html", "quillbox"),
    "northlane-2015": Page("northlane-2015.html"),
    "northlane-2018": Page("northlane-2018.html"),
    "northlane-2021": Page("northlane-2021.html", "2021"),
    "northlane-2022": Page("northlane-2021.html", "2022"),
    "northlane-2023": Page("northlane-2021.html", "2023"),
    "northlane-domain-privacy": Page("northlane-domain-privacy.html"),
    "northlane-blog": Page("northlane-blog.html"),
    "northlane-home": Page("home.html", "northlane"),
    "wolkenwerft-2010": Page("wolkenwerft-2010.html", "", *_LATIN1),
    "wolkenwerft-2018": Page("wolkenwerft-2018.html", "2018"),
    "wolkenwerft-2022": Page("wolkenwerft-2018.html", "2022"),
    "wolkenwerft-kunden": Page("wolkenwerft-2018.html", "kunden"),
    "wolkenwerft-home": Page("home.html", "wolkenwerft"),
    "pepperrack-2014": Page("pepperrack-2014.html", "2014"),
    "pepperrack-2015": Page("pepperrack-2014.html", "2015"),
    "pepperrack-2018": Page("pepperrack-2018.html", "2018"),
    "pepperrack-2020": Page("pepperrack-2018.html", "2020"),
    "pepperrack-home": Page("home.html", "pepperrack"),
    "not-found": Page("not-found.html", "", *_LATIN1),
    "moved": Page("moved.html", "", *_LATIN1),
}

LARKFIELD = (
    Spec("20040213081502", "http://www.larkfield.example/", "larkfield-home", location="/privacy.php"),
    Spec("20040214081530", "http://www.larkfield.example/privacy.php", "larkfield-2004"),
    Spec("20040611220418", "http://larkfield.example/privacy.php", "larkfield-2004"),
    Spec("20041105033709", "http://www.larkfield.example:80/privacy.php", "larkfield-2004"),
    Spec("20050320171144", "http://www.larkfield.example/privacy.php", "larkfield-2004"),
    Spec("20060118120007", "http://www.larkfield.example/privacy.php", "larkfield-2006"),
    Spec("20060902051950", "http://www.larkfield.example/privacy.php", "larkfield-2006"),
    Spec("20070415143121", "http://larkfield.example/privacy.php", "larkfield-2006"),
    Spec("20090226235812", "http://www.larkfield.example/", "larkfield-home", location="/privacy.php"),
    Spec("20090227000316", "http://www.larkfield.example/privacy.php", "larkfield-2009"),
    Spec("20091008190945", "http://www.larkfield.example/privacy.php", "larkfield-2009"),
    Spec("20100519064433", "http://www.larkfield.example/privacy.php", "larkfield-2009"),
    Spec("20110303101010", "http://larkfield.example/privacy.php", "larkfield-2009"),
    Spec(
        "20120410115959",
        "http://www.larkfield.example/privacy.php",
        "moved",
        301,
        "http://www.larkfield.example/legal/privacy",
    ),
    Spec("20120411120003", "http://www.larkfield.example/legal/privacy", "larkfield-2012"),
    Spec("20121120173829", "https://www.larkfield.example/legal/privacy", "larkfield-2012"),
    Spec("20130705020202", "http://www.larkfield.example/privacy.php", "not-found", 404),
    Spec("20130806083056", "https://larkfield.example/legal/privacy", "larkfield-2013"),
    Spec("20130806083101", "https://larkfield.example/", "larkfield-home", location="/legal/privacy"),
    Spec("20140312140000", "https://larkfield.example/legal/privacy/", "larkfield-2013"),
    Spec("20141027211713", "https://larkfield.example/legal/privacy", "larkfield-2013"),
)

QUILLBOX = (
    Spec("20050417100000", "http://www.quillbox.example/", "quillbox-home", location="privacy.html"),
    Spec("20050417100021", "http://www.quillbox.example/privacy.html", "quillbox-2005"),
    Spec("20051203184207", "http://www.quillbox.example/privacy.html", "quillbox-2005"),
    Spec("20060623092512", "http://quillbox.example/privacy.html", "quillbox-2005"),
    Spec("20070601133020", "http://www.quillbox.example/privacy.html", "quillbox-2007"),
    Spec("20080212041516", "http://www.quillbox.example/privacy.html", "quillbox-2007"),
    Spec("20100930225901", "http://quillbox.example/privacy.html", "quillbox-2007"),
    Spec("20120310070000", "http://www.quillbox.example/privacy.html", "quillbox-maintenance"),
    Spec(
        "20130411150309",
        "http://www.quillbox.example/blog/2013/04/your-visitors-and-their-privacy.html",
        "quillbox-blog",
    ),
    Spec("20131005121314", "http://www.quillbox.example/privacy.html", "quillbox-2013"),
    Spec("20140622180055", "https://www.quillbox.example/privacy.html", "quillbox-2013"),
    Spec("20151119010203", "https://www.quillbox.example/privacy.html", "quillbox-2013"),
    Spec(
        "20160712101530",
        "https://www.quillbox.example/privacy.html",
        "moved",
        301,
        "https://www.northlane.example/legal/privacy-policy",
    ),
    Spec(
        "20161103164422",
        "https://www.quillbox.example/privacy.html",
        "moved",
        301,
        "https://www.northlane.example/legal/privacy-policy",
    ),
    Spec(
        "20180625093300",
        "https://www.quillbox.example/privacy.html",
        "moved",
        301,
        "https://www.northlane.example/legal/privacy-policy",
    ),
)

NORTHLANE = (
    Spec("20150911043127", "https://www.northlane.example/legal/privacy-policy", "northlane-2015"),
    Spec("20160101000500", "https://www.northlane.example/", "northlane-home", location="/legal/privacy-policy"),
    Spec("20160709221846", "https://www.northlane.example/legal/privacy-policy", "northlane-2015"),
    Spec("20161030070911", "https://www.northlane.example/legal/privacy-policy", "northlane-2015"),
    Spec("20170822191919", "http://northlane.example/legal/privacy-policy", "northlane-2015"),
    Spec("20180604112233", "https://www.northlane.example/legal/privacy-policy", "northlane-2018"),
    Spec("20181201030405", "https://www.northlane.example/legal/privacy-policy", "northlane-2018"),
    Spec("20190301090909", "https://www.northlane.example/domain-privacy", "northlane-domain-privacy"),
    Spec("20190714235959", "https://northlane.example/legal/privacy-policy", "northlane-2018"),
    Spec("20210203060606", "https://northlane.example/legal/privacy-policy", "northlane-2021"),
    Spec("20210203060610", "https://northlane.example/", "northlane-home", location="/legal/privacy-policy"),
    Spec("20210312174500", "https://northlane.example/blog/2021/privacy-by-default", "northlane-blog"),
    Spec("20210518123456", "https://northlane.example/legal/privacy-policy", "northlane-2021"),
    Spec("20210601080000", "https://northlane.example/domain-privacy", "northlane-domain-privacy"),
    Spec("20210927010101", "https://northlane.example/legal/privacy-policy", "northlane-2021"),
    Spec("20220214141414", "https://northlane.example/legal/privacy-policy", "northlane-2022"),
    Spec("20220806202020", "https://northlane.example/legal/privacy-policy", "northlane-2022"),
    Spec("20230520050505", "https://northlane.example/legal/privacy-policy", "northlane-2023"),
    Spec("20231111111111", "https://www.northlane.example/legal/privacy-policy", "northlane-2023"),
)

WOLKENWERFT = (
    Spec("20100612070707", "http://www.wolkenwerft.example/datenschutz", "wolkenwerft-2010"),
    Spec("20100612070730", "http://www.wolkenwerft.example/", "wolkenwerft-home", location="/datenschutz"),
    Spec("20110204181716", "http://www.wolkenwerft.example/datenschutz", "wolkenwerft-2010"),
    Spec("20110707131313", "http://www.wolkenwerft-hosting.example/datenschutz.html", "wolkenwerft-2010"),
    Spec("20120814220022", "http://www.wolkenwerft-hosting.example/datenschutz.html", "wolkenwerft-2010"),
    Spec("20120930054545", "http://wolkenwerft.example/datenschutz", "wolkenwerft-2010", nonce_of="20110204181716"),
    Spec("20180528101112", "https://www.wolkenwerft.example/datenschutz", "wolkenwerft-2018"),
    Spec("20181017151617", "https://www.wolkenwerft.example/datenschutz", "wolkenwerft-2018"),
    Spec("20190322000001", "https://www.wolkenwerft.example/datenschutz", "wolkenwerft-2018"),
    Spec("20190401161803", "https://kunden.wolkenwerft.example/datenschutz", "wolkenwerft-kunden"),
    Spec("20200611232323", "https://www.wolkenwerft.example/datenschutz", "wolkenwerft-2018"),
    Spec("20220130040404", "https://www.wolkenwerft.example/datenschutz", "wolkenwerft-2022"),
    Spec("20230115191817", "https://wolkenwerft.example/datenschutz", "wolkenwerft-2022"),
)

PEPPERRACK = (
    Spec("20140508013000", "http://pepperrack.example/privacy", "pepperrack-2014"),
    Spec("20140508013002", "http://pepperrack.example/", "pepperrack-home", location="/privacy"),
    Spec("20140919090000", "http://pepperrack.example/privacy", "pepperrack-2014", revisit_of="20140508013000"),
    Spec("20150312212121", "https://pepperrack.example/privacy", "pepperrack-2014"),
    Spec("20151120080808", "https://pepperrack.example/privacy", "pepperrack-2015"),
    Spec("20160427171717", "https://pepperrack.example/privacy", "pepperrack-2015"),
    Spec("20160915030303", "https://pepperrack.example/privacy", "pepperrack-2014", nonce_of="20140508013000"),
    Spec("20170303192000", "https://pepperrack.example/privacy", "pepperrack-2014"),
    Spec("20171010101010", "https://pepperrack.example/privacy", "pepperrack-2014", revisit_of=LOST),
    Spec("20180524145900", "https://pepperrack.example/privacy", "pepperrack-2018"),
    Spec("20190818061524", "https://pepperrack.example/privacy", "pepperrack-2018"),
    Spec("20200102235500", "https://pepperrack.example/privacy", "not-found", 404),
    Spec("20200630121212", "https://pepperrack.example/privacy", "pepperrack-2020"),
    Spec("20210219070000", "https://www.pepperrack.example/privacy", "pepperrack-2020", revisit_of="20200630121212"),
)

CAPTURES = tuple(sorted(LARKFIELD + QUILLBOX + NORTHLANE + WOLKENWERFT + PEPPERRACK, key=lambda spec: spec.timestamp))
