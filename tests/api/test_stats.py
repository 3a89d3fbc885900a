from portico.api.stats import Counter, Gauge, Histogram, Unit


class Folding(Histogram):
    def __init__(self) -> None:
        super().__init__("h", Unit.MILLISECONDS)
        self.folded = 0

    def fold(self) -> None:
        self.folded += len(self.pending)
        self.pending.clear()


def test_counter_and_gauge_count() -> None:
    counter, gauge = Counter("c"), Gauge("g")
    counter.add()
    counter.add(2)
    gauge.add(5)
    gauge.sub(2)
    assert (repr(counter), repr(gauge)) == ("Counter(c=3)", "Gauge(g=3)")
    gauge.set(1)
    assert gauge.value == 1


def test_histogram_keeps_samples_until_there_are_many() -> None:
    histogram = Folding()
    for number in range(Histogram.FOLD_AT - 1):
        histogram.record(float(number))
    assert (len(histogram.pending), histogram.folded) == (Histogram.FOLD_AT - 1, 0)
    histogram.record(0.5)
    assert (histogram.pending, histogram.folded) == ([], Histogram.FOLD_AT)
