"""Settings declaration, vocabularies, licences, Solr fields and ini templates of ckanext-pole."""
