"""Envoy messages from their JSON form."""

from typing import Any

from google.protobuf import json_format

from portico.api.context import FactoryContext
from portico.config.proto_pool import message_class, pool
from portico.config.resource_types import TYPE_URL_PREFIX
from tests.formatter.entries import server


def message(full_name: str, fields: dict[str, Any]) -> Any:
    return json_format.ParseDict(fields, message_class(full_name)(), descriptor_pool=pool)


def typed(full_name: str, **fields: Any) -> dict[str, Any]:
    return {"@type": TYPE_URL_PREFIX + full_name, **fields}


def context(runtime: dict[str, int] | None = None) -> FactoryContext:
    process = server(runtime)
    return FactoryContext(process, process.scope)
