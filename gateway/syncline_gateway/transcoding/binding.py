"""One rule, compiled: requests of path, query and body, and answers of responses.

Every leaf of a request is given in one place. What the path holds must not be in the query, equal or not, nor in the
body; a field without presence that the body sets to its default (`""`, `0`, `false`), and any that it sets to null,
counts as not given there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncline_gateway.transcoding.faults import Fault, bad_request
from syncline_gateway.transcoding.fields import dotted, given_test, rival_finder, shown
from syncline_gateway.transcoding.masks import mask_filler
from syncline_gateway.transcoding.media import JSON, check_json, printable
from syncline_gateway.transcoding.protojson import JsonFault
from syncline_gateway.transcoding.query import Query, refuse_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.descriptor import FieldDescriptor
    from google.protobuf.message import Message

    from syncline_gateway.transcoding.fields import FieldPath
    from syncline_gateway.transcoding.protojson import Codec
    from syncline_gateway.transcoding.records import Rpc
    from syncline_gateway.transcoding.rules import Rule

Captured = tuple[tuple[tuple[str, ...], str], ...]
"""A path's values as the router found them: field path and decoded text, in the template's order."""


def json_fault(error: JsonFault) -> Fault:
    """Return what the caller is told about a body that is not the JSON it should be."""
    return bad_request(error.message, error.field, reason="INVALID_REQUEST" if error.field else "INVALID_JSON")


class PathField:
    """The field that a variable of the path sets."""

    __slots__ = ("_given", "_parents", "_rival", "_set", "name")

    def __init__(self, path: FieldPath, codec: Codec) -> None:
        self.name = shown(path)
        """As callers know it: in JSON, and in the document of the API."""
        self._parents = tuple(field.name for field in path[:-1])
        self._set = codec.text_setter(path[-1])
        self._given = given_test(path)
        self._rival = rival_finder(path, shown)

    def check_free(self, message: Message) -> None:
        """Raise `Fault` when the body set this field, or another one of its oneof."""
        if self._given(message):
            raise bad_request(f"{self.name} is given by the path, so the body must not have it.", self.name)
        rival = self._rival(message) if self._rival is not None else ""
        if rival:
            raise bad_request(f"{self.name} is given by the path, so the body must not have {rival}.", rival)

    def set(self, message: Message, text: str) -> None:
        for parent in self._parents:
            message = getattr(message, parent)
        try:
            self._set(message, text)
        except JsonFault as error:
            raise bad_request(error.message, self.name) from None


class Binding:
    """One rule, ready for requests."""

    def __init__(self, rule: Rule, rpc: Rpc, codec: Codec, *, inline_json: FieldDescriptor | None) -> None:
        self.rule = rule
        self.rpc = rpc
        self.is_raw = rule.is_raw_response
        self.is_raw_request = rule.is_raw_request
        self.takes_body = rule.takes_body
        self.decode_body = _body_decoder(rule, rpc, codec)
        """Returns a new request that holds a body of this content type and nothing else. Raises `Fault`."""
        self.encode = _answer_encoder(rule, codec)
        """Returns the JSON of an answer; for `is_raw` its bytes."""
        self._path = tuple(PathField(path, codec) for path in rule.variables)
        query = Query(rule.rpc.input_type, codec, inline_json=inline_json, taken=_taken(rule))
        self._set_query = refuse_all if rule.whole_body else query.apply
        self._fill_mask = mask_filler(rule, codec)

    def request(self, captured: Captured, query: str, body: bytes, content_type: str | None) -> Message:
        """Return the request that path, raw query and body make. Raises `Fault`.

        A JSON body of nothing but blanks is none: the request has what path and query say.
        """
        if not body or (body.isspace() and not self.is_raw_request):
            message = self.decode_body(b"", content_type) if self.is_raw_request else self.rpc.input()
            self.place(message, captured, query)
            return message
        if not self.takes_body:
            raise bad_request("This method takes no body.")
        if not self.is_raw_request:
            check_json(content_type)
        message = self.decode_body(body, content_type)
        self.check_free(message)
        self.place(message, captured, query)
        if self._fill_mask is not None:
            self._fill_mask(message, body)
        return message

    def check_free(self, message: Message) -> None:
        """Raise `Fault` when a body, decoded into *message*, sets what the path sets."""
        for field in self._path:
            field.check_free(message)

    def place(self, message: Message, captured: Captured, query: str) -> None:
        """Set the fields of path and raw query. Raises `Fault`."""
        for field, (_, text) in zip(self._path, captured, strict=True):
            field.set(message, text)
        if query:
            self._set_query(message, query)

    def content_type(self, message: Message) -> str:
        """Return an answer's content type: JSON, or what a raw one says itself."""
        if not self.is_raw:
            return JSON
        field = self.rule.response_body
        raw: Any = message if field is None else getattr(message, field.name)
        return printable(raw.content_type)


def _taken(rule: Rule) -> dict[str, str]:
    taken = {dotted(path): "path" for path in rule.variables}
    if rule.body is not None:
        taken[rule.body.name] = "body"
    return taken


def _body_decoder(rule: Rule, rpc: Rpc, codec: Codec) -> Callable[[bytes, str | None], Message]:
    if rule.is_raw_request:
        return _raw_decoder(rpc, rule.body)
    if rule.body is not None:
        return _field_decoder(rpc, codec.field_decoder(rule.body))
    decode = codec.decoder(rule.rpc.input_type)

    def decode_whole(body: bytes, _: str | None) -> Message:
        try:
            return decode(body)
        except JsonFault as error:
            raise json_fault(error) from None

    return decode_whole


def _field_decoder(rpc: Rpc, decode: Callable[[bytes, Message], None]) -> Callable[[bytes, str | None], Message]:
    def decode_one(body: bytes, _: str | None) -> Message:
        message = rpc.input()
        try:
            decode(body, message)
        except JsonFault as error:
            raise json_fault(error) from None
        return message

    return decode_one


def _raw_decoder(rpc: Rpc, field: FieldDescriptor | None) -> Callable[[bytes, str | None], Message]:
    def take(body: bytes, content_type: str | None) -> Message:
        message = rpc.input()
        raw: Any = message if field is None else getattr(message, field.name)
        raw.data = body
        raw.content_type = printable(content_type) if content_type else ""
        return message

    return take


def _answer_encoder(rule: Rule, codec: Codec) -> Callable[[Message], bytes]:
    field = rule.response_body
    if rule.is_raw_response:
        return _raw_data if field is None else lambda message: _raw_data(getattr(message, field.name))
    return codec.encoder(rule.rpc.output_type) if field is None else codec.field_encoder(field)


def _raw_data(body: Any) -> bytes:
    data: bytes = body.data
    return data
