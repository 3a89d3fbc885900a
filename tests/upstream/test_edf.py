from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from portico.upstream.edf import EdfSchedule, are_equal


def turns(weights: list[float], count: int) -> list[int]:
    schedule = EdfSchedule(weights)
    return [schedule.next() for _ in range(count)]


def test_turns_mix_as_envoys_do() -> None:
    """Envoy 1.40 with weights 2 and 3: ABBABBABABBABABBABAB. Never the lighter twice, nor the heavier thrice."""
    picked = "".join("AB"[index] for index in turns([2.0, 3.0], 200))
    assert picked.count("A") == 80
    assert "AA" not in picked
    assert "BBB" not in picked


@given(st.lists(st.integers(1, 20), min_size=1, max_size=8))
def test_each_entry_gets_its_weight_of_the_turns(weights: list[int]) -> None:
    rounds = 10
    counts = Counter(turns([float(weight) for weight in weights], sum(weights) * rounds))
    for index, weight in enumerate(weights):
        assert abs(counts[index] - weight * rounds) <= 1, (weights, counts)


def test_heavy_entry_does_not_take_its_turns_in_a_row() -> None:
    picked = turns([1.0, 1.0, 2.0], 40)
    assert all(picked[at : at + 3] != [2, 2, 2] for at in range(38))


def test_equal_weights_rotate() -> None:
    assert turns([5.0, 5.0, 5.0], 7) == [0, 1, 2, 0, 1, 2, 0]


def test_weight_may_change_at_each_turn() -> None:
    schedule = EdfSchedule([1.0, 1.0])
    counts: Counter[int] = Counter()
    for _ in range(100):
        index = schedule.first()
        counts[index] += 1
        schedule.put_back(4.0 if index == 1 else 1.0)
    assert 78 <= counts[1] <= 82


def test_equality_decides_between_rotation_and_schedule() -> None:
    assert are_equal([])
    assert are_equal([3.0, 3.0])
    assert not are_equal([3.0, 4.0])
