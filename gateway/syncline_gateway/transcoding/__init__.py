"""HTTP transcoding: gRPC services served as JSON over HTTP, from their descriptors and `google.api.http` rules alone.

Pure: no I/O and no service of ours is known here. Paths become requests through `transcoder`, which puts together
`templates` and `router` (which binding a path means), `rules` (which bindings there are), `query`, `masks` and
`binding` (how a request is made of path, query and body), `protojson` (the JSON mapping) and `faults` (what a caller is
told).

The well-known transcoders (grpc-httpjson-transcoding in Envoy, grpc-gateway, vanguard-go, ASP.NET Core) disagree on
what google/api/http.proto leaves open. Here this holds:

| question | rule |
| --- | --- |
| `**` in the middle | one `**` in a template, after which literals may follow, but no wildcard |
| nested variables | an error at start |
| the same variable twice | an error at start |
| two routes equal | an error at start; other names of variables do not tell routes apart |
| a route behind others that take all its paths | an error at start |
| specificity | segment by segment: a literal, then `*`, then `**`; the order of registration means nothing |
| a verb that is not registered | no match (404); a `:` in the last segment's data is written `%3A` |
| a verb containing `:` | `:b:c` is one verb, as is `:b%3Ac`; verbs are compared percent-decoded |
| a trailing slash | no match (404), unless a `**` takes the empty segment, as it takes no segment at all |
| an unknown query parameter | 400 |
| a wrong method on a known path | 405 with `Allow` |
| a body on a binding without one | 400 |
| a content type that is not JSON | 415; a missing one is JSON |
| `+` | a blank in queries; itself in paths |
| Duration in a query | as ProtoJSON: `1.5s` |
| FieldMask in a query | as ProtoJSON: lowerCamelCase, joined by commas |
| enum in a query | name or number; a number without a name where the enum is open, as in a body |
| members of a oneof given twice | 400 |
| unset fields in the answer | scalars without presence are printed; unset messages and `optional` fields are left out |
| unknown fields in the body | 400, and so is a field given twice |
| CANCELLED | 499 |
"""
