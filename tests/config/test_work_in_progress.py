"""Messages that are not finished."""

from __future__ import annotations

from portico.config.json_mapping import Findings
from portico.config.message_walk import walk
from portico.config.proto_pool import message_class
from portico.config.unknown_fields import UnknownFields
from portico.config.work_in_progress import WorkInProgressChecker


def test_an_unfinished_message_is_a_warning_with_its_path() -> None:
    filters = message_class("envoy.config.listener.v3.FilterChain")()
    proxy = message_class("envoy.extensions.filters.network.generic_proxy.v3.GenericProxy")()
    filters.filters.add(name="a").typed_config.Pack(proxy)
    checker = WorkInProgressChecker()
    walk(filters, checker.visit, Findings(), UnknownFields.REJECT)
    assert [str(warning) for warning in checker.warnings] == [
        (
            "filters[0].typed_config: envoy.extensions.filters.network.generic_proxy.v3.GenericProxy is marked as"
            " work-in-progress in Envoy's API: it may change without notice"
        )
    ]
