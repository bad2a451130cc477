"""Access tiers: who may read which data, and why.

In come a person, a dataset and its resource; out goes one decision, the same for page, API, DataStore and download.
"""
