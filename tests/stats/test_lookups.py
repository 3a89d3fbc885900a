from portico.stats.lookups import CAPACITY, RecentLookups


def test_remembers_names_only_while_enabled() -> None:
    lookups = RecentLookups()
    lookups.record("a")
    lookups.enable()
    lookups.record("b")
    lookups.record("b")
    lookups.record("c")
    assert (lookups.total, lookups.counted()) == (4, [(1, "c"), (2, "b")])
    lookups.disable()
    assert lookups.counted() == []


def test_forgets_the_name_not_asked_for_the_longest() -> None:
    lookups = RecentLookups()
    lookups.enable()
    for index in range(CAPACITY):
        lookups.record(str(index))
    lookups.record("0")
    lookups.record("new")
    names = {name for _, name in lookups.counted()}
    assert (len(names), "0" in names, "1" in names) == (CAPACITY, True, False)
