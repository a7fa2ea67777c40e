"""Company: one entry of the companies file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from crawler.company_list.entry_values import (
    check_kind,
    check_language,
    check_name,
    check_page,
    check_since,
    check_until,
    normalise_domain,
)
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from pydantic import ValidationInfo

Domain = Annotated[str, AfterValidator(normalise_domain)]
Name = Annotated[str, AfterValidator(check_name)]
PageURL = Annotated[str, AfterValidator(check_page)]
KindName = Annotated[str, AfterValidator(check_kind)]
Language = Annotated[str, AfterValidator(check_language)]
Since = Annotated[str, AfterValidator(check_since)]


class GivenPage(BaseModel):
    """The known address of a document and the document's kind. The address alone stands for a privacy policy's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: PageURL
    kind: KindName = PRIVACY.name

    @model_validator(mode="before")
    @classmethod
    def _from_address(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value


class Expectations(BaseModel):
    """The least that a run must find for a company; if it does not, it ends with status 3.

    `min_versions` counts all versions known after the run; `max_age_days` is the age of the latest capture with a text. Both
    are of the pages searched for one kind of document, and nothing is expected of a run that does not search for it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_versions: int | None = Field(default=None, ge=1)
    max_age_days: int | None = Field(default=None, ge=1)
    kind: KindName = PRIVACY.name


class Company(BaseModel):
    """One entry of the list.

    `pages` are known addresses of documents, `languages` (ISO 639-1) those whose texts are wanted. `since` and `until` are
    CDX timestamp prefixes, inclusive: captures before and after are another owner's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    domain: Domain
    aliases: tuple[Domain, ...] = ()
    pages: tuple[GivenPage, ...] = ()
    languages: tuple[Language, ...] = ()
    since: Since = ""
    until: str = ""
    expect: Expectations = Expectations()

    @field_validator("until")
    @classmethod
    def _check_until(cls, value: str, info: ValidationInfo) -> str:
        return check_until(value, info.data.get("since", ""))

    @property
    def listed_domains(self) -> tuple[str, ...]:
        """The domain, then the aliases. Each is listed, and names a folder of documents."""
        return (self.domain, *self.aliases)

    def listed_domain_of(self, url: str) -> str:
        """Return the listed domain that `url` belongs to: the longest that its host is under, or else `domain`."""
        host = (urlsplit(url).hostname or "").removesuffix(".")
        owners = [listed for listed in self.listed_domains if host == listed or host.endswith(f".{listed}")]
        return max(owners, key=len, default=self.domain)

    def pages_of(self, domain: str, kind: str = PRIVACY.name) -> tuple[str, ...]:
        """Return the given URLs of a kind that belong to a listed domain; those on foreign hosts belong to `domain`."""
        return tuple(page.url for page in self.pages if page.kind == kind and self.listed_domain_of(page.url) == domain)

    def dates_within(self, since: str, until: str) -> tuple[str, str]:
        """Return the narrower of a run's dates and the company's own, as CDX timestamp prefixes; empty for no bound."""
        latest = max(self.since, since, key=lambda prefix: prefix.ljust(14, "0"))
        earliest = min(filter(None, (self.until, until)), key=lambda prefix: prefix.ljust(14, "9"), default="")
        return latest, earliest
