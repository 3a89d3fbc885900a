from portico.api.upstream import ClusterInfo
from portico.testing.fake_server import FakeServer


def test_cluster_is_observed_under_its_alternative_name() -> None:
    info = ClusterInfo("api", FakeServer().context.scope)
    assert info.observability_name == "api"
    info.alt_stat_name = "backend"
    assert info.observability_name == "backend"
    assert info.maintenance_mode_key == "upstream.maintenance_mode.api"
