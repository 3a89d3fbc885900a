"""What a tournament found, as it is written to the JSON file."""

import dataclasses
import json
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.idle_memory import IdleMemory
from bench.measurement import Sample

REFERENCE: Final = "envoy"
# Below this share of its core the proxy was waiting: its figure is a lower bound.
SATURATED_SHARE: Final = 0.93
# Above this share of a core taken by others the figure depends on what else the machine did.
DISTURBED_SHARE: Final = 0.05


@dataclass
class Entry:
    """One proxy in one scenario: its samples, or why there are none."""

    samples: list[Sample] = field(default_factory=list)
    problem: str | None = None

    def median(self, attribute: str) -> float:
        """Of one field of the samples, of which there must be at least one."""
        return float(statistics.median(getattr(sample, attribute) for sample in self.samples))

    @property
    def range_per_s(self) -> tuple[float, float]:
        rates = [sample.requests_per_s for sample in self.samples]
        return min(rates), max(rates)

    @property
    def is_lower_bound(self) -> bool:
        """Whether the load side was the limit: the proxy waited, and not for other programs."""
        return self.median("proxy_core_share") < SATURATED_SHARE and not self.is_disturbed

    @property
    def is_disturbed(self) -> bool:
        return self.median("disturbance") > DISTURBED_SHARE


@dataclass
class ScenarioResult:
    """One scenario: the ceiling without a proxy, and an entry per contestant."""

    title: str
    goal: float
    ceiling_per_s: float = 0.0
    entries: dict[str, Entry] = field(default_factory=dict)

    def ratio(self, name: str) -> float | None:
        """Median requests per second over the reference's; None where either is missing."""
        return self._against_reference(name, "requests_per_s")

    def cpu_ratio(self, name: str) -> float | None:
        """Requests per CPU second over the reference's: true also when the load side is the limit."""
        inverse = self._against_reference(name, "proxy_cpu_us_per_request")
        return 1 / inverse if inverse else None

    def _against_reference(self, name: str, attribute: str) -> float | None:
        entry, reference = self.entries.get(name), self.entries.get(REFERENCE)
        if entry is None or reference is None or not entry.samples or not reference.samples:
            return None
        return entry.median(attribute) / reference.median(attribute)


@dataclass
class Results:
    """Everything one run of `python -m bench` found."""

    machine: dict[str, str | int | float]
    settings: dict[str, Any]
    versions: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    scenarios: dict[str, ScenarioResult] = field(default_factory=dict)
    idle_memory: dict[str, IdleMemory | str] = field(default_factory=dict)
    """By contestant; a string says why there is no figure."""
    time_to_live_s: dict[str, list[float] | str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The fields, and beside the samples what is computed from them."""
        data = dataclasses.asdict(self)
        for name, scenario in self.scenarios.items():
            for contestant, entry in scenario.entries.items():
                if entry.samples:
                    data["scenarios"][name]["entries"][contestant] |= {
                        "median_requests_per_s": entry.median("requests_per_s"),
                        "median_cpu_us_per_request": entry.median("proxy_cpu_us_per_request"),
                        "ratio": scenario.ratio(contestant),
                        "cpu_ratio": scenario.cpu_ratio(contestant),
                        "lower_bound": entry.is_lower_bound,
                        "disturbed": entry.is_disturbed,
                    }
        return data

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.to_json(), indent=1, default=str) + "\n")
