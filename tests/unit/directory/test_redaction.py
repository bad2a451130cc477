"""What must not be published is nowhere in the output, wherever the source put it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ckanext.pole.directory import hsds_api, hsds_tabular
from ckanext.pole.directory.build import Build
from ckanext.pole.directory.errors import DirectoryError
from ckanext.pole.directory.languages import merge_languages

Make = Callable[..., dict[str, Any]]
Redact = Callable[..., Build]
Publish = Callable[[Build], str]

PLACE = ("Lilas", "H2J 3K5", "45.53", "73.58")


@pytest.fixture
def read(built: Redact) -> Callable[..., Build]:
    return lambda *services: built(hsds_api.read([list(services)], "fr"))


@pytest.mark.parametrize("code", ["BH-1800.1500", "BH-1800.1500-100", "bh-1800.1500-308", "BH-1800.1500-700"])
def test_a_shelter_keeps_its_telephone_and_territory_but_no_place(
    code: str, service: Make, read: Callable[..., Build], published: Publish, rows_of: Callable[..., Any]
) -> None:
    area = [{"id": "z", "name": "Grand Montréal", "extent": '{"type":"Point","coordinates":[-73.587654,45.531234]}'}]
    done = read(service(codes=[code], service_areas=area))
    said = published(done)
    assert not [secret for secret in PLACE if secret in said]
    (link,) = rows_of(done, "service_at_location")
    assert (link["address_withheld"], link["phones"], link["service_area_fr"]) == (
        True,
        "514-555-0101",
        "Grand Montréal",
    )
    assert (link["city"], link["location_fr"], link["latitude"]) == (None, None, None)


@pytest.mark.parametrize(
    "codes", [["BH-1800.8500", "YX-0300.0190"], ["BH-8600", "YZ-1750"], ["BH-8600 * YX-1500.9000"]]
)
def test_housing_for_those_who_hide_is_denied_by_two_codes_together(
    codes: list[str], service: Make, read: Callable[..., Build], published: Publish
) -> None:
    said = published(read(service(codes=codes)))
    assert not [secret for secret in PLACE if secret in said]


@pytest.mark.parametrize("codes", [["BH-1800.8500"], ["YX-0300.0190", "LH-2600"], ["BH-1800.3500"], ["BD-1800"], []])
def test_other_services_keep_their_place(
    codes: list[str], service: Make, read: Callable[..., Build], published: Publish
) -> None:
    said = published(read(service(codes=codes)))
    assert all(secret in said for secret in PLACE)


@pytest.mark.parametrize(
    "name",
    [
        "Maison d'hébergement pour femmes victimes de violence conjugale",
        "Hébergement d'urgence – violence familiale",
        "Refuge pour femmes",
        "Maison de 2e étape L'Envol",
        "Women's Shelter of the North",
        "Domestic violence emergency shelter",
        "Transition House",
        "Second-stage housing",
        "Runaway and homeless youth shelter",
    ],
)
def test_a_shelter_without_a_code_is_known_by_its_name(
    name: str, service: Make, read: Callable[..., Build], published: Publish
) -> None:
    for place_of_name in ({"name": name}, {"alternate_name": name}, {"owner": {"name": name}}):
        said = published(read(service(**place_of_name)))
        assert not [secret for secret in PLACE if secret in said], place_of_name


@pytest.mark.parametrize(
    "name",
    [
        "Maison des jeunes",
        "Refuge pour animaux",
        "Centre des femmes",
        "Hébergement pour aînés",
        "Animal shelter",
        "Women's centre",
        "Youth centre",
    ],
)
def test_a_name_that_only_resembles_hides_nothing(
    name: str, service: Make, read: Callable[..., Build], published: Publish
) -> None:
    assert all(secret in published(read(service(name=name))) for secret in PLACE)


@pytest.mark.parametrize(
    "word",
    [
        "Confidential",
        "CONFIDENTIEL",
        "adresse confidentielle",
        "Undisclosed location",
        "Adresse non publiée",
        "Non divulguée",
        "Withheld by owner",
        "Call for address",
    ],
)
@pytest.mark.parametrize("field", ["address_1", "address_2", "city", "postal_code"])
def test_a_word_where_an_address_should_be_hides_the_point_too(
    word: str, field: str, service: Make, read: Callable[..., Build], published: Publish
) -> None:
    done = read(service(address={field: word}))
    assert done.report.withheld == {"literal": 1}
    said = published(done)
    assert word not in said
    assert not [secret for secret in PLACE if secret in said]


@pytest.mark.parametrize(
    "sentence",
    [
        "L'adresse est confidentielle.",
        "Le lieu est tenu secret.",
        "L'adresse n'est pas divulguée.",
        "The location is confidential.",
        "Shelter at an undisclosed location",
        "The address is never publicly disclosed.",
    ],
)
def test_a_sentence_that_says_the_place_is_secret_is_obeyed(
    sentence: str, service: Make, read: Callable[..., Build], published: Publish
) -> None:
    for changes in ({"description": sentence}, {"place": {"description": sentence}}):
        said = published(read(service(**changes)))
        assert not [secret for secret in PLACE if secret in said]


@pytest.mark.parametrize(
    "sentence",
    [
        "Écoute gratuite et confidentielle.",
        "Free and confidential counselling at our site.",
        "Address confidentiality program",
        "Le secret professionnel est garanti.",
    ],
)
def test_a_confidential_service_is_not_a_confidential_place(
    sentence: str, service: Make, read: Callable[..., Build], published: Publish
) -> None:
    assert all(secret in published(read(service(description=sentence))) for secret in PLACE)


@pytest.mark.parametrize("column", ["confidential", "is_private", "redacted"])
@pytest.mark.parametrize("part", ["place", "address"])
def test_a_flag_that_a_publisher_adds_to_hsds_is_obeyed(
    column: str, part: str, service: Make, read: Callable[..., Build], published: Publish
) -> None:
    for value in (True, "yes", "on ne sait pas"):
        said = published(read(service(**{part: {column: value}})))
        assert not [secret for secret in PLACE if secret in said]


def test_a_location_shared_with_a_shelter_is_withheld_from_all(
    service: Make, read: Callable[..., Build], published: Publish
) -> None:
    done = read(
        service("s1", codes=["BH-1800.1500-100"], place={"id": "l"}), service("s2", name="Garderie", place={"id": "l"})
    )
    said = published(done)
    assert "Garderie" in said
    assert not [secret for secret in PLACE if secret in said]


@pytest.mark.parametrize(
    "same",
    [
        {"address_1": "4567 RUE DES LILAS"},
        {"address_1": "4567, rue des Lilas Est, app. 3", "city": "Laval"},
        {"address_1": "4567A Lilas Street", "postal_code": "H9H 9H9"},
        {"address_1": "Édifice B", "address_2": "4567 des Lilas"},
    ],
)
def test_the_address_of_a_shelter_on_another_record_is_withheld_however_it_is_spelled(
    same: dict[str, str], service: Make, read: Callable[..., Build], published: Publish
) -> None:
    other = service("s2", name="Comptoir", address=same, place={"latitude": 45.6, "longitude": -73.6})
    done = read(service("s1", codes=["BH-1800.1500"]), other)
    assert done.report.withheld == {"denylist": 1, "same_place": 1}
    said = published(done).casefold()
    assert "lilas" not in said
    assert "45.6" not in said
    assert "comptoir" in said


def test_the_point_of_a_shelter_under_another_address_is_withheld(
    service: Make, read: Callable[..., Build], published: Publish
) -> None:
    other = service(
        "s2", address={"address_1": "1 boulevard Rosemont"}, place={"latitude": 45.53123, "longitude": -73.58765}
    )
    said = published(read(service("s1", codes=["BH-1800.1500"]), other))
    assert "45.53" not in said


def test_the_office_of_an_organisation_of_shelters_only_is_withheld(
    service: Make, read: Callable[..., Build], published: Publish
) -> None:
    office = {
        "id": "bureau",
        "name": "Bureau",
        "latitude": 45.7,
        "longitude": -73.7,
        "addresses": [{"address_1": "12 rue Voisine", "city": "Laval"}],
    }
    owner = {"id": "o", "locations": [office]}
    said = published(read(service("s1", codes=["BH-1800.1500"], owner=owner)))
    assert "Voisine" not in said
    assert "45.7" not in said
    said = published(
        read(
            service("s1", codes=["BH-1800.1500"], owner=owner),
            service(
                "s2", owner=owner, address={"address_1": "3 rue Claire"}, place={"latitude": 45.4, "longitude": -73.4}
            ),
        )
    )
    assert "Voisine" in said
    assert "Lilas" not in said


@pytest.mark.parametrize(
    "sentence",
    [
        "Nous sommes au 4567 rue des Lilas.",
        "4567, RUE DES LILAS, Montréal H2J3K5",
        "(4567 des lilas)",
        "Point: 45.531234, -73.587654",
        "Rendez-vous au 45.53123 / -73.58765",
    ],
)
def test_an_address_quoted_in_any_sentence_is_masked(
    sentence: str, service: Make, read: Callable[..., Build], published: Publish
) -> None:
    shelter = service("s1", codes=["BH-1800.1500"], description=sentence)
    other = service(
        "s2",
        description=sentence,
        place={"latitude": 45.1, "longitude": -73.1, "transportation": sentence},
        address={"address_1": "1 rue Claire", "postal_code": "H1A 1A1"},
        owner={"description": sentence},
        eligibility_description=sentence,
        url=f"https://exemple.org/?q={sentence}",
    )
    said = published(read(shelter, other))
    assert not [secret for secret in ("Lilas", "LILAS", "lilas", "45.53", "73.58", "H2J3K5") if secret in said]
    assert "[retiré]" in said
    assert "1 rue Claire" in said


@pytest.mark.parametrize(
    "sentence",
    [
        "Local au 12, avenue du Parc, 2e étage",
        "We are at 99 Main Street",
        "Code postal H3Z 2Y7",
        "Write to P.O. Box 123",
        "Miami, FL 33101",
    ],
)
def test_any_address_in_the_texts_of_a_shelter_is_masked_even_an_unknown_one(
    sentence: str, service: Make, read: Callable[..., Build], published: Publish
) -> None:
    done = read(service("s1", codes=["BH-1800.1500"], description=sentence, application_process=sentence))
    said = published(done)
    assert not [secret for secret in ("du Parc", "Main Street", "H3Z", "Box 123", "33101") if secret in said]


def test_a_text_without_address_is_left_as_it_is(service: Make, read: Callable[..., Build], published: Publish) -> None:
    sentence = "Ligne ouverte 24 heures sur 24, 7 jours sur 7. 24 hour crisis line for 100 women. 18 ans et plus."
    assert sentence in published(read(service("s1", codes=["BH-1800.1500"], description=sentence)))


def test_a_private_line_is_private_in_every_record_and_sentence(
    service: Make, read: Callable[..., Build], published: Publish
) -> None:
    private = [{"id": "p", "number": "514 555-0144", "is_private": "yes"}]
    other = service("s2", phones=[{"number": "+1 (514) 555.0144"}], description="Appelez 514.555.0144 ou 555-0144.")
    done = read(service("s1", phones=private), other)
    assert "0144" not in published(done)
    assert done.report.removed["phone_shared"] == 1


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("info@popote.org", True),
        ("benevoles@popote.org", True),
        ("popoteroulante@gmail.com", True),
        ("popote@popote.org", True),
        ("aline.tremblay@popote.org", False),
        ("a_tremblay@popote.org", False),
        ("aline@popote.org", False),
        ("rosaireroro@aol.com", False),
    ],
)
def test_in_a_sentence_the_address_of_a_function_stays_and_that_of_a_person_goes(
    address: str, kept: bool, service: Make, read: Callable[..., Build], published: Publish
) -> None:
    done = read(service(name="Popote roulante", description=f"Écrivez à {address}."))
    assert (address in published(done)) is kept


def test_the_address_that_an_organisation_gives_as_its_own_stays_unless_it_is_a_person_by_name(
    service: Make, read: Callable[..., Build], published: Publish
) -> None:
    said = published(
        read(
            service(
                email="aline@popote.org",
                description="Écrivez à aline@popote.org",
                owner={"email": "aline.tremblay@popote.org"},
            )
        )
    )
    assert "aline@popote.org" in said
    assert "tremblay" not in said


def test_a_very_long_run_of_letters_takes_no_long_time(
    service: Make, read: Callable[..., Build], published: Publish
) -> None:
    run = "a" * 300_000
    done = read(
        service(
            "s1", codes=["BH-1800.1500"], description=f"{run} x@y {'1' * 300_000} {'de' * 100_000} {'(5 ' * 100_000}"
        )
    )
    assert run in published(done)


def test_the_cause_of_an_error_holds_no_record(tmp_path: Any) -> None:
    (tmp_path / "services.csv").write_bytes("id,name\n1,Secret\n".encode("utf-16")[:-1])
    with pytest.raises(DirectoryError) as caught:
        list(hsds_tabular.read(tmp_path, "fr"))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_an_excluded_record_still_hides_its_values_elsewhere(
    service: Make, read: Callable[..., Build], published: Publish
) -> None:
    gone = service("s1", status="inactive", codes=["BH-1800.1500"])
    said = published(
        read(
            gone,
            service(
                "s2",
                description="Aussi au 4567 rue des Lilas",
                address={"address_1": "2 rue Claire"},
                place={"latitude": 45.1, "longitude": -73.1},
            ),
        )
    )
    assert "Lilas" not in said
    assert "rue Claire" in said


def test_a_term_below_a_denied_term_denies_too(service: Make, built: Redact, published: Publish) -> None:
    terms = [
        {"id": "t1", "name": "Maisons d'hébergement pour femmes", "description": "x"},
        {"id": "t2", "name": "Places en urgence", "parent_id": "t1", "description": "x"},
    ]
    links = [{"id": f"a{n}", "taxonomy_term": term} for n, term in enumerate(terms)]
    page = [service("s1", attributes=links[1:]), service("s2", attributes=links[:1], place={"id": "l2"})]
    said = published(built(hsds_api.read([page], "fr")))
    assert not [secret for secret in PLACE if secret in said]


def test_two_feeds_make_one_bilingual_record_and_either_hides(
    service: Make, built: Redact, published: Publish, rows_of: Callable[..., Any]
) -> None:
    french = hsds_api.read([[service("s1", name="Repas"), service("s2", name="Seulement en français")]], "fr")
    english = hsds_api.read(
        [[service("s1", name="Meals", place={"is_private": "true"}), service("s3", name="English only")]], "en"
    )
    done = built(merge_languages(french, english))
    names = {row["source_id"]: (row["name_fr"], row["name_en"]) for row in rows_of(done, "services")}
    assert names == {"s1": ("Repas", "Meals"), "s2": ("Seulement en français", None), "s3": (None, "English only")}
    assert done.report.withheld == {"flag_private": 1, "same_place": 2}
    assert not [secret for secret in PLACE if secret in published(done)]


def test_the_parts_of_two_feeds_are_joined_not_doubled(service: Make, built: Redact) -> None:
    def feed(language: str, area: str, note: str) -> Any:
        hours = [{"byday": "MO", "opens_at": "09:00", "closes_at": "12:00", "freq": "WEEKLY", "description": note}]
        page = [service(service_areas=[{"name": area}], schedules=hours)]
        return hsds_api.read([page], language)

    done = built(
        merge_languages(feed("fr", "Île de Montréal", "Sauf l'été"), feed("en", "Island of Montréal", "Not in summer"))
    )
    (record,) = done.redacted.directory.services
    assert [area.name for area in record.service_areas] == [{"fr": "Île de Montréal", "en": "Island of Montréal"}]
    assert [item.description for item in record.schedules] == [{"fr": "Sauf l'été", "en": "Not in summer"}]
    assert len(record.phones) == 1


def test_the_report_counts_and_tells_no_value(service: Make, read: Callable[..., Build]) -> None:
    done = read(service("s1", codes=["BH-1800.1500"], description="Au 4567 rue des Lilas"), service("s2"))
    report = done.report.as_dict()
    assert report["withheld"] == {"denylist": 1, "same_place": 1}
    assert report["masked"] == 1
    assert "Lilas" not in str(report)
    assert "Lilas" not in repr(done)
