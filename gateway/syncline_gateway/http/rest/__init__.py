"""The transcoded API over HTTP."""
