"""envoy.filters.network.tcp_proxy: bytes between two connections, whatever they mean."""

from __future__ import annotations

from typing import Any, Final

from portico.api.context import FactoryContext
from portico.api.network_filter import NetworkFilterFactory
from portico.api.registries import NETWORK_FILTERS
from portico.extensions.filters.network.tcp_proxy.filter import TcpProxyFilter
from portico.extensions.filters.network.tcp_proxy.from_proto import SUPPORTED, tcp_proxy_config

TYPE: Final = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"


@NETWORK_FILTERS.register(TYPE, SUPPORTED[TYPE], is_terminal=True)
def tcp_proxy(config: Any, context: FactoryContext) -> NetworkFilterFactory:
    settings = tcp_proxy_config(config, context)
    return lambda: TcpProxyFilter(settings)
