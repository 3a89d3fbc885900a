from portico.admin.histogram_text import bin_list, bucket_counts, line
from portico.api.stats import Unit
from portico.stats.bins import Bins, bin_of
from portico.stats.merged import MergedHistogram


def bins(*samples: float) -> Bins:
    return {bin_of(sample): samples.count(sample) for sample in samples}


def test_nothing_was_recorded() -> None:
    histogram = MergedHistogram("h", Unit.MILLISECONDS)
    for mode in ("", "summary", "cumulative", "disjoint", "detailed"):
        assert line(histogram, mode, [1.0]) == "h: No recorded values"


def test_an_interval_without_samples_beside_a_past_with_some() -> None:
    histogram = MergedHistogram("h", Unit.MILLISECONDS)
    histogram.arrived = bins(4950)
    histogram.flush()
    histogram.flush()
    assert line(histogram, "", []).startswith("h: P0(nan,4950) P25(nan,4950)")
    assert line(histogram, "detailed", []).splitlines()[:3] == ["h:", "  totals=4900,100:1", "  intervals="]


def test_buckets_count_up_or_apart() -> None:
    found = bins(1, 2, 2, 7)
    assert bucket_counts(found, [1, 5, 10], is_disjoint=False) == [1, 3, 4]
    assert bucket_counts(found, [1, 5, 10], is_disjoint=True) == [1, 2, 1]


def test_bins_are_listed_in_order() -> None:
    assert bin_list(bins(15, 0, 0, 0.5)) == "0,0:2, 0.5,0.01:1, 15,1:1"
