"""A 211 directory becomes one bilingual dataset: raw HSDS, AIRS or iCarol records come in, redacted before any storage.

Out go published tables, GeoJSON, an HSDS 3.1 data package and a report of counts that holds no value.
"""
