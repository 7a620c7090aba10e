"""What processes use, as messages and as the runtime's records; and which fields an update takes. Pure.

A field that no answer shows (a value, a password) is taken only when it is set or named by itself in the mask: a caller
who sends back what it read must not empty it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from syncline.v1 import resource_pb2
from syncline_server.errors import InvalidRequest
from syncline_server.rpc.convert import instant
from syncline_server.store.port import Database, Tls, Use

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from google.protobuf.field_mask_pb2 import FieldMask
    from google.protobuf.message import Message

    from syncline_server.runtime import env_vars, instances
    from syncline_server.store.port import Instance, StoredEnvVar

K = TypeVar("K", bound=int)
V = TypeVar("V")

USES: Mapping[resource_pb2.EnvVarUse, Use] = {
    resource_pb2.ENV_VAR_USE_API_CALL: Use.API_CALL,
    resource_pb2.ENV_VAR_USE_SET_PARAM: Use.SET_PARAM,
}
SECRET: Mapping[resource_pb2.EnvVarKind, bool] = {
    resource_pb2.ENV_VAR_KIND_UNSPECIFIED: False,
    resource_pb2.ENV_VAR_KIND_VISIBLE: False,
    resource_pb2.ENV_VAR_KIND_SECRET: True,
}
JSON: Mapping[resource_pb2.EnvVarDataType, bool] = {
    resource_pb2.ENV_VAR_DATA_TYPE_UNSPECIFIED: False,
    resource_pb2.ENV_VAR_DATA_TYPE_RAW: False,
    resource_pb2.ENV_VAR_DATA_TYPE_JSON: True,
}
TLS: Mapping[resource_pb2.DatabaseTls, Tls] = {
    resource_pb2.DATABASE_TLS_UNSPECIFIED: Tls.PREFER,
    resource_pb2.DATABASE_TLS_PREFER: Tls.PREFER,
    resource_pb2.DATABASE_TLS_DISABLE: Tls.DISABLE,
    resource_pb2.DATABASE_TLS_REQUIRE: Tls.REQUIRE,
    resource_pb2.DATABASE_TLS_VERIFY_FULL: Tls.VERIFY,
}
# The other way round; of two numbers with one meaning the second, which says it.
_KIND_OF = {value: number for number, value in SECRET.items()}
_TYPE_OF = {value: number for number, value in JSON.items()}
_TLS_OF = {value: number for number, value in TLS.items()}
_USE_OF = {value: number for number, value in USES.items()}
ENV_VAR = ("kind", "data_type", "value", "uses", "title", "description")
INSTANCE = ("title", "max_connections")
CONNECTIONS: Mapping[str, tuple[str, ...]] = {
    "postgresql": ("host", "port", "database", "user", "password", "tls"),
    "sqlite": ("file",),
}
_FOR_ANSWERS = frozenset({"short_name", "instance_id", "create_time", "change_time"})
"""Names, and what only answers hold: passed over in masks."""
_UNSHOWN = ("value", "password")


# From requests.


def all_of(message: Message, *names: str) -> list[str]:
    """Return the names of a message's fields that a request to create it says something about."""
    return [name for name in names if name not in _UNSHOWN or _is_set(message, name)]


def env_var_paths(message: resource_pb2.EnvVar, mask: FieldMask) -> list[str]:
    """Return the fields that an update takes."""
    return _paths(message, mask, all_of(message, *ENV_VAR), ENV_VAR)


def instance_paths(message: resource_pb2.Instance, mask: FieldMask) -> list[str]:
    """Return the fields that an update takes, those of a connection with its name: `sqlite.file`."""
    connection = message.WhichOneof("connection")
    parts = {kind: [f"{kind}.{name}" for name in names] for kind, names in CONNECTIONS.items()}
    whole = {
        kind: [f"{kind}.{name}" for name in all_of(getattr(message, kind), *names)]
        for kind, names in CONNECTIONS.items()
    }
    of_all = [*INSTANCE, *(whole[connection] if connection else ())]
    found = _paths(message, mask, of_all, (*INSTANCE, *CONNECTIONS, *parts["postgresql"], *parts["sqlite"]))
    return [path for name in found for path in whole.get(name, [name])]


def _paths(message: Message, mask: FieldMask, of_all: list[str], known: Iterable[str]) -> list[str]:
    paths = [path for path in mask.paths if path not in _FOR_ANSWERS]
    if not mask.paths:
        return [path for path in of_all if _says_something(message, path)]
    if "*" in paths:
        return of_all
    strangers = [path for path in paths if path not in known]
    if strangers:
        raise InvalidRequest(f"No field to update: `{strangers[0]}`.", field="update_mask")
    return paths


def _says_something(message: Message, path: str) -> bool:
    outer, _, inner = path.rpartition(".")
    return _is_set(getattr(message, outer) if outer else message, inner)


def _is_set(message: Message, name: str) -> bool:
    return any(field.name == name for field, _ in message.ListFields())


def env_var_fields(message: resource_pb2.EnvVar, paths: Iterable[str]) -> env_vars.Fields:
    """Return what to set."""
    fields: env_vars.Fields = {}
    for path in paths:
        match path:
            case "kind":
                fields["is_secret"] = _known(SECRET, message.kind, "env_var.kind")
            case "data_type":
                fields["is_json"] = _known(JSON, message.data_type, "env_var.data_type")
            case "value":
                fields["value"] = message.value
            case "uses":
                fields["uses"] = tuple(dict.fromkeys(_known(USES, use, "env_var.uses") for use in message.uses))
            case "title":
                fields["title"] = message.title
            case "description":
                fields["description"] = message.description
    return fields


def new_instance_fields(message: resource_pb2.Instance) -> instances.Fields:
    """Return what to set in a new instance."""
    connection = message.WhichOneof("connection")
    if connection is None:
        return instance_fields(message, INSTANCE)
    return instance_fields(message, (*INSTANCE, *(f"{connection}.{name}" for name in CONNECTIONS[connection])))


def instance_fields(message: resource_pb2.Instance, paths: Iterable[str]) -> instances.Fields:
    """Return what to set."""
    fields: instances.Fields = {}
    server, file = message.postgresql, message.sqlite
    for path in paths:
        match path:
            case "title":
                fields["title"] = message.title
            case "max_connections":
                fields["max_connections"] = message.max_connections
            case "postgresql.host":
                fields["host"] = server.host
            case "postgresql.port":
                fields["port"] = server.port
            case "postgresql.database":
                fields["database"] = server.database
            case "postgresql.user":
                fields["user"] = server.user
            case "postgresql.password":
                fields["password"] = server.password
            case "postgresql.tls":
                fields["tls"] = _known(TLS, server.tls, "instance.postgresql.tls")
            case "sqlite.file":
                fields["file"] = file.file
        if "." in path:
            fields["kind"] = Database(path.partition(".")[0])
    return fields


def _known(table: Mapping[K, V], number: K, field: str) -> V:
    if number not in table:
        raise InvalidRequest("No such value of the field.", field=field)
    return table[number]


# Into responses.


def fill_env_var(message: resource_pb2.EnvVar, env_var: StoredEnvVar, *, for_owner: bool) -> None:
    """Fill a variable; its value only for owners, and only when it is no secret."""
    message.short_name = env_var.short_name
    message.kind = _KIND_OF[env_var.is_secret]
    message.data_type = _TYPE_OF[env_var.is_json]
    if for_owner and not env_var.is_secret:
        message.value = env_var.value
    message.uses.extend(_USE_OF[use] for use in env_var.uses)
    message.title = env_var.title
    message.description = env_var.description
    instant(message.create_time, env_var.created_at)
    instant(message.change_time, env_var.changed_at)


def fill_instance(message: resource_pb2.Instance, instance: Instance, *, for_owner: bool) -> None:
    """Fill an instance; where it is only for owners, its password for nobody."""
    message.instance_id = str(instance.instance_id)
    message.title = instance.title
    message.max_connections = instance.max_connections
    instant(message.create_time, instance.created_at)
    instant(message.change_time, instance.changed_at)
    if not for_owner:
        return
    if instance.kind is Database.SQLITE:
        message.sqlite.file = instance.file
        return
    message.postgresql.host = instance.host
    message.postgresql.port = instance.port
    message.postgresql.database = instance.database
    message.postgresql.user = instance.user
    message.postgresql.tls = _TLS_OF[instance.tls]
