import json
import marshal

from portico.api.stats import Unit
from portico.stats.delta import StatsDelta, from_payload
from portico.stats.store import StatsStore


def test_survives_the_trip_between_processes() -> None:
    store = StatsStore()
    store.counter("c").value += 1
    store.gauge("g").set(-2)
    store.histogram("h", Unit.MILLISECONDS).record(15)
    store.text_readout("t", "text")
    delta = store.export()
    for payload in (json.loads(json.dumps(delta.payload())), marshal.loads(marshal.dumps(delta.payload()))):
        arrived = from_payload(payload)
        assert arrived.payload() == delta.payload()
        assert arrived.samples == delta.samples


def test_a_new_delta_is_empty() -> None:
    assert StatsDelta().is_empty()
