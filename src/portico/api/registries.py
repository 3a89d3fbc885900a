"""The registries of this release, one per extension category, and what their factories make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portico.api.access_log import AccessLog
from portico.api.context import FactoryContext
from portico.api.http_filter import HttpFilterFactory
from portico.api.listener_filter import ListenerFilterFactory
from portico.api.load_balancer import LoadBalancingPolicy
from portico.api.network_filter import NetworkFilterFactory
from portico.api.registry import ExtensionFactory, Registry

HTTP_FILTERS: Registry[Callable[[Any, FactoryContext], HttpFilterFactory]] = Registry("envoy.filters.http")
# What typed_per_filter_config makes for a filter, by the type of the per-route message.
HTTP_ROUTE_CONFIGS: Registry[Callable[[Any, FactoryContext], Any]] = Registry("envoy.filters.http.route")
NETWORK_FILTERS: Registry[Callable[[Any, FactoryContext], NetworkFilterFactory]] = Registry("envoy.filters.network")
LISTENER_FILTERS: Registry[Callable[[Any, FactoryContext], ListenerFilterFactory]] = Registry("envoy.filters.listener")
ACCESS_LOGGERS: Registry[Callable[[Any, FactoryContext], AccessLog]] = Registry("envoy.access_loggers")
# A factory is called once per cluster and worker.
LOAD_BALANCING_POLICIES: Registry[Callable[[Any, FactoryContext], LoadBalancingPolicy]] = Registry(
    "envoy.load_balancing_policies"
)
# These two make what portico.http.forwarded asks of them: an AddressDetector, an EarlyHeaderMutation.
ORIGINAL_IP_DETECTORS: Registry[ExtensionFactory] = Registry("envoy.http.original_ip_detection")
EARLY_HEADER_MUTATIONS: Registry[ExtensionFactory] = Registry("envoy.http.early_header_mutation")
ANY_EXTENSION: Registry[Callable[[Any, FactoryContext], Any]] = Registry("extension")
