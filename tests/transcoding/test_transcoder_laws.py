"""What holds for every request: nothing but faults is raised, and what a client spreads over it is put together."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import BoolValue, BytesValue, DoubleValue, Int64Value, StringValue, UInt32Value
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline_gateway.transcoding.faults import HTTP_STATUS, Fault, bad_request, clipped, status_json
from transcoding.shapes import Everything, call, target, transcoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from google.protobuf.message import Message

Node: Any = type(Everything().node)
LAW = settings(max_examples=60, deadline=None)

# --- any request ----------------------------------------------------------------------------------------------------

NAMES = [
    *(field.name for field in Everything.DESCRIPTOR.fields),
    *(field.json_name for field in Everything.DESCRIPTOR.fields),
    *(
        "node.name",
        "node.child.name",
        "chosenNode.weight",
        "inline",
        "node.note",
        "labels.a",
        "nodes.name",
        "time.seconds",
    ),
]
VALUES = [
    "",
    "0",
    "-1",
    "1.5",
    "true",
    "null",
    "x",
    "KIND_SMALL",
    "1s",
    "1970-01-01T00:00:00Z",
    "a.b",
    "{}",
    "[]",
    "{",
    "%",
]
PIECE_TEXTS = st.sampled_from(NAMES) | st.sampled_from(VALUES) | st.sampled_from("&=+;%.") | st.text(max_size=5)
QUERIES = st.lists(PIECE_TEXTS | st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)).map("=".join)).map("&".join)
ROUTES = [re.sub(r"\{[^=}]+\}", "x", re.sub(r"\{.+=(.+)\}", r"\1", one.template.text)) for one in transcoder().rules]
"""A path for every template; its wildcards stand for themselves."""
PATHS = st.sampled_from(ROUTES) | st.lists(PIECE_TEXTS | st.sampled_from(["v1", "things", "string"])).map("/".join)
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE", "*", ""])
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(VALUES),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner),
).map(lambda tree: json.dumps(tree).encode())


def fault_of(ask: Callable[[], object]) -> Fault | None:
    """Return the fault that a request meets, which can be told as JSON; any other exception fails the test."""
    try:
        ask()
    except Fault as fault:
        json.loads(status_json(fault.status("d")))
        return fault
    return None


@LAW
@given(QUERIES | st.text() | st.text(alphabet="&=%+;.aA2fF"))
def test_any_query_is_taken_or_a_fault(query: str) -> None:
    fault = fault_of(lambda: transcoder().find("GET", "/v1/search").request(query, b"", None))

    assert fault is None or (fault.http_status, fault.code) == (400, 3)


@LAW
@given(st.text(alphabet=st.characters(codec=None, categories=None)))
def test_any_text_with_lone_surrogates_is_taken_or_a_fault(text: str) -> None:
    with contextlib.suppress(Fault):
        transcoder().find("GET", "/v1/search").request(text, b"", text)
    with contextlib.suppress(Fault):
        transcoder().find("GET", f"/v1/string/{text}")
    with contextlib.suppress(Fault):
        transcoder().find("POST", "/v1/things").request("", b"{}", text)


@LAW
@given(METHODS, PATHS.map(lambda path: f"/{path}") | st.text(), QUERIES, JSONS | st.binary())
def test_any_request_is_taken_or_a_fault(method: str, path: str, query: str, body: bytes) -> None:
    def ask() -> None:
        found = transcoder().find(method, path)
        if found.rpc.client_streaming:
            reader = found.requests(query, None)
            reader.feed(body)
            reader.finish()
        else:
            found.request(query, body, None)

    fault = fault_of(ask)

    assert fault is None or fault.http_status in (400, 404, 405)


@LAW
@given(METHODS, st.sampled_from(ROUTES))
def test_method_is_found_exactly_when_it_is_allowed(method: str, path: str) -> None:
    allowed = transcoder().methods(path)
    fault = fault_of(lambda: transcoder().find(method, path))

    assert allowed
    if fault is None:
        assert method in allowed or "/any/" in path
    else:
        assert (fault.http_status, fault.allow) == (405, allowed)
        assert method not in allowed or method == "OPTIONS"


@LAW
@given(st.sampled_from(sorted(HTTP_STATUS)), st.text(), st.text(), st.dictionaries(st.text(), st.text()))
def test_any_fault_is_json(code: int, message: str, field: str, metadata: dict[str, str]) -> None:
    fault = Fault(code, HTTP_STATUS[code], "REASON", message, field=field, metadata=metadata)

    printed = json.loads(status_json(fault.status("example.com")))

    assert (printed["code"], printed["message"]) == (code, message)
    assert printed["details"][0].get("metadata", {}) == metadata
    assert len(printed["details"]) == (2 if field else 1)


@LAW
@given(st.text())
def test_name_told_back_is_short(name: str) -> None:
    assert len(clipped(name * 50)) <= 200
    assert clipped(name * 50)[:199] == (name * 50)[:199]
    assert bad_request("m", name).field == name


# --- what a client spreads over a request ---------------------------------------------------------------------------


def whole(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def natural(bits: int) -> st.SearchStrategy[int]:
    return st.integers(0, 2**bits - 1)


DOUBLES = st.floats(allow_nan=False)
FLOATS = st.floats(width=32, allow_nan=False)
KINDS = st.sampled_from([0, 1, 2, -3, 99])
TIMES = st.builds(Timestamp, seconds=st.integers(-62135596800, 253402300799), nanos=st.integers(0, 999_999_999))
DURATIONS = st.integers(-(10**18), 10**18).map(
    lambda nanos: Duration(
        seconds=abs(nanos) // 10**9 * (1 if nanos > 0 else -1), nanos=abs(nanos) % 10**9 * (1 if nanos > 0 else -1)
    )
)
MASKS = st.lists(st.from_regex(r"[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)?", fullmatch=True)).map(
    lambda paths: FieldMask(paths=paths)
)
NODES = st.recursive(
    st.fixed_dictionaries(
        {}, optional={"name": st.text(), "weight": whole(32), "tags": st.lists(st.text()), "age": DURATIONS}
    ),
    lambda inner: st.fixed_dictionaries(
        {"child": inner.map(lambda one: Node(**one))}, optional={"name": st.text(), "that": st.text()}
    ),
    max_leaves=3,
).map(lambda fields: Node(**fields))
ANYWHERE = {
    "a_double": DOUBLES,
    "a_float": FLOATS,
    "an_int32": whole(32),
    "an_int64": whole(64),
    "a_uint32": natural(32),
    "a_uint64": natural(64),
    "a_sint32": whole(32),
    "a_sint64": whole(64),
    "a_fixed32": natural(32),
    "a_fixed64": natural(64),
    "a_sfixed32": whole(32),
    "a_sfixed64": whole(64),
    "a_bool": st.booleans(),
    "a_bytes": st.binary(),
    "a_kind": KINDS,
    "maybe_int32": whole(32),
    "maybe_string": st.text(),
    "maybe_bool": st.booleans(),
    "maybe_kind": KINDS,
    "doubles": st.lists(DOUBLES),
    "int64s": st.lists(whole(64)),
    "bools": st.lists(st.booleans()),
    "strings": st.lists(st.text()),
    "many_bytes": st.lists(st.binary()),
    "kinds": st.lists(KINDS),
    "times": st.lists(TIMES),
    "double_value": DOUBLES.map(lambda value: DoubleValue(value=value)),
    "int64_value": whole(64).map(lambda value: Int64Value(value=value)),
    "uint32_value": natural(32).map(lambda value: UInt32Value(value=value)),
    "bool_value": st.booleans().map(lambda value: BoolValue(value=value)),
    "string_value": st.text().map(lambda value: StringValue(value=value)),
    "bytes_value": st.binary().map(lambda value: BytesValue(value=value)),
    "time": TIMES,
    "duration": DURATIONS,
    "mask": MASKS,
    "named_json": st.text(),
}
CHOICES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.text().map(lambda value: {"chosen_string": value}),
    whole(32).map(lambda value: {"chosen_int32": value}),
    DURATIONS.map(lambda value: {"chosen_duration": value}),
)
IN_BODIES = {"nodes": st.lists(NODES, max_size=3), "labels": st.dictionaries(st.text(), st.text()), "node": NODES}


def messages(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return messages with these fields, and any of those that a query holds."""
    others = st.fixed_dictionaries({}, optional=ANYWHERE)
    return st.builds(
        lambda given_fields, more, chosen: Everything(**{**more, **chosen, **given_fields}),
        st.fixed_dictionaries(dict(fields)),
        others,
        CHOICES,
    )


SEGMENTS = st.text(min_size=1)


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def leaves(message: Any, *, snake: bool, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield a message's leaves as query parameters, names and values as google's own JSON code writes them."""
    for field, value in message.ListFields():
        name = prefix + (field.name if snake else field.json_name)
        if field.type == FieldDescriptor.TYPE_MESSAGE and field.message_type.full_name == "conformance.v1.Node":
            yield from (
                leaves(value, snake=snake, prefix=f"{name}.") if value.ListFields() else [(f"{name}.weight", "0")]
            )
            continue
        alone = json_format.MessageToDict(type(message)(**{field.name: value}))[field.json_name]
        for one in alone if field.is_repeated else [alone]:
            yield name, text_of(one)


def query_of(message: Message, *, snake: bool) -> str:
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in leaves(message, snake=snake))


def body_of(message: Message, *, snake: bool) -> bytes:
    return json_format.MessageToJson(message, preserving_proto_field_name=snake).encode()


def without(message: Any, *names: str) -> Any:
    copy = Everything()
    copy.CopyFrom(message)
    for name in names:
        copy.ClearField(name)
    return copy


@LAW
@given(messages(), st.booleans())
def test_message_in_the_query_arrives(message: Message, snake: bool) -> None:
    assert call("GET", f"/v1/search?{query_of(message, snake=snake)}") == message


@LAW
@given(messages(node=NODES), st.booleans())
def test_message_in_the_query_arrives_with_what_is_nested(message: Message, snake: bool) -> None:
    assert call("GET", f"/v1/search?{query_of(message, snake=snake)}") == message


@LAW
@given(messages(**IN_BODIES), st.booleans())
def test_message_in_the_body_arrives(message: Message, snake: bool) -> None:
    assert call("POST", "/v1/things", body_of(message, snake=snake), "application/json") == message


@LAW
@given(messages(a_string=SEGMENTS), st.booleans())
def test_message_in_path_and_query_arrives(message: Any, snake: bool) -> None:
    url = f"/v1/things/{quote(message.a_string, safe='')}?{query_of(without(message, 'a_string'), snake=snake)}"

    assert call("DELETE", url) == message


@LAW
@given(messages(a_string=SEGMENTS, **IN_BODIES), st.booleans())
def test_message_in_path_and_body_arrives(message: Any, snake: bool) -> None:
    url = f"/v1/things/{quote(message.a_string, safe='')}"

    assert call("POST", url, body_of(without(message, "a_string"), snake=snake)) == message


@LAW
@given(messages(), NODES, SEGMENTS, st.booleans())
def test_message_in_path_body_and_query_arrives(message: Any, node: Any, name: str, snake: bool) -> None:
    node.ClearField("name")
    url = f"/v1/things/{quote(name, safe='')}/node?{query_of(message, snake=snake)}"
    body = body_of(node, snake=snake)
    message.node.CopyFrom(node)
    message.node.name = name

    assert call("PUT", url, body) == message


@LAW
@given(
    st.lists(messages(**IN_BODIES), max_size=4), st.lists(st.integers(0, 2_000), max_size=6), st.text(alphabet=" \r\n")
)
def test_client_stream_arrives_wherever_it_is_cut(sent: list[Message], cuts: list[int], blank: str) -> None:
    lines = [json_format.MessageToJson(one, indent=None).encode() for one in sent]
    body = (blank + "\n").encode().join(lines)
    edges = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    reader = target("POST", "/v1/collect")[0].requests("", None)

    received = [one for start, end in itertools.pairwise(edges) for one in reader.feed(body[start:end])]

    assert received + reader.finish() == sent
