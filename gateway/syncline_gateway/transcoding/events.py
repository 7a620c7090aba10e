"""Which server streams are event streams, by an option of their methods; the transcoder knows its name from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.descriptor import FieldDescriptor

from syncline_gateway.transcoding.fields import message_of, option
from syncline_gateway.transcoding.records import EventStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from google.protobuf.descriptor import Descriptor, MethodDescriptor, ServiceDescriptor


def event_streams(
    services: Iterable[ServiceDescriptor], extension: FieldDescriptor | None, problems: list[str]
) -> dict[str, EventStream]:
    """Return the event streams by their methods' full names; what is wrong with an option is added to *problems*."""
    found: dict[str, EventStream] = {}
    if extension is None:
        return found
    for method in (one for service in services for one in service.methods):
        written = option(method, extension)
        if written is not None:
            stream = EventStream(written.id_field, written.resume_field, written.comment_field)
            problems += [f"{method.full_name}: {problem}" for problem in _problems(method, stream)]
            found[method.full_name] = stream
    return found


def _problems(method: MethodDescriptor, stream: EventStream) -> Iterator[str]:
    if not method.server_streaming or method.client_streaming:
        yield "an event stream must be a server stream"
    yield from _string(method.output_type, "id_field", stream.id_field)
    yield from _string(method.input_type, "resume_field", stream.resume_field)
    comment = method.output_type.fields_by_name.get(stream.comment_field)
    if stream.comment_field and (comment is None or comment.is_repeated or message_of(comment) is None):
        where = method.output_type.full_name
        yield f"comment_field names {stream.comment_field}, which is no singular message of {where}"


def _string(message: Descriptor, role: str, name: str) -> Iterator[str]:
    field = message.fields_by_name.get(name)
    if name and (field is None or field.is_repeated or field.type != FieldDescriptor.TYPE_STRING):
        yield f"{role} names {name}, which is no singular string of {message.full_name}"
