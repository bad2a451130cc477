"""Whatever the records, no value of a denied or flagged one is in any output, and the last check agrees."""

from __future__ import annotations

import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from ckanext.pole.directory import airs, denylist, hsds_api, scan, streets
from ckanext.pole.directory.build import build, write
from ckanext.pole.directory.languages import merge_languages
from ckanext.pole.directory.private_values import PrivateValues
from ckanext.pole.directory.records import Address, Phone
from ckanext.pole.directory.spoken import fold

DENY = denylist.default()
SETTINGS = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
TYPES = ("rue {}", "{} Street", "avenue {} Est", "{} Blvd NW", "chemin de la {}", "{}", "boulevard Saint-{}")
SECRETS = ("code", "pair of codes", "name", "sentence", "flag on place", "flag on address", "literal twin", "")
HIDDEN = frozenset(SECRETS) - {"", "literal twin"}

# "Zq" so that no word of a column's name is drawn by chance.
words = st.text("abdegilmnoprstuvzéèêàçôïA", min_size=6, max_size=10).map(lambda drawn: f"Zq{drawn}")


@dataclass(frozen=True)
class Place:
    """What one record has, and how much of it is a secret."""

    key: str
    house: int
    word: str
    kind: str
    latitude: float
    longitude: float
    phone: str
    secret: str
    secret_phone: bool

    @property
    def street(self) -> str:
        return f"{self.house} {self.kind.format(self.word)}"

    @property
    def quotes(self) -> list[str]:
        p = self.phone
        return [
            f"Au {self.street}, près du métro.",
            f"AU {self.house}, {self.word.upper()}.",
            f"Come to ({self.house} {self.word} St. W., suite 4)!",
            f"Point {self.latitude:.6f}, {self.longitude:.5f}",
            f"Tél. {p[:3]} {p[3:6]}-{p[6:]} poste 2",
            f"+1 ({p[:3]}) {p[3:6]}.{p[6:]}",
            f"{p[3:6]}-{p[6:]}",
        ]


@st.composite
def places(draw: st.DrawFn) -> list[Place]:
    """A few places with nothing in common, unless by design."""
    names = draw(st.lists(words, min_size=2, max_size=5, unique_by=fold))
    folded = [fold(name) for name in names]
    assume(not any(a in b for a in folded for b in folded if a is not b))
    found = []
    for n, name in enumerate(names):
        found.append(
            Place(
                key=f"s{n}",
                house=draw(st.integers(1, 99999)),
                word=name,
                kind=draw(st.sampled_from(TYPES)),
                latitude=round(45 + n * 0.01 + draw(st.integers(1, 80)) / 10_000, 6),
                longitude=round(-73 - n * 0.01 - draw(st.integers(1, 80)) / 10_000, 6),
                phone=f"514{n}{draw(st.integers(100_000, 999_999))}",
                secret=draw(st.sampled_from(SECRETS)),
                secret_phone=draw(st.booleans()),
            )
        )
    return found


def service(place: Place, quotes: list[str]) -> dict[str, Any]:
    """One HSDS service, its texts quoting whatever addresses."""
    said = [*quotes, "", "", "", "", "", "", "", "", ""][:9]
    address: dict[str, Any] = {"address_1": place.street, "city": "Laval", "postal_code": "H7A 0A1"}
    location = {
        "id": f"l{place.key}",
        "latitude": place.latitude,
        "longitude": place.longitude,
        "addresses": [address],
        "name": said[0],
        "transportation": said[1],
        "accessibility": [{"description": said[2]}],
    }
    item: dict[str, Any] = {
        "id": place.key,
        "name": f"Service {place.key}",
        "description": said[3],
        "application_process": said[4],
        "eligibility_description": said[5],
        "url": f"https://x.org/{said[6]}",
        "status": "active",
        "organization": {"id": f"o{place.key}", "name": f"Organisme {place.key}", "description": said[7]},
        "phones": [{"number": place.phone, "is_private": place.secret_phone, "description": said[8]}],
        "service_areas": [{"name": said[0]}],
        "schedules": [{"byday": "MO", "description": said[1]}],
        "required_documents": [{"document": said[2]}],
        "attributes": [],
        "service_at_locations": [{"id": f"sal{place.key}", "location": location, "description": said[5]}],
    }
    codes = {"code": ["BH-1800.1500-100"], "pair of codes": ["BH-8600", "YZ-1750"]}.get(place.secret, ["BD-1800"])
    item["attributes"] = [{"taxonomy_term": {"id": code, "code": code, "name": code}} for code in codes]
    if place.secret == "name":
        item["name"] = "Maison d'hébergement pour femmes"
    elif place.secret == "sentence":
        item["description"] += " L'adresse est confidentielle."
    elif place.secret == "flag on place":
        location["confidential"] = "oui"
    elif place.secret == "flag on address":
        address["is_private"] = "?"
    elif place.secret == "literal twin":
        location["addresses"] = [{"address_1": "Confidentiel", "city": "Laval"}]
        del location["latitude"]
    return item


def output_of(built: Any) -> str:
    with tempfile.TemporaryDirectory() as folder:
        files = [file.path for file in write(built, Path(folder))]
        hits = scan.scan_files(files, built.markers)
        assert hits == []
        with zipfile.ZipFile(files[-1]) as package:
            inside = [package.read(name).decode() for name in package.namelist()]
        return "\n".join([*(path.read_text("utf-8") for path in files[:-1]), *inside])


def check(found: list[Place], said: str) -> None:
    folded = fold(said)
    digits = "".join(letter for letter in said if letter.isdigit() or letter == "\n")
    for place in found:
        if place.secret in HIDDEN:
            assert fold(place.word) not in folded, place
            for degrees in (place.latitude, place.longitude):
                assert f"{degrees:.4f}"[:-1] not in said, place
        if place.secret_phone:
            assert place.phone not in digits, place
            assert place.phone[3:] not in said.replace("-", ""), place
        if place.secret == "":
            assert place.street in said or any(other.secret in HIDDEN for other in found), place


@SETTINGS
@given(found=places(), data=st.data())
def test_no_private_value_of_an_hsds_directory_is_published(found: list[Place], data: st.DataObject) -> None:
    quotes = [quote for place in found for quote in place.quotes]
    feeds = []
    for language in ("fr", "en"):
        page = [service(place, data.draw(st.lists(st.sampled_from(quotes), max_size=9))) for place in found]
        feeds.append(hsds_api.read([page], language))
    check(found, output_of(build(merge_languages(*feeds), namespace="x", deny=DENY)))


FLAGS = ('Confidential="true"', "", 'Confidential="peut-être"')


def agency(place: Place, quotes: list[str], flag: str) -> str:
    address = 'Confidential="false"' if place.secret not in HIDDEN else flag
    line = flag if place.secret_phone else 'Confidential="0"'
    said = [escape(quote) for quote in (*quotes, "", "", "")]
    return (
        f"<Agency><Key>1{place.key[1:]}</Key><Name>Organisme</Name><AgencyDescription>{said[0]}</AgencyDescription>"
        f'<Phone TollFree="false" {line}><PhoneNumber>{place.phone}</PhoneNumber></Phone>'
        f"<Site><Key>2{place.key[1:]}</Key><Name>{said[1]}</Name><PhysicalAddress {address}>"
        f"<Line1>{place.street}</Line1><City>Laval</City></PhysicalAddress>"
        f"<SiteService><Name>Service</Name><Key>3{place.key[1:]}</Key><Description>{said[2]}</Description></SiteService>"
        f"<SpatialLocation><Latitude>{place.latitude}</Latitude><Longitude>{place.longitude}</Longitude></SpatialLocation>"
        "</Site></Agency>"
    )


@SETTINGS
@given(found=places(), data=st.data())
def test_no_private_value_of_an_airs_file_is_published(found: list[Place], data: st.DataObject) -> None:
    quotes = [quote for place in found for quote in place.quotes]
    draw = data.draw
    parts = [
        agency(p, draw(st.lists(st.sampled_from(quotes), max_size=3)), draw(st.sampled_from(FLAGS))) for p in found
    ]
    xml = f"<Source>{''.join(parts)}</Source>".encode()
    check(found, output_of(build(airs.read(xml, "fr"), namespace="x", deny=DENY)))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.text(max_size=20))
@example("²3 rue A", "½")
@example("١٢ rue", "İ 5 rue ŉ")
def test_any_text_at_all_can_be_read_as_an_address_and_masked(line: str, other: str) -> None:
    values = PrivateValues()
    address = Address(line, other)
    values.add_address(address)
    values.add_phone(Phone(other))
    assert values.has_address(address) == bool(streets.keys(line, other))
    for words_ in (line, other, line + other):
        assert isinstance(values.mask(words_), str)
        assert isinstance(values.mask(words_, any_street=True), str)
