"""A 211 directory becomes one bilingual dataset: raw HSDS, AIRS or iCarol records come in and are redacted before anything is stored.

Out go published tables, GeoJSON, an HSDS 3.1 data package and a report of counts that holds no value.
"""
