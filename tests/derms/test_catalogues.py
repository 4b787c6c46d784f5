"""Catalogues of words are compiled without GNU gettext, and only when they changed."""

import gettext
from pathlib import Path

import pytest

from derms import catalogues
from derms.catalogues import Message

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.fixture
def source(tmp_path: Path) -> Path:
    place = tmp_path / "locale" / "es" / "LC_MESSAGES" / "django.po"
    place.parent.mkdir(parents=True)
    place.write_text(HEADER + 'msgid "Meter"\nmsgstr "Medidor"\n')
    return place


def test_what_translators_write_is_what_programs_read(tmp_path: Path, source: Path) -> None:
    assert not catalogues.are_current(tmp_path)

    catalogues.compile_all(tmp_path)

    with source.with_suffix(".mo").open("rb") as compiled:
        assert gettext.GNUTranslations(compiled).gettext("Meter") == "Medidor"
    assert catalogues.are_current(tmp_path)


def test_a_changed_catalogue_is_compiled_again_and_an_unchanged_one_is_not(
    tmp_path: Path, source: Path
) -> None:
    catalogues.compile_all(tmp_path)
    first = source.with_suffix(".mo").stat().st_ino

    catalogues.compile_all(tmp_path)
    assert source.with_suffix(".mo").stat().st_ino == first
    source.write_text(HEADER + 'msgid "Meter"\nmsgstr "Contador"\n')
    assert not catalogues.are_current(tmp_path)
    catalogues.compile_all(tmp_path)

    with source.with_suffix(".mo").open("rb") as compiled:
        assert gettext.GNUTranslations(compiled).gettext("Meter") == "Contador"


def test_collecting_keeps_translations_brings_new_texts_and_takes_out_old_ones(
    tmp_path: Path, source: Path
) -> None:
    source.write_text(source.read_text() + '\nmsgid "Gone"\nmsgstr "Ido"\n')
    found = [Message("Meter", "", "b.html"), Message("{count} day", "{count} days", "a.py")]

    to_translate, gone = catalogues.collect(tmp_path, "es", found)

    kept = {one.msgid: one for one in catalogues.entries(source)}
    assert (to_translate, gone) == (1, 1)
    assert kept["Meter"].msgstr == "Medidor"
    assert kept["{count} day"].msgid_plural == "{count} days"
    assert not catalogues.is_translated(kept["{count} day"])
    assert "Gone" not in kept
