"""circllhist bins: logarithmic, 90 to a decade, so that a sample keeps its two leading digits.

A bin is known by its number; numbers sort as values do, 0 holds zero, negative numbers mirror positive ones. What
is computed here agrees with Envoy to the last printed digit. Source: libcircllhist, as linked into Envoy 1.40.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, isfinite, log10, nan
from typing import Final

Bins = dict[int, int]  # bin number -> samples

NO_BIN: Final = 1 << 30  # not-a-number, infinite, or beyond 1e128: libcircllhist keeps such samples out of its sums
MIN_EXPONENT: Final = -128
MAX_EXPONENT: Final = 127
BINS_PER_DECADE: Final = 90

# Literals, not powers: 10.0**-5 is one ulp off 1e-05.
POWERS_OF_TEN: Final = [float(f"1e{exponent}") for exponent in range(MIN_EXPONENT, MAX_EXPONENT + 1)]

# Absorbs the rounding of the division, lest 0.11 falls into the bin of 0.10.
ROUNDING: Final = 1e-13


def bin_of(value: float) -> int:
    """The number of the bin that holds ``value``, or NO_BIN."""
    if value == 0:
        return 0
    if not isfinite(value):
        return NO_BIN
    magnitude = abs(value)
    exponent = floor(log10(magnitude))
    if exponent < MIN_EXPONENT:
        return 0
    if exponent > MAX_EXPONENT:
        return NO_BIN
    digits = floor(magnitude / POWERS_OF_TEN[exponent - MIN_EXPONENT] * 10 + ROUNDING)
    if digits >= 100:
        digits = 10
        exponent += 1
    number = (exponent - MIN_EXPONENT) * BINS_PER_DECADE + max(digits, 10) - 9
    return number if value > 0 else -number


# Most samples are a few milliseconds: a list answers in a third of the time the logarithm takes.
SMALL: Final = [bin_of(value) for value in range(1000)]


def bin_of_integer(value: int) -> int:
    """As bin_of, for whole numbers."""
    return SMALL[value] if 0 <= value < 1000 else bin_of(value)


def width(number: int) -> float:
    """How far the bin reaches; the bin of zero holds zero alone."""
    if number == 0:
        return 0.0
    return POWERS_OF_TEN[(abs(number) - 1) // BINS_PER_DECADE] / 10.0


def left(number: int) -> float:
    """The bin's edge nearest to minus infinity."""
    if number == 0:
        return 0.0
    decade, place = divmod(abs(number) - 1, BINS_PER_DECADE)
    edge = (place + 10) / 10.0 * POWERS_OF_TEN[decade]
    return edge if number > 0 else -edge - width(number)


def middle(number: int) -> float:
    """What a sample of the bin adds to the sum: the bin's harmonic middle, as in libcircllhist."""
    if number == 0:
        return 0.0
    if number < 0:
        return -middle(-number)
    bottom = left(number)
    reach = width(number)
    return bottom + reach * (bottom / (bottom + (bottom + reach)))


def sample_count(bins: Bins) -> int:
    return sum(bins.values())


def sample_sum(bins: Bins) -> float:
    total = 0.0
    for number in sorted(bins):
        total += middle(number) * bins[number]
    return total


def quantiles(bins: Bins, wanted: Sequence[float]) -> list[float]:
    """Values below which each share (0..1, ascending) of the samples lies; all NaN when there are none.

    Within a bin of n samples, sample k lies at k / (n + 1) of its width.
    """
    numbers = sorted(bins)
    total = sample_count(bins)
    if total == 0:
        return [nan] * len(wanted)
    found: list[float] = []
    place = 0
    below = 0
    for share in wanted:
        rank = max(1, ceil(total * share))
        while below + bins[numbers[place]] < rank:
            below += bins[numbers[place]]
            place += 1
        number = numbers[place]
        found.append(left(number) + width(number) * (rank - below) / (bins[number] + 1))
    return found


def counts_up_to(bins: Bins, bounds: Sequence[float]) -> list[int]:
    """Samples at or below each bound (ascending). A bin counts where its left edge does."""
    numbers = sorted(bins)
    counts: list[int] = []
    place = 0
    running = 0
    for bound in bounds:
        while place < len(numbers) and left(numbers[place]) <= bound:
            running += bins[numbers[place]]
            place += 1
        counts.append(running)
    return counts


def add_into(bins: Bins, more: Bins) -> None:
    for number, count in more.items():
        bins[number] = bins.get(number, 0) + count
