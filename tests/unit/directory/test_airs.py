"""AIRS XML: traps are refused, absent flags hide, and the real sequence +1 / −1 / inactive / invalid is told apart."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ckanext.pole.directory import airs
from ckanext.pole.directory.archive import Limits
from ckanext.pole.directory.build import Build
from ckanext.pole.directory.errors import DirectoryError

Redact = Callable[..., Build]

SITE = """<Site><Key>11</Key><Name>Point de service</Name>
  {physical}
  <MailingAddress Confidential="false"><Line1>C.P. 900</Line1><City>Laval</City><State>QC</State>
    <ZipCode>H7A 0A1</ZipCode><Country>CA</Country></MailingAddress>
  {phone}
  <SiteService><Name>Écoute</Name><Key>12</Key><Description>{description}</Description><Taxonomy><Code>RP-1500</Code></Taxonomy>
    <TimeOpen><Monday><From>09:00:00</From><To>17:00:00</To></Monday><Notes>Sauf les jours fériés</Notes></TimeOpen>
    <AgeRequirements MinimumAge="12" MaximumAge="17">Jeunes</AgeRequirements>
    <Languages><Name>French, Spanish</Name></Languages>
    {service}
  </SiteService>
  <SpatialLocation><Latitude>+45.612345</Latitude><Longitude>-73.712345</Longitude></SpatialLocation>
</Site>"""
PHYSICAL = """<PhysicalAddress {flag}><Line1>77 rue Cachée</Line1><City>Laval</City><State>QC</State>
  <ZipCode>H7A 1B1</ZipCode><Country>CA</Country></PhysicalAddress>"""
PHONE = '<Phone TollFree="false" {flag}><PhoneNumber>450-555-0177</PhoneNumber><Type>Phone1</Type></Phone>'
PUBLIC = 'Confidential="false"'


def xml(agency: str = "", attributes: str = "", prolog: str = "", **parts: str) -> bytes:
    parts = {
        "physical": PHYSICAL.format(flag=PUBLIC),
        "phone": PHONE.format(flag=PUBLIC),
        "description": "Une écoute.",
        "service": "",
        **parts,
    }
    return (
        f'{prolog}<Source xmlns="http://www.airs.org/schema/3_1/AIRS.xsd" SchemaVersion="3.1">'
        f"<Agency {attributes}><Key>10</Key><Name>Organisme</Name>{agency}{SITE.format(**parts)}</Agency></Source>"
    ).encode()


def refused(data: bytes, **options: Any) -> str:
    with pytest.raises(DirectoryError) as caught:
        list(airs.read(data, "fr", **options))
    return caught.value.code


BOMB = '<!DOCTYPE Source [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"not xml", "bad_xml"),
        (b"<Source><Agency>", "bad_xml"),
        (b"<html><body/></html>", "bad_xml"),
        (xml(prolog=BOMB), "unsafe_xml"),
        (xml(prolog=f"<!-- {'x' * 9000} -->{BOMB}"), "unsafe_xml"),
        (xml(prolog='<?xml version="1.0" encoding="utf-16"?>' + BOMB).decode().encode("utf-16"), "unsafe_xml"),
        (xml(description="&inconnue;"), "bad_xml"),
        (xml()[:-30], "bad_xml"),
    ],
)
def test_a_file_that_is_broken_or_a_trap_is_refused(data: bytes, code: str) -> None:
    assert refused(data) == code


def test_a_file_without_end_is_refused() -> None:
    assert refused(xml(description="x" * 50_000), limits=Limits(total_bytes=20_000)) == "too_big"


def test_agencies_nested_without_end_are_cut_and_told(built: Redact) -> None:
    nested = "<Agency><Key>1</Key><Name>n</Name>" * 40 + "</Agency>" * 40
    done = built(airs.read(f"<Source>{nested}</Source>".encode(), "fr"))
    assert [item.kind for item in done.report.rejected] == ["organization"]


def test_latin_1_is_read_as_declared(built: Redact, rows_of: Callable[..., Any]) -> None:
    data = b'<?xml version="1.0" encoding="iso-8859-1"?>' + xml().decode().encode("latin-1")
    (row,) = rows_of(built(airs.read(io.BytesIO(data), "fr")), "services")
    assert row["name_fr"] == "Écoute"


def test_a_public_site_is_published_whole(built: Redact, rows_of: Callable[..., Any]) -> None:
    (row,) = rows_of(built(airs.read(xml(), "fr")), "service_at_location")
    assert row["address"] == "77 rue Cachée"
    assert (row["latitude"], row["longitude"]) == (45.612345, -73.712345)
    assert row["phones"] == "450-555-0177"
    assert (row["minimum_age"], row["maximum_age"]) == (12, 17)
    assert row["opening_hours"] == "MO 09:00-17:00"
    assert (row["languages"], row["languages_en"]) == ("es;fr", "French; Spanish")


@pytest.mark.parametrize(
    "flag", ['Confidential="true"', 'Confidential="1"', 'Confidential=""', "", 'Confidential="maybe"']
)
def test_an_address_not_flagged_public_is_nowhere_nor_its_point(
    flag: str, built: Redact, published: Callable[[Build], str], rows_of: Callable[..., Any]
) -> None:
    done = built(
        airs.read(xml(physical=PHYSICAL.format(flag=flag), description="Au 77, rue Cachée, ou 45.612345."), "fr")
    )
    said = published(done)
    for secret in ("Cachée", "H7A 1B1", "45.61", "73.71", "Point de service"):
        assert secret not in said
    (row,) = rows_of(done, "locations")
    assert row["address_withheld"] is True
    assert row["address"] == "C.P. 900", "the postal address is flagged public by the source itself"
    assert sum(done.report.withheld.values()) == 1


def test_an_address_withheld_with_a_reason_hides_the_point_too(
    built: Redact, published: Callable[[Build], str]
) -> None:
    physical = (
        '<PhysicalAddress Confidential="false"><ReasonWithheld>Women in danger</ReasonWithheld></PhysicalAddress>'
    )
    said = published(built(airs.read(xml(physical=physical), "fr")))
    assert "45.61" not in said
    assert "Women in danger" not in said


def test_a_point_without_any_address_is_hidden(built: Redact, published: Callable[[Build], str]) -> None:
    assert "45.61" not in published(built(airs.read(xml(physical=""), "fr")))


@pytest.mark.parametrize("flag", ['Confidential="true"', "", 'Confidential="non sait"'])
def test_a_line_not_flagged_public_is_nowhere_be_it_public_elsewhere(
    flag: str, built: Redact, published: Callable[[Build], str]
) -> None:
    agency = PHONE.format(flag=PUBLIC)
    data = xml(agency=agency, phone=PHONE.format(flag=flag), description="Appelez le (450) 555.0177 ou 1 450 555 0177.")
    done = built(airs.read(data, "fr"))
    said = published(done)
    assert "0177" not in said
    assert "[retiré]" in said
    assert done.report.removed["phone_shared"] == 1


@pytest.mark.parametrize(
    ("attributes", "rule"),
    [
        ('ExcludeFromWebsite="true"', "excluded"),
        ('ExcludeFromDirectory="1"', "excluded"),
        ('ExcludeFromWebsite="?"', "flag_unreadable"),
        ('Status="inactive"', "inactive"),
        ('delete="1"', "deleted"),
    ],
)
def test_an_excluded_agency_is_dropped_with_all_it_holds(attributes: str, rule: str, built: Redact) -> None:
    done = built(airs.read(xml(attributes=attributes), "fr"))
    assert sum(done.report.published.values()) - done.report.published["taxonomy_term"] == 0
    assert done.report.dropped[rule] == 1


def test_a_service_not_available_for_the_directory_is_dropped(built: Redact) -> None:
    done = built(airs.read(xml(service='<ResourceInfo AvailableForDirectory="false"/>'), "fr"))
    assert done.report.dropped["not_available"] == 1
    assert done.report.published["service"] == 0


def test_persons_are_nowhere(built: Redact, published: Callable[[Build], str]) -> None:
    contact = (
        '<Contact Type="Main"><Title>Directrice</Title><Name>Aline Tremblay</Name>'
        "<Email><Address>aline@exemple.org</Address></Email>"
        f"{PHONE.format(flag=PUBLIC).replace('0177', '0188')}</Contact>"
    )
    said = published(built(airs.read(xml(agency=contact, service=f"<ResourceInfo>{contact}</ResourceInfo>"), "fr")))
    for secret in ("Tremblay", "Directrice", "aline@", "0188"):
        assert secret not in said


def test_an_other_name_flagged_confidential_is_not_read(built: Redact, published: Callable[[Build], str]) -> None:
    names = "".join(
        f"<AKA><Name>{name}</Name><Confidential>{flag}</Confidential></AKA>"
        for name, flag in (("Ancien nom", "false"), ("Nom secret", "true"), ("Nom douteux", "?"))
    )
    said = published(built(airs.read(xml(agency=names), "fr")))
    assert "Ancien nom" in said
    assert "Nom secret" not in said
    assert "Nom douteux" not in said


def test_linked_codes_are_told_apart_and_deny(built: Redact, published: Callable[[Build], str]) -> None:
    data = xml(service="<Taxonomy><Code>BH-8600 * YX-0300.0190</Code></Taxonomy>")
    done = built(airs.read(data, "fr"))
    assert done.report.withheld == {"denylist": 1}
    assert "Cachée" not in published(done)


@pytest.fixture
def bc211(fixtures: Path, built: Redact) -> Callable[[str], Build]:
    return lambda name: built(airs.read(fixtures / "airs-bc211" / f"BC211_data_{name}.xml", "en"))


def test_the_real_export_is_read_whole(bc211: Callable[[str], Build], rows_of: Callable[..., Any]) -> None:
    done = bc211("excerpt")
    read = done.report.read
    assert (read["organization"], read["service"], read["service_at_location"], read["location"]) == (15, 39, 39, 54)
    assert done.report.rejected == []
    assert done.report.dangling == {}
    assert done.report.withheld == {"denylist": 1}, "second-stage housing, coded BH-1800.1500"
    langley = next(row for row in rows_of(done, "services") if row["source_id"] == "9487364")
    assert "<b>" not in langley["description_en"]
    assert "&" not in langley["description_en"]
    assert langley["taxonomy_codes"].startswith("HD-1800.6500;LR-1700;PL-6400.1500;TJ-4400.8100;")


def test_one_more_one_less_and_one_inactive_are_told(bc211: Callable[[str], Build]) -> None:
    def services(name: str) -> dict[str, object]:
        return {item.id: item for item in bc211(name).redacted.directory.services}

    base = services("excerpt")
    more, less = services("excerpt_with_one_more_organization"), services("excerpt_with_one_less_organization")
    inactive = services("excerpt_with_one_inactive_organization")
    assert len(more.keys() - base.keys()) == 1
    assert base.keys() < more.keys()
    assert len(base.keys() - less.keys()) == 1
    assert less.keys() < base.keys()
    assert len(base.keys() - inactive.keys()) == 1
    assert all(base[key] == more[key] for key in base)
    assert (
        bc211("excerpt").content_hash
        == bc211("excerpt").content_hash
        != bc211("excerpt_with_one_more_organization").content_hash
    )


def test_invalid_agencies_are_rejected_and_the_others_read(bc211: Callable[[str], Build]) -> None:
    done = bc211("with_invalid_agencies")
    assert [(item.source_id, item.reason) for item in done.report.rejected] == [
        ("INVALID_AGENCY", "missing_name"),
        ("ANOTHER_INVALID_AGENCY", "missing_name"),
    ]
    assert done.report.published["organization"] == 2


def test_the_real_contacts_are_nowhere(bc211: Callable[[str], Build], published: Callable[[Build], str]) -> None:
    said = published(bc211("one_agency"))
    for secret in ("Karla", "Fortin", "kfortin", "Office Manager", "Local 114"):
        assert secret not in said
