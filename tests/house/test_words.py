"""The citizen's pages speak Chinese, Tibetan and English: no sentence without its translation, none left over, .mo as the .po says."""

import gettext
import re

import pytest

from minsheng.cli import words
from minsheng.kit import gettext_catalog

PLACES = re.compile(r"\{\w+\}|%\(\w+\)s")


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    return words.found()


def translated(language: str) -> dict[str, str]:
    """What has its translation; what has none yet is told once, by the first test."""
    return {said: answer for said, answer in gettext_catalog.load(words.po(language)).words.items() if answer}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_sentence_of_the_portal_is_translated_and_no_other(language, found):
    assert words.wrong(language, found) == [], (
        f"run ./minsheng words, say what is empty in {words.po(language).relative_to(words.SOURCE.parents[1])}, run it once more")


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_translation_fills_in_what_its_sentence_fills_in(language, found):
    assert {k for k, v in translated(language).items() if sorted(PLACES.findall(k)) != sorted(PLACES.findall(v))} == set()


def test_tibetan_is_written_in_tibetan_and_english_in_latin_letters():
    chinese = re.compile(r"[\u4e00-\u9fff]")
    tibetan = re.compile(r"[\u0f00-\u0fff]")
    bo, en = map(translated, words.LANGUAGES)
    assert [v for v in bo.values() if chinese.search(v)] == []
    assert [k for k, v in bo.items() if not tibetan.search(v) and re.sub(r"\{\w+\}", "", k).strip(" ：")] == []
    assert [v for v in en.values() if chinese.search(v)] == []


def test_the_tibetan_catalogue_says_that_nobody_has_read_it_yet_or_who_has():
    made = gettext_catalog.load(words.po("bo"))
    reader = re.search(r"^X-Proof-Read-By: *(.*)$", made.header, re.M)[1]
    assert reader or any("NOT YET PROOF-READ" in line for line in made.comments)


def test_what_we_compile_is_read_by_the_standard_library():
    for language in words.LANGUAGES:
        with words.po(language).with_suffix(".mo").open("rb") as file:
            read = gettext.GNUTranslations(file)
        for said, answer in translated(language).items():
            assert read.gettext(said) == answer


def test_a_catalogue_survives_writing_and_reading_and_names_a_broken_line():
    made = gettext_catalog.Catalogue("Language: bo\n", ["# one"], {'他说"好"\\\n第二行': "a\tb"}, {})
    again = gettext_catalog.read(gettext_catalog.write(made, {said: ["x.py"] for said in made.words}))
    assert again == made
    with pytest.raises(gettext_catalog.Unreadable, match="line 2"):
        gettext_catalog.read('msgid "a"\nmsgctxt "b"\nmsgstr "c"\n')
    with pytest.raises(gettext_catalog.Unreadable, match="twice"):
        gettext_catalog.read('msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n')


def test_a_template_is_read_by_branches_blocks_and_loops():
    said = words.of_template(
        '{% load i18n portal_words %}{% if a %}{% translate "甲" %}{% else %}{% both "乙" %}{% endif %}'
        '{% for x in y %}{% both x %}{% blocktranslate with n=x %}丙{{ n }}{% endblocktranslate %}{% empty %}{% both "丁" %}{% endfor %}'
    )
    assert said == ["甲", "乙", "丙%(n)s", "丁"]
