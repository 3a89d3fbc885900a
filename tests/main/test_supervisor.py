"""How soon a worker is replaced. What replacing does is proven with real processes, in tests/integration."""

import pytest

from portico.main.supervisor import restart_delay_s


@pytest.mark.parametrize(
    ("early_deaths", "delay_s"), [(0, 0.0), (1, 0.0), (2, 0.25), (3, 0.5), (4, 1.0), (7, 8.0), (8, 10.0), (100, 10.0)]
)
def test_a_crash_loop_slows_down(early_deaths: int, delay_s: float) -> None:
    assert restart_delay_s(early_deaths) == delay_s
