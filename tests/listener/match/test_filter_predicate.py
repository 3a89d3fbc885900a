from portico.listener.match.filter_predicate import (
    AllPredicate,
    AlwaysPredicate,
    AnyPredicate,
    NotPredicate,
    PortRangePredicate,
)
from tests.listener.surroundings import info

WEB = PortRangePredicate(80, 90)


def test_port_range_excludes_its_end() -> None:
    assert [WEB.matches(info(local=f"10.0.0.1:{port}")) for port in (79, 80, 89, 90)] == [False, True, True, False]


def test_combinations() -> None:
    here = info(local="10.0.0.1:80")
    never = NotPredicate(AlwaysPredicate())
    assert not never.matches(here)
    assert AllPredicate([WEB, AlwaysPredicate()]).matches(here)
    assert not AllPredicate([WEB, never]).matches(here)
    assert AnyPredicate([never, WEB]).matches(here)
    assert not AnyPredicate([never]).matches(here)
