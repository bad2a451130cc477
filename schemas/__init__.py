"""Scheming schemas: the fields of a dataset, an organisation and a theme, in French and English."""
