"""Forms that are links: nothing to fill in, only buttons. Pure.

Old sites led to their pages by `<form action="/privacy.html"><input type=submit value="Privacy Policy"></form>`.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from crawler.discovery.anchor import Anchor, cleaned
from crawler.discovery.elements import attribute, resolved

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import turbohtml

MAX_FORMS: Final = 200
_MAX_FIELDS: Final = 30
_FIELDS: Final[list[Any]] = ["input", "button", "select", "textarea"]
_BUTTONS: Final = frozenset({"submit", "image", "button"})
_NAMES: Final = ("value", "alt", "title", "aria-label")


def button_forms(root: turbohtml.Element, base: str, url: str) -> Iterator[Anchor]:
    """Yield a link for each button of the forms that have nothing to fill in, within the bounds."""
    for form in islice(root.find_all("form"), MAX_FORMS):
        fields = [*islice(form.find_all(_FIELDS), _MAX_FIELDS)]
        buttons = [each for each in fields if _type(each) in _BUTTONS]
        if len(buttons) + sum(_type(each) == "hidden" for each in fields) < len(fields):
            continue
        for button in buttons:
            action = attribute(button, "formaction") or attribute(form, "action")
            target = resolved(base, _asked(form, action, fields), url) if action.strip() else None
            if target:
                yield Anchor(target, cleaned([button.text, *(attribute(button, name) for name in _NAMES)]))


def _type(field: turbohtml.Element) -> str:
    """Return what a field is: `text` unless it says otherwise."""
    if field.tag == "button":
        return "submit"
    return attribute(field, "type").strip().lower() if field.tag == "input" else field.tag


def _asked(form: turbohtml.Element, action: str, fields: Sequence[turbohtml.Element]) -> str:
    """Return the address that a form asks for: with its hidden values, unless it sends them in the request's body."""
    hidden = [(attribute(each, "name"), attribute(each, "value")) for each in fields if _type(each) == "hidden"]
    named = [(name, value) for name, value in hidden if name]
    if not named or attribute(form, "method").strip().lower() == "post":
        return action
    return f"{action.partition('?')[0]}?{urlencode(named)}"
