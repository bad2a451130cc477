"""CKAN's doors of the bilingual slice: the three schemas.

The validators and helpers that the schemas name come with the `pole` plugin:
scheming hands out its own through the same interfaces, once for all three.
"""

from __future__ import annotations

from ckan.common import CKANConfig
from ckanext.scheming.plugins import SchemingDatasetsPlugin, SchemingGroupsPlugin, SchemingOrganizationsPlugin

from ckanext.pole.bilingual.settling import SettlesDatasets, SettlesGroups

PRESETS = "ckanext.scheming:presets.json ckanext.pole.schemas:presets.yaml"


def _defaults(config: CKANConfig, option: str, schema: str) -> None:
    """Name our schemas where the site names none, so that loading the plugin is all it takes."""
    if not config.get("scheming.presets", ""):
        config["scheming.presets"] = PRESETS
    if not config.get(option, ""):
        config[option] = f"ckanext.pole.schemas:{schema}"


class PoleDatasetFormPlugin(SettlesDatasets, SchemingDatasetsPlugin):
    """Scheming's datasets, with our schema and the dependencies between its fields."""

    def update_config(self, config: CKANConfig) -> None:
        """Use our schema unless the site names one."""
        _defaults(config, self.SCHEMA_OPTION, "dataset.yaml")
        super().update_config(config)

    def resource_validation_dependencies(self, package_type: str) -> list[str]:
        """A resource's tier depends on its dataset's: a change there validates the resources again."""
        return ["access_tier", "access_policy", "available_from"]


class PoleOrganizationFormPlugin(SettlesGroups, SchemingOrganizationsPlugin):
    """Scheming's organisations, with our schema."""

    def update_config(self, config: CKANConfig) -> None:
        """Use our schema unless the site names one."""
        _defaults(config, self.SCHEMA_OPTION, "organization.yaml")
        super().update_config(config)


class PoleGroupFormPlugin(SettlesGroups, SchemingGroupsPlugin):
    """Scheming's groups, which are our themes, with our schema."""

    def update_config(self, config: CKANConfig) -> None:
        """Use our schema unless the site names one."""
        _defaults(config, self.SCHEMA_OPTION, "group.yaml")
        super().update_config(config)
