"""The table of resource types against the API's own service definitions."""

from __future__ import annotations

import pytest

from portico.config.proto_pool import message_class, pool
from portico.config.resource_types import BY_TYPE_URL, RESOURCE_TYPES, ResourceType


@pytest.mark.parametrize("kind", RESOURCE_TYPES, ids=lambda kind: kind.name)
def test_names_are_those_of_the_api(kind: ResourceType) -> None:
    assert kind.name_field in message_class(kind.message).DESCRIPTOR.fields_by_name
    service = pool.FindServiceByName(kind.service)
    methods = {method.name: method for method in service.methods}
    assert kind.stream_method in methods
    if kind.fetch_method:
        # The google.api.http option holds the path as plain text.
        assert kind.rest_path.encode() + b":" in methods[kind.fetch_method].GetOptions().SerializeToString()


def test_a_type_url_leads_to_its_row() -> None:
    for kind in RESOURCE_TYPES:
        assert BY_TYPE_URL[kind.type_url] is kind
