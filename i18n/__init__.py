"""Gettext catalogues of ckanext-pole, French and English."""
