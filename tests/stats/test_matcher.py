from portico.stats.matcher import ACCEPT_ALL, REJECT_ALL, StatsMatcher


def test_exclusion_rejects_what_matches() -> None:
    matcher = StatsMatcher([lambda name: name == "a", lambda name: name == "b"], is_inclusion=False)
    assert [matcher.rejects(name) for name in "abc"] == [True, True, False]


def test_inclusion_rejects_the_rest() -> None:
    matcher = StatsMatcher([lambda name: name == "a"], is_inclusion=True)
    assert [matcher.rejects(name) for name in "ab"] == [False, True]


def test_all_and_nothing() -> None:
    assert not ACCEPT_ALL.rejects("x")
    assert REJECT_ALL.rejects("x")
