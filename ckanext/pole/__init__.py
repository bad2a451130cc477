"""The portal of a social data hub: one folder per capability, see the map of the house in README.md."""
