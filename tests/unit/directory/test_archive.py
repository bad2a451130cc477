"""A package that is broken, booby-trapped or badly encoded is refused or read, never half-read in silence."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ckanext.pole.directory import hsds_tabular
from ckanext.pole.directory.archive import Limits, Package
from ckanext.pole.directory.build import Build
from ckanext.pole.directory.csvrows import rows
from ckanext.pole.directory.errors import SENTENCES, DirectoryError
from ckanext.pole.directory.sensitive import Rejected
from ckanext.pole.translations import in_both

SERVICES = "id,organization_id,name,status\ns1,o1,Repas à domicile,active\n"
ORGANIZATIONS = "id,name,description\no1,Popote,Repas\n"


def zipped(**files: str | bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_csv", ".csv").replace("MACOSX/", "__MACOSX/"), content)
    return out.getvalue()


def refused(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(DirectoryError) as caught:
        list(hsds_tabular.read(data, "fr", limits or Limits()))
    return caught.value.code


@pytest.mark.parametrize(
    "data", [b"", b"not a zip", zipped(services_csv=SERVICES)[:60]], ids=["nothing", "text", "cut short"]
)
def test_a_broken_zip_is_refused(data: bytes) -> None:
    assert refused(data) == "broken_zip"


def test_a_zip_with_a_damaged_member_is_refused() -> None:
    data = bytearray(zipped(services_csv=SERVICES * 50))
    data[45:60] = b"\xff" * 15
    assert refused(bytes(data)) == "broken_zip"


def test_an_empty_zip_and_one_without_services_are_refused() -> None:
    assert refused(zipped()) == "empty"
    assert refused(zipped(organizations_csv=ORGANIZATIONS)) == "missing_table"


def test_an_encrypted_zip_is_refused() -> None:
    data = bytearray(zipped(services_csv=SERVICES))
    central = data.rindex(b"PK\x01\x02")
    data[6] |= 1
    data[central + 8] |= 1
    assert refused(bytes(data)) == "broken_zip"


def test_a_zip_bomb_is_refused_by_ratio_by_size_and_by_number() -> None:
    bomb = zipped(services_csv=SERVICES + "x" * 30_000_000)
    assert refused(bomb) == "too_big"
    big = zipped(services_csv=SERVICES * 400)
    assert refused(big, Limits(member_bytes=10_000)) == "too_big"
    assert refused(big, Limits(total_bytes=10_000)) == "too_big"
    many = zipped(services_csv=SERVICES, **{f"n{n}_csv": "" for n in range(20)})
    assert refused(many, Limits(members=10)) == "too_big"


def test_a_zip_that_lies_about_its_size_is_refused_all_the_same() -> None:
    data = bytearray(zipped(services_csv=SERVICES + "0" * 3_000_000))
    for offset in (22, data.rindex(b"PK\x01\x02") + 24):
        data[offset : offset + 4] = (100).to_bytes(4, "little")
    assert refused(bytes(data)) == "broken_zip"


def test_a_gzip_bomb_is_refused(tmp_path: Path) -> None:
    (tmp_path / "services.csv.gz").write_bytes(gzip.compress(b"id,name\n" + b"0" * 40_000_000))
    with pytest.raises(DirectoryError) as caught:
        list(hsds_tabular.read(tmp_path, "fr"))
    assert caught.value.code == "too_big"


def test_a_path_that_leaves_the_zip_is_refused() -> None:
    assert refused(zipped(**{"..__services_csv": SERVICES})) == "unsafe_path"


@pytest.mark.parametrize("elsewhere", [131_072, 2**31 - 1])
def test_a_cell_without_end_is_refused_whatever_other_libraries_allow(elsewhere: int) -> None:
    csv.field_size_limit(elsewhere)
    endless = "".join(map(str, range(Limits().field_chars // 4)))
    assert refused(zipped(services_csv=f'{SERVICES}s2,o1,"{endless}')) == "bad_csv"


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DirectoryError) as caught:
        list(hsds_tabular.read(zipped(services_csv="id,title\n1,x\n"), "fr"))
    assert (caught.value.code, caught.value.where) == ("missing_column", "service.name")


def test_a_package_in_a_folder_of_the_zip_is_found_and_macos_litter_ignored() -> None:
    found = Package(zipped(**{"pkg__services_csv": SERVICES, "MACOSX__services_csv": "x"}))
    assert found.names == ("services.csv",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
def test_every_usual_encoding_gives_the_same_accents(encoding: str) -> None:
    content = "id;name\n1;Œuvre été\n" if encoding != "latin-1" else "id;name\n1;Foyer été\n"
    found = list(rows(io.BytesIO(content.encode(encoding)), "t"))
    assert found == [{"id": "1", "name": content.splitlines()[1][2:]}]


def test_utf_16_cut_in_the_middle_is_refused() -> None:
    with pytest.raises(DirectoryError) as caught:
        list(rows(io.BytesIO("id,name\n1,été\n".encode("utf-16")[:-1]), "t"))
    assert caught.value.code == "bad_encoding"


def test_a_row_with_too_many_cells_is_refused_for_its_flags_may_be_elsewhere(built: Callable[..., Build]) -> None:
    data = zipped(services_csv=SERVICES + "s2,o1,Un nom, avec virgule,active\ns3,o1\n", organizations_csv=ORGANIZATIONS)
    done = built(hsds_tabular.read(data, "fr"))
    assert Rejected("service", "line 3", "ragged_row") in done.report.rejected
    assert Rejected("service", "s3", "missing_name") in done.report.rejected
    assert [service.source_id for service in done.redacted.directory.services] == ["s1"]


def test_duplicates_and_references_that_lead_nowhere_are_counted(built: Callable[..., Build]) -> None:
    data = zipped(
        services_csv=SERVICES + "s1,o1,Autre nom,active\ns2,o9,Sans organisme,active\n",
        organizations_csv=ORGANIZATIONS,
        locations_csv="id,name\nl1,Salle\n",
        services_at_location_csv="id,service_id,location_id\na,s1,l1\nb,s1,l9\nc,s9,l1\n",
        services_taxonomy_csv="id,service_id,taxonomy_id\n1,s1,ZZ-1\n",
        physical_addresses_csv="id,location_id,address_1,city\n1,l9,1 rue A,Laval\n2,,2 rue B,Laval\n",
    )
    done = built(hsds_tabular.read(data, "fr"))
    report = done.report
    assert report.duplicates == {"service": 1}
    assert report.dangling == {
        "service.organization": 1,
        "service.term": 1,
        "service_at_location.location": 1,
        "service_at_location.service": 1,
    }
    assert [item.reason for item in report.rejected] == ["missing_reference", "dangling_reference"]
    names = {service.source_id: service.name for service in done.redacted.directory.services}
    assert names == {"s1": {"fr": "Repas à domicile"}, "s2": {"fr": "Sans organisme"}}


def test_contacts_are_never_opened() -> None:
    data = bytearray(zipped(services_csv=SERVICES, contacts_csv="id,name\n1,Personne Réelle\n" * 99))
    start = data.index(b"contacts.csv") + 12
    data[start : start + 8] = b"\xff" * 8
    assert list(hsds_tabular.read(bytes(data), "fr"))


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_each_reason_to_refuse_a_source_is_said_in_french_and_in_english(code):
    french, english = in_both(SENTENCES[code]).split(" · ")
    assert english == SENTENCES[code]
    assert french != english
