from portico.upstream.dns_settings import DnsSettings, DnsTarget


def test_defaults_are_envoys() -> None:
    settings = DnsSettings("api", is_logical=False)
    assert settings.refresh_s == 5.0
    assert settings.failure_base_s == 0.0
    assert not settings.respects_ttl


def test_repr_is_what_is_asked_for() -> None:
    assert repr(DnsTarget((0, 0), "api.test", 80)) == "DnsTarget(api.test:80)"
