"""From the short form of a case to the Envoy v3 configuration it stands for."""

from typing import Any

from .case import LISTENER_KEYS, Case
from .places import Places

HCM = "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = "extensions.filters.http.router.v3.Router"
FILE_LOG = "extensions.access_loggers.file.v3.FileAccessLog"
LOG_FORMAT = (
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%"
    ' "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" authority=%REQ(:AUTHORITY)%'
    " rx=%BYTES_RECEIVED% tx=%BYTES_SENT% route=%ROUTE_NAME% cluster=%UPSTREAM_CLUSTER% host=%UPSTREAM_HOST%"
    " attempts=%UPSTREAM_REQUEST_ATTEMPT_COUNT% remote=%DOWNSTREAM_REMOTE_ADDRESS%"
    " failure=%UPSTREAM_TRANSPORT_FAILURE_REASON% termination=%CONNECTION_TERMINATION_DETAILS%\n"
)
DEFAULT_ROUTES: list[Any] = [{"match": {"prefix": "/"}, "route": {"cluster": "up"}}]


def merge(base: Any, over: Any) -> Any:
    """`over` on top of `base`: mappings merge, everything else is replaced."""
    if isinstance(base, dict) and isinstance(over, dict):
        return base | {key: merge(base.get(key), value) for key, value in over.items()}
    return over


def expand_types(node: Any) -> Any:
    """Every `@type` without a host gets the one Envoy's own types have."""
    if isinstance(node, list):
        return [expand_types(value) for value in node]
    if not isinstance(node, dict):
        return node
    tree = {key: expand_types(value) for key, value in node.items()}
    short = tree.get("@type")
    if isinstance(short, str) and "/" not in short:
        tree["@type"] = f"type.googleapis.com/envoy.{short}"
    return tree


def prefix_clusters(node: Any, names: set[str], prefix: str) -> Any:
    """References to the case's own clusters follow their new names; any other name stays as it is."""
    if isinstance(node, list):
        return [prefix_clusters(value, names, prefix) for value in node]
    if not isinstance(node, dict):
        return node
    tree: dict[str, Any] = {}
    for key, value in node.items():
        if key == "cluster" and isinstance(value, str):
            tree[key] = prefix + value if value in names else value
        elif key == "weighted_clusters" and isinstance(value, dict):
            tree[key] = weighted(prefix_clusters(value, names, prefix), names, prefix)
        else:
            tree[key] = prefix_clusters(value, names, prefix)
    return tree


def weighted(node: dict[str, Any], names: set[str], prefix: str) -> dict[str, Any]:
    parts = [
        part | {"name": prefix + part["name"]} if part.get("name") in names else part
        for part in node.get("clusters", [])
    ]
    return node | {"clusters": parts}


def endpoint(address: str, port: str) -> dict[str, Any]:
    return {"endpoint": {"address": {"socket_address": {"address": address, "port_value": port}}}}


def build_cluster(name: str, fragment: dict[str, Any], upstreams: set[str]) -> dict[str, Any]:
    """A static cluster of the upstream of that name, or of those listed in `endpoints`, under the fragment."""
    fragment = dict(fragment)
    hosts: list[str] = fragment.pop("endpoints", [name] if name in upstreams else [])
    cluster: dict[str, Any] = {
        "name": "${id}" + name,
        "type": "STATIC",
        "connect_timeout": "2s",
        "load_assignment": {
            "cluster_name": "${id}" + name,
            "endpoints": [{"lb_endpoints": [endpoint("127.0.0.1", f"${host}_port") for host in hosts]}],
        },
    }
    return dict(merge(cluster, fragment))


def build_access_log(fragment: dict[str, Any]) -> list[Any]:
    """The case's own access logs, or one file log with the case's format, or with the harness's."""
    if "access_log" in fragment:
        return list(fragment["access_log"])
    log_format: dict[str, Any] = {"text_format_source": {"inline_string": LOG_FORMAT}}
    if "log_format" in fragment:
        log_format = {"text_format_source": {"inline_string": str(fragment["log_format"]) + "\n"}}
    if "log_json" in fragment:
        log_format = {"json_format": fragment["log_json"]}
    return [{"name": "file", "typed_config": {"@type": FILE_LOG, "path": "$log", "log_format": log_format}}]


def build_hcm(fragment: dict[str, Any], stat_prefix: str) -> dict[str, Any]:
    routes = fragment.get("routes", DEFAULT_ROUTES)
    hosts = fragment.get("virtual_hosts", [{"name": "${id}all", "domains": ["*"], "routes": routes}])
    router = {"name": "router", "typed_config": {"@type": ROUTER} | fragment.get("router", {})}
    hcm: dict[str, Any] = {
        "@type": HCM,
        "stat_prefix": "${id}" + stat_prefix,
        "route_config": {"name": "${id}routes", "virtual_hosts": hosts} | fragment.get("route_config", {}),
        "http_filters": [*fragment.get("http_filters", []), router],
        "access_log": build_access_log(fragment),
    }
    return dict(merge(hcm, fragment.get("hcm", {})))


def build_listener(name: str, fragment: dict[str, Any]) -> dict[str, Any]:
    stat_prefix = "ingress" if name == "main" else name
    filters = fragment.get("network_filters")
    if filters is None:
        filters = [{"name": "hcm", "typed_config": build_hcm(fragment, stat_prefix)}]
    own = fragment.get("listener", {})
    address = {"socket_address": {"address": "127.0.0.1", "port_value": f"${name}_port"}}
    listener: dict[str, Any] = {
        "name": "${id}" + name,
        "stat_prefix": "${id}" + name,
        "address": own.get("address", address),  # whole: a socket and a pipe address exclude each other
        "filter_chains": [
            {"filters": filters} | chain if "filters" not in chain else chain
            for chain in fragment.get("filter_chains", [{}])
        ],
    }
    return dict(merge(listener, own))


def listener_fragments(case: Case) -> dict[str, dict[str, Any]]:
    """The case's own keys describe listener `main`; `listeners:` adds others beside it."""
    if case.get("listeners") is not None and not LISTENER_KEYS & set(case.document):
        return {name: fragment or {} for name, fragment in case.get("listeners").items()}
    main = {key: case.document[key] for key in LISTENER_KEYS & set(case.document)}
    return {"main": main} | {name: fragment or {} for name, fragment in case.get("listeners", {}).items()}


def cluster_fragments(case: Case, upstreams: set[str]) -> dict[str, dict[str, Any]]:
    declared = {name: fragment or {} for name, fragment in case.get("clusters", {}).items()}
    members = {host for fragment in declared.values() for host in fragment.get("endpoints", [])}
    return {name: {} for name in sorted(upstreams - members)} | declared


def build_static_resources(case: Case, upstreams: set[str], places: Places) -> dict[str, Any]:
    """The listeners and clusters of one case, every name and reference under the case's prefix."""
    clusters = cluster_fragments(case, upstreams)
    tree = {
        "listeners": [build_listener(name, fragment) for name, fragment in listener_fragments(case).items()],
        "clusters": [build_cluster(name, fragment, upstreams) for name, fragment in clusters.items()],
    }
    tree = prefix_clusters(expand_types(tree), set(clusters), "${id}")
    return dict(places.fill(tree))


def build_bootstrap(resources: list[dict[str, Any]], admin_port: int, extra: dict[str, Any]) -> dict[str, Any]:
    bootstrap: dict[str, Any] = {
        "node": {"id": "conformance-node", "cluster": "conformance-cluster"},
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": admin_port}}},
        "static_resources": {
            "listeners": [listener for part in resources for listener in part["listeners"]],
            "clusters": [cluster for part in resources for cluster in part["clusters"]],
        },
    }
    return dict(merge(bootstrap, expand_types(extra)))
