#!/bin/sh
# Start Solr: alone, on the portal's core, or, with ZK_HOST, as a node of a SolrCloud (profile `scale`), whose
# collection the service `collection` makes. The configset is a volume that `configset` fills.
set -eu
home=/var/solr/data
if [ -n "${ZK_HOST:-}" ]; then
    # What Solr alone left in the same volume is no replica.
    rm -f "$home/ckan/core.properties"
    cp /opt/pole/cloud.xml "$home/solr.xml"
else
    unset ZK_HOST
    mkdir -p "$home/ckan"
    cp /opt/pole/solr.xml "$home/solr.xml"
    printf 'name=ckan\nconfigSet=pole\n' > "$home/ckan/core.properties"
fi
exec solr-foreground
