"""iCarol's CSV: every `…IsPrivate` must say no, excluded rows go, the columns of persons are never looked at."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ckanext.pole.directory import icarol
from ckanext.pole.directory.archive import Limits
from ckanext.pole.directory.build import Build
from ckanext.pole.directory.errors import DirectoryError

Redact = Callable[..., Build]


def row(level: str, key: str, **changes: str) -> dict[str, str]:
    common = {
        "ResourceAgencyNum": key,
        "PublicName": f"{level} {key}",
        "TaxonomyLevelName": level,
        "ParentAgencyNum": "1",
        "PhysicalAddress1": "",
        "PhysicalCity": "",
        "PhysicalAddressIsPrivate": "No",
        "MailingAddress1": "",
        "MailingAddressIsPrivate": "No",
        "Latitude": "",
        "Longitude": "",
        "Phone1Number": "",
        "Phone1Name": "",
        "Phone1IsPrivate": "FALSE",
        "Phone2Number": "",
        "Phone2IsPrivate": "FALSE",
        "EmailAddressMain": "",
        "AgencyStatus": "Active",
        "AgencyDescription": "",
        "MainContactName": "Aline Tremblay",
        "SeniorWorkerEmailAddress": "aline@exemple.org",
        "LastVerifiedByPhoneNumber": "514-555-0166",
        "InternalNotes": "Ne pas dire",
        "MailingAttentionName": "Aline Tremblay",
        "OtherAddress1": "5 rue Autre",
        "ExcludeFromWebsite": "No",
        "ExcludeFromDirectory": "No",
        "ConnectsToSiteNum": "",
        "ConnectsToProgramNum": "",
        "TaxonomyCodes": "",
        "TaxonomyTermsNotDeactivated": "",
        "Hours": "",
        "HoursOfOperation": "",
        "LanguageOfRecord": "fr",
    }
    return {**common, **changes}


def export(*changed: dict[str, str], encoding: str = "utf-8-sig", **site: str) -> bytes:
    address = {
        "PhysicalAddress1": "88 rue Cachée",
        "PhysicalCity": "Laval",
        "Latitude": "45.612345",
        "Longitude": "-73.712345",
    }
    rows = [
        row("Agency", "1"),
        row("Site", "2", PublicName="88 rue Cachée", Phone1Number="450-555-0177", **{**address, **site}),
        row("Program", "3", TaxonomyCodes="BD-1800; PH-1000", TaxonomyTermsNotDeactivated="Repas; Suivi"),
        row(
            "ProgramAtSite",
            "4",
            PublicName="Programme à 88 rue Cachée",
            ExcludeFromWebsite="",
            ExcludeFromDirectory="",
            ConnectsToSiteNum="2",
            ConnectsToProgramNum="3",
        ),
        *changed,
    ]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "missing_column"),
        (b"a,b\n1,2\n", "missing_column"),
        (export().splitlines(keepends=True)[0], "empty"),
        (export().replace(b"ExcludeFromWebsite", b"Excluded"), "missing_column"),
    ],
)
def test_a_file_that_is_no_export_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(DirectoryError) as caught:
        list(icarol.read(data, "fr"))
    assert caught.value.code == code


def test_a_file_too_big_is_refused() -> None:
    with pytest.raises(DirectoryError) as caught:
        list(icarol.read(export(), "fr", Limits(member_bytes=500)))
    assert caught.value.code == "too_big"


def test_a_public_site_is_published(built: Redact, rows_of: Callable[..., Any]) -> None:
    for encoding in ("utf-8-sig", "latin-1"):
        (link,) = rows_of(built(icarol.read(export(encoding=encoding), "fr")), "service_at_location")
        assert (link["address"], link["latitude"], link["phones"]) == ("88 rue Cachée", 45.612345, "450-555-0177")
        assert link["taxonomy_codes"] == "BD-1800;PH-1000"


@pytest.mark.parametrize("flag", ["Yes", "TRUE", "", "?", "1"])
def test_a_private_address_is_nowhere_not_even_in_a_name(
    flag: str, built: Redact, published: Callable[[Build], str]
) -> None:
    program = row("Program", "5", AgencyDescription="Venez au 88 RUE CACHEE, porte 3.")
    done = built(icarol.read(export(program, PhysicalAddressIsPrivate=flag), "fr"))
    said = published(done)
    for secret in ("Cachée", "CACHEE", "45.612", "73.712"):
        assert secret not in said
    assert sum(done.report.withheld.values()) == 1


def test_an_export_without_the_column_of_the_flag_hides_all_addresses(
    built: Redact, published: Callable[[Build], str]
) -> None:
    data = export().replace(b"PhysicalAddressIsPrivate", b"SomethingElse")
    assert "Cachée" not in published(built(icarol.read(data, "fr")))


def test_a_number_private_in_one_column_is_private_in_all(built: Redact, published: Callable[[Build], str]) -> None:
    program = row("Program", "5", Phone1Number="450-555-0177")
    data = export(program, Phone2Number="(450) 555-0177", Phone2IsPrivate="TRUE")
    assert "0177" not in published(built(icarol.read(data, "fr")))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("ExcludeFromWebsite", "Yes"),
        ("ExcludeFromDirectory", "Yes"),
        ("ExcludeFromWebsite", ""),
        ("AgencyStatus", "Inactive"),
    ],
)
def test_an_excluded_or_inactive_site_goes_with_its_links(column: str, value: str, built: Redact) -> None:
    done = built(icarol.read(export(**{column: value}), "fr"))
    published = done.report.published
    assert (published["location"], published["service_at_location"], published["service"]) == (0, 0, 1)


def test_bad_rows_are_rejected_alone(built: Redact) -> None:
    bad = (row("Program", ""), row("Planet", "9"), row("Site", "8", PublicName=" "), row("ProgramAtSite", "7"))
    done = built(icarol.read(export(*bad), "fr"))
    assert [item.reason for item in done.report.rejected] == [
        "missing_id",
        "unknown_level",
        "missing_name",
        "missing_reference",
    ]
    assert done.report.published["service"] == 1


def test_persons_notes_and_unflagged_other_addresses_are_nowhere(
    built: Redact, published: Callable[[Build], str]
) -> None:
    said = published(built(icarol.read(export(Phone1Name="Aline Tremblay"), "fr")))
    for secret in ("Tremblay", "aline@", "0166", "Ne pas dire", "rue Autre"):
        assert secret not in said


def test_the_same_program_in_two_languages_is_one_record(built: Redact, rows_of: Callable[..., Any]) -> None:
    english = row("Program", "3", PublicName="Meals", LanguageOfRecord="en", TaxonomyCodes="BD-1800")
    (service,) = rows_of(built(icarol.read(export(english), "fr")), "services")
    assert (service["name_fr"], service["name_en"]) == ("Program 3", "Meals")


def test_the_real_export(
    fixtures: Path, built: Redact, published: Callable[[Build], str], rows_of: Callable[..., Any]
) -> None:
    path = fixtures / "icarol-csv/iCarolData.csv"
    done = built(icarol.read(path, "en"))
    assert dict(done.report.read) == {
        "organization": 2,
        "service": 6,
        "location": 5,
        "service_at_location": 8,
        "taxonomy_term": 14,
    }
    assert done.report.dropped == {"inactive": 3, "excluded": 1}
    assert {row["opening_hours"] for row in rows_of(done, "services")} == {
        None,
        "MO,TU,WE,TH,FR 08:00-16:00",
        "MO,TU,WE,TH,FR,SA,SU 00:00-23:59",
    }
    said = published(done)
    for secret in (
        "Boucot",
        "Holler",
        "Folio",
        "President/CEO",
        "Volunteer Coordinator",
        "marc.boucot",
        "stacy.holler",
        "sarah.folio",
        "12500 Old Willow",
        "Woda Cooper",
        "siquqwdh",
    ):
        assert secret in path.read_text("utf-8")
        assert secret not in said
