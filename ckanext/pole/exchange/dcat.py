"""A profile of ckanext-dcat: DCAT-AP 3 in French and English, with the EU's authority tables.

It comes after `euro_dcat_ap_3` in `ckanext.dcat.rdf.profiles`, and corrects what that one writes of our schema. A
machine's text keeps its own tag (`en-t-fr`, RFC 6497), so that no reader takes it for the publisher's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ckanext.dcat.profiles import RDFProfile
from ckanext.dcat.utils import resource_uri
from rdflib import BNode, Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, RDFS, SKOS, XSD
from shapely.geometry import box

from ckanext.pole.bilingual import states, values, vocabularies
from ckanext.pole.exchange import terms
from ckanext.pole.settings import site_url

GEO = Namespace("http://www.opengis.net/ont/geosparql#")
#: Field → predicate of the texts of a dataset and of a resource.
TEXTS = {"title_translated": DCTERMS.title, "notes_translated": DCTERMS.description}
RESOURCE_TEXTS = {"name_translated": DCTERMS.title, "description_translated": DCTERMS.description}


class PoleProfile(RDFProfile):
    """Our schema as DCAT-AP, and DCAT-AP as our schema."""

    def graph_from_dataset(self, dataset_dict: dict[str, Any], dataset_ref: URIRef) -> None:
        """Add the dataset's graph; arguments as ckanext-dcat gives them."""
        self._texts(dataset_ref, dataset_dict, TEXTS)
        self._keywords_out(dataset_ref, dataset_dict)
        self._set(dataset_ref, DCAT.theme, self._theme_refs(dataset_dict))
        self._set(dataset_ref, DCTERMS.language, self._refs("languages", dataset_dict.get("data_languages")))
        frequency = terms.uri("frequencies", dataset_dict.get("frequency"))
        self._set(dataset_ref, DCTERMS.accrualPeriodicity, [URIRef(frequency)] if frequency else [])
        self._period(dataset_ref, dataset_dict)
        for place in dataset_dict.get("places") or []:
            self._place(dataset_ref, place)
        self._provenance(dataset_ref, dataset_dict)
        self._publisher_names(dataset_ref, dataset_dict)
        for resource in dataset_dict.get("resources") or []:
            self._distribution(dataset_dict, resource)

    def graph_from_catalog(self, catalog_dict: dict[str, Any], catalog_ref: URIRef) -> None:
        """The catalogue speaks both languages."""
        self._set(catalog_ref, DCTERMS.language, self._refs("languages", values.LANGUAGES))

    def parse_dataset(self, dataset_dict: dict[str, Any], dataset_ref: URIRef) -> dict[str, Any]:
        """Read a dataset of the graph in our schema's terms; what is not said is left out."""
        words = self._tagged_lists(dataset_ref, DCAT.keyword)
        period = next(iter(self.g.objects(dataset_ref, DCTERMS.temporal)), None)
        found = {
            **{field: self._tagged(dataset_ref, predicate) for field, predicate in TEXTS.items()},
            "keywords": words,
            "themes": self._themes_in(dataset_ref),
            "places": self._places_in(dataset_ref),
            "frequency": self._one_code("frequencies", dataset_ref, DCTERMS.accrualPeriodicity),
            "data_languages": terms.codes("languages", map(str, self.g.objects(dataset_ref, DCTERMS.language))),
            "period_start": self._day(period, DCAT.startDate),
            "period_end": self._day(period, DCAT.endDate),
            "license_id": self._licence_in(dataset_ref),
            "provenance_translated": self._label_of(dataset_ref, DCTERMS.provenance),
        }
        dataset_dict.update({name: value for name, value in found.items() if value})
        by_uri = {str(resource.get("uri") or ""): resource for resource in dataset_dict.get("resources") or []}
        for reference in self.g.objects(dataset_ref, DCAT.distribution):
            resource = by_uri.get(str(reference))
            if resource is not None:
                texts = {field: self._tagged(reference, predicate) for field, predicate in RESOURCE_TEXTS.items()}
                resource.update({field: text for field, text in texts.items() if text})
                resource["language"] = terms.codes("languages", map(str, self.g.objects(reference, DCTERMS.language)))
        return dataset_dict

    # Writing

    def _set(self, subject: Any, predicate: URIRef, objects: Iterable[Any]) -> None:
        self.g.remove((subject, predicate, None))
        for found in objects:
            self.g.add((subject, predicate, found))

    def _texts(self, subject: Any, record: Mapping[str, Any], fields: Mapping[str, URIRef]) -> None:
        for field, predicate in fields.items():
            if text := states.read(record, field):
                self._set(subject, predicate, [Literal(part, lang=lang) for lang, part in text.items()])

    def _keywords_out(self, subject: Any, record: Mapping[str, Any]) -> None:
        words = values.parse_list(record.get("keywords") or {})
        if words:
            self._set(subject, DCAT.keyword, [Literal(word, lang=lang) for lang in words for word in words[lang]])

    def _theme_refs(self, record: Mapping[str, Any]) -> list[URIRef]:
        """The EU's wider theme, which every harvester knows, and our own with its names in both languages."""
        known, found = vocabularies.load("themes"), []
        for code in record.get("themes") or []:
            if code not in known:
                continue
            own = URIRef(f"{site_url()}/group/{code}")
            self._concept(own, known[code])
            found.append(own)
            if wider := known[code].uri:
                self.g.add((own, SKOS.broadMatch, URIRef(wider)))
                found.append(URIRef(wider))
        return found

    def _concept(self, reference: URIRef | BNode, term: vocabularies.Term, kind: URIRef = SKOS.Concept) -> None:
        self.g.add((reference, RDF.type, kind))
        for lang in values.LANGUAGES:
            self.g.add((reference, SKOS.prefLabel, Literal(term.label[lang], lang=lang)))

    def _refs(self, vocabulary: str, codes: Iterable[str] | None) -> list[URIRef]:
        return [URIRef(found) for code in codes or () if (found := terms.uri(vocabulary, code))]

    def _period(self, subject: URIRef, record: Mapping[str, Any]) -> None:
        days = {DCAT.startDate: record.get("period_start"), DCAT.endDate: record.get("period_end")}
        if any(days.values()):
            period = BNode()
            self._set(subject, DCTERMS.temporal, [period])
            self.g.add((period, RDF.type, DCTERMS.PeriodOfTime))
            for predicate, day in days.items():
                if day:
                    self.g.add((period, predicate, Literal(day, datatype=XSD.date)))

    def _place(self, subject: URIRef, code: str) -> None:
        place = next((place for place in vocabularies.places() if place.code == code), None)
        if place is None:
            return
        reference = BNode()
        self.g.add((subject, DCTERMS.spatial, reference))
        self._concept(reference, place, DCTERMS.Location)
        self.g.add((reference, DCTERMS.identifier, Literal(code)))
        self.g.add((reference, DCAT.bbox, Literal(box(*place.bbox).wkt, datatype=GEO.wktLiteral)))

    def _provenance(self, subject: URIRef, record: Mapping[str, Any]) -> None:
        if text := states.read(record, "provenance_translated"):
            statement = BNode()
            self._set(subject, DCTERMS.provenance, [statement])
            self.g.add((statement, RDF.type, DCTERMS.ProvenanceStatement))
            for lang, part in text.items():
                self.g.add((statement, RDFS.label, Literal(part, lang=lang)))

    def _publisher_names(self, subject: URIRef, record: Mapping[str, Any]) -> None:
        owner = (record.get("organization") or {}).get("id")
        text = states.read(self._org_cache.get(owner, {}), "title_translated")
        for publisher in self.g.objects(subject, DCTERMS.publisher):
            if text:
                self._set(publisher, FOAF.name, [Literal(part, lang=lang) for lang, part in text.items()])

    def _distribution(self, record: Mapping[str, Any], resource: Mapping[str, Any]) -> None:
        reference = URIRef(resource_uri(resource))
        self._texts(reference, resource, RESOURCE_TEXTS)
        self._set(reference, DCTERMS.language, self._refs("languages", resource.get("language")))
        licences = vocabularies.load("licences")
        licence = record.get("license_id")
        if licence in licences:
            found = licences[licence].uri or licences[licence].extra.get("url")
            if found:
                self._set(reference, DCTERMS.license, [URIRef(str(found))])
        name = vocabularies.match_format(str(resource.get("format") or ""))
        if name and (known := terms.uri("formats", name)):
            self._set(reference, DCTERMS["format"], [URIRef(known)])

    # Reading

    def _tagged(self, subject: Any, predicate: URIRef) -> values.Text:
        """A text by language; one without a tag is French, as CKAN's core fields are here."""
        found: dict[str, str] = {}
        for literal in self.g.objects(subject, predicate):
            if isinstance(literal, Literal):
                key = terms.language(literal.language) if literal.language else "fr"
                if key and (literal.language or key not in found):
                    found[key] = str(literal)
        return values.parse(found)

    def _tagged_lists(self, subject: Any, predicate: URIRef) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for literal in sorted(self.g.objects(subject, predicate)):
            key = terms.language(getattr(literal, "language", None)) or ("fr" if not literal.language else None)
            if key and key in values.LANGUAGES:
                found.setdefault(key, []).append(str(literal))
        return values.parse_list(found)

    def _themes_in(self, subject: Any) -> list[str]:
        known = vocabularies.load("themes")
        references = [str(found) for found in self.g.objects(subject, DCAT.theme)]
        own = {found.rsplit("/", 1)[-1] for found in references if "/group/" in found}
        named = [code for code in known.terms if code in own]
        return named or terms.codes("themes", references)

    def _places_in(self, subject: Any) -> list[str]:
        names = set()
        for place in self.g.objects(subject, DCTERMS.spatial):
            for predicate in (DCTERMS.identifier, SKOS.prefLabel, RDFS.label):
                names |= {vocabularies.match_place(str(name)) for name in self.g.objects(place, predicate)}
                names |= {str(name) for name in self.g.objects(place, DCTERMS.identifier)}
        return [code for code in vocabularies.load("places").terms if code in names]

    def _one_code(self, vocabulary: str, subject: Any, predicate: URIRef) -> str:
        found = terms.codes(vocabulary, map(str, self.g.objects(subject, predicate)))
        return found[0] if found else ""

    def _day(self, subject: Any, predicate: URIRef) -> str:
        found = next(iter(self.g.objects(subject, predicate)), None) if subject is not None else None
        return str(found)[:10] if found is not None else ""

    def _licence_in(self, subject: Any) -> str:
        holders = [subject, *self.g.objects(subject, DCAT.distribution)]
        named = {str(found) for holder in holders for found in self.g.objects(holder, DCTERMS.license)}
        known = {code for text in named if (code := vocabularies.match_licence(text))}
        # Distributions that disagree name no licence of the dataset.
        return known.pop() if len(known) == 1 else ""

    def _label_of(self, subject: Any, predicate: URIRef) -> values.Text:
        statement = next(iter(self.g.objects(subject, predicate)), None)
        return self._tagged(statement, RDFS.label) if statement is not None else {}
