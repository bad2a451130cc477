"""What every adapter reads alike: messy values give nothing, good ones give our vocabularies' words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.pole.harvest.adapters import fields, markup
from ckanext.pole.harvest.source import Source

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
READERS = (
    fields.date,
    fields.period,
    fields.email,
    fields.address,
    fields.text,
    fields.strings,
    fields.languages,
    fields.frequency,
    fields.licence,
    fields.file_format,
    fields.box,
    fields.geometry,
    fields.mapping,
    fields.items,
)


def source(**config):
    return Source("s", "https://donnees.example.org", "org", config)


@given(JSON)
def test_no_value_that_json_can_hold_costs_a_record(value):
    for read in READERS:
        read(value)
    fields.words(value, "fr")
    fields.language(value, source())


class TestDates:
    @pytest.mark.parametrize(
        "value",
        ["", "hier", "2024-13-01", "2024-02-30", "20240101", "2024-1-1", None, True, [], float("nan"), float("inf"),
         1e30, "2024-01-01extra"],
    )  # fmt: skip
    def test_what_is_no_day_is_left_out(self, value):
        assert fields.date(value) == ""

    @pytest.mark.parametrize(
        ("value", "day"),
        [
            ("2022-12-19", "2022-12-19"),
            ("2022-12-19T09:30:00Z", "2022-12-19"),
            ("2022-12-19 09:30", "2022-12-19"),
            ("2022-12", "2022-12-01"),
            ("2022", "2022-01-01"),
            (1500000000, "2017-07-14"),
            (1627417519723, "2021-07-27"),
        ],
    )
    def test_iso_dates_and_unix_times_in_seconds_or_milliseconds(self, value, day):
        assert fields.date(value) == day

    @pytest.mark.parametrize(
        ("value", "days"),
        [
            ("2020-01-01/2021-12-31", ("2020-01-01", "2021-12-31")),
            ("2022-12-19", ("2022-12-19", "")),
            ("2020-01-01/..", ("2020-01-01", "")),
            ("/2021-12-31", ("", "2021-12-31")),
            ("2021-12-31/2020-01-01", ("", "")),
            ("2000-01-15T00:45:00Z/2010-01-15T00:06:00Z", ("2000-01-15", "2010-01-15")),
            ("toujours", ("", "")),
            (None, ("", "")),
        ],
    )
    def test_periods_as_quebecs_portals_write_them(self, value, days):
        assert fields.period(value) == days


class TestLicences:
    @pytest.mark.parametrize(
        "hint",
        [
            "libre de droits",
            "cc-by-2.5",
            "https://example.org/licence",
            "<p>Licence <a href='https://example.org/l'>ouverte</a>, Creative Commons Attribution 4.0</p>",
            "<a href='https://creativecommons.org/licenses/by/4.0/'>a</a> "
            "<a href='https://creativecommons.org/licenses/by-sa/4.0/'>b</a>",
        ],
    )
    def test_nothing_is_guessed(self, hint):
        assert fields.licence(hint) == "notspecified"

    def test_html_counts_by_the_exact_address_it_links_to(self):
        page = '<div>Voir la <a href="https://creativecommons.org/licenses/by/4.0/deed.fr">licence</a>.</div>'
        assert fields.licence(page) == "cc-by"

    def test_the_portals_own_licence_stands_in_only_where_a_record_says_nothing(self):
        toronto = source(license_id="ca-ogl-lgo")
        assert fields.licence_or_default(toronto, None, "", None) == "ca-ogl-lgo"
        assert fields.licence_or_default(toronto, None, "une licence inconnue") == "notspecified"
        assert fields.licence_or_default(source(), None) == "notspecified"


class TestWords:
    def test_an_organisation_written_in_two_languages_is_split(self):
        title = "Natural Resources Canada | Ressources naturelles Canada"
        assert fields.split_title(title) == {"en": "Natural Resources Canada", "fr": "Ressources naturelles Canada"}

    @pytest.mark.parametrize("title", ["Ville de Rimouski", "a | b | c", " | b", ""])
    def test_another_title_is_left_whole(self, title):
        assert fields.split_title(title) == {}

    @pytest.mark.parametrize(
        ("word", "code"),
        [
            ("R/P1Y", "annual"), ("asNeeded", "irregular"), ("Semi-annually", "biannual"), ("Hebdomadaire", "weekly"),
            ("http://publications.europa.eu/resource/authority/frequency/DAILY", "daily"),
            ("http://purl.org/cld/freq/irregular", "irregular"), ("notPlanned", "unknown"), ("au hasard", ""),
        ],
    )  # fmt: skip
    def test_frequencies_in_many_standards(self, word, code):
        assert fields.frequency(word) == code

    @pytest.mark.parametrize(
        ("value", "codes"),
        [
            ("FR", ["fr"]), (["fr", "en"], ["fr", "en"]), ("fr_CA", ["fr"]), ("eng", ["en"]), ("fre", ["fr"]),
            ("http://publications.europa.eu/resource/authority/language/FRA", ["fr"]), ("en-us", ["en"]), (12, []),
            ('["fr", "en"]', ["fr", "en"]), ("klingon", []),
        ],
    )  # fmt: skip
    def test_languages_in_many_spellings(self, value, codes):
        assert fields.languages(value) == codes

    def test_a_record_in_two_languages_counts_as_french_and_the_operator_has_the_last_word(self):
        assert fields.language(["en", "fr"], source()) == "fr"
        assert fields.language("EN", source()) == "en"
        assert fields.language("EN", source(language="fr")) == "fr"

    @pytest.mark.parametrize(
        ("hints", "code"),
        [
            (("text/csv",), "CSV"), (("Shapefile",), "SHP"), ((None, "https://v.example/a/b.geojson?x=1"), "GEOJSON"),
            (("application/vnd.geo+json",), "GEOJSON"), (("GTFS",), "GTFS"), ((None, ""), ""),
            (("WWW:LINK-1.0-http--link",), ""), (("https://v.example/a",), ""),
        ],
    )  # fmt: skip
    def test_formats_by_name_media_type_or_ending(self, hints, code):
        assert fields.file_format(*hints) == code


class TestPlaces:
    @pytest.mark.parametrize(
        "value", ["", "Montréal", "1,2,3", "1,2,3,x", [1, 2, 3], "10,10,5,5", "0,0,200,1", None, "nan,0,1,1"]
    )
    def test_what_is_no_box_is_left_out(self, value):
        assert fields.box(value) == ""

    def test_a_box_becomes_a_polygon(self):
        ring = json.loads(fields.box("-73.6,45.4, -73.4,45.6"))["coordinates"][0]
        assert ring[0] == ring[-1] == [-73.6, 45.4]
        assert len(ring) == 5

    @pytest.mark.parametrize(
        "value", ["{", "Montréal", "[]", '{"type": "Polygon"}', {"type": "Point", "coordinates": [float("nan"), 1]},
                  {"type": "Polygon", "coordinates": []}, {"coordinates": [1, 2]}],
    )  # fmt: skip
    def test_what_is_no_geometry_is_left_out(self, value):
        assert fields.geometry(value) == ""


class TestMarkup:
    def test_paragraphs_and_lists_survive_and_scripts_do_not(self):
        page = "<p>Un&nbsp;texte <b>fort</b>.</p><script>alert(1)</script><ul><li>a</li><li>b</li></ul>"
        assert markup.plain(page) == "Un texte fort.\n\n- a\n- b"

    @pytest.mark.parametrize("text", ["5 < 6 et 7 > 3", "a\n\nb", "R&D", "x <- y"])
    def test_plain_text_comes_out_as_it_went_in(self, text):
        assert markup.plain(text) == text

    @given(st.text(max_size=200))
    def test_any_text_can_be_read(self, text):
        markup.plain(text)
        markup.links(text)
