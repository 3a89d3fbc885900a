import math

import pytest

from portico.admin.numbers import exact, general, json_number, shortest


@pytest.mark.parametrize(
    ("value", "json_text", "plain", "short"),
    [
        (0.0, "0", "0", "0"),
        (0.5, "0.5", "0.5", "0.5"),
        (1000.0, "1000", "1000", "1000"),
        (30000.0, "30000", "30000", "30000"),
        (300000.0, "3e+05", "300000", "300000"),
        (1800000.0, "1800000", "1.8e+06", "1800000"),
        (3600000.0, "3600000", "3.6e+06", "3600000"),
        (99.5, "99.5", "99.5", "99.5"),
        (1.0263157894736843, "1.0263157894736843", "1.02632", "1.0263157894736843"),
        (0.0001, "1e-04", "0.0001", "0.0001"),
        (-2.5, "-2.5", "-2.5", "-2.5"),
        (math.nan, "null", "nan", "nan"),
    ],
)
def test_each_format_writes_a_number_its_own_way(value: float, json_text: str, plain: str, short: str) -> None:
    assert (json_number(value), general(value), shortest(value)) == (json_text, plain, short)


def test_prometheus_prints_all_digits() -> None:
    assert exact(1.05) == "1.0500000000000000444089209850063"
    assert (exact(3600000.0), exact(0.5)) == ("3600000", "0.5")
