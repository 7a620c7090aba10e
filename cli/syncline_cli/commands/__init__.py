"""One module per command; each has `run(arguments, environ)`, which returns the exit status."""
