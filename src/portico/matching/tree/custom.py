"""Predicates that are extensions (``envoy.matching.input_matchers.*``)."""

from __future__ import annotations

import xxhash

from portico.matching.cidr import CidrSet
from portico.matching.fraction import RuntimeFraction
from portico.matching.tree.data import ValuePredicate


def hash_of(value: bytes, seed: int) -> int:
    digest: int = xxhash.xxh64_intdigest(value, seed)
    return digest


class IpPredicate(ValuePredicate):
    """``ip.v3.Ip``: the value is an address in one of the ranges."""

    def __init__(self, ranges: CidrSet) -> None:
        self.ranges = ranges

    def accepts(self, value: bytes | None) -> bool:
        return value is not None and self.ranges.contains(value.decode("latin-1"))


class RuntimeFractionPredicate(ValuePredicate):
    """``runtime_fraction.v3.RuntimeFraction``: the hash of the value falls inside the fraction."""

    def __init__(self, fraction: RuntimeFraction, seed: int) -> None:
        self.fraction = fraction
        self.seed = seed

    def accepts(self, value: bytes | None) -> bool:
        return value is not None and self.fraction.includes(hash_of(value, self.seed))


class ConsistentHashingPredicate(ValuePredicate):
    """``consistent_hashing.v3.ConsistentHashing``: the hash modulo something reaches the threshold."""

    def __init__(self, threshold: int, modulo: int, seed: int) -> None:
        self.threshold = threshold
        self.modulo = modulo
        self.seed = seed

    def accepts(self, value: bytes | None) -> bool:
        return value is not None and hash_of(value, self.seed) % self.modulo >= self.threshold
