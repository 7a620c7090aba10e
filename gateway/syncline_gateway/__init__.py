"""The gateway: it speaks its callers' protocols over HTTP and the contract to the server."""
