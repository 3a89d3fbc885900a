"""What a cluster asks to know of each request."""

import pytest

from portico.api.headers import RequestHeaders, ResponseHeaders
from portico.stats.store import StatsStore
from portico.stats.stored import StoredHistogram
from portico.upstream.tracked_requests import BudgetStats, SizeStats, percent_of


def recorded(store: StatsStore) -> dict[str, list[float]]:
    return {name.removeprefix("cluster.c.upstream_"): each.pending for name, each in store.histograms.items()}


def test_sizes_are_bytes_of_names_and_values() -> None:
    store = StatsStore()
    sizes = SizeStats(store.scope("cluster.c"))
    request = RequestHeaders(b"GET", b"/", b"h.test", [(b"ab", b"cde")])
    response = ResponseHeaders(200, [(b"a", b"b")])
    sizes.record_request(request, 7)
    sizes.record_response_head(response)
    found = recorded(store)
    assert found["rq_headers_size"] == [request.byte_size()]
    assert found["rq_headers_count"] == [len(request)]
    assert found["rq_body_size"] == [7]
    assert (found["rs_headers_size"], found["rs_headers_count"]) == ([response.byte_size()], [len(response)])
    assert found["rs_body_size"] == []


@pytest.mark.parametrize(
    ("elapsed_s", "limit_s", "percent"), [(1.0, 4.0, 25), (0.0, 4.0, 0), (5.0, 4.0, 125), (3.0, 0.0, 0)]
)
def test_a_share_of_no_limit_is_none(elapsed_s: float, limit_s: float, percent: int) -> None:
    assert percent_of(elapsed_s, limit_s) == percent


def test_budgets_of_the_request_and_of_its_try() -> None:
    store = StatsStore()
    BudgetStats(store.scope("cluster.c")).record(1.0, 10.0, 2.0)
    assert recorded(store) == {
        "rq_timeout_budget_percent_used": [10],
        "rq_timeout_budget_per_try_percent_used": [50],
    }
    assert all(isinstance(each, StoredHistogram) for each in store.histograms.values())
