import pytest

from portico.extensions.filters.http.buffer import buffer, buffer_per_route
from portico.testing.filter_harness import FilterHarness, LocalReply
from tests.router.tables import factory_context, get, message, routes

TYPE = "envoy.extensions.filters.http.buffer.v3.Buffer"
TOO_LARGE = LocalReply(413, "request_payload_too_large", b"Payload Too Large")


def chain(max_request_bytes: int = 4, per_route: str = "") -> FilterHarness:
    """A buffer filter called "b" before the upstream; ``per_route`` is a BufferPerRoute."""
    made = buffer(message(TYPE, f"{{max_request_bytes: {max_request_bytes}}}"), factory_context())()
    config = f'{{b: {{"@type": type.googleapis.com/{TYPE}PerRoute, {per_route}}}}}' if per_route else "{}"
    table = routes(f"[{{match: {{prefix: /}}, route: {{cluster: c}}, typed_per_filter_config: {config}}}]")
    return FilterHarness(made, routes=table).name_filters("b")


def test_holds_the_request_until_it_is_whole() -> None:
    held = chain().headers(get("/", method="POST")).data(b"ab")
    assert held.upstream.steps == []
    held.data(b"cd", end_stream=True)
    assert held.upstream.steps == ["headers", "data 4", "end"]
    assert held.upstream.request is not None
    assert held.upstream.request.get(b"content-length") == b"4"


def test_a_length_the_client_announced_stays() -> None:
    whole = chain().headers(get("/", method="POST", content_length="2")).data(b"ab", end_stream=True)
    assert whole.upstream.request is not None
    assert whole.upstream.request.get_all(b"content-length") == [b"2"]


def test_trailers_end_a_request_as_well() -> None:
    whole = chain().headers(get("/", method="POST")).data(b"ab").trailers((b"x-t", b"1"))
    assert whole.upstream.steps == ["headers", "data 2", "trailers", "end"]
    assert whole.upstream.request is not None
    assert whole.upstream.request.get(b"content-length") == b"2"


def test_a_request_without_a_body_passes() -> None:
    passed = chain().headers(get("/"), end_stream=True)
    assert passed.upstream.steps == ["headers", "end"]
    assert passed.upstream.request is not None
    assert not passed.upstream.request.has(b"content-length")


@pytest.mark.parametrize("pieces", [[b"abcde"], [b"abc", b"de"], [b"abcd", b"e"]])
@pytest.mark.parametrize("is_whole", [True, False])
def test_too_large_a_request_is_refused(pieces: list[bytes], is_whole: bool) -> None:
    refused = chain().headers(get("/", method="POST"))
    for piece in pieces:
        refused.data(piece, end_stream=is_whole and piece is pieces[-1])
    assert refused.local_reply == TOO_LARGE
    assert refused.client.response is not None
    assert refused.client.response.get(b"connection") == b"close"
    assert refused.upstream.steps == []


def test_the_limit_may_be_larger_than_the_connections() -> None:
    large = chain(3 << 20).headers(get("/", method="POST"))
    for _ in range(3):
        large.data(b"x" * (1 << 20))
    assert large.local_reply is None
    assert large.data(b"", end_stream=True).upstream.steps == ["headers", f"data {3 << 20}", "end"]


def test_a_route_sets_its_own_limit() -> None:
    assert chain(4, "buffer: {max_request_bytes: 2}").headers(get("/")).data(b"abc").local_reply == TOO_LARGE
    assert chain(4, "buffer: {max_request_bytes: 6}").headers(get("/")).data(b"abcdef").local_reply is None


def test_a_route_turns_it_off() -> None:
    passed = chain(4, "disabled: true").headers(get("/", method="POST")).data(b"abcdef")
    assert passed.upstream.steps == ["headers", "data 6"]
    assert passed.data(b"", end_stream=True).upstream.is_complete


def test_settings_come_from_the_messages() -> None:
    per_route = buffer_per_route(message(TYPE + "PerRoute", "{buffer: {max_request_bytes: 7}}"), factory_context())
    assert per_route.max_request_bytes == 7
