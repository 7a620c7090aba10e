"""HTTP requests as calls of gRPC methods, by the `google.api.http` rules in their services' descriptors.

What holds where the well-known transcoders disagree is in the package's docstring. Besides: HEAD is answered by what
GET is bound to, unless HEAD is bound itself; a field given in the path and again in query or body is 400, equal or not.
`X-HTTP-Method-Override` means nothing: it let callers through firewalls that go by the method (CVE-2026-37236).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.message_factory import GetMessageClass

from syncline_gateway.transcoding.binding import Binding
from syncline_gateway.transcoding.events import event_streams
from syncline_gateway.transcoding.faults import Fault, bad_request, method_not_allowed, route_not_found
from syncline_gateway.transcoding.fields import shown
from syncline_gateway.transcoding.protojson import Codec
from syncline_gateway.transcoding.records import Body, EventStream, Rpc
from syncline_gateway.transcoding.router import BadPath, Route, RouteErrors, Router, Unescape
from syncline_gateway.transcoding.rules import ANY_METHOD, RulesError, collect
from syncline_gateway.transcoding.streams import Requests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from google.api.http_pb2 import HttpRule
    from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor, ServiceDescriptor
    from google.protobuf.message import Message
    from google.rpc.status_pb2 import Status

    from syncline_gateway.transcoding.binding import Captured
    from syncline_gateway.transcoding.rules import Rule

__all__ = ["Body", "EventStream", "Requests", "Rpc", "RulesError", "Target", "Transcoder"]

LARGEST_MESSAGE = 4 * 1024 * 1024
"""Bytes of one message of a client stream: what gRPC takes unless set otherwise."""
_EVERY_METHOD = frozenset({"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"})
_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")


class Target:
    """One request's binding, with the values that its path holds."""

    __slots__ = ("_binding", "_captured", "is_raw", "is_raw_request", "rpc", "takes_body")

    def __init__(self, binding: Binding, captured: Captured) -> None:
        self._binding = binding
        self._captured = captured
        self.rpc: Rpc = binding.rpc
        self.takes_body: bool = binding.takes_body
        self.is_raw: bool = binding.is_raw
        """The answer, or each message of an answering stream, is a google.api.HttpBody: bytes, no JSON."""
        self.is_raw_request: bool = binding.is_raw_request
        """The body is taken as bytes, whatever its content type."""

    @property
    def route(self) -> str:
        """`POST /v1/things/{id}`: method and template, for logs and metrics; no value of the request is in it."""
        return self._binding.rule.name

    def request(self, query: str, body: bytes, content_type: str | None) -> Message:
        """Return the message to send; for a client stream see `requests`.

        *query* is raw, still percent-encoded, without `?`. An empty body, or a JSON body of blanks alone, is none.
        Raises `Fault`: 400 naming the field, or 415.
        """
        return self._binding.request(self._captured, query, body, content_type)

    def requests(self, query: str, content_type: str | None, *, max_message_bytes: int = LARGEST_MESSAGE) -> Requests:
        """Return what makes messages of a client stream's bytes. Raises `Fault`: 400 for path and query, 415."""
        return Requests(self._binding, self._captured, query, content_type, max_message_bytes)

    def response(self, message: Message) -> Body:
        """Return the answer's body: JSON, or a raw one's bytes with their own content type.

        Raises `protojson.Unprintable` for a message that has no JSON, which is the service's mistake.
        """
        return Body(self._binding.content_type(message), self._binding.encode(message))

    def record(self, message: Message) -> bytes:
        """Return one message of an answering stream: JSON without CR or LF; for `is_raw` its bytes as they are.

        A raw stream's content type is that of `response` for its first message. Raises `protojson.Unprintable`.
        """
        data = self._binding.encode(message)
        if not self.is_raw and (b"\n" in data or b"\r" in data):
            return data.translate(_ONE_LINE)  # between tokens, where inline JSON came with line breaks of its own
        return data


class Transcoder:
    """Finds what requests mean. Built once from descriptors, and read alone from then on."""

    def __init__(
        self,
        services: Iterable[ServiceDescriptor],
        *,
        domain: str,
        inline_json: FieldDescriptor | None = None,
        event_stream: FieldDescriptor | None = None,
        rules: Iterable[HttpRule] = (),
        unescape: Unescape = Unescape.ALL_EXCEPT_RESERVED,
    ) -> None:
        """Read the services' rules. Raises `RulesError` with every problem at once.

        *domain* is the ErrorInfo domain of this transcoder's faults. *inline_json* is a string FieldOptions extension:
        the JSON name of a string field that holds JSON text. *event_stream* is a MethodOptions extension with the
        string fields of `EventStream`. *rules* come from a service configuration and override annotations by selector.
        *unescape* is for variables of several segments.
        """
        services = tuple(services)
        found, problems = collect(services, rules)
        streams = event_streams(services, event_stream, problems)
        self.domain = domain
        self.rpcs = _rpcs(found, streams)
        """Every method that HTTP carries, in the services' order."""
        self.rules = tuple(found)
        """Every binding, each method's own before its additional ones."""
        bindings = list(self._bindings(Codec(inline_json=inline_json), inline_json, problems))
        self._router = _router(bindings, unescape, problems)
        self._shown = {
            tuple(field.name for field in path): shown(path) for rule in self.rules for path in rule.variables
        }
        if problems:
            raise RulesError(problems)

    def _bindings(self, codec: Codec, inline_json: FieldDescriptor | None, problems: list[str]) -> Iterator[Binding]:
        by_name = {rpc.name: rpc for rpc in self.rpcs}
        for rule in self.rules:
            try:
                yield Binding(rule, by_name[_name(rule.rpc)], codec, inline_json=inline_json)
            except TypeError as error:  # the codec refuses a message type
                problems.append(f"{rule.rpc.full_name}: {rule.name}: {error}")

    def find(self, method: str, path: str) -> Target:
        """Return what a method and a raw path mean; the path is as it came, still percent-encoded, without query.

        HEAD is found by what GET is bound to. Raises `Fault`: 404, 405 with `allow`, or 400 for a path that is not
        percent-encoded UTF-8.
        """
        try:
            match = self._router.find(method, path)
            if method == "HEAD" and (match is None or match.target.rule.method == ANY_METHOD):
                match = self._router.find("GET", path) or match
        except BadPath as error:
            raise bad_request("The path is not percent-encoded UTF-8.", self._shown[error.field_path]) from None
        if match is None:
            raise self._nothing(path)
        return Target(match.target, match.variables)

    def _nothing(self, path: str) -> Fault:
        allow = self.methods(path)
        return method_not_allowed(allow) if allow else route_not_found()

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods that a raw path takes, sorted, for `Allow`: with HEAD where GET is, and OPTIONS always.

        Empty: there is no such path.
        """
        bound = set(self._router.methods(path))
        if not bound:
            return ()
        if ANY_METHOD in bound:
            bound = bound - {ANY_METHOD} | _EVERY_METHOD
        return tuple(sorted(bound | {"OPTIONS"} | ({"HEAD"} if "GET" in bound else set())))

    def status(self, fault: Fault) -> Status:
        """Return a fault as a `google.rpc.Status` of this transcoder's domain."""
        return fault.status(self.domain)


def _router(bindings: list[Binding], unescape: Unescape, problems: list[str]) -> Router[Binding]:
    """Return the bindings' router; what is wrong with their routes is added to the problems, and the router empty."""
    try:
        return Router(Route(one.rule.method, one.rule.template, one, unescape) for one in bindings)
    except RouteErrors as errors:
        problems += errors.problems
        return Router(())


def _rpcs(rules: Iterable[Rule], streams: Mapping[str, EventStream]) -> tuple[Rpc, ...]:
    methods = {_name(rule.rpc): rule.rpc for rule in rules}
    safe = {_name(rule.rpc) for rule in rules if rule.method in ("GET", "HEAD")}
    return tuple(
        Rpc(
            name=name,
            path=f"/{name}",
            input=GetMessageClass(method.input_type),
            output=GetMessageClass(method.output_type),
            client_streaming=method.client_streaming,
            server_streaming=method.server_streaming,
            event_stream=streams.get(method.full_name),
            is_safe=name in safe,
        )
        for name, method in methods.items()
    )


def _name(method: MethodDescriptor) -> str:
    return f"{method.containing_service.full_name}/{method.name}"
