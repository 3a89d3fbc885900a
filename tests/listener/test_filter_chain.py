from portico.listener.filter_chain import FilterChain, NetworkFilterSlot, overrides_on_write
from tests.listener.surroundings import Diary, Scribe


def test_only_a_filter_that_overrides_on_write_sees_writes() -> None:
    class Heir(Scribe):
        pass

    assert not overrides_on_write(Diary([]))
    assert overrides_on_write(Scribe([]))
    assert overrides_on_write(Heir([]))


def test_repr_lists_the_filters() -> None:
    chain = FilterChain("main", [NetworkFilterSlot("echo", lambda: Diary([]))])
    assert repr(chain) == "FilterChain('main', ['echo'])"
