"""The router as configuration makes it: each field reaches what it is for."""

import pytest

from portico.api.context import FactoryContext
from portico.api.registries import HTTP_FILTERS
from portico.router.router_filter import RouterFilter
from portico.testing.fake_server import FakeServer
from tests.http.proxy import Proxy, request
from tests.router.tables import message

ROUTER = "envoy.extensions.filters.http.router.v3.Router"


def test_factory_makes_one_filter_for_each_stream_and_counts_under_its_manager() -> None:
    server = FakeServer()
    context = FactoryContext(server.context, server.context.scope.scope("http.in"))
    make = HTTP_FILTERS.lookup(ROUTER).factory(message(ROUTER, "{}"), context)
    first, second = make(), make()
    assert isinstance(first, RouterFilter)
    assert first is not second
    assert server.value("http.in.rq_total") == 0


@pytest.mark.parametrize("suppress", [False, True])
def test_suppress_envoy_headers(suppress: bool) -> None:
    proxy = Proxy(router={"suppress_envoy_headers": suppress})
    proxy.connect().send(request())
    got = proxy.upstream.got.request
    assert got is not None
    assert got.has(b"x-envoy-expected-rq-timeout-ms") is not suppress


@pytest.mark.parametrize("dynamic", [None, True, False])
def test_dynamic_stats_are_on_unless_switched_off(dynamic: bool | None) -> None:
    proxy = Proxy(router={} if dynamic is None else {"dynamic_stats": dynamic})
    proxy.connect().send(request())
    proxy.upstream.respond(200, b"")
    assert ("upstream_rq_200" in proxy.changed("cluster.api.")) is (dynamic is not False)
