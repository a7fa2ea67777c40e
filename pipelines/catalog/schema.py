"""The tables of the catalog. Timestamps of captures are 14 digits (UTC); moments of this program are ISO 8601 (UTC)."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, MetaData, String, Table, text

from pipelines.kinds.privacy import PRIVACY

metadata = MetaData()
_IN_TROUBLE = text("trouble IS NOT NULL")
_WAS_READ = text("memento_timestamp IS NOT NULL")

domains = Table(
    "domains",
    metadata,
    Column("domain", String, primary_key=True, comment="listed domain"),
    Column("company", String, nullable=False, comment="name of the company whose domain or alias it is"),
    Column("converter_version", String, comment="that made its documents last; NULL until a run has ended the domain"),
    Column("since", String, comment="date from which it was the company's (prefix of a timestamp); NULL for none"),
    Column("until", String, comment="date up to which it was the company's (prefix of a timestamp); NULL for none"),
)

listings = Table(
    "listings",
    metadata,
    Column("archive", String, primary_key=True),
    Column("url", String, primary_key=True, comment="what was asked for, as CDX url="),
    Column(
        "match", String, primary_key=True, comment="CDX matchType, and whether it was collapsed by month or filtered"
    ),
    Column("since", String, primary_key=True, comment="the run's since=, empty for none"),
    Column("until", String, primary_key=True, comment="the run's until=, empty for none"),
    Column("domain", String, primary_key=True, comment="listed domain that it was asked for"),
    Column("asked_since", String, nullable=False, comment="from= of the listing under way or done last"),
    Column("resume_key", String, comment="where an unfinished listing goes on; opaque"),
    Column("finished", String, comment="when it was last read to its end; NULL while under way"),
    Column("finished_full", String, comment="when it was last read to its end without an overlap date"),
    Column("newest", String, nullable=False, comment="latest capture timestamp seen"),
    Column("rows", Integer, nullable=False, comment="rows read in the listing under way or done last"),
    Column("failed", String, comment="when the archive refused it or took too long, unless it was read since"),
    Column("problem", String, comment="why it could not be had; NULL if it was read since"),
)

captures = Table(
    "captures",
    metadata,
    Column("domain", String, primary_key=True, comment="listed domain"),
    Column("urlkey", String, primary_key=True, comment="SURT: the page"),
    Column("timestamp", String, primary_key=True),
    Column("digest", String, primary_key=True),
    Column("archive", String, primary_key=True, comment="whose index has it"),
    Column("original", String, nullable=False),
    Column("mimetype", String, nullable=False),
    Column("statuscode", String, nullable=False),
    Column("length", String, nullable=False, comment="bytes of the compressed record"),
    Column("locator", String, comment="where the archive has it, in its own words; NULL if its URL and time say it"),
    Column("fate", String, comment="NULL: not asked for"),
    Column("cause", String, comment="why it gave no text, or how it is known without a fetch"),
    Column("text_sha256", String),
    Column("memento_timestamp", String, comment="of the memento really read"),
    Column("memento_url", String),
    Column(
        "recorded", String, comment="moment of the run that first gave it a text; empty if from before that was kept"
    ),
    Column("again", String, comment="why it is asked for again although it was read: trouble with its memento"),
    Column("judged_sha256", String, comment="text_sha256 of the text that the gate judged, kept or turned away"),
    Column("policy_score", Float, comment="of that text, as the kind that the page is searched for"),
    Column(
        "threshold", Float, comment="score from which a text of this page is a policy, by what is known of the page"
    ),
    Column("class_scores", String, comment="of that text, as each class of documents, the likeliest first"),
    Column("full_sha256", String, comment="of the fuller reading, where a neighbour has that; NULL: not looked up"),
    Index("captures_by_text", "domain", "text_sha256"),
    Index(
        "captures_by_memento",
        "memento_timestamp",
        "memento_url",
        "archive",
        sqlite_where=_WAS_READ,
        postgresql_where=_WAS_READ,
    ),
)

runs = Table(
    "runs",
    metadata,
    Column("moment", String, primary_key=True, comment="when it took the folder; captures.recorded refers to it"),
    Column("finished", String, nullable=False),
    Column("archive", String, nullable=False),
    Column("exit_status", Integer, nullable=False),
    Column("reason", String, nullable=False, comment="why it ended: finished, or what stopped it"),
    Column("parameters", String, comment="JSON: arguments, settings, program; NULL if from before that was kept"),
    comment="runs that ended in order, with their changes reported",
)

open_runs = Table(
    "open_runs",
    metadata,
    Column("moment", String, primary_key=True, comment="as in runs and captures.recorded"),
    Column("since", String, comment="moment after which this run reports changes; NULL once it has"),
    Column("who", String, nullable=False, comment="process, host, and what it works on"),
    Column("ended", String, comment="when its process ended in order; NULL while it is at work, or was killed"),
    comment="runs of several writers that are at work, or whose changes are not reported yet; empty in SQLite",
)

pages = Table(
    "pages",
    metadata,
    Column("domain", String, primary_key=True, comment="listed domain"),
    Column("urlkey", String, primary_key=True, comment="SURT"),
    Column("kind", String, nullable=False, comment="what sort of document it is searched for"),
    Column("tried", String, comment="kinds that it was searched for before in vain, with spaces between"),
    Column("given", Integer, comment="1: the companies file has given it as a page with a policy"),
    Column("linked", Integer, comment="1: home pages link to it as the policy"),
    Column("address_score", Float, comment="how much its address says that it is one, 0 to 1"),
    comment="pages that were chosen and searched",
)

links = Table(
    "links",
    metadata,
    Column("domain", String, primary_key=True, comment="listed domain whose home page it is"),
    Column("timestamp", String, primary_key=True, comment="of the home page's capture"),
    Column("url", String, primary_key=True, comment="where a link leads"),
    Column("kind", String, primary_key=True, default=PRIVACY.name, comment="what sort of document it may lead to"),
    Column("relation", String, nullable=False, comment="policy, possible, foreign; hop, followed, frame, framed"),
    Column("rank", Integer, comment="its place among the page's links; NULL if from before that was kept"),
    comment="links of archived home pages, those of one hop further among them",
)

home_readings = Table(
    "home_readings",
    metadata,
    Column("domain", String, primary_key=True, comment="listed domain whose home page it is"),
    Column("timestamp", String, primary_key=True, comment="of the home page's capture"),
    Column("kind", String, primary_key=True, comment="for links to what sort of document it was read"),
    comment="what archived home pages were read for",
)

half_years = Table(
    "half_years",
    metadata,
    Column("domain", String, primary_key=True, comment="listed domain"),
    Column("half_year", String, primary_key=True, comment="2015A is January to June, 2015B July to December"),
    Column("state", String, nullable=False, comment="policy, or why no text is known"),
    comment="half-years in which a home page was captured, as the last run that ended the domain left them",
)

mementos = Table(
    "mementos",
    metadata,
    Column("timestamp", String, primary_key=True),
    Column("url", String, primary_key=True),
    Column("archive", String, primary_key=True, comment="that answered"),
    Column("status", Integer, nullable=False, comment="archived HTTP status"),
    Column("source_url", String, nullable=False, comment="where it was read"),
    Column("retrieved", String, comment="when it was received; empty if nothing says it, NULL if not looked up"),
    Column("file", String, nullable=False, comment="WARC file under output/warc"),
    Column("offset", Integer, nullable=False, comment="bytes"),
    Column("length", Integer, nullable=False, comment="bytes"),
    Column("digest", String, nullable=False, comment="SHA-1 of the body, base32; empty for no body"),
    Column("payload_file", String, nullable=False, comment="WARC file with the record that has the body"),
    Column("payload_offset", Integer, nullable=False, comment="bytes; another place than the above for a revisit"),
    Column("trouble", String, comment="why the record could not be read or converted again; NULL: nothing is known"),
    Index("mementos_by_place", "file", "offset"),
    Index("mementos_by_digest", "digest"),
    Index("mementos_in_trouble", "timestamp", "url", sqlite_where=_IN_TROUBLE, postgresql_where=_IN_TROUBLE),
)

pointers = Table(
    "pointers",
    metadata,
    Column("timestamp", String, primary_key=True, comment="asked for"),
    Column("url", String, primary_key=True),
    Column("archive", String, primary_key=True, comment="that redirected"),
    Column("to_timestamp", String, nullable=False, comment="of the nearest capture, to which the archive redirected"),
    Column("to_url", String, nullable=False),
    comment="what a run under way was told, for the one after it if this one is not finished",
)

defects = Table(
    "defects",
    metadata,
    Column("domain", String, primary_key=True, comment="listed domain"),
    Column("urlkey", String, primary_key=True),
    Column("timestamp", String, primary_key=True),
    Column("digest", String, primary_key=True),
    Column("archive", String, primary_key=True),
    Column("run", String, primary_key=True, comment="moment of the run in which the capture had this defect"),
    Column("kind", String, nullable=False, comment="of defect: pipelines.defects"),
    Column("detail", String, nullable=False, comment="another one is another defect"),
    Column("cause", String, nullable=False, comment="as the answer gave it"),
    Column("converter_version", String, nullable=False, comment="that has the defect; empty if no version can mend it"),
    Column("memento_timestamp", String, comment="of the capture's own memento, if it has one"),
    Column("memento_url", String),
    comment="captures that could not be read for a cause of their own, by run",
)

healthy_runs = Table(
    "healthy_runs",
    metadata,
    Column("run", String, primary_key=True, comment="moment of the run"),
    Column("archive", String, primary_key=True),
    Column("timestamp", String, primary_key=True, comment="of a memento that the archive gave in it"),
    Column("url", String, primary_key=True),
    comment="mementos, two of each archive and run at most, that show that it was healthy",
)

documents = Table(
    "documents",
    metadata,
    Column("domain", String, primary_key=True),
    Column("text_sha256", String, primary_key=True),
    Column("timestamp", String, nullable=False, comment="of the earliest memento known to have this text"),
    Column("url", String, nullable=False, comment="of that memento"),
    Column("archive", String, nullable=False, comment="of that memento"),
    Column("source_url", String, nullable=False, comment="where that memento was read"),
    Column("snapshot_url", String, nullable=False, comment="as the document's header gives it"),
    Column("path", String, nullable=False, comment="text file under the output folder"),
    Column("kind", String, nullable=False, comment="what sort of document: the name of a folder of pipelines/kinds"),
    Column("searched_as", String, nullable=False, default=PRIVACY.name, comment="decides header and folder"),
    Column("reading", String, comment="that found the text: corpus or full; NULL if from before that was kept"),
    Column("reading_coverage", Float, comment="share of the page's reachable text that it holds, 0 to 1"),
    Column("title", String, nullable=False),
    Column("words", Integer, nullable=False),
    Column("language", String, nullable=False, comment="ISO 639-1, or und"),
    Column("policy_score", Float, nullable=False, comment="as the first kind of document, 0 to 1"),
    Column("converter_version", String, nullable=False),
    *(
        Column(f"band{i}", Integer, nullable=False, comment=f"bits {16 * i} to {16 * i + 15} of the SimHash")
        for i in range(4)
    ),
    Column("dateless_sha256", String, nullable=False, comment="of the text without its dates and white space"),
    Column("near_duplicate_of", String, comment="text_sha256 of the earlier document it is near to"),
    Column("file_sha256", String, comment="of the text file's bytes; NULL if from before that was kept"),
    Index("documents_by_name", "domain", "timestamp"),
    Index("documents_by_text", "text_sha256"),
)

variants = Table(
    "variants",
    metadata,
    Column("domain", String, primary_key=True, comment="listed domain"),
    Column("urlkey", String, primary_key=True, comment="SURT"),
    Column("text_sha256", String, primary_key=True),
    Column("variant", String, nullable=False, comment="its language; further ones of a language have a number: en-2"),
    comment="texts of pages that answer in several variants (pipelines.variants), as of when a domain ended last",
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("channel", String, primary_key=True, comment="a service of NOTIFY, numbered if several, or ON_CHANGES"),
    Column("since", String, nullable=False, comment="moment after which its digest begins; empty for all"),
    Column("tries", Integer, nullable=False),
    Column("cause", String, nullable=False, comment="why it has not been received"),
    comment="digests of changes that a channel has not received yet",
)

# What pipelines.measures finds by reading texts; it can be computed anew at any time.

text_topics = Table(
    "text_topics",
    metadata,
    Column("text_sha256", String, primary_key=True),
    Column("kind", String, primary_key=True, comment="whose topics it was searched for"),
    Column("topics", String, nullable=False, comment="names with spaces between; empty for none"),
)

text_facts = Table(
    "text_facts",
    metadata,
    Column("text_sha256", String, primary_key=True),
    Column("by", String, nullable=False, comment="method of what follows, and what counts syllables"),
    Column("effective_date", String, nullable=False, comment="ISO 8601; empty if the text gives none for sure"),
    *(
        Column(name, Float, comment="NULL for what is not English, or short")
        for name in ("flesch", "flesch_kincaid", "smog")
    ),
)

text_changes = Table(
    "text_changes",
    metadata,
    Column("old_sha256", String, primary_key=True, comment="text_sha256 of the earlier text"),
    Column("new_sha256", String, primary_key=True, comment="that of the later one"),
    Column("kind", String, primary_key=True, comment="whose topics they were searched for"),
    Column("change_class", String, nullable=False),
    Column("words_added", Integer, nullable=False),
    Column("words_removed", Integer, nullable=False),
    Column("words_moved", Integer, nullable=False),
    Column("topics", String, nullable=False, comment="of the sentences added and removed, with spaces between"),
)

measured = Table(
    "measured",
    metadata,
    Column("by", String, primary_key=True, comment="method and patterns of the two tables above; one row"),
)
