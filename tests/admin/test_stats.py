"""Every form of /stats against what Envoy printed of the same stats at the same moment."""

import json
import re

import pytest

from portico.admin.numbers import json_number
from portico.api.stats import Unit
from portico.stats.bins import Bins, bin_of, left
from portico.stats.merged import MergedHistogram

from .fakes import FakeServer, recorded

# Query of the recording -> its file.
RECORDINGS = {
    "": "text",
    "type=Gauges": "gauges",
    "type=Counters": "counters",
    "type=TextReadouts": "texts",
    "type=Histograms": "histograms",
    "usedonly": "used",
    "histogram_buckets=cumulative": "cumulative",
    "histogram_buckets=disjoint": "disjoint",
    "histogram_buckets=detailed": "detailed",
    "format=json": "json",
    "format=json&histogram_buckets=cumulative": "json_cumulative",
    "format=json&histogram_buckets=disjoint": "json_disjoint",
    "format=json&histogram_buckets=detailed": "json_detailed",
    "format=prometheus": "prometheus",
    "format=prometheus&histogram_buckets=summary": "prometheus_summary",
    "format=prometheus&text_readouts": "prometheus_text_readouts",
    "format=prometheus&usedonly": "prometheus_used",
}


def bins_of(listed: list[dict[str, float]]) -> Bins:
    found: Bins = {}
    for each in listed:
        number = bin_of(each["lower_bound"])
        assert json_number(left(number)) == json_number(each["lower_bound"])
        found[number] = int(each["count"])
    return found


@pytest.fixture
def server() -> FakeServer:
    """A server with the very stats Envoy had."""
    server = FakeServer()
    store = server.stats.store
    used = {line.partition(": ")[0] for line in recorded("stats_used").splitlines()}
    for line in recorded("stats_counters").splitlines():
        name, _, value = line.partition(": ")
        store.counter(name).value = int(value)
    for line in recorded("stats_gauges").splitlines():
        name, _, value = line.partition(": ")
        gauge = store.gauge(name)
        if name in used:
            gauge.set(int(value))
    for line in recorded("stats_texts").splitlines():
        name, _, value = line.partition(": ")
        store.text_readout(name, value.strip('"'))
    document = json.loads(recorded("stats_json_detailed"))
    for each in document["stats"][-1]["histograms"]["details"]:
        store.histogram(each["name"], Unit.MILLISECONDS)
    server.stats.merged.apply("main", store.export())
    for each in document["stats"][-1]["histograms"]["details"]:
        histogram: MergedHistogram = server.stats.merged.histograms[each["name"]]
        histogram.interval = bins_of(each["intervals"])
        histogram.cumulative = bins_of(each["totals"])
        histogram.is_used = each["name"] in used
    return server


@pytest.mark.parametrize("query", RECORDINGS, ids=RECORDINGS.values())
def test_prints_what_envoy_prints(server: FakeServer, query: str) -> None:
    assert server.get(f"/stats?{query}") == recorded(f"stats_{RECORDINGS[query]}")


def test_prometheus_has_a_path_of_its_own(server: FakeServer) -> None:
    assert server.get("/stats/prometheus") == recorded("stats_prometheus")


def test_prometheus_families_are_legal(server: FakeServer) -> None:
    lines = server.get("/stats/prometheus").splitlines()
    sample = re.compile(r'[a-zA-Z_:][\w:]*\{([a-zA-Z_]\w*="(?:[^"\\]|\\.)*"(,|(?=\})))*\} \S+')
    families = [line.split()[2] for line in lines if line.startswith("# TYPE ")]
    assert len(families) == len(set(families)) > 20
    assert [line for line in lines if not line.startswith("# TYPE ") and not sample.fullmatch(line)] == []


def test_filter_is_a_search_and_can_be_inverted(server: FakeServer) -> None:
    names = [line.partition(":")[0] for line in server.get("/stats?type=Gauges").splitlines()]
    chosen = server.get("/stats?type=Gauges&filter=rq_a").splitlines()
    others = server.get("/stats?type=Gauges&filter=rq_a&invert_filter").splitlines()
    assert chosen == ["cluster.eds.upstream_rq_active: 0", "cluster.up.upstream_rq_active: 0"]
    assert len(chosen) + len(others) == len(names)


def test_nothing_matches() -> None:
    server = FakeServer()
    assert server.get("/stats?filter=nomatch") == ""
    assert server.get("/stats?filter=nomatch&format=json") == '{"stats":[]}'


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        ("/stats?format=bad", "usage: /stats?format=(html|active-html|json|prometheus|text)\n\n"),
        ("/stats?type=Foo", "invalid &type= param"),
        ("/stats?filter=(", "Invalid re2 regex: missing ): ("),
        (
            "/stats?histogram_buckets=bad",
            "usage: /stats?histogram_buckets=(cumulative|disjoint|detailed|summary|prometheusnative)\n",
        ),
        (
            "/stats?histogram_buckets=prometheusnative",
            "Invalid histogram_buckets type for non prometheus stats type",
        ),
        ("/stats/prometheus?histogram_buckets=disjoint", "unsupported prometheus histogram bucket mode\n"),
        (
            "/stats/prometheus?histogram_buckets=prometheusnative",
            "unsupported prometheusnative histogram type when not using protobuf exposition format",
        ),
    ],
)
def test_wrong_parameters_are_answered_400(target: str, complaint: str) -> None:
    response = FakeServer().response(target)
    assert (response.status, response.body) == (400, complaint.encode())


def test_a_large_answer_comes_in_pieces() -> None:
    server = FakeServer()
    for index in range(3000):
        server.stats.store.counter(f"c{index:04}")
    lines = server.get("/stats").splitlines()
    assert (len(lines), lines[0], lines[-1]) == (3000, "c0000: 0", "c2999: 0")


def test_html_escapes_names_and_runs_no_script() -> None:
    server = FakeServer()
    server.stats.store.counter('cluster.<script>alert("x")</script>.c')
    response = server.response("/stats?format=html&filter=<b>|c")
    assert b"<script>" not in response.body if isinstance(response.body, bytes) else False
    assert "default-src 'none'" in dict(response.headers)["content-security-policy"]
    assert response.content_type == "text/html; charset=UTF-8"
