"""`api`: the record and what it does (`call`), how it is read, its request and its reply."""
