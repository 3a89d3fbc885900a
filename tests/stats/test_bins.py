"""Values printed by Envoy 1.40 for the same samples are the expectation throughout."""

import math

from hypothesis import given
from hypothesis import strategies as st

from portico.stats.bins import (
    NO_BIN,
    Bins,
    bin_of,
    bin_of_integer,
    counts_up_to,
    left,
    middle,
    quantiles,
    sample_sum,
    width,
)

ENVOY_QUANTILES = [0.0, 0.25, 0.5, 0.75, 0.90, 0.95, 0.99, 0.995, 0.999, 1.0]


def bins_of(*samples: float) -> Bins:
    bins: Bins = {}
    for sample in samples:
        number = bin_of(sample)
        bins[number] = bins.get(number, 0) + 1
    return bins


def printed(bins: Bins) -> str:
    return " ".join(repr(value).removesuffix(".0") for value in quantiles(bins, ENVOY_QUANTILES))


def test_quantiles_of_a_mix_print_as_envoys() -> None:
    bins = bins_of(*[0] * 9, *[1] * 18, 4)
    assert printed(bins) == (
        "0 0 1.0263157894736843 1.063157894736842 1.0894736842105264 1.0947368421052632 4.05 4.05 4.05 4.05"
    )


def test_quantiles_within_one_bin_print_as_envoys() -> None:
    assert printed(bins_of(*[1] * 28)) == (
        "1.0034482758620689 1.0241379310344827 1.0482758620689656 1.0724137931034483 1.089655172413793 "
        "1.0931034482758621 1.096551724137931 1.096551724137931 1.096551724137931 1.096551724137931"
    )


def test_quantiles_over_zero_and_two_bins_print_as_envoys() -> None:
    assert printed(bins_of(*[0] * 10, *[1] * 10, 4)) == (
        "0 0 1.009090909090909 1.0545454545454545 1.0818181818181818 1.0909090909090908 4.05 4.05 4.05 4.05"
    )


def test_quantiles_of_nothing_are_nan() -> None:
    assert all(math.isnan(value) for value in quantiles({}, ENVOY_QUANTILES))


def test_sum_uses_the_harmonic_middle_of_a_bin() -> None:
    assert f"{sample_sum(bins_of(*[0] * 20, 3)):.32g}" == "3.0491803278688522915729208762059"
    assert f"{sample_sum(bins_of(1)):.32g}" == "1.0476190476190476719153821250075"


def test_a_bound_counts_the_bin_that_starts_on_it() -> None:
    assert counts_up_to(bins_of(0, 1, 1, 4, 5, 5.2), [0.5, 1, 5, 10]) == [1, 3, 5, 6]


def test_samples_keep_two_digits() -> None:
    assert [(left(bin_of(v)), width(bin_of(v))) for v in (0, 1, 15, 159, 0.11)] == [
        (0, 0),
        (1, 0.1),
        (15, 1),
        (150, 10),
        (1.1 * 0.1, 0.01),
    ]


def test_what_has_no_bin_is_left_out() -> None:
    assert bin_of(math.nan) == bin_of(math.inf) == bin_of(-math.inf) == bin_of(1e300) == NO_BIN
    assert bin_of(1e-200) == 0


def test_whole_numbers_find_the_same_bin_faster() -> None:
    for value in (-7, -1, 0, 1, 15, 159, 999, 1000, 123456, 10**40, 10**200):
        assert bin_of_integer(value) == bin_of(float(value))


@given(st.floats(min_value=1e-100, max_value=1e100))
def test_a_sample_lies_in_its_bin(value: float) -> None:
    number = bin_of(value)
    margin = value * 1e-12
    assert left(number) - margin <= value <= left(number) + width(number) + margin
    assert left(number) <= middle(number) <= left(number) + width(number)


@given(st.floats(-1e100, 1e100), st.floats(-1e100, 1e100))
def test_bin_numbers_sort_as_values(a: float, b: float) -> None:
    if a < b:
        assert bin_of(a) <= bin_of(b)
