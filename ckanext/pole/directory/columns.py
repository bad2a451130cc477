"""The published columns, each with its type, label and note in both languages: the data dictionary."""

from __future__ import annotations

from dataclasses import dataclass

from .records import LANGUAGES


@dataclass(frozen=True)
class Column:
    """One column of a published table.

    Attributes:
        id: name in the file and in the DataStore.
        type: text, integer, number, boolean or timestamp.
        label: {"fr": …, "en": …}.
        note: {"fr": …, "en": …}, how to read it.
    """

    id: str
    type: str
    label: dict[str, str]
    note: dict[str, str]


_LANGUAGE_NAMES = {"fr": {"fr": "français", "en": "French"}, "en": {"fr": "anglais", "en": "English"}}


def column(name: str, kind: str, fr: str, en: str, *notes: str) -> Column:
    """Make a column; `notes` are the French and the English note, or nothing."""
    note_fr, note_en = notes or ("", "")
    return Column(name, kind, {"fr": fr, "en": en}, {"fr": note_fr, "en": note_en})


def both(name: str, fr: str, en: str, *notes: str) -> tuple[Column, ...]:
    """Make the French and the English column of one text."""
    return tuple(
        column(
            f"{name}_{language}",
            "text",
            f"{fr} ({_LANGUAGE_NAMES[language]['fr']})",
            f"{en} ({_LANGUAGE_NAMES[language]['en']})",
            *notes,
        )
        for language in LANGUAGES
    )


def _id(fr: str, en: str) -> tuple[Column, Column]:
    return (
        column("id", "text", f"Identifiant {fr}", f"{en} id", "UUID stable", "Stable UUID"),
        column("source_id", "text", "Identifiant à la source", "Id at the source"),
    )


NAME = both("name", "Nom", "Name")
ALTERNATE = both("alternate_name", "Autre nom", "Other name")
DESCRIPTION = both("description", "Description", "Description")
PHONES = column(
    "phones",
    "text",
    "Téléphones",
    "Telephones",
    "Numéros publics, séparés par « ; ».",
    "Public numbers, separated by “;”.",
)
HOURS = (
    column(
        "opening_hours",
        "text",
        "Heures d'ouverture",
        "Opening hours",
        "Jours RRULE et heures : « MO,TU 09:00-17:00; SA 10:00-12:00 ». Vide : inconnues.",
        "RRULE days and times: “MO,TU 09:00-17:00; SA 10:00-12:00”. Empty: unknown.",
    ),
    *both("hours", "Horaire, en mots", "Hours, in words"),
)
ADDRESS = (
    column("address", "text", "Adresse", "Address"),
    column("city", "text", "Municipalité", "Municipality"),
    column("state_province", "text", "Province ou État", "Province or state"),
    column("postal_code", "text", "Code postal", "Postal code"),
    column("country", "text", "Pays", "Country", "Code ISO de deux lettres", "Two-letter ISO code"),
)
WITHHELD = column(
    "address_withheld",
    "boolean",
    "Adresse retirée",
    "Address withheld",
    "Vrai : le lieu est confidentiel ou partage l'adresse d'un lieu confidentiel. Joindre le service par téléphone.",
    "True: the place is confidential or shares the address of a confidential place. Reach the service by telephone.",
)
LANGUAGES_SPOKEN = (
    column(
        "languages",
        "text",
        "Langues de service (codes)",
        "Languages of service (codes)",
        "Codes ISO 639 séparés par « ; ».",
        "ISO 639 codes separated by “;”.",
    ),
    *both("languages", "Langues de service", "Languages of service"),
)
AREA = both("service_area", "Territoire desservi", "Area served")
CODES = (
    column(
        "taxonomy_codes",
        "text",
        "Codes de taxonomie",
        "Taxonomy codes",
        "Séparés par « ; »; une ligne chacun dans taxonomy.csv.",
        "Separated by “;”; one row each in taxonomy.csv.",
    ),
)
ELIGIBILITY = (
    *both("eligibility", "Admissibilité", "Eligibility"),
    column("minimum_age", "integer", "Âge minimal", "Minimum age", "Années", "Years"),
    column("maximum_age", "integer", "Âge maximal", "Maximum age", "Années", "Years"),
)
FEES = both("fees", "Coût", "Fees")
ACCESSIBILITY = both("accessibility", "Accessibilité", "Accessibility")

SERVICES = (
    *_id("du service", "Service"),
    column("organization_id", "text", "Identifiant de l'organisme", "Organization id"),
    *both("organization", "Organisme", "Organization"),
    *NAME,
    *ALTERNATE,
    *DESCRIPTION,
    column("status", "text", "État", "Status", "active ou temporarily closed", "active or temporarily closed"),
    column("url", "text", "Site web", "Website"),
    column("email", "text", "Courriel", "E-mail", "Adresse du service", "Address of the service"),
    PHONES,
    *both("application_process", "Comment faire une demande", "How to apply"),
    *ELIGIBILITY,
    *FEES,
    *both("required_documents", "Documents à fournir", "Required documents"),
    *both("wait_time", "Délai d'attente", "Waiting time"),
    *both("interpretation", "Interprétation", "Interpretation"),
    *LANGUAGES_SPOKEN,
    *HOURS,
    *AREA,
    *CODES,
    *both("alert", "Avis", "Alert"),
    column("locations", "integer", "Nombre de lieux", "Number of locations"),
    column("last_modified", "text", "Modifié à la source", "Modified at the source", "ISO 8601", "ISO 8601"),
)
ORGANIZATIONS = (
    *_id("de l'organisme", "Organization"),
    *NAME,
    *ALTERNATE,
    *DESCRIPTION,
    column("website", "text", "Site web", "Website"),
    column("email", "text", "Courriel", "E-mail", "Adresse de l'organisme", "Address of the organization"),
    PHONES,
    column("legal_status", "text", "Statut juridique", "Legal status"),
    column("year_incorporated", "integer", "Année de constitution", "Year incorporated"),
    column("parent_organization_id", "text", "Identifiant de l'organisme parent", "Parent organization id"),
    column("services", "integer", "Nombre de services", "Number of services"),
)
LOCATIONS = (
    *_id("du lieu", "Location"),
    column("organization_id", "text", "Identifiant de l'organisme", "Organization id"),
    *NAME,
    *ALTERNATE,
    *DESCRIPTION,
    column(
        "location_type",
        "text",
        "Genre de lieu",
        "Kind of location",
        "physical, postal ou virtual",
        "physical, postal or virtual",
    ),
    *ADDRESS,
    WITHHELD,
    PHONES,
    *both("transportation", "Transport", "Transportation"),
    *ACCESSIBILITY,
    *HOURS,
    column("services", "integer", "Nombre de services", "Number of services"),
)
SERVICE_AT_LOCATION = (
    *_id("du service en un lieu", "Service at location"),
    column("service_id", "text", "Identifiant du service", "Service id"),
    column("location_id", "text", "Identifiant du lieu", "Location id"),
    column("organization_id", "text", "Identifiant de l'organisme", "Organization id"),
    *both("service", "Service", "Service"),
    *both("organization", "Organisme", "Organization"),
    *both("location", "Lieu", "Location"),
    *DESCRIPTION,
    *ADDRESS,
    WITHHELD,
    PHONES,
    column("url", "text", "Site web", "Website"),
    *ELIGIBILITY,
    *FEES,
    *LANGUAGES_SPOKEN,
    *HOURS,
    *ACCESSIBILITY,
    *AREA,
    *CODES,
)
TAXONOMY = (
    column("id", "text", "Identifiant de la ligne", "Row id", "UUID stable", "Stable UUID"),
    column("service_id", "text", "Identifiant du service", "Service id"),
    column("taxonomy_term_id", "text", "Identifiant du terme", "Term id"),
    column("code", "text", "Code", "Code"),
    *NAME,
    column("category", "text", "Grande catégorie", "Main category", "Début du code", "Beginning of the code"),
    *both("category_name", "Nom de la catégorie", "Category name"),
    column("taxonomy", "text", "Taxonomie", "Taxonomy"),
)
SUMMARY = (
    column("place", "text", "Lieu", "Place", "Vide : tout le répertoire", "Empty: the whole directory"),
    column("category", "text", "Catégorie", "Category", "Début du code de taxonomie", "Beginning of the taxonomy code"),
    *both("category_name", "Nom de la catégorie", "Category name"),
    column(
        "services",
        "integer",
        "Nombre de services",
        "Number of services",
        "Vide : moins de 5, non publié.",
        "Empty: fewer than 5, not published.",
    ),
    column("suppressed", "boolean", "Petit nombre masqué", "Small number suppressed"),
)
POINT = (
    column("latitude", "number", "Latitude", "Latitude", "WGS 84, degrés", "WGS 84, degrees"),
    column("longitude", "number", "Longitude", "Longitude", "WGS 84, degrés", "WGS 84, degrees"),
)
