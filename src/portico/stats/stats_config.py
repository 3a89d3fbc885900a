"""bootstrap.stats_config and stats flushing, as values."""

from __future__ import annotations

from typing import Final

from portico.stats.matcher import ACCEPT_ALL, NamePredicate, StatsMatcher
from portico.stats.tags import TagProducer, default_producer

# Source: envoy HistogramSettingsImpl::defaultBuckets; milliseconds in mind, up to an hour.
DEFAULT_BUCKETS: Final = [
    0.5, 1.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10000.0, 30000.0, 60000.0,
    300000.0, 600000.0, 1800000.0, 3600000.0,
]  # fmt: skip


class BucketSetting:
    """Bounds for the histograms whose names match."""

    def __init__(self, matches: NamePredicate, bounds: list[float]) -> None:
        self.matches = matches
        self.bounds = bounds  # ascending, no two equal


class StatsConfig:
    """What decides which stats exist and how they are shown."""

    def __init__(
        self,
        matcher: StatsMatcher = ACCEPT_ALL,
        tags: TagProducer | None = None,
        bucket_settings: list[BucketSetting] | None = None,
    ) -> None:
        self.matcher = matcher
        self.tags = tags if tags is not None else default_producer()
        self.bucket_settings = bucket_settings if bucket_settings is not None else []

    def buckets(self, histogram: str) -> list[float]:
        """Upper bounds shown for a histogram: the first setting that matches its name decides."""
        for setting in self.bucket_settings:
            if setting.matches(histogram):
                return setting.bounds
        return DEFAULT_BUCKETS
