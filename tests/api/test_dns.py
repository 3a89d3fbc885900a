from portico.api.address import Address
from portico.api.dns import DnsAnswer, ResolverSettings


def test_settings_with_the_same_values_have_the_same_key() -> None:
    one, other = ResolverSettings(), ResolverSettings()
    one.servers = [Address("10.0.0.1", 53)]
    other.servers = [Address("10.0.0.1", 53)]
    assert one.key() == other.key()
    for name, value in {
        "servers": [],
        "uses_tcp": True,
        "no_default_search_domain": True,
        "servers_are_fallback": True,
        "filters_unroutable_families": True,
        "rotates_servers": True,
        "query_timeout_s": 1.0,
        "query_tries": 9,
    }.items():
        changed = ResolverSettings()
        changed.servers = one.servers
        setattr(changed, name, value)
        assert changed.key() != one.key(), name


def test_repr_is_the_answer_or_why_there_is_none() -> None:
    assert repr(DnsAnswer(["10.0.0.1"])) == "DnsAnswer(['10.0.0.1'])"
    assert repr(DnsAnswer([], error="Timeout")) == "DnsAnswer(Timeout)"
