"""The date that a policy gives of itself: twenty-two languages, and what only looks like one."""

# ruff: noqa: RUF001 - other alphabets

from __future__ import annotations

import pytest

from pipelines.similarity.effective_date import effective_date


@pytest.mark.parametrize(
    ("line", "language", "date"),
    [
        ("Effective date: May 25, 2018", "en", "2018-05-25"),
        ("Last Updated: 25th of May, 2018", "en", "2018-05-25"),
        ("Privacy Policy (last revised 2018-05-25)", "en", "2018-05-25"),
        ("This Privacy Policy was last updated on Friday, May 25, 2018 and applies to all.", "en", "2018-05-25"),
        ("Version 1.2, effective as of 25/05/2018", "en", "2018-05-25"),
        ("Last updated and effective: 5/25/18", "en", "2018-05-25"),
        ("This policy was last updated on May 25, 2018 and is effective on June 1, 2018.", "en", "2018-06-01"),
        ("Updated 03/04/2018", "en", ""),  # 3 April, or 4 March
        ("Updated 04/04/2018", "en", "2018-04-04"),
        ("Stand: 03/04/2018", "de", "2018-04-03"),
        ("Last updated: May 2018", "en", ""),
        ("Last updated: February 30, 2018", "en", ""),
        ("Stand: 25. Mai 2018", "de", "2018-05-25"),
        ("Diese Datenschutzerklärung ist gültig ab dem 25.5.2018.", "de", "2018-05-25"),
        ("Zuletzt aktualisiert am 1. Jänner 2020", "de", "2020-01-01"),
        ("Dernière mise à jour : 1er mars 2019", "fr", "2019-03-01"),
        ("En vigueur depuis le 25 mai 2018", "fr", "2018-05-25"),
        ("Última actualización: 25 de mayo de 2018", "es", "2018-05-25"),
        ("Fecha de entrada en vigor: 12 de octubre de 2020", "es", "2020-10-12"),
        ("Última atualização em 25 de maio de 2018", "pt", "2018-05-25"),
        ("Ultimo aggiornamento: 25 maggio 2018", "it", "2018-05-25"),
        ("In vigore dal 25/05/2018", "it", "2018-05-25"),
        ("Laatst bijgewerkt op 25 mei 2018", "nl", "2018-05-25"),
        ("Ostatnia aktualizacja: 25 maja 2018 r.", "pl", "2018-05-25"),
        ("Polityka prywatności obowiązuje od dnia 25 maja 2018 r.", "pl", "2018-05-25"),
        ("Senest opdateret den 25. maj 2018", "da", "2018-05-25"),
        ("Senast uppdaterad: 25 maj 2018", "sv", "2018-05-25"),
        ("Päivitetty 25.5.2018", "fi", "2018-05-25"),
        ("Poslední aktualizace: 25. května 2018", "cs", "2018-05-25"),
        ("Účinnost od 25. 5. 2018", "cs", "2018-05-25"),
        ("Ultima actualizare: 25 mai 2018", "ro", "2018-05-25"),
        ("Utolsó frissítés: 2018. május 25.", "hu", "2018-05-25"),
        ("Дата последнего обновления: 25 мая 2018 г.", "ru", "2018-05-25"),
        ("Son güncelleme: 25 Mayıs 2018", "tr", "2018-05-25"),
        ("最終更新日：2018年5月25日", "ja", "2018-05-25"),
        ("2018年5月25日 改定", "ja", "2018-05-25"),
        ("生效日期：2018年5月25日", "zh", "2018-05-25"),
        ("시행일자: 2018년 5월 25일", "ko", "2018-05-25"),
        ("Дата вступления в силу: 1 января 2020 г.", "ru", "2020-01-01"),
        ("Останнє оновлення: 25 травня 2018 р.", "uk", "2018-05-25"),
        ("Набуває чинності з 25 травня 2018 р.", "uk", "2018-05-25"),
        ("Последна актуализация: 25 май 2018 г.", "bg", "2018-05-25"),
        ("Τελευταία ενημέρωση: 25 Μαΐου 2018", "el", "2018-05-25"),
        ("Ισχύει από 25/05/2018", "el", "2018-05-25"),
        ("Posledná aktualizácia: 25. mája 2018", "sk", "2018-05-25"),
        ("Darrera actualització: 25 de maig de 2018", "ca", "2018-05-25"),
        ("Terakhir diperbarui: 25 Mei 2018", "id", "2018-05-25"),
        ("Berlaku mulai 1 Maret 2020", "id", "2020-03-01"),
        ("Cập nhật lần cuối: 25/05/2018", "vi", "2018-05-25"),
        ("Päivitetty viimeksi 25.5.2018", "fi", "2018-05-25"),
        # of something else
        ("The California Consumer Privacy Act, effective January 1, 2020, gives you rights.", "en", ""),
        ("Effective January 1, 2020, California residents have the right to know what is sold.", "en", ""),
        ("Cookie declaration last updated on May 25, 2018 by Cookiebot", "en", ""),
        ("Previous privacy policy, effective May 25, 2018", "en", ""),
        ("Archived versions: Effective May 25, 2018 | Effective May 1, 2016", "en", ""),
        ("View previous version | Last updated May 25, 2018", "en", "2018-05-25"),
        ("If you signed up before July 1, 2019, this policy is effective August 1, 2019.", "en", ""),
        ("Our list of subprocessors was last updated on May 25, 2018.", "en", ""),
        ("Regulation (EU) 2016/679, in force since 25 May 2018, applies.", "en", ""),
        ("Founded on May 25, 2018, we keep data.", "en", ""),
        ("Order 12.05.2018-17 was updated", "en", ""),
    ],
)
def test_effective_date_of_a_line(line: str, language: str, date: str) -> None:
    assert effective_date("Privacy", f"We keep data.\n\n{line}\n\nWe sell none.\n", language) == date


def test_effective_date_stands_below_its_label() -> None:
    assert effective_date("", "Effective Date\n\nMay 25, 2018\n\nWe keep data.\n", "en") == "2018-05-25"
    assert effective_date("Policy - updated May 25, 2018 - Acme", "We keep data.\n", "en") == "2018-05-25"


def test_effective_date_comes_before_last_update() -> None:
    assert effective_date("", "Last updated: May 2, 2019\nEffective: June 1, 2019\n", "en") == "2019-06-01"


def test_effective_date_of_several_is_that_of_the_head_or_none() -> None:
    rest = "We keep data.\n" * 30
    history = "Updated: May 1, 2016\n" + rest + "Updated: May 2, 2017\n" + rest
    assert effective_date("", f"Updated: May 3, 2018\n{rest}{history}", "en") == "2018-05-03"
    assert effective_date("", f"Updated: May 3, 2018\nUpdated: May 2, 2017\n{rest}{rest}", "en") == ""


def test_effective_date_of_hostile_lines_is_fast() -> None:
    for line in ("last updated " * 20_000, "1.2.2018 " * 20_000, "effective " + " on" * 50_000 + " 2018-05-25"):
        assert effective_date("", line, "en") in {"", "2018-05-25"}
