"""The French/English value: read, write, fall back, and say when a text is missing, stale or machine-made.

In come dicts such as `{"fr": …, "en": …}` from forms, the API and harvest; out go validated values and marked texts
for pages.
"""
