"""Recognition of consent dialogs: cookie banners, preference centres, consent walls.

Names of the common consent managers come first, then generic names with controls to consent by, then dialogs without
names that offer a choice about cookies. Elements that hold a page's main part are none, whatever they are called.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from pipelines.convert.reader.rules import CONSENT, CONSENT_MANAGERS, DIALOG_NAMES, OncePerName
from pipelines.convert.reader.subtree_counts import counts_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipelines.convert.tree import Element

_COOKIES: Final = re.compile("cookie|クッキー|쿠키|куки|печив|ملفات تعريف|עוגיות", re.IGNORECASE)
_CHOICE: Final = re.compile(
    r"accept|agree|allow|consent|reject|decline|deny|refuse|got it|i understand|^ok(?:ay)?\W*$|save (?:my |and )?|confirm my"
    r"|akzept|zustimm|einverstanden|ablehn|erlauben|speichern|accepte|refuse|autoris|j'ai compris|d'accord|acept|rechaz"
    r"|permitir|aceit|rejeitar|recus|accett|rifiut|consenti|akkoord|accepteer|weiger|toestaan|godta|godkänn|tillåt|accepter"
    r"|afvis|avvis|hyväksy|salli|hylkää|akcept|zgadzam|odrzuć|přijm|souhlas|odmít|prijat|elfogad|elutas|acord|sunt de acord"
    r"|refuz|αποδοχ|αποδέχ|απόρριψ|kabul|reddet|принять|принима|соглас|отклон|прийняти|погодж|同意|接受|拒绝|拒絕|許可|承諾"
    r"|동의|수락|거부|قبول|موافق|رفض|מאשר|מסכים|đồng ý|chấp nhận|ยอมรับ|setuju|terima",
    re.IGNORECASE,
)
_NO_DIALOG: Final = frozenset(["html", "body", "main", "article"])
_DIALOG_ROLES: Final = frozenset(["dialog", "alertdialog"])
_NO_TARGETS: Final = frozenset(["", "#", "javascript:void(0)", "javascript:void(0);", "javascript:;"])
_CONTROLS: Final = ("button", "a", "input")
_SHORTEST_SUBJECT: Final = 5
"""Characters of names with the shortest subject in them, two spaces included."""
_MAX_LABEL: Final = 60
_MAX_CHOICES: Final = 100
_MAX_CHECKS: Final = 100
_MAX_LEVELS: Final = 8
"""Bounds of the work for a page: elements whose inside is searched, and ancestors of a control."""
_MAX_DIALOG: Final = 50_000
_MAX_UNNAMED: Final = 5_000
"""Characters of a dialog, and of one without name or role. Preference centres are longer, and have one."""
_CHARS_PER_MENTION: Final = 500
"""Most characters for each mention of cookies in a dialog without name or role. A short policy has fewer mentions."""


class ConsentDialogs:
    """The consent dialogs of a page. `controls` are its buttons, by which dialogs without a telling name are found."""

    def __init__(self, controls: Iterable[Element]) -> None:
        self._checks = 0
        self._around: set[Element] = set()
        self._speak_of_consent = OncePerName(_speak_of_consent)
        for control in islice((each for each in controls if _is_choice(each)), _MAX_CHOICES):
            if self._around.isdisjoint(control.ancestors) and (dialog := _dialog_around(control)) is not None:
                self._around.add(dialog)

    @property
    def has_unnamed(self) -> bool:
        """Whether an element without attributes can be a dialog."""
        return bool(self._around)

    def __contains__(self, element: Element) -> bool:
        if element in self._around:
            return True
        attrs = element.attrs
        names = f"{attrs.get('id', '')} {attrs.get('class', '')} {attrs.get('aria-label', '')}"
        if len(names) < _SHORTEST_SUBJECT or not self._speak_of_consent[names]:
            return False
        return bool(element.tag) and element.tag not in _NO_DIALOG and self._is_named_dialog(element, names)

    def _is_named_dialog(self, element: Element, names: str) -> bool:
        known = CONSENT_MANAGERS.search(names)
        if not known and not _is_dialog(element) and not DIALOG_NAMES.search(names):
            return False
        self._checks += 1
        if self._checks > _MAX_CHECKS or _holds_main(element):
            return False
        return bool(known) or _offers_choice(element)


def _speak_of_consent(names: str) -> bool:
    return bool(CONSENT.search(names))


def _dialog_around(control: Element) -> Element | None:
    """Return the nearest dialog about cookies around a control, or the nearest short text that is about little else."""
    for ancestor in islice(control.ancestors, _MAX_LEVELS):
        if ancestor.tag in _NO_DIALOG or not ancestor.tag:
            return None
        length = counts_of(ancestor).length
        dialog = _is_dialog(ancestor)
        if length > _MAX_DIALOG:
            return None
        if not dialog and (length > _MAX_UNNAMED or ancestor.find("h1") is not None):
            continue
        text = ancestor.text
        mentions = len(_COOKIES.findall(text))
        if mentions and (dialog or mentions * _CHARS_PER_MENTION >= length) and not _holds_main(ancestor):
            return ancestor
    return None


def _is_dialog(element: Element) -> bool:
    attrs = element.attrs
    return element.tag == "dialog" or attrs.get("role") in _DIALOG_ROLES or attrs.get("aria-modal") == "true"


def _offers_choice(element: Element) -> bool:
    return any(map(_is_choice, element.find_all(*_CONTROLS)))


def _is_choice(control: Element) -> bool:
    """Whether a button, or a link that acts as one, accepts, refuses or saves."""
    attrs = control.attrs
    if control.tag == "input":
        if attrs.get("type", "").lower() not in {"button", "submit"}:
            return False
        label = attrs.get("value", "")
    elif (
        control.tag == "a" and attrs.get("href", "").strip() not in _NO_TARGETS and attrs.get("role") != "button"
    ) or counts_of(control).length > _MAX_LABEL:
        return False
    else:
        label = control.text
    return bool(_CHOICE.search(label.strip()[:_MAX_LABEL]))


def _holds_main(element: Element) -> bool:
    return any(each.tag in _NO_DIALOG or each.attrs.get("role") == "main" for each in element.find_all())
