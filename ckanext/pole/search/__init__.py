"""What Solr indexes and how a question is asked, in two languages.

In come dataset dicts and questions; out go Solr documents, queries and the configset that both rely on.
"""
