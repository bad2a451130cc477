"""The catalogue in other portals' terms: DCAT-AP with language tags, the federal portal's fields, feeds a language.

In come datasets as `package_show` gives them; out go RDF, federal records and feeds, and RDF comes back as datasets.
"""
