"""/clusters: hosts, their counters and health, limits; as lines or as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from portico.admin.documents import address_document, render
from portico.admin.exchange import AdminRequest, AdminResponse, Endpoint, Param, json_text, text
from portico.admin.regexes import BadRegexError, compile_filter
from portico.admin.state import CircuitBreakerLimits, ClusterStatus, HostStatus, OutlierThresholds, ServerState
from portico.api.host import HealthFlag

COUNTERS = ("cx_connect_fail", "cx_total", "rq_error", "rq_success", "rq_timeout", "rq_total")
GAUGES = ("cx_active", "rq_active", "rq_pending_active")

# envoy.admin.v3.HostHealthStatus; EDS health is shown apart.
HEALTH_FIELDS = {
    HealthFlag.FAILED_ACTIVE_HC: "failed_active_health_check",
    HealthFlag.FAILED_OUTLIER_CHECK: "failed_outlier_check",
    HealthFlag.DEGRADED_ACTIVE_HC: "failed_active_degraded_check",
    HealthFlag.PENDING_DYNAMIC_REMOVAL: "pending_dynamic_removal",
    HealthFlag.PENDING_ACTIVE_HC: "pending_active_hc",
    HealthFlag.EXCLUDED_VIA_IMMEDIATE_HC_FAIL: "excluded_via_immediate_hc_fail",
    HealthFlag.ACTIVE_HC_TIMEOUT: "active_hc_timeout",
}


async def answer(request: AdminRequest, state: ServerState) -> AdminResponse:
    pattern = request.params.get("filter")
    try:
        wanted = compile_filter(pattern) if pattern else None
    except BadRegexError:
        return text("Invalid re2 regex", 400)
    clusters = [each for each in await state.config.clusters() if wanted is None or wanted.search(each.name)]
    if request.params.get("format") == "json":
        return json_text(render({"cluster_statuses": [document(each) for each in clusters]} if clusters else {}))
    return text("".join(f"{line}\n" for each in clusters for line in lines(each)))


def lines(cluster: ClusterStatus) -> list[str]:
    name = cluster.name
    made = [f"{name}::observability_name::{cluster.observability_name}"]
    if cluster.outlier is not None:
        made += [f"{name}::outlier::{key}::{value:g}" for key, value in asdict(cluster.outlier).items()]
    for priority, limits in (("default_priority", cluster.default_limits), ("high_priority", cluster.high_limits)):
        made += [f"{name}::{priority}::{key}::{value}" for key, value in asdict(limits).items()]
    made.append(f"{name}::added_via_api::{'true' if cluster.added_via_api else 'false'}")
    if cluster.eds_service_name:
        made.append(f"{name}::eds_service_name::{cluster.eds_service_name}")
    for host in cluster.hosts:
        made += [f"{name}::{host.address.text}::{key}::{value}" for key, value in host_lines(host).items()]
    return made


def host_lines(host: HostStatus) -> dict[str, object]:
    return {
        **asdict(host.stats),
        "hostname": host.hostname,
        "health_flags": health_flags(host.health_flags),
        "weight": host.weight,
        "region": host.region,
        "zone": host.zone,
        "sub_zone": host.sub_zone,
        "canary": "true" if host.canary else "false",
        "priority": host.priority,
        "success_rate": f"{host.success_rate:g}",
        "local_origin_success_rate": f"{host.local_origin_success_rate:g}",
    }


def health_flags(flags: int) -> str:
    """`healthy`, or the names of all flags, in Envoy's order."""
    return "".join(f"/{flag.name.lower()}" for flag in HealthFlag if flag & flags and flag.name) or "healthy"


def document(cluster: ClusterStatus) -> dict[str, Any]:
    """envoy.admin.v3.ClusterStatus"""
    status: dict[str, Any] = {"name": cluster.name}
    if cluster.added_via_api:
        status["added_via_api"] = True
    status |= outlier_thresholds(cluster.outlier)
    if cluster.hosts:
        status["host_statuses"] = [host_document(host) for host in cluster.hosts]
    status["circuit_breakers"] = {
        "thresholds": [
            limits_document(cluster.default_limits),
            {"priority": "HIGH", **limits_document(cluster.high_limits)},
        ]
    }
    status["observability_name"] = cluster.observability_name
    if cluster.eds_service_name:
        status["eds_service_name"] = cluster.eds_service_name
    return status


def outlier_thresholds(outlier: OutlierThresholds | None) -> dict[str, Any]:
    if outlier is None:
        return {}
    found = {
        "success_rate_ejection_threshold": outlier.success_rate_ejection_threshold,
        "local_origin_success_rate_ejection_threshold": outlier.local_origin_success_rate_ejection_threshold,
    }
    return {key: {"value": value} for key, value in found.items() if value >= 0}


def limits_document(limits: CircuitBreakerLimits) -> dict[str, Any]:
    return asdict(limits)


def host_document(host: HostStatus) -> dict[str, Any]:
    """envoy.admin.v3.HostStatus, fields in the order of their numbers."""
    values = asdict(host.stats)
    made: dict[str, Any] = {
        "address": address_document(host.address),
        "stats": [metric(name, values[name], False) for name in COUNTERS]
        + [metric(name, values[name], True) for name in GAUGES],
        "health_status": health_document(host),
    }
    if host.success_rate >= 0:
        made["success_rate"] = {"value": host.success_rate}
    made["weight"] = host.weight
    if host.hostname:
        made["hostname"] = host.hostname
    if host.priority:
        made["priority"] = host.priority
    if host.local_origin_success_rate >= 0:
        made["local_origin_success_rate"] = {"value": host.local_origin_success_rate}
    locality = {"region": host.region, "zone": host.zone, "sub_zone": host.sub_zone}
    made["locality"] = {key: value for key, value in locality.items() if value}
    return made


def metric(name: str, value: int, is_gauge: bool) -> dict[str, Any]:
    """envoy.admin.v3.SimpleMetric: 0 is not printed, 64 bits are a string."""
    made: dict[str, Any] = {"type": "GAUGE"} if is_gauge else {}
    if value:
        made["value"] = str(value)
    return made | {"name": name}


def health_document(host: HostStatus) -> dict[str, Any]:
    """envoy.admin.v3.HostHealthStatus; only true flags are printed, eds_health_status in its place."""
    made: dict[str, Any] = {}
    for flag, name in HEALTH_FIELDS.items():
        if flag is HealthFlag.DEGRADED_ACTIVE_HC:
            made["eds_health_status"] = host.eds_health
        if host.health_flags & flag:
            made[name] = True
    return made


CLUSTERS = Endpoint(
    "/clusters",
    "upstream cluster status",
    answer,
    params=(Param("filter", "Regular expression (Google re2) for filtering clusters by name"),),
)
