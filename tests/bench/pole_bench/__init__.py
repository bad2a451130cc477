"""Ours beside CKAN as it comes: the same datasets on both sites, asked in turns in the same run.

In come the two sites that `./dev bench` prepared (docker/local/bench.py); out go rows of figures, as a table, JSON and
a chart.
"""
