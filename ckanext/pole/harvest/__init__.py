"""Harvest: source → page → record → dataset, inside ckanext-harvest's three stages.

In come pages of raw records that an adapter reads from somebody's portal; out go datasets, created, updated or
deleted with care.
"""
