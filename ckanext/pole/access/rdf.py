"""What a dataset's RDF says of access: DCAT's rights and addresses, and ODRL's policy.

A profile to put last in `ckanext.dcat.rdf.profiles`: it corrects what the profiles before it wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ckanext.dcat.profiles import RDFProfile
from ckanext.dcat.utils import resource_uri
from rdflib import Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, RDF

from ckanext.pole import settings
from ckanext.pole.access.decision import OPEN, effective_tier
from ckanext.pole.access.pages import addresses
from ckanext.pole.bilingual import vocabularies

ODRL = Namespace("http://www.w3.org/ns/odrl/2/")


class AccessProfile(RDFProfile):
    """Access rights, policy, and the request page in place of an address that would refuse."""

    def graph_from_dataset(self, dataset_dict: Mapping[str, Any], dataset_ref: URIRef) -> None:
        """Say of a dataset and of each of its distributions who may read it, and where to ask."""
        self._rights(dataset_ref, effective_tier(dataset_dict.get("access_tier"), None))
        policy = dataset_dict.get("access_policy")
        if policy:
            offer = URIRef(addresses().policy(policy))
            self.g.add((dataset_ref, ODRL.hasPolicy, offer))
            self.g.add((offer, RDF.type, ODRL.Offer))
        for resource in dataset_dict.get("resources") or []:
            distribution = URIRef(resource_uri(resource))
            if (distribution, None, None) not in self.g:
                continue
            tier = effective_tier(dataset_dict.get("access_tier"), resource.get("access_tier"))
            self._rights(distribution, tier)
            if tier == OPEN:
                continue
            if policy:
                self.g.add((distribution, ODRL.hasPolicy, URIRef(addresses().policy(policy))))
            # DCAT-AP wants an accessURL even where nobody may download: it leads to the page where one asks.
            self.g.remove((distribution, DCAT.downloadURL, None))
            self.g.remove((distribution, DCAT.accessURL, None))
            ask = f"{settings.site_url()}/access/request/new?dataset={quote(str(dataset_dict['name']))}"
            self.g.add((distribution, DCAT.accessURL, URIRef(ask)))

    def _rights(self, subject: URIRef, tier: str) -> None:
        """The code of the EU's authority table that says the tier, and no other."""
        term = vocabularies.load("tiers").terms[tier]
        self.g.remove((subject, DCTERMS.accessRights, None))
        right = term.same_as or term.broad_match
        if right:
            self.g.add((subject, DCTERMS.accessRights, URIRef(right)))
            self.g.add((URIRef(right), RDF.type, DCTERMS.RightsStatement))
