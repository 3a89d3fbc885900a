"""/config_dump of the bootstrap that Envoy was recorded with."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format

from portico.admin.state import ConfigEntry, ConfigKind, ConfigState
from portico.config.proto_pool import message_class, pool

from .fakes import RECORDED, FakeServer, recorded, text_of

HCM = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"


def seconds(timestamp: str) -> float:
    parsed = message_class("google.protobuf.Timestamp")()
    parsed.FromJsonString(timestamp)
    return float(parsed.ToMilliseconds()) / 1000


@pytest.fixture
def server() -> FakeServer:
    """What Envoy loaded, stamped with the times it showed."""
    server = FakeServer()
    document = yaml.safe_load((Path(RECORDED) / "bootstrap.yaml").read_text())
    bootstrap = message_class("envoy.config.bootstrap.v3.Bootstrap")()
    json_format.ParseDict(document, bootstrap, descriptor_pool=pool)
    dump = {each["@type"].rpartition(".")[2]: each for each in json.loads(recorded("config_dump"))["configs"]}
    add = server.config.resources.append
    stamp = seconds(dump["BootstrapConfigDump"]["last_updated"])
    add(ConfigEntry(ConfigKind.BOOTSTRAP, "bootstrap", bootstrap.SerializeToString(), stamp))
    stamps = {each["cluster"]["name"]: each["last_updated"] for each in dump["ClustersConfigDump"]["static_clusters"]}
    for cluster in bootstrap.static_resources.clusters:
        stamp = seconds(stamps[cluster.name])
        add(ConfigEntry(ConfigKind.CLUSTER, cluster.name, cluster.SerializeToString(), stamp))
    for listener, shown in zip(
        bootstrap.static_resources.listeners, dump["ListenersConfigDump"]["static_listeners"], strict=True
    ):
        stamp = seconds(shown["last_updated"])
        add(ConfigEntry(ConfigKind.LISTENER, listener.name, listener.SerializeToString(), stamp))
    (shown,) = dump["RoutesConfigDump"]["static_route_configs"]
    manager = message_class(HCM)()
    bootstrap.static_resources.listeners[0].filter_chains[0].filters[0].typed_config.Unpack(manager)
    add(ConfigEntry(ConfigKind.ROUTE, "rc", manager.route_config.SerializeToString(), seconds(shown["last_updated"])))
    for shown in dump["EndpointsConfigDump"]["static_endpoint_configs"]:
        assignment = message_class("envoy.config.endpoint.v3.ClusterLoadAssignment")()
        json_format.ParseDict({k: v for k, v in shown["endpoint_config"].items() if k != "@type"}, assignment)
        add(ConfigEntry(ConfigKind.ENDPOINT, assignment.cluster_name, assignment.SerializeToString(), 0))
    return server


def comparable(document: Any) -> Any:
    """Without what Envoy adds to the node, loads as text (numbers with a point) or cannot know (endpoints' time)."""
    for each in document["configs"]:
        each.pop("last_updated", None) if each["@type"].endswith("Endpoints") else None
        for endpoint in each.get("static_endpoint_configs", []):
            endpoint.pop("last_updated", None)
        if "bootstrap" in each:
            each["bootstrap"]["node"] = sorted(set(each["bootstrap"]["node"]) & {"id", "cluster", "locality"})
            each["bootstrap"].pop("layered_runtime")
    return document


def test_sections_and_their_shape_are_envoys(server: FakeServer) -> None:
    answer = comparable(server.json("/config_dump?include_eds"))
    expected = comparable(json.loads(recorded("config_dump")))
    assert json.dumps(answer, indent=1) == json.dumps(expected, indent=1)


def test_endpoints_are_shown_on_demand(server: FakeServer) -> None:
    kinds = [each["@type"].rpartition(".")[2] for each in server.json("/config_dump")["configs"]]
    assert kinds == [
        "BootstrapConfigDump",
        "ClustersConfigDump",
        "ListenersConfigDump",
        "ScopedRoutesConfigDump",
        "RoutesConfigDump",
        "SecretsConfigDump",
    ]


def test_a_resource_under_a_mask_is_envoys(server: FakeServer) -> None:
    answer = server.json("/config_dump?resource=static_clusters&mask=cluster.name,last_updated")
    assert answer == json.loads(recorded("config_dump_names"))


def test_a_section_under_a_mask(server: FakeServer) -> None:
    assert server.json("/config_dump?mask=bootstrap.node.id")["configs"] == [
        {"@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump", "bootstrap": {"node": {"id": "n1"}}}
    ]
    (section,) = server.json("/config_dump?mask=static_route_configs")["configs"]
    assert section["static_route_configs"][0]["route_config"]["name"] == "rc"


def test_names_are_matched_whole(server: FakeServer) -> None:
    names = [
        each["cluster"]["name"]
        for each in server.json("/config_dump?resource=static_clusters&name_regex=u.|e")["configs"]
    ]
    assert names == ["up"]
    assert server.get("/config_dump?resource=static_clusters&name_regex=nomatch") == "{}\n"


@pytest.mark.parametrize(
    ("query", "status", "body"),
    [
        ("resource=bad", 404, "bad not found in config dump"),
        (
            "resource=bootstrap",
            400,
            "bootstrap is not a repeated field. Use ?mask=bootstrap to get only this field",
        ),
        ("mask=bad", 400, "FieldMask bad could not be successfully applied to any configs."),
        (
            "mask=bootstrap.node.id,static_clusters",
            400,
            "FieldMask bootstrap.node.id,static_clusters could not be successfully applied to any configs.",
        ),
        (
            "mask=static_clusters.cluster.name",
            400,
            "FieldMask static_clusters.cluster.name could not be successfully applied to any configs.",
        ),
        ("resource=static_clusters&mask=nope", 400, 'FieldMask paths: "nope"\n could not be successfully used.'),
        ("resource=static_clusters&mask=cluster", 400, 'FieldMask paths: "cluster"\n could not be successfully used.'),
        (
            "resource=static_clusters&mask=cluster.nope",
            400,
            'FieldMask paths: "cluster.nope"\n could not be successfully used.',
        ),
        ("name_regex=(", 400, "INVALID_ARGUMENT: Error while parsing name_regex from (: missing ): ("),
    ],
)
def test_what_cannot_be_shown_is_refused(server: FakeServer, query: str, status: int, body: str) -> None:
    response = server.response(f"/config_dump?{query}")
    assert (response.status, text_of(response), response.content_type) == (status, body, "text/plain")


def test_an_unknown_resource_kind_is_not_found_even_when_nothing_is_configured() -> None:
    assert FakeServer().response("/config_dump?resource=dynamic_listeners").status == 200
    assert FakeServer().response("/config_dump?resource=ecds_filters").status == 404


def test_secrets_are_redacted() -> None:
    server = FakeServer()
    secret = message_class("envoy.extensions.transport_sockets.tls.v3.Secret")(name="s")
    secret.tls_certificate.private_key.inline_string = "KEY"
    server.config.resources = [
        ConfigEntry(ConfigKind.SECRET, "s", secret.SerializeToString(), 1.0, ConfigState.ACTIVE, "v1")
    ]
    text = server.get("/config_dump")
    assert "KEY" not in text
    assert "[redacted]" in text
