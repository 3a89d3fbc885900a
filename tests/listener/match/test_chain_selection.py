from portico.api.stream_info import ConnectionInfo
from portico.listener.filter_chain import FilterChain
from portico.listener.match.chain_selection import AnyConnection, ChainMatcher, ChainSelection, NamedChain
from portico.matching.tree.matcher import MatcherList, OnMatch
from tests.listener.surroundings import info

DEFAULT = FilterChain("default", [])
MAIN = FilterChain("main", [])


class Nobody(ChainMatcher):
    def match(self, info: ConnectionInfo) -> FilterChain | None:
        return None


def test_matching_chain_beats_the_default() -> None:
    assert ChainSelection(AnyConnection(MAIN), DEFAULT).choose(info()) is MAIN


def test_default_takes_what_no_chain_matches() -> None:
    assert ChainSelection(Nobody(), DEFAULT).choose(info()) is DEFAULT
    assert ChainSelection(None, DEFAULT).choose(info()) is DEFAULT


def test_nothing_matches() -> None:
    assert ChainSelection(Nobody()).choose(info()) is None


def tree(named: NamedChain | None) -> ChainSelection:
    selection = ChainSelection(AnyConnection(MAIN), DEFAULT)
    selection.tree = MatcherList([], None if named is None else OnMatch(named, None, False))
    return selection


def test_tree_takes_the_place_of_the_criteria() -> None:
    other = FilterChain("other", [])
    assert tree(NamedChain(other)).choose(info()) is other


def test_tree_that_decides_nothing_leaves_it_to_the_default() -> None:
    assert tree(None).choose(info()) is DEFAULT


def test_tree_that_names_no_chain_closes() -> None:
    assert tree(NamedChain(None)).choose(info()) is None
