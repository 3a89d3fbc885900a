"""Choosing a host. One balancer per cluster and worker; the decision does no I/O."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from portico.api.headers import RequestHeaders
from portico.api.host import Host
from portico.api.stream_info import ConnectionInfo


@mypyc_attr(allow_interpreted_subclasses=True)
class LoadBalancerContext:
    """What a balancer may look at. Every question may answer None."""

    def request_headers(self) -> RequestHeaders | None:
        return None

    def downstream_connection(self) -> ConnectionInfo | None:
        return None

    def hash_key(self) -> int | None:
        """64-bit hash of the route's hash_policy."""
        return None

    def metadata_match(self) -> dict[str, object] | None:
        """The route's metadata_match criteria, for subsets."""
        return None

    def should_skip(self, host: Host) -> bool:
        """A retry that wants another host."""
        return False

    def host_selection_retry_count(self) -> int:
        """How many more hosts to try while ``should_skip`` refuses; the last one chosen is taken in any case."""
        return 0


@mypyc_attr(allow_interpreted_subclasses=True)
class LoadBalancer:
    """One per cluster per worker. Its factory rebuilds it when the host set changes."""

    def choose_host(self, context: LoadBalancerContext) -> Host | None:
        """None = no usable host; the router answers 503 UH. Never blocks, never allocates per host."""
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class HostPicker:
    """Chooses among the hosts of one list. The list and the weights do not change while the picker lives."""

    def pick(self, context: LoadBalancerContext) -> Host | None:
        """None only when the list is empty. Never blocks, never allocates per host."""
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class LoadBalancingPolicy:
    """One configured policy: how hosts are picked, once priority, health and locality have said among which.

    One per cluster and worker. What must outlive a change of hosts, such as a random start, lives here.
    """

    is_locality_weighted: bool = False  # localities share a priority's traffic by their load_balancing_weight

    def picker(self, hosts: list[Host]) -> HostPicker:
        """Called when configuration or hosts change, never per request."""
        raise NotImplementedError
