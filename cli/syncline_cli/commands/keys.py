"""`syncline key create` and `syncline grant`: who may do what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from syncline.v1 import access_pb2, access_service_pb2
from syncline_cli import contract, target
from syncline_cli.parser import RIGHTS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping


def create(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the new key as JSON; its secret is shown nowhere else."""
    request = access_service_pb2.CreateKeyRequest(title=arguments.title, rate_limit=arguments.rate)
    with contract.connected(target.find(arguments, environ, "grpc"), environ) as server:
        made: access_service_pb2.CreateKeyResponse = server.call(server.access.CreateKey, request)
    print(json.dumps({"login": made.key.login, "secret": made.secret}))
    return 0


def grant(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Set the key's rights on a process, and print what they are now."""
    request = access_service_pb2.SetGrantRequest(
        process=arguments.process, login=arguments.login, rights=[f"RIGHT_{name.upper()}" for name in arguments.rights]
    )
    with contract.connected(target.find(arguments, environ, "grpc"), environ) as server:
        made: access_service_pb2.SetGrantResponse = server.call(server.access.SetGrant, request)
    held = [name for name in RIGHTS if access_pb2.Right.Value(f"RIGHT_{name.upper()}") in made.grant.rights]
    print(f"{made.grant.login} may {', '.join(held) or 'do nothing'} on {arguments.process}")
    return 0
