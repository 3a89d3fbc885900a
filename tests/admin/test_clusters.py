import json

from portico.admin.state import ClusterStatus, HostStats, HostStatus, OutlierThresholds
from portico.api.address import Address
from portico.api.host import HealthFlag

from .fakes import FakeServer, recorded, text_of


def test_text_is_envoys() -> None:
    assert FakeServer().get("/clusters") == recorded("clusters")


def test_json_is_envoys() -> None:
    assert FakeServer().get("/clusters?format=json") == recorded("clusters_json")


def test_filter_chooses_by_name() -> None:
    server = FakeServer()
    assert {line.split("::")[0] for line in server.get("/clusters?filter=^e").splitlines()} == {"eds"}
    assert server.get("/clusters?filter=nomatch") == ""
    assert server.get("/clusters?filter=nomatch&format=json") == "{}\n"


def test_a_bad_filter_is_answered_400() -> None:
    response = FakeServer().response("/clusters?filter=(")
    assert (response.status, text_of(response)) == (400, "Invalid re2 regex")


def test_counters_and_several_flags_are_shown() -> None:
    server = FakeServer()
    flags = HealthFlag.FAILED_ACTIVE_HC | HealthFlag.FAILED_OUTLIER_CHECK | HealthFlag.DEGRADED_ACTIVE_HC
    host = HostStatus(
        Address("::1", 80), HostStats(cx_total=4, rq_active=2), health_flags=flags, success_rate=99.5, canary=True
    )
    server.config.cluster_list = [
        ClusterStatus("a", "b", (host,), added_via_api=True, eds_service_name="s", outlier=OutlierThresholds(90.5, 80))
    ]
    lines = server.get("/clusters").splitlines()
    assert "a::observability_name::b" in lines
    assert "a::outlier::success_rate_average::90.5" in lines
    assert "a::added_via_api::true" in lines
    assert "a::eds_service_name::s" in lines
    assert "a::[::1]:80::cx_total::4" in lines
    assert "a::[::1]:80::health_flags::/failed_active_hc/failed_outlier_check/degraded_active_hc" in lines
    assert "a::[::1]:80::canary::true" in lines
    assert "a::[::1]:80::success_rate::99.5" in lines
    (cluster,) = json.loads(server.get("/clusters?format=json"))["cluster_statuses"]
    assert cluster["success_rate_ejection_threshold"] == {"value": 80}
    assert cluster["host_statuses"][0]["health_status"] == {
        "failed_active_health_check": True,
        "failed_outlier_check": True,
        "eds_health_status": "HEALTHY",
        "failed_active_degraded_check": True,
    }
    assert {"name": "cx_total", "value": "4"} in cluster["host_statuses"][0]["stats"]
    assert {"type": "GAUGE", "value": "2", "name": "rq_active"} in cluster["host_statuses"][0]["stats"]


def test_no_clusters_are_an_empty_document() -> None:
    server = FakeServer()
    server.config.cluster_list = []
    assert (server.get("/clusters"), server.get("/clusters?format=json")) == ("", "{}\n")
