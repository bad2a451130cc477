"""What `./dev` runs: a private stack of services for one checkout.

Comes in: a checkout and a Debian or Ubuntu machine. Goes out: PostgreSQL, Redis, Solr, CKAN and its workers under
`.local/`, on ports of their own. Standard library only, so that it runs before anything is installed.
"""
