"""Names of months, case-folded, in the languages that hosting companies write in."""
# ruff: noqa: E501 - a line a month

from __future__ import annotations

from typing import Final

# One line a month. Genitives and oblique forms where dates use them (pl, cs, fi, ru).
_NAMES: Final = """
january jan januar jänner janvier enero gennaio januari janeiro stycznia styczeń tammikuuta ledna ianuarie január января
february feb februar février fevrier febrero febbraio februari fevereiro lutego luty helmikuuta února februarie február февраля
march mar märz mär mrz mars marzo maart março marco marca marzec marts maaliskuuta března martie március марта
april apr avril abril aprile kwietnia kwiecień huhtikuuta dubna aprilie április апреля
may mai mayo maggio mei maio maja toukokuuta května május мая
june jun juni juin junio giugno junho czerwca czerwiec kesäkuuta června iunie június июня
july jul juli juillet julio luglio julho lipca lipiec heinäkuuta července iulie július июля
august aug août aout agosto augustus sierpnia sierpień augusti elokuuta srpna augusztus августа
september sep sept septembre septiembre setiembre settembre setembro września wrzesień syyskuuta září septembrie szeptember сентября
october oct oktober okt octobre octubre ottobre outubro października październik lokakuuta října octombrie október октября
november nov novembre noviembre novembro listopada listopad marraskuuta listopadu noiembrie ноября
december dec dezember dez décembre decembre diciembre dicembre dezembro grudnia grudzień joulukuuta prosince decembrie декабря
"""
MONTHS: Final[dict[str, int]] = {
    name: number for number, names in enumerate(_NAMES.strip().splitlines(), 1) for name in names.split()
}
"""The number of a month, from 1, by its names and their usual abbreviations."""
