"""The HTTP API described: an OpenAPI 3.1 document made from the contract and its comments, and the page that shows it.

`document` makes it out of `comments`, `schemas`, `parameters`, `responses`, `operations` and `examples`, none of which
knows a service of ours. `api` says what only Syncline knows; `dialects` is written by hand. The result is committed
beside them as `openapi.json`; `pages` has it and the page for whoever serves them. All that is read is files of our
packages.
"""
