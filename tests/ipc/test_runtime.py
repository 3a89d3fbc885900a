"""Runtime values by the types callers ask for."""

import pytest

from portico.ipc.runtime import RuntimeSnapshot


def runtime(**values: str) -> RuntimeSnapshot:
    snapshot = RuntimeSnapshot()
    snapshot.load(values)
    return snapshot


def test_a_missing_key_gives_the_default() -> None:
    empty = runtime()
    assert empty.get("a") is None
    assert (empty.integer("a", 3), empty.number("a", 0.5), empty.boolean("a", True)) == (3, 0.5, True)


@pytest.mark.parametrize(
    ("text", "integer", "number", "boolean"),
    [
        ("7", 7, 7.0, False),
        ("7.9", 7, 7.9, False),
        ("-1", 99, -1.0, False),
        ("true", 99, 99.0, True),
        ("FALSE", 99, 99.0, False),
        ("words", 99, 99.0, False),
        ("inf", 99, 99.0, False),
    ],
)
def test_a_value_that_is_not_of_the_type_gives_the_default(
    text: str, integer: int, number: float, boolean: bool
) -> None:
    values = runtime(a=text)
    assert values.get("a") == text
    assert values.integer("a", 99) == integer
    assert values.number("a", 99.0) == number
    assert values.boolean("a", False) is boolean


@pytest.mark.parametrize(
    ("text", "enabled"),
    [
        (None, 50),
        ("25", 25),
        ('{"numerator": 10, "denominator": "TEN_THOUSAND"}', 0),
        ('{"numerator": 30, "denominator": 0}', 30),
        ('{"numerator": 30}', 30),
        ("nonsense", 50),
        ('{"numerator": "x"}', 50),
    ],
)
def test_a_fraction_is_a_percentage_or_a_fractional_percent(text: str | None, enabled: int) -> None:
    values = runtime(**({} if text is None else {"a": text}))
    hits = sum(values.fraction_enabled("a", 50, 100, value) for value in range(100, 200))
    assert hits == enabled


def test_a_load_replaces_everything() -> None:
    values = runtime(a="1", b="2")
    values.load({"b": "3"})
    assert (values.get("a"), values.get("b")) == (None, "3")
