from portico.api.stats import Unit
from portico.stats.bins import bin_of
from portico.stats.stored import StoredGauge, StoredHistogram


def test_first_use_is_noted_once_even_when_set_to_zero() -> None:
    touched: list[int] = []
    gauge = StoredGauge("g", 7, touched)
    gauge.set(0)
    gauge.add(2)
    gauge.sub()
    assert (gauge.value, touched) == (1, [7])


def test_adding_counts_as_use() -> None:
    touched: list[int] = []
    StoredGauge("g", 1, touched).add()
    StoredGauge("g", 2, touched).sub()
    assert touched == [1, 2]


def test_taking_the_bins_starts_them_anew() -> None:
    histogram = StoredHistogram("h", Unit.MILLISECONDS, 0)
    histogram.record(5)
    histogram.record(float("nan"))
    assert sum(histogram.take().values()) == 1
    assert histogram.take() == {}


def test_samples_are_whole_numbers_as_in_envoy() -> None:
    histogram = StoredHistogram("h", Unit.MILLISECONDS, 0)
    for sample in (0.4, 0.99, 1.7):
        histogram.record(sample)
    assert histogram.take() == {bin_of(0): 2, bin_of(1): 1}


def test_percentages_keep_their_fractions() -> None:
    histogram = StoredHistogram("h", Unit.PERCENT, 0)
    histogram.record(0.25)
    assert histogram.take() == {bin_of(0.25): 1}
