"""Our database and the journal, nothing else: rows, named reads, named writes."""
