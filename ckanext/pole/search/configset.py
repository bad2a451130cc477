"""The Solr configset: CKAN's own schema with our fields and types merged in.

Run by `ckan pole solr config DIR`, or without a database by
`python -m ckanext.pole.search.configset DIR`. The same files serve `./dev`,
the Solr image and SolrCloud.
"""

from __future__ import annotations

import hashlib
import sys
import xml.etree.ElementTree as ET
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path

SOURCE = "ckanext.pole.config"
ADDITIONS = "fields.xml"
#: Files that are copied as they stand beside the merged schema.
COPIED = (
    "solrconfig.xml",
    "contractions_fr.txt",
    "mapping-typography.txt",
    "protwords.txt",
    "stopwords_en.txt",
    "stopwords_fr.txt",
)


def ckan_schema() -> Path:
    """Path of the `schema.xml` that the installed CKAN ships.

    Raises:
        FileNotFoundError: CKAN is not installed, or without its Solr schema.
    """
    # `import ckan` changes sys.path and costs a second; its place on disk is all we need.
    spec = find_spec("ckan")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("CKAN is not installed")
    path = Path(spec.submodule_search_locations[0]) / "config" / "solr" / "schema.xml"
    if not path.is_file():
        raise FileNotFoundError(f"CKAN ships no Solr schema at {path.name}")
    return path


def merge(schema: str, additions: str) -> str:
    """Add our types, fields and copies to a schema, replacing those of the same name.

    Args:
        schema: CKAN's schema, XML.
        additions: our `fields.xml`.

    Returns:
        The merged schema, XML, the same bytes for the same input.

    Raises:
        ValueError: the schema lacks the `types` or `fields` section that ours go into.
    """
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))
    root = ET.fromstring(schema, parser)
    ours = ET.fromstring(additions)
    for section in ("types", "fields"):
        target = root.find(section)
        extra = ours.find(section)
        if target is None:
            raise ValueError(f"CKAN's schema has no <{section}>")
        for element in extra if extra is not None else ():
            _put(target, element)
    for copy in ours.findall("copyField"):
        root.append(copy)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def write(folder: Path) -> str:
    """Write the whole configset into `folder/conf`.

    Files whose content is already right are left alone, so that a running Solr is not disturbed.

    Args:
        folder: the configset's folder; made if missing.

    Returns:
        The sha256 of the configset, hexadecimal.
    """
    contents = _contents()
    conf = folder / "conf"
    conf.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    for name, text in sorted(contents.items()):
        digest.update(name.encode() + b"\0" + text.encode() + b"\0")
        path = conf / name
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
    return digest.hexdigest()


def field_types() -> dict[str, str]:
    """The type of each field, dynamic ones included, in the merged schema."""
    fields = ET.fromstring(_contents()["schema.xml"]).iter()
    return {one.get("name", ""): one.get("type", "") for one in fields if one.tag in ("field", "dynamicField")}


def _contents() -> dict[str, str]:
    with as_file(files(SOURCE) / "solr") as folder:
        contents = {name: (folder / name).read_text("utf-8") for name in COPIED}
        additions = (folder / ADDITIONS).read_text("utf-8")
    contents["schema.xml"] = merge(ckan_schema().read_text("utf-8"), additions)
    # CKAN's own text types name a synonym file.
    contents["synonyms.txt"] = "# CKAN's own text fields take no synonyms; ours are concepts.\n"
    return contents


def _put(target: ET.Element, element: ET.Element) -> None:
    for index, present in enumerate(target):
        if present.tag == element.tag and present.get("name") == element.get("name"):
            target[index] = element
            return
    # A dynamic field is a fallback: ours go before it so that the file reads in the order Solr decides.
    dynamic = next((i for i, e in enumerate(target) if e.tag == "dynamicField"), None)
    target.insert(len(target) if dynamic is None else dynamic, element)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m ckanext.pole.search.configset DIR")
    print(write(Path(sys.argv[1])))
