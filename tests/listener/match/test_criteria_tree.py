from portico.listener.filter_chain import FilterChain
from portico.listener.match.criteria_tree import CriteriaTree
from tests.listener.match.test_criteria import criteria, ranges
from tests.listener.surroundings import info


def test_second_chain_may_not_claim_a_combination_of_the_first() -> None:
    tree = CriteriaTree()
    assert tree.add(criteria(server_names=["a.com", "b.com"], source_ports=[1, 2]), FilterChain("first", []))
    assert not tree.add(criteria(server_names=["b.com"], source_ports=[2]), FilterChain("second", []))
    assert tree.add(criteria(server_names=["b.com"], source_ports=[3]), FilterChain("third", []))


def test_chain_may_not_name_an_alternative_twice() -> None:
    assert not CriteriaTree().add(criteria(application_protocols=["h2", "h2"]), FilterChain("only", []))


def test_ranges_are_compared_by_what_is_left_of_them() -> None:
    tree = CriteriaTree()
    assert tree.add(criteria(destinations=ranges("10.1.2.3/8")), FilterChain("first", []))
    assert not tree.add(criteria(destinations=ranges("10.0.0.0/8")), FilterChain("second", []))
    assert tree.add(criteria(destinations=ranges("10.0.0.0/9")), FilterChain("third", []))


def test_lengths_past_the_width_are_the_width() -> None:
    tree = CriteriaTree()
    assert tree.add(criteria(sources=ranges("10.1.2.3/33")), FilterChain("first", []))
    assert not tree.add(criteria(sources=ranges("10.1.2.3/32")), FilterChain("second", []))


def test_chains_with_and_without_a_range_meet_on_the_same_level() -> None:
    tree = CriteriaTree()
    tree.add(criteria(direct_sources=ranges("10.0.0.0/8")), FilterChain("inside", []))
    tree.add(criteria(), FilterChain("outside", []))
    matcher = tree.matcher()
    assert matcher is not None
    for remote, name in (("10.1.1.1:5", "inside"), ("11.1.1.1:5", "outside"), ("[::1]:5", "outside")):
        chain = matcher.match(info(remote=remote))
        assert chain is not None
        assert chain.name == name
