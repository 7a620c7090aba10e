"""Makes a process of a definition in the documented export format, or says everything that keeps it from running."""
