"""One file for each protocol that callers speak: request to operations, results to response, no I/O."""
