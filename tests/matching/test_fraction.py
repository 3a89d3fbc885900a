"""Fractions of requests."""

from portico.matching.fraction import RuntimeFraction
from tests.router.tables import FakeRuntime


def test_share_of_random_values() -> None:
    assert sum(RuntimeFraction(30, 100).includes(value) for value in range(100)) == 30
    assert sum(RuntimeFraction(5, 10_000).includes(value) for value in range(20_000)) == 10
    assert not RuntimeFraction(0, 100).includes(0)
    assert RuntimeFraction(100, 100).includes(2**64 - 1)


def test_runtime_overrides_and_gives_back() -> None:
    runtime = FakeRuntime()
    share = RuntimeFraction(0, 100, "some.key", runtime)
    assert not share.includes(10)
    runtime.values["some.key"] = 50
    assert share.includes(10)
    assert not share.includes(60)
    del runtime.values["some.key"]
    assert not share.includes(10)


def test_without_a_key_runtime_is_not_asked() -> None:
    runtime = FakeRuntime()
    runtime.values[""] = 100
    assert not RuntimeFraction(0, 100, "", runtime).includes(0)
