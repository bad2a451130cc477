#!/bin/sh
# Start Solr on the portal's core. The configset is a volume that `configset` fills; here only the core that names it.
set -eu
home=/var/solr/data
mkdir -p "$home/ckan"
cp /opt/pole/solr.xml "$home/solr.xml"
printf 'name=ckan\nconfigSet=pole\n' > "$home/ckan/core.properties"
exec solr-foreground
