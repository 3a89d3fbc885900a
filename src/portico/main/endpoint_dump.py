"""A cluster's hosts as /config_dump?include_eds shows them: what became of its assignment, not what was written.

Source: envoy source/server/admin/config_dump_handler.cc, dumpEndpointConfigs and addLbEndpoint.
"""

from __future__ import annotations

from typing import Any, Final

from portico.config.protos import message_class

ASSIGNMENT: Final = "envoy.config.endpoint.v3.ClusterLoadAssignment"
LOCALITY_ENDPOINTS: Final = "envoy.config.endpoint.v3.LocalityLbEndpoints"
DEFAULT_OVERPROVISIONING: Final = 140  # Source: endpoint.proto, Policy.overprovisioning_factor

HEALTHY, UNHEALTHY, DEGRADED = 1, 2, 5  # envoy.config.core.v3.HealthStatus
SHOWN_HEALTH: Final = {0: HEALTHY, 1: HEALTHY, 2: UNHEALTHY, 3: UNHEALTHY, 4: UNHEALTHY, 5: DEGRADED}

MILLION: Final = 1_000_000
MILLION_ENUM: Final = 2  # envoy.type.v3.FractionalPercent.DenominatorType
DENOMINATORS: Final = (100, 10_000, MILLION)  # by the same

LocalityKey = tuple[str, str, str]


def endpoint_dump(cluster: str, assignment: Any, local: Any, is_discovered: bool) -> Any:
    """A ClusterLoadAssignment with every default written out, a group for each locality of each priority.

    ``local`` is this process's Locality: its group comes first, the others in the order of their names.
    ``is_discovered``: the hosts come from DNS, which gives each its own, maybe empty, metadata.
    """
    made = message_class(ASSIGNMENT)(cluster_name=cluster)
    made.policy.CopyFrom(assignment.policy)
    if not made.policy.HasField("overprovisioning_factor"):
        made.policy.overprovisioning_factor.value = DEFAULT_OVERPROVISIONING
    for drop in made.policy.drop_overloads:
        percentage = drop.drop_percentage
        percentage.numerator = percentage.numerator * MILLION // DENOMINATORS[percentage.denominator]
        percentage.denominator = MILLION_ENUM
    own = locality_key(local)
    groups: dict[tuple[int, bool, LocalityKey], Any] = {}
    for group in assignment.endpoints:
        key = locality_key(group.locality)
        place = (group.priority, not any(key) or key != own, key)
        if place not in groups:
            groups[place] = message_class(LOCALITY_ENDPOINTS)(priority=group.priority)
            groups[place].locality.CopyFrom(group.locality)
            groups[place].load_balancing_weight.value = 0
        shown = groups[place]
        weight = max(shown.load_balancing_weight.value, group.load_balancing_weight.value)
        shown.load_balancing_weight.value = weight
        for endpoint in group.lb_endpoints:
            add_endpoint(shown, endpoint, is_discovered)
    for place in sorted(groups):
        if groups[place].lb_endpoints:
            made.endpoints.add().CopyFrom(groups[place])
    return made


def add_endpoint(group: Any, endpoint: Any, has_metadata: bool) -> None:
    shown = group.lb_endpoints.add()
    shown.CopyFrom(endpoint)
    shown.endpoint.health_check_config.SetInParent()
    shown.health_status = SHOWN_HEALTH.get(endpoint.health_status, HEALTHY)
    if not endpoint.HasField("load_balancing_weight"):
        shown.load_balancing_weight.value = 1
    if has_metadata:
        shown.metadata.SetInParent()


def locality_key(locality: Any) -> LocalityKey:
    return (locality.region, locality.zone, locality.sub_zone)
