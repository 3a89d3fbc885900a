"""What all tables of stats must hold: attributes named as the stats, every stat in the store."""

from collections.abc import Callable

from portico.api.stats import Counter, Gauge, Histogram, StatsScope
from portico.stats.store import StatsStore


def stat_names(table: Callable[[StatsScope], object]) -> dict[str, str]:
    """name -> kind of each attribute; fails when an attribute and its stat disagree."""
    store = StatsStore()
    made = table(store.scope("p"))
    found: dict[str, str] = {}
    for attribute, stat in vars_of(made).items():
        if isinstance(stat, Counter | Gauge | Histogram):
            name = stat.name.removeprefix("p.")
            assert attribute == name.replace(".", "_")
            found[name] = type_name(stat)
    exported = {name.removeprefix("p.") for _, _, name in store.export().created}
    assert exported == set(found)
    return found


def vars_of(made: object) -> dict[str, object]:
    return {name: getattr(made, name) for name in dir(made) if not name.startswith("_")}


def type_name(stat: object) -> str:
    return "counter" if isinstance(stat, Counter) else "gauge" if isinstance(stat, Gauge) else "histogram"
