from portico.api.headers import RequestHeaders
from portico.testing.filter_harness import FilterHarness, LocalReply
from tests.http.filters import Answers, Says

POST = RequestHeaders(b"POST", b"/p", b"h.test")


def test_carries_a_dialogue_through_a_filter() -> None:
    filters = FilterHarness(Says())
    filters.headers(POST.copy()).data(b"ping", end_stream=True).respond(201, b"pong", x_a="1")
    assert (filters.upstream.body, filters.client.body) == (b"ping", b"pong")
    assert filters.client.response is not None
    assert filters.client.response.get(b"x-a") == b"1"
    assert filters.local_reply is None
    assert filters.log.lines() == ["POST /p 201 - via_upstream"]


def test_tells_a_filters_own_answer_from_the_upstreams() -> None:
    filters = FilterHarness(Answers("decode_data", 413, b"too big"))
    filters.headers(POST.copy()).data(b"12345")
    assert filters.local_reply == LocalReply(413, "told_to_answer")
    assert filters.local_reply == LocalReply(413, "told_to_answer", b"too big")
    assert filters.local_reply != LocalReply(413, "told_to_answer", b"other")
    assert filters.client.response is not None
    assert filters.client.response.get(b"connection") == b"close"


def test_names_are_those_routes_speak_of() -> None:
    first = Says()
    filters = FilterHarness(first).name_filters("envoy.filters.http.first")
    assert [slot.name for slot in filters.config.filters] == ["envoy.filters.http.first", "filter-1"]
