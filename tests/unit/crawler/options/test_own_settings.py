"""Settings: misspelt names and values that can't be used are refused; other programs' settings are not."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from scrapy.settings import Settings

from crawler.options.own_settings import OWN, SETTINGS, check_settings, takedown_at_end
from pipelines.errors import UsageError
from pipelines.takedown import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable


def settings(**given: Any) -> Settings:
    """Return the project's settings with those of a command line."""
    made = Settings()
    made.setmodule("crawler.settings", priority="project")
    made.setdict(given, priority="cmdline")
    return made


def refusal(made: Settings) -> str:
    with pytest.raises(UsageError) as caught:
        check_settings(made)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_every_setting_of_the_project_has_a_check() -> None:
    assert {setting.name for setting in SETTINGS} >= OWN
    check_settings(settings())


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("COMPANY_FILE", "COMPANIES_FILE"),
        ("COMPANIES", "COMPANIES_FILE"),
        ("COMPANY_LIST", "COMPANIES_FILE"),
        ("companies_file", "COMPANIES_FILE"),
        ("OUTPUTDIR", "OUTPUT_DIR"),
        ("OUTPUT-DIR", "OUTPUT_DIR"),
        ("OUTPUT_DIR ", "OUTPUT_DIR"),
        ("OUTPUT_FOLDER", "OUTPUT_DIR"),
        ("OUTDIR", "OUTPUT_DIR"),
        ("CATALOG", "CATALOG_URL"),
        ("CATALOGUE_URL", "CATALOG_URL"),
        ("CDX_PER_MINUTE", "CDX_CALLS_PER_MINUTE"),
        ("CDX_CALL_PER_MINUTE", "CDX_CALLS_PER_MINUTE"),
        ("LANGUAGE", "LANGUAGES"),
        ("CONTACTS", "CONTACT"),
        ("CONVERSION_WORKER", "CONVERSION_WORKERS"),
        ("log_level", "LOG_LEVEL"),
        ("Download_Timeout", "DOWNLOAD_TIMEOUT"),
    ],
)
def test_misspelt_names(name: str, meant: str) -> None:
    assert refusal(settings(**{name: "x"})) == f"-s {name}: no such setting; did you mean {meant}?"


@pytest.mark.parametrize(
    "name",
    [
        *"ZYTE_API_KEY SPLASH_URL MONGO_URI DATABASE_URL REDIS_URL SENTRY_DSN SPIDERMON_ENABLED IMAGES_STORE RETRY_DELAY".split(),
        *"ROTATING_PROXY_LIST PLAYWRIGHT_BROWSER_TYPE DELTAFETCH_ENABLED JOBDIR FEEDS HTTPCACHE_ENABLED MY_SETTING".split(),
    ],
)
def test_settings_of_others_are_allowed(name: str) -> None:
    check_settings(settings(**{name: None}))


NUMBERS = "CDX_CALLS_PER_MINUTE PLAYBACK_CALLS_PER_SECOND COOLDOWN_SECONDS COOLDOWN_GIVE_UP_SECONDS RETRY_SECONDS LISTING_TIMEOUT".split()
NUMBERS += "LISTING_ROWS RELIST_DAYS PROGRESS_SECONDS CONVERSION_WORKERS CONVERSION_SECONDS CONVERSION_MEMORY".split()


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers(name: str) -> None:
    for value in ("x", "", "nan", "inf", "-1", "1,5", "\u0663", -1, float("nan"), None, True, [1], "9" * 5000, "true"):
        assert refusal(settings(**{name: value})).startswith(f"-s {name}=")
    assert "number" in refusal(settings(**{name: "x"}))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("LISTING_ROWS", "0", "a whole number, 1 or more"),
        ("LISTING_ROWS", "1.5", "a whole number"),
        ("LISTING_ROWS", 1.5, "a whole number"),
        ("RELIST_DAYS", "1e12", "from 0 to 36500"),
        ("CONVERSION_MEMORY", "1000", "268435456 or more"),
        ("CONVERSION_WORKERS", "99999", "from 1 to 1024"),
        ("HOME_PAGES", "maybe", "use 1 or 0"),
        ("HOME_PAGES", "", "use 1 or 0"),
        ("REJECTED_TEXTS", "2", "use 1 or 0"),
        ("REJECTED_TEXTS", None, "use 1 or 0"),
        ("LANGUAGES", "de,xx", "'xx' is no code"),
        ("LANGUAGES", ["German"], "'German' is no code"),
        ("LOG_LEVEL", "LOUD", "use one of"),
        ("LOG_FILE", "/nowhere/x.log", "can't be written"),
        ("COMPANIES_FILE", "", "names no file"),
        ("COMPANIES_FILE", "~/mine.yaml", "the shell leaves ~"),
        ("OUTPUT_DIR", "", "names no folder"),
        ("OUTPUT_DIR", "~/output", "the shell leaves ~"),
        ("OUTPUT_DIR", "/dev/null/x", "/dev/null is no folder"),
        ("OUTPUT_DIR", "a\0b", "contains a NUL"),
        ("OUTPUT_DIR", "s3://", "names no bucket"),
        ("OUTPUT_DIR", "s3:/bucket/a", "names no bucket"),
        ("OUTPUT_DIR", "s3://Bu_cket/a", "names no bucket (3 to 63"),
        ("OUTPUT_DIR", "s3://bucket/a//b", "no empty part"),
        ("OUTPUT_DIR", "s3://bucket/../b", "no empty part"),
        ("OUTPUT_DIR", "s3://bucket/a?region=x", "no empty part"),
        ("OUTPUT_DIR", f"s3://bucket/{'x' * 600}", "more than 512 bytes"),
        ("OUTPUT_DIR", "gs://bucket/a", "gs: is not supported; write s3://bucket/prefix, or the path"),
        ("OUTPUT_DIR", "file:///tmp/a", "file: is not supported"),
        ("SPOOL_DIR", "~/spool", "the shell leaves ~"),
        ("CONTACT", 5, "write text"),
        ("CATALOG_URL", "catalog.db", "write sqlite:///FILE"),
        ("CATALOG_URL", "mysql://h/d", "mysql can't hold the catalog"),
        ("CATALOG_URL", "postgresql+nodriver://h/d", "Can't load plugin"),
        ("CATALOG_URL", "postgresql://h:port/d", "the port is no number"),
        ("CATALOG_URL", "sqlite:////nowhere/at/all.db", "no folder /nowhere/at"),
        ("CATALOG_URL", "sqlite:////etc", "can't be opened (Is a directory)"),
        ("CATALOG_URL", f"sqlite:///{__file__}", "file is not a database"),
    ],
)
def test_wrong_values(name: str, value: Any, says: str) -> None:
    said = refusal(settings(**{name: value}))
    assert said.startswith(f"-s {name}=")
    assert says in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LISTING_ROWS", 500),
        ("LISTING_ROWS", " 500 "),
        ("PLAYBACK_CALLS_PER_SECOND", "0.001"),
        ("HOME_PAGES", "False"),
        ("REJECTED_TEXTS", 1),
        ("LANGUAGES", ["de", "EN"]),
        ("LANGUAGES", "de, en"),
        ("OUTPUT_DIR", Path("somewhere/else")),
        ("CATALOG_URL", "sqlite://"),
        ("CATALOG_URL", "sqlite:///new.db"),
        ("CATALOG_URL", "postgresql+psycopg://u:p@h/d"),
        ("LOG_LEVEL", 10),
        ("LOG_FILE", "run.log"),
    ],
)
def test_right_values(name: str, value: Any) -> None:
    check_settings(settings(**{name: value}))


@pytest.mark.parametrize("url", ["", "sqlite:///x.db"])
def test_object_store_needs_a_catalog_on_a_server(url: str) -> None:
    said = refusal(settings(OUTPUT_DIR="s3://bucket/a/", CATALOG_URL=url))
    assert (
        "OUTPUT_DIR=s3://bucket/a: files in an object store need a catalog on a server; set CATALOG_URL=postg" in said
    )
    check_settings(settings(OUTPUT_DIR="s3://bucket/a/", CATALOG_URL="postgresql+psycopg://h/d"))


def test_key_in_output_dir_is_hidden() -> None:
    said = refusal(settings(OUTPUT_DIR="s3://AKIAX:s3cret@bucket/a"))
    assert "the key stands in AWS_ACCESS_KEY_ID" in said
    assert "s3cret" not in said
    assert "AKIAX" not in said


def test_password_of_a_wrong_catalog_url_is_hidden() -> None:
    for url in ("mysql://me:s3cret@h/d", "postgresql://me:s3cret@h:port/d", "nosuch://me:s3cret@h/d", "me:s3cret@h"):
        assert "s3cret" not in refusal(settings(CATALOG_URL=url))


@pytest.fixture
def user_module(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Return a function that makes the settings of a user's own module with these names."""

    def make(**names: Any) -> Settings:
        module = ModuleType("my_settings")
        vars(module).update(names)
        monkeypatch.setitem(sys.modules, "my_settings", module)
        monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "my_settings")
        made = settings()
        made.setmodule(module, priority="project")
        return made

    return make


def test_misspelt_in_a_settings_module(user_module: Callable[..., Settings]) -> None:
    said = "my_settings: {}: no such setting; did you mean OUTPUT_DIR?"
    assert refusal(user_module(OUTPUT_FOLDER="/data")) == said.format("OUTPUT_FOLDER")
    assert refusal(user_module(output_dir="/data")) == said.format("output_dir")
    assert refusal(user_module(LISTING_ROWS="x")).startswith("my_settings: LISTING_ROWS = x: write")


def test_helpers_in_a_settings_module_are_allowed(user_module: Callable[..., Settings]) -> None:
    check_settings(
        user_module(OUTPUT_ROOT="/data", OUTPUT_DIR="/data/x", contact="me", CONTACT="me", base="/", Path=Path)
    )


def test_takedown_list_is_read_again_at_the_end(tmp_path: Path) -> None:
    """A run takes days: who is withheld meanwhile is not in what it writes. A fault in the list withholds no less."""
    listed, said = tmp_path / "takedown.txt", list[str]()
    given = settings(TAKEDOWN_FILE=str(listed))
    listed.write_text("example.com\n")
    withheld = takedown_at_end(given, NOTHING, said.append)
    assert (withheld.domains, said) == ({"example.com"}, [])
    listed.write_text("two words\n")
    assert takedown_at_end(given, withheld, said.append) is withheld
    assert said[0].startswith(f"{listed}:1: ")
    assert said[0].endswith("withheld is what the list had when this began")
    listed.write_text("# nothing\n")
    assert takedown_at_end(given, withheld, said.append) is withheld
    assert said[1] == f"{listed}: is empty now; withheld is what the list had when this began"
