#!/bin/bash
# The portal's roles and databases, made once, when the cluster is new.
set -euo pipefail
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    -v owner="$(cat /run/secrets/db_password)" -v reader="$(cat /run/secrets/datastore_password)" <<'SQL'
CREATE ROLE ckan LOGIN PASSWORD :'owner';
CREATE ROLE datastore_ro LOGIN PASSWORD :'reader';
CREATE DATABASE ckan OWNER ckan;
CREATE DATABASE datastore OWNER ckan;
CREATE DATABASE xloader OWNER ckan;
REVOKE CONNECT ON DATABASE ckan, xloader FROM PUBLIC;
SQL
