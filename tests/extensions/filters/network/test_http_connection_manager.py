"""The HTTP connection manager as a listener gets it: one filter for each connection, one configuration for all."""

import pytest

from portico.api.context import FactoryContext
from portico.api.errors import ConfigErrors
from portico.api.registries import NETWORK_FILTERS
from portico.http.connection_manager import ConnectionManager
from portico.testing.fake_server import FakeServer
from tests.http.proxy import HCM, hcm_message

DIRECT = "- {match: {prefix: /}, direct_response: {status: 204}}"


def context_of(server: FakeServer) -> FactoryContext:
    context = FactoryContext(server.context, server.context.scope)
    context.listener_scope = server.context.scope.scope("listener.127.0.0.1_80")
    return context


def test_factory_makes_one_filter_for_each_connection() -> None:
    registration = NETWORK_FILTERS.lookup(HCM)
    make = registration.factory(hcm_message(DIRECT), context_of(FakeServer()))
    first, second = make(), make()
    assert isinstance(first, ConnectionManager)
    assert first is not second


def test_ends_its_chain() -> None:
    assert NETWORK_FILTERS.lookup(HCM).is_terminal


def test_stats_of_manager_and_listener_are_there_from_load() -> None:
    server = FakeServer()
    NETWORK_FILTERS.lookup(HCM).factory(hcm_message(DIRECT), context_of(server))
    for name in (
        "http.in.downstream_cx_total",
        "http.in.downstream_rq_2xx",
        "http.in.no_route",
        "http.in.tracing.not_traceable",
        "listener.127.0.0.1_80.http.in.downstream_rq_2xx",
    ):
        assert server.value(name) == 0


def test_broken_configuration_is_refused_before_any_connection() -> None:
    with pytest.raises(ConfigErrors):
        NETWORK_FILTERS.lookup(HCM).factory(hcm_message(DIRECT, codec_type="HTTP3"), context_of(FakeServer()))
