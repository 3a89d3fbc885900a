"""The table of domains by itself; test_route_table.py asks it through routes."""

from hypothesis import given
from hypothesis import strategies as st

from portico.router.domains import DomainTable
from portico.router.level import Level
from portico.router.virtual_host import VirtualHost


def host(name: str) -> VirtualHost:
    return VirtualHost(name, Level())


def table(*domains: str) -> DomainTable:
    built = DomainTable()
    for domain in domains:
        assert built.add(domain, host(domain))
    return built


def found(where: DomainTable, authority: str) -> str | None:
    virtual_host = where.find(authority.encode())
    return None if virtual_host is None else virtual_host.name


def test_a_domain_is_taken_once_whatever_its_case() -> None:
    where = table("a.test", "*.s", "p.*", "*")
    for domain in ("A.Test", "*.S", "P.*", "*"):
        assert not where.add(domain, host("late"))
    assert [found(where, name) for name in ("a.test", "x.s", "p.x", "q")] == ["a.test", "*.s", "p.*", "*"]


def test_suffixes_come_before_prefixes() -> None:
    assert found(table("p.*", "*.s"), "p.s.s") == "*.s"


def test_only_default_needs_no_look_at_the_host() -> None:
    assert table("*").only_default
    assert DomainTable().only_default
    assert not table("*", "a").only_default


def test_empty_domain_is_the_empty_host() -> None:
    where = table("", "*")
    assert (found(where, ""), found(where, "a")) == ("", "*")


NAMES = st.text("ab.", min_size=1, max_size=5)


@given(st.sets(NAMES, max_size=6), NAMES)
def test_longest_wildcard_wins(suffixes: set[str], name: str) -> None:
    where = table(*("*" + suffix for suffix in suffixes))
    holding = [suffix for suffix in suffixes if name.endswith(suffix) and len(name) > len(suffix)]
    assert found(where, name) == ("*" + max(holding, key=len) if holding else None)


@given(st.sets(NAMES, max_size=6), NAMES)
def test_longest_prefix_wins(prefixes: set[str], name: str) -> None:
    where = table(*(prefix + "*" for prefix in prefixes))
    holding = [prefix for prefix in prefixes if name.startswith(prefix) and len(name) > len(prefix)]
    assert found(where, name) == (max(holding, key=len) + "*" if holding else None)
