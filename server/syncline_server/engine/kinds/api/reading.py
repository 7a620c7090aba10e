"""Reads the API Call logic: absent keys have the vendor's defaults, what can't be sent or answered is refused."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from syncline_server.engine import values
from syncline_server.engine.expressions.casts import TYPES
from syncline_server.engine.expressions.http_text import UrlTemplate, is_header
from syncline_server.engine.expressions.references import Path, Segment
from syncline_server.engine.expressions.replies import compile_reply_value
from syncline_server.engine.expressions.scope import text
from syncline_server.engine.expressions.targets import Target
from syncline_server.engine.expressions.template import Template, compile_template
from syncline_server.engine.formats import conveyor
from syncline_server.engine.formats.pem import read_pem
from syncline_server.engine.formats.xml_text import is_xml
from syncline_server.engine.kinds.api.call import ApiCall, Member
from syncline_server.engine.kinds.set_param import Assignment
from syncline_server.engine.reading.parameters import read_parameter

if TYPE_CHECKING:
    from syncline_server.engine.reading.fields import Fields

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
QUERY_METHODS = frozenset({"GET", "HEAD"})
"""Methods whose parameters go into the query string; those of DELETE are its body, as the vendor documents it."""
MAX_THREADS = 5
"""The vendor's default."""
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
FORMATS = ("", "default", "raw", *conveyor.FORMATS)

_JSON_BODIES = frozenset({"json", "conveyor"})

Headers = tuple[tuple[Template, Template], ...]


def read(fields: Fields) -> ApiCall | None:
    """Return the call, or None with faults noted."""
    before = len(fields.reading.faults)
    style = _style(fields)
    method = "POST" if style in conveyor.FORMATS else fields.text("method", "POST").upper()
    if method not in METHODS:
        fields.fault("method", f"The method is one of {', '.join(METHODS)}.")
    is_raw = style == "raw"
    secret = fields.template("api_secret_outer") if fields.text("api_secret_outer") else None
    if secret is None and fields.flag("send_sys"):
        fields.note("send_sys", "Without a secret key the call carries conv_id and conv_time, and no conv_signature.")
    content_type = fields.text("content_type") or JSON
    members = () if is_raw else _read_members(fields)
    members_as = _members_as(fields, method, content_type, style)
    if method == "DELETE" and not members:  # Without parameters it has no body, not an empty object.
        members_as = "query"
    raw = _read_raw(fields) if is_raw else None
    has_body = is_raw or members_as != "query"
    headers = _read_headers(fields, content_type if has_body else "")
    call = ApiCall(
        method=method,
        url=UrlTemplate(fields.template("url")),
        headers=headers,
        fixed_headers=_fixed(headers),
        members=members,
        raw=None if raw is None else raw.json_text if raw.is_json else raw.text,
        members_as=members_as,
        body_is_json=members_as in _JSON_BODIES if raw is None else raw.always_json(dict) or raw.always_json(list),
        max_threads=fields.whole_number("max_threads", MAX_THREADS),
        sends_system_parameters=fields.flag("send_sys") or secret is not None,
        secret=secret,
        certificate=_read_certificate(fields),
        debug_info=fields.flag("debug_info"),
        rfc_format=fields.flag("rfc_format"),
        response=_read_response(fields) if fields.flag("customize_response") else None,
        error_to=fields.link("err_node_id", required=False),
    )
    return call if len(fields.reading.faults) == before else None


def _style(fields: Fields) -> str:
    style = fields.text("format")
    if style not in FORMATS:
        fields.fault("format", f"{style!r} is no format of a request.")
    return style


def _read_certificate(fields: Fields) -> Template | None:
    if not fields.text("cert_pem"):
        return None
    template = fields.template("cert_pem")
    if template.static is not None:
        fields.compiled("cert_pem", partial(read_pem, template.static))
    return template


def _members_as(fields: Fields, method: str, content_type: str, style: str) -> str:
    if style in conveyor.FORMATS:
        return "conveyor"
    kind = content_type.partition(";")[0].strip().lower()
    xml = is_xml(content_type)
    if style != "raw" and kind != FORM and "json" not in kind and not xml:
        fields.fault("content_type", f"Parameters are sent as {JSON}, {FORM} or XML; anything else is a raw body.")
    if method in QUERY_METHODS:
        return "query"
    if xml:
        return "xml"
    return "form" if kind == FORM else "json"


def _read_members(fields: Fields) -> tuple[Member, ...]:
    types = fields.mapping("extra_type")
    members = []
    for key, raw in fields.mapping("extra").items():
        name = fields.compiled(f"extra.{key}", partial(compile_template, key))
        parameter = read_parameter(fields, key, raw, types.get(key))
        if name is not None and parameter is not None:
            json_name = None if name.static is None else values.dumps(name.static) + ":"
            members.append(Member(name, json_name, parameter.value, parameter.json))
    return tuple(members)


def _read_raw(fields: Fields) -> Template:
    source = text(fields.content.get("raw_body"))
    return fields.compiled("raw_body", partial(compile_template, source)) or Template("", ())


def _read_headers(fields: Fields, content_type: str) -> Headers:
    headers = []
    for name, value in fields.mapping("extra_headers").items():
        place = f"extra_headers.{name}"
        name_template = fields.compiled(place, partial(compile_template, name))
        value_template = fields.compiled(place, partial(compile_template, text(value)))
        if name_template is None or value_template is None:
            continue
        # A part with references in it is looked at when it is rendered.
        if not is_header(name_template.static or "x", value_template.static or ""):
            fields.fault(place, "HTTP cannot carry this header.")
        headers.append((name_template, value_template))
    if content_type and not any((name.static or "").lower() == "content-type" for name, _ in headers):
        headers.insert(0, (compile_template("Content-Type"), Template(content_type, (content_type,))))
    return tuple(headers)


def _fixed(headers: Headers) -> tuple[tuple[str, str], ...] | None:
    fixed = tuple(
        (name.static, value.static) for name, value in headers if name.static is not None and value.static is not None
    )
    return fixed if len(fixed) == len(headers) else None


def _read_response(fields: Fields) -> tuple[Assignment, ...]:
    types = fields.mapping("response_type")
    assignments = []
    for key, raw in fields.mapping("response").items():
        wanted = types.get(key) or ""
        if wanted not in ("", *TYPES) or not isinstance(wanted, str):
            fields.fault(f"response_type.{key}", f"The type of a parameter is one of {', '.join(TYPES)}.")
            continue
        target = fields.compiled(f"response.{key}", partial(Target, key))
        template = fields.compiled(f"response.{key}", partial(compile_template, text(raw), _with_lower_header))
        if target is not None and template is not None:
            assignments.append(Assignment(target, compile_reply_value(template, wanted)))
    return tuple(assignments)


def _with_lower_header(path: Path) -> Path:
    """Make `{{header.Content-Type}}` find a header, whose names are in lower case."""
    names = path.names
    if names[0] != "header" or len(names) < 2 or names[1] is None:
        return path
    second = Segment((names[1].lower(),), path.segments[1].bracketed)
    return Path((path.segments[0], second, *path.segments[2:]), path.source)
