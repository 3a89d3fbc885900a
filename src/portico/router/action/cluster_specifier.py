"""Which cluster a forwarded request goes to."""

from __future__ import annotations

from typing import Any, Final

from mypy_extensions import mypyc_attr

from portico.api.headers import RequestHeaders
from portico.api.inline_headers import REQUEST, RESPONSE
from portico.api.runtime import Runtime
from portico.api.stream_info import StreamInfo
from portico.router.level import FilterConfigs
from portico.router.mutation.header_mutation import HeaderMutations

_UINT64_MAX: Final = (1 << 64) - 1


class WeightedCluster:
    """One entry of weighted_clusters, and what it brings along."""

    def __init__(self, name: str, cluster_header: bytes, weight: int) -> None:
        self.name = name
        self.cluster_header = cluster_header  # b"" = ``name`` is the cluster
        self.weight = weight
        self.runtime_key = ""
        self.host_rewrite = b""
        self.metadata_match: dict[str, Any] | None = None  # merged over the route's own
        self.request_mutations: HeaderMutations = HeaderMutations([], [], REQUEST)
        self.response_mutations: HeaderMutations = HeaderMutations([], [], RESPONSE)
        self.filter_configs: FilterConfigs = FilterConfigs()
        self.choice = RouteChoice(name, self)


class RouteChoice:
    """The cluster of one request; "" when a header that should name it is absent: the router answers 503 NC."""

    def __init__(self, cluster_name: str, weighted: WeightedCluster | None = None) -> None:
        self.cluster_name = cluster_name
        self.weighted = weighted


@mypyc_attr(allow_interpreted_subclasses=True)
class ClusterSpecifier:
    """Chooses. Open: cluster_specifier_plugin extensions bring their own."""

    def choose(self, headers: RequestHeaders, info: StreamInfo, random_value: int) -> RouteChoice:
        raise NotImplementedError


class FixedCluster(ClusterSpecifier):
    def __init__(self, name: str) -> None:
        self.choice = RouteChoice(name)

    def choose(self, headers: RequestHeaders, info: StreamInfo, random_value: int) -> RouteChoice:
        return self.choice


class HeaderCluster(ClusterSpecifier):
    """``cluster_header``: the first value counts, as the header comes from anyone."""

    def __init__(self, name: bytes) -> None:
        self.name = name

    def choose(self, headers: RequestHeaders, info: StreamInfo, random_value: int) -> RouteChoice:
        return RouteChoice(_cluster_in(headers, self.name))


class WeightedClusters(ClusterSpecifier):
    """``weighted_clusters``: the random value modulo the sum of weights falls into one cluster's interval."""

    def __init__(self, clusters: list[WeightedCluster], random_header: bytes, runtime: Runtime | None) -> None:
        """``runtime``: where weights are looked up per request; None = they are fixed."""
        self.clusters = clusters
        self.total_weight = sum([cluster.weight for cluster in clusters])
        self.random_header = random_header
        self.runtime = runtime

    def choose(self, headers: RequestHeaders, info: StreamInfo, random_value: int) -> RouteChoice:
        if self.random_header:
            random_value = self._header_value(headers, random_value)
        if self.runtime is not None:
            return _choice_of(self._choose_by_runtime(self.runtime, random_value), headers)
        value = random_value % self.total_weight
        for cluster in self.clusters:
            if value < cluster.weight:
                return _choice_of(cluster, headers)
            value -= cluster.weight
        raise AssertionError("weights do not add up to their sum")

    def _choose_by_runtime(self, runtime: Runtime, random_value: int) -> WeightedCluster:
        weights = [max(0, runtime.integer(cluster.runtime_key, cluster.weight)) for cluster in self.clusters]
        total = sum(weights)
        if total == 0:
            weights = [cluster.weight for cluster in self.clusters]
            total = self.total_weight
        value = random_value % total
        index = 0
        while value >= weights[index]:
            value -= weights[index]
            index += 1
        return self.clusters[index]

    def _header_value(self, headers: RequestHeaders, otherwise: int) -> int:
        """The header's one value, a uint64; several values, or anything else, are ignored."""
        values = headers.get_all(self.random_header)
        if len(values) != 1:
            return otherwise
        text = values[0].strip()
        if not text.isdigit() or len(text) > 20:
            return otherwise
        number = int(text)
        return number if number <= _UINT64_MAX else otherwise


def _choice_of(cluster: WeightedCluster, headers: RequestHeaders) -> RouteChoice:
    if cluster.cluster_header:
        return RouteChoice(_cluster_in(headers, cluster.cluster_header), cluster)
    return cluster.choice


def _cluster_in(headers: RequestHeaders, name: bytes) -> str:
    value = headers.get(name)
    return "" if value is None else value.decode("utf-8", "surrogateescape")
