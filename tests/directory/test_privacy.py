"""What is private in a real export is nowhere afterwards: PostgreSQL, files, Solr, Redis and logs are all searched."""

from __future__ import annotations

import csv
import logging
import re
import shutil
import subprocess
import urllib.request
from pathlib import Path

import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan.lib.redis import connect_to_redis
from lxml import etree

#: Columns of iCarol's export that hold persons or internal words.
PERSONAL = re.compile(r"SeniorWorker|MainContact|LastVerifi|InternalNotes|AttentionName|Phone\d[Nn]ame")
TOO_COMMON = 7


@pytest.fixture
def pristine(harvest):
    """Nothing left of earlier tests: no DataStore table, no file."""
    for name in ("resources", "pole"):
        shutil.rmtree(Path(tk.config["ckan.storage_path"]) / name, ignore_errors=True)
    engine = sa.create_engine(tk.config["ckan.datastore.write_url"])
    with engine.begin() as connection:
        tables = sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for table in list(connection.execute(tables).scalars()):
            if not table.startswith("_"):
                connection.execute(sa.text(f'DROP TABLE IF EXISTS "{table}" CASCADE'))
    engine.dispose()
    return harvest


@pytest.fixture
def everything(caplog):
    """Search the whole machine room for a text; gives the places where it was found."""
    caplog.set_level(logging.DEBUG)
    dumps: dict[str, str] = {}

    def look(*secrets: str) -> set[tuple[str, str]]:
        if not dumps:
            dumps.update(_dumps(caplog.text))
        found = {(name, secret) for name, text in dumps.items() for secret in secrets if secret in text}
        storage = Path(tk.config["ckan.storage_path"])
        for secret in secrets:
            grep = ["grep", "-rlaF", "--", secret, str(storage)]
            if subprocess.run(grep, capture_output=True, check=False).returncode == 0:
                found.add(("files", secret))
        return found

    return look


def _dumps(log: str) -> dict[str, str]:
    found = {"log": log}
    for name in ("sqlalchemy.url", "ckan.datastore.write_url"):
        url = tk.config[name].replace("postgresql+psycopg2", "postgresql")
        done = subprocess.run(["pg_dump", "--inserts", url], capture_output=True, check=True)
        found[name] = done.stdout.decode("utf-8")
    solr = tk.config["solr_url"].rstrip("/")
    with urllib.request.urlopen(f"{solr}/select?q=*:*&rows=10000&fl=*&wt=json&indent=false") as answer:
        found["solr"] = answer.read().decode("utf-8")
    redis = connect_to_redis()
    found["redis"] = " ".join(
        str(key) + repr(redis.dump(key)) + repr(_value(redis, key)) for key in redis.scan_iter(count=1000)
    )
    return found


def _value(redis, key) -> object:
    kind = redis.type(key).decode()
    read = {"string": redis.get, "hash": redis.hgetall, "set": redis.smembers}.get(kind)
    return read(key) if read else redis.lrange(key, 0, -1) if kind == "list" else ""


def _flag_private(body: bytes) -> tuple[bytes, set[str]]:
    """Hide one agency of a real export as its editors would: address, telephone and point become private.

    The real exports hold no private part; the places and numbers here are theirs, only the flags are ours.
    """
    tree = etree.fromstring(body)
    agency = tree.find("Agency")
    for element in agency.iter("PhysicalAddress", "MailingAddress", "OtherAddress", "Phone"):
        element.set("Confidential", "true")
    public = {text for other in tree.findall("Agency")[1:] for text in _places(other)}
    return etree.tostring(tree), _places(agency) - public


def _places(agency) -> set[str]:
    found = set()
    for tag in ("PhysicalAddress", "MailingAddress", "Phone", "SpatialLocation"):
        for element in agency.iter(tag):
            for name in ("Line1", "PhoneNumber", "Latitude", "Longitude"):
                if (text := (element.findtext(name) or "").strip().strip("+")) and len(text) > TOO_COMMON:
                    found.add(text)
    return found


def test_the_private_parts_of_a_real_airs_export_are_nowhere(pristine, centre, fixtures, everything):
    original = (fixtures / "airs-bc211" / "BC211_data_excerpt.xml").read_bytes()
    body, secrets = _flag_private(original)
    tree = etree.fromstring(original)
    contacts = list(tree.iter("Contact"))
    persons = {text.strip() for contact in contacts for text in contact.itertext() if len(text.strip()) > TOO_COMMON}
    for contact in contacts:
        contact.getparent().remove(contact)
    public = " ".join(tree.itertext())
    persons = {text for text in persons if text not in public}
    assert len(secrets) >= 3, secrets
    assert len(persons) >= 3, persons
    centre.files["bc.xml"] = ("text/xml", body)
    directory = pristine(f"{centre.url}/files/bc.xml", "pole_directory", format="airs", language="en")
    job = directory.run()
    assert not job["gather_error_summary"]
    assert not job["object_error_summary"]
    name = etree.fromstring(original).findtext("Agency/Name").strip()
    assert everything(name), "the search finds nothing at all: it proves nothing"
    assert not everything(*secrets, *persons)


def test_the_private_parts_of_a_real_icarol_export_are_nowhere(pristine, centre, fixtures, everything):
    path = fixtures / "icarol-csv" / "iCarolData.csv"
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    columns = list(rows[0])
    # One public site becomes private, as its editor would say it.
    site = next(row for row in rows if row["PhysicalAddress1"] == "69 Wolf Acres Drive")
    site.update(PhysicalAddressIsPrivate="Yes", MailingAddressIsPrivate="Yes", Phone1IsPrivate="TRUE")
    secrets = {site["PhysicalAddress1"], site["Phone1Number"], site["Latitude"], site["Longitude"]} - {""}
    gone = [row for row in rows if row["AgencyStatus"] == "Inactive" or row["ExcludeFromWebsite"] == "Yes"]
    secrets |= {row["PublicName"] for row in gone if row["TaxonomyLevelName"] in ("Agency", "Site")}
    public = " ".join(value for row in rows if row not in gone and row is not site for value in public_cells(row))
    for row in rows:
        secrets |= {value for column, value in row.items() if PERSONAL.search(column) and len(value) > TOO_COMMON}
    secrets = {secret for secret in secrets if secret not in public}
    assert len(secrets) >= 6, secrets
    written = centre_csv(columns, rows)
    centre.files["icarol.csv"] = ("text/csv", written)
    directory = pristine(f"{centre.url}/files/icarol.csv", "pole_directory", format="icarol_csv", language="en")
    job = directory.run()
    assert not job["gather_error_summary"]
    assert not job["object_error_summary"]
    assert everything("Garrett Regional Medical Center"), "the search finds nothing at all: it proves nothing"
    assert not everything(*secrets)


def public_cells(row) -> list[str]:
    """The cells that anyone may read: a telephone that is public on another record is no secret."""
    return [value for column, value in row.items() if not PERSONAL.search(column)]


def centre_csv(columns, rows) -> bytes:
    import io

    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8")


def test_a_hit_of_the_last_check_holds_the_run_and_leaves_nothing_on_the_disk(pristine, centre, fixtures):
    """Redaction does not look for streets where the province stands: the scan of the output does."""
    body, secrets = _flag_private((fixtures / "airs-bc211" / "BC211_data_excerpt.xml").read_bytes())
    tree = etree.fromstring(body)
    street = next(secret for secret in sorted(secrets) if secret[0].isdigit() and " " in secret)
    for other in tree.findall("Agency")[1:]:
        for state in other.iterfind(".//PhysicalAddress/State"):
            state.text = street
    centre.files["bc.xml"] = ("text/xml", etree.tostring(tree))
    directory = pristine(f"{centre.url}/files/bc.xml", "pole_directory", format="airs", language="en")
    job = directory.run()
    assert "private values" in str(job["gather_error_summary"])
    assert not directory.packages(fq="dataset_type:dataset")
    spool = Path(tk.config["ckan.storage_path"]) / "pole" / "spool"
    assert not [path for path in spool.rglob("*") if path.is_file()]
