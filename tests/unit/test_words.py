"""Every sentence of the portal is said in French and in English, whole, with what it fills in, in good typography."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import pytest
from babel.support import Translations

from ckanext.pole.words import sources
from ckanext.pole.words.__main__ import ROOT, check, extract
from ckanext.pole.words.catalogue import LANGUAGES, compiled, forms, identity, messages, paths, plural, read
from ckanext.pole.words.rules import complaints, filled_in, tags, typography

NBSP = "\u00a0"
FRENCH = list(messages(read(paths(ROOT)["fr"])))
# What a sentence must not say in French, and what we say instead (i18n/GLOSSARY.md).
UNWANTED = {
    r"\be-?mails?\b": "courriel",
    r"\btags?\b": "mot-clé",
    r"\blogin\b": "nom d’utilisateur, connexion",
    r"\bspams?\b": "pourriel",
    r"\bdatasets?\b": "jeu de données",
    r"\bharvest\w*": "moissonnage",
    r"\bpackages?\b": "jeu de données",
    r"\buploade\w+": "téléverser",
    r"\bsupporté\w*": "pris en charge",
    r"\b[Êê]tes-vous sûr": "Voulez-vous vraiment",
    r"n’êtes pas autorisé": "n’avez pas l’autorisation",
    r"\bmerci de\b": "veuillez",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the tool reads and writes, to damage freely."""
    shutil.copy(ROOT / "babel.cfg", tmp_path)
    shutil.copytree(ROOT / "i18n", tmp_path / "i18n", ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    shutil.copytree(ROOT / "ckanext" / "pole", tmp_path / "ckanext" / "pole", ignore=shutil.ignore_patterns("*.pyc"))
    return tmp_path


def test_nothing_is_missing_or_wrong_in_the_committed_catalogues():
    assert check() == []


def test_check_names_each_kind_of_damage(checkout: Path):
    fr = paths(checkout)["fr"]
    text = fr.read_text("utf-8")
    damage = {
        "Harvest source not found": "",
        "Update {page}": "Mettre à jour {pages}",
        "Error Report": "Error Report",
        "Job Report": "Rapport de l'essai",
    }
    for said, translated in damage.items():
        text = re.sub(rf'(msgid "{re.escape(said)}"\nmsgstr ").*"', rf'\1{translated}"', text)
    text = text.replace('msgid "Add Harvest Source"', '#, fuzzy\nmsgid "Add Harvest Source"', 1)
    fr.write_text(text + '\nmsgid "Nobody says this"\nmsgstr "Personne ne dit cela"\n', "utf-8")
    (checkout / "ckanext" / "pole" / "new_page.py").write_text('_("A brand new sentence")\n')

    found = "\n".join(check(checkout))

    assert "fr: not translated: 'Harvest source not found'" in found
    assert "fr: fuzzy: 'Add Harvest Source'" in found
    assert "fr: does not fill in the same things: 'Update {page}'" in found
    assert "fr: still in English" in found
    assert "fr: a straight apostrophe, write ’: 'Job Report'" in found
    assert "fr: not said any more, run extract: 'Nobody says this'" in found
    for language in LANGUAGES:
        assert f"{language}: not in the catalogue, run extract: 'A brand new sentence'" in found


def test_extract_takes_new_sentences_keeps_old_translations_and_guesses_nothing(checkout: Path):
    before = {identity(message): forms(message) for message in FRENCH}
    (checkout / "ckanext" / "pole" / "new_page.py").write_text('_("Harvest source not found!")\n')

    assert all(extract(checkout).values())

    after = {identity(message): forms(message) for message in messages(read(paths(checkout)["fr"]))}
    assert after.pop(("Harvest source not found!", None)) == [""]
    assert after == before
    english = {identity(message): forms(message) for message in messages(read(paths(checkout)["en"]))}
    assert english["Harvest source not found!", None] == ["Harvest source not found!"]


def test_a_second_extract_changes_nothing(checkout: Path):
    extract(checkout)
    assert not any(extract(checkout).values())


def test_the_files_name_no_date_no_line_and_no_folder_of_a_machine():
    for path in paths(ROOT).values():
        text = path.read_text("utf-8")
        assert not re.search(r"-Date:|^#: .*:\d", text, re.MULTILINE), path
        assert not re.search(r"^#: (?!ckan/|ckanext/)", text, re.MULTILINE), path


def test_an_absent_package_stops_the_tool_instead_of_losing_its_translations(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sources.PACKAGES, "ckanext-absent", "ckanext.absent")
    with pytest.raises(LookupError, match=r"ckanext\.absent is not installed"):
        sources.gather(ROOT)


@pytest.mark.parametrize(
    ("said", "translated"),
    [
        ("Hello {name}", "Bonjour"),
        ("Hello {name}", "Bonjour {nom}"),
        ("Hello %(name)s", "Bonjour %(name)d"),
        ("%s of %s", "%s"),
        ("User %r", "Compte %s"),
        ("Read <b>this</b>", "Lisez ceci"),
        ("Half of %s", "50 % de %s"),
        ("Job: ", f"Tâche{NBSP}:"),
    ],
)
def test_a_translation_that_breaks_its_sentence_is_refused(said: str, translated: str):
    assert complaints(said, None, [translated], "fr")


def test_a_plural_form_must_fill_in_its_number():
    assert complaints("{n} day", "{n} days", ["{n} jour", "{n} jours", "jours"], "fr")
    assert complaints("{n} day", "{n} days", ["un jour", "{n} jours", "{n} jours"], "fr")
    assert not complaints("{n} day", "{n} days", ["{n} jour", "{n} jours", "{n} jours"], "fr")
    assert not complaints("one day", "{n} days", ["{n} jour", "{n} jours", "{n} jours"], "fr")


@pytest.mark.parametrize(
    "bad",
    [
        "l'eau",
        'le mot "eau"',
        "le mot “eau”",
        "« eau »",
        "Attention :",
        "Attention:",
        "Quoi ?",
        "Non !",
        "a ; b",
        "Attendez...",
        "deux  espaces",
    ],
)
def test_bad_french_typography_is_seen(bad: str):
    assert typography(bad)


@pytest.mark.parametrize(
    "good",
    [
        "l’eau",
        f"«{NBSP}eau{NBSP}»",
        f"Attention{NBSP}: voici",
        "Quoi?",
        "a; b",
        "Attendez…",
        "http://exemple.com",
        '<a href="x" class="y">lien</a>',
        "10:30",
    ],
)
def test_good_french_typography_is_left_alone(good: str):
    assert typography(good) == []


def _fill_in(said: str, form: str) -> str:
    """Fill in a translation the way its English is: by `%` or by `format`."""
    if names := re.findall(r"%\((\w+)\)", said):
        return form % dict.fromkeys(names, 1)
    if any(mark.startswith("%") for mark in filled_in(said)):
        return form % tuple(1 for _ in re.findall(r"%[sdifr]", said))
    if filled_in(said):
        return form.format(*range(5), **dict.fromkeys(re.findall(r"\{([a-zA-Z_]\w*)", said), 1))
    return form


def test_every_french_sentence_can_really_be_filled_in():
    for message in FRENCH:
        for form in forms(message):
            assert _fill_in(plural(message) or identity(message)[0], form).strip() or not form


def test_no_french_sentence_uses_a_word_we_replaced():
    faults = []
    for message in FRENCH:
        for form in forms(message):
            prose = re.sub(r"<[^<>]*>|%\(\w+\)s|\{[^{}]*\}|\w+://\S+|\w+_\w+|«[^»]*»", " ", form)
            faults += [
                f"{form!r}: say {better}" for word, better in UNWANTED.items() if re.search(word, prose, re.IGNORECASE)
            ]
    assert faults == []


def test_a_sentence_that_mentions_an_html_tag_keeps_it_in_every_form():
    for message in FRENCH:
        for form in forms(message):
            assert tags(form) == tags(identity(message)[0]), form


@pytest.fixture(scope="module")
def served() -> Translations:
    """What a page is given in French: CKAN's catalogue, then ours over it, as flask-babel merges them."""
    translations = Translations.load(sources.installed("ckan") / "i18n", ["fr"], "ckan")
    ours = Translations(io.BytesIO(compiled(read(paths(ROOT)["fr"]))), domain="ckanext-pole")
    translations.merge(ours)
    translations.plural = ours.plural
    return translations


def test_every_sentence_of_every_package_is_served_in_french(served: Translations):
    known = served._catalog
    everything = sources.upstream_sentences(ROOT) | sources.own_sentences(ROOT)
    silent = [said for said, _ in everything if not known.get(said) and not known.get((said, 0))]
    assert len(everything) > 1400
    assert silent == []


def test_a_sentence_not_translated_yet_is_left_to_english_rather_than_served_empty(tmp_path: Path):
    catalogue = tmp_path / "ckanext-pole.po"
    catalogue.write_text(
        paths(ROOT)["fr"].read_text("utf-8").split("\n\n")[0]
        + '\n\nmsgid "{n} day"\nmsgid_plural "{n} days"\nmsgstr[0] ""\nmsgstr[1] ""\nmsgstr[2] ""\n'
        + '\nmsgid "Well said"\nmsgstr "Bien dit"\n',
        "utf-8",
    )
    translations = Translations(io.BytesIO(compiled(read(catalogue))))
    assert translations.ungettext("{n} day", "{n} days", 2) == "{n} days"
    assert translations.ugettext("Well said") == "Bien dit"


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 membre"), (1, "1 membre"), (2, "2 membres"), (17, "17 membres"), (10**6, "1000000 membres")],
)
def test_french_counts_nothing_and_one_in_the_singular(served: Translations, number: int, words: str):
    assert served.ungettext("{num} Member", "{num} Members", number).format(num=number) == words


def test_every_french_plural_is_the_same_for_round_millions_and_other_plurals():
    """Another plugin's catalogue may impose its own plural rule: no rule may then serve an odd form."""
    for message in FRENCH:
        if message.pluralizable:
            one, many, other = forms(message)
            assert many == other != one, identity(message)


def test_english_pages_say_theme_where_ckan_says_group():
    """CKAN's own English is nobody's to translate: `renamed` in `i18n/upstream.json` says it otherwise."""
    about_others = {"CKAN is used by governments and user groups", "{group}"}
    said = [
        form
        for message in messages(read(paths(ROOT)["en"]))
        if any(place.startswith(("ckan/templates/", "ckan/views/")) for place, _ in message.locations)
        for form in forms(message)
        if not any(text in form for text in about_others)
    ]
    assert "Deleted themes" in said
    assert [form for form in said if re.search(r"\bgroups?\b", form, re.IGNORECASE)] == []


def test_javascript_is_given_its_sentences_in_both_languages(tmp_path: Path):
    i18n = pytest.importorskip("ckan.lib.i18n")
    import json

    ours, ckan = paths(ROOT), sources.installed("ckan") / "i18n"
    wanted = i18n._get_js_translation_entries(str(ours[None]))
    assert "Draw an extent" in wanted
    for language, catalogues in {"fr": [ckan / "fr/LC_MESSAGES/ckan.po", ours["fr"]], "en": [ours["en"]]}.items():
        target = tmp_path / f"{language}.js"
        i18n._build_js_translation(language, [str(path) for path in catalogues], wanted, str(target))
        bundle = json.loads(target.read_text("utf-8"))
        assert wanted <= bundle.keys()
    assert bundle["Draw an extent"] == [None, "Draw an extent"]
