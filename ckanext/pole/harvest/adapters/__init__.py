"""One file a kind of source: how it is paged, what names a record, how a record reads in our terms."""
