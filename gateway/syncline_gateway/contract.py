"""What the gateway transcodes: the services of `syncline.v1`, and the options that say more than their HTTP rules."""

from __future__ import annotations

from syncline.v1 import (
    access_service_pb2,
    options_pb2,
    process_service_pb2,
    resource_service_pb2,
    step_service_pb2,
    task_service_pb2,
)
from syncline_gateway.reasons import DOMAIN
from syncline_gateway.transcoding.transcoder import Transcoder

SERVICES = (
    task_service_pb2.DESCRIPTOR.services_by_name["TaskService"],
    step_service_pb2.DESCRIPTOR.services_by_name["StepService"],
    process_service_pb2.DESCRIPTOR.services_by_name["ProcessService"],
    access_service_pb2.DESCRIPTOR.services_by_name["AccessService"],
    resource_service_pb2.DESCRIPTOR.services_by_name["ResourceService"],
)
INLINE_JSON = options_pb2.DESCRIPTOR.extensions_by_name["inline_json"]
EVENT_STREAM = options_pb2.DESCRIPTOR.extensions_by_name["event_stream"]
LIMITS = options_pb2.DESCRIPTOR.extensions_by_name["limits"]


def make_transcoder() -> Transcoder:
    """Return the transcoder of the contract, or raise `RulesError` with everything that is wrong with its rules."""
    return Transcoder(SERVICES, domain=DOMAIN, inline_json=INLINE_JSON, event_stream=EVENT_STREAM)
