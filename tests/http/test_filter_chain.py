"""Envoy's filter statuses, orders and limits: source/common/http/filter_manager.cc, docs/.../http_filters."""

import pytest

from portico.api.http_filter import DataStatus, HeadersStatus, TrailersStatus
from portico.testing.filter_harness import FilterHarness, LocalReply
from tests.http.filters import Answers, Says, get, post
from tests.router.tables import routes


def harness_of(*filters: Says | Answers) -> FilterHarness:
    return FilterHarness(*filters)


# --- without anybody stopping -----------------------------------------------------------------------------------------


def test_request_goes_down_the_list_and_the_response_up() -> None:
    heard: list[str] = []
    chain = harness_of(Says("a", heard), Says("b", heard))
    chain.headers(post()).data(b"x", end_stream=True).respond(200, b"y")
    assert heard == [
        "a.decode_headers",
        "b.decode_headers",
        "a.decode_data x end",
        "b.decode_data x end",
        "b.encode_headers 200",
        "a.encode_headers 200",
        "b.encode_data y end",
        "a.encode_data y end",
        "a.on_destroy",
        "b.on_destroy",
    ]


def test_trailers_pass_every_filter_and_end_the_message() -> None:
    only = Says("a")
    chain = harness_of(only)
    chain.headers(post()).data(b"x").trailers((b"t", b"1"))
    chain.respond(200).respond_data(b"y").respond_trailers((b"u", b"2"))
    assert chain.upstream.steps == ["headers", "data 1", "trailers", "end"]
    assert chain.client.steps == ["headers", "data 1", "trailers", "end"]
    assert "a.decode_trailers" in only.heard
    assert "a.encode_trailers" in only.heard


def test_pieces_pass_as_they_come() -> None:
    chain = harness_of(Says("a"))
    chain.headers(post()).data(b"1").data(b"22").data(b"333", end_stream=True)
    assert chain.upstream.steps == ["headers", "data 1", "data 2", "data 3", "end"]


def test_filters_are_destroyed_once_when_the_client_leaves() -> None:
    a, b = Says("a"), Says("b")
    chain = harness_of(a, b).headers(post()).leave()
    chain.leave()
    assert (a.destroyed, b.destroyed, chain.terminal.is_destroyed) == (1, 1, True)


def test_what_a_filter_says_after_the_end_is_ignored() -> None:
    a = Says("a")
    chain = harness_of(a).headers(get(), True).respond(200, b"done")
    callbacks = a.callbacks
    callbacks.continue_decoding()
    callbacks.continue_encoding()
    callbacks.send_local_reply(500, b"late", "late")
    callbacks.reset_stream("late")
    callbacks.fail(ValueError("late"))
    assert chain.client.steps == ["headers", "data 4", "end"]


# --- STOP_ITERATION at the headers ------------------------------------------------------------------------------------


def test_stop_iteration_holds_headers_while_data_still_reaches_the_filter() -> None:
    a = Says("a")
    a.on_request = HeadersStatus.STOP_ITERATION
    a.on_request_data = DataStatus.STOP_ITERATION_AND_BUFFER
    chain = harness_of(a).headers(post()).data(b"1").data(b"2", end_stream=True)
    assert chain.upstream.steps == []
    assert a.heard == ["a.decode_headers", "a.decode_data 1", "a.decode_data 2 end"]
    a.callbacks.continue_decoding()
    assert chain.upstream.steps == ["headers", "data 2", "end"]
    assert chain.upstream.body == b"12"


def test_continue_without_a_body_ends_the_request_with_its_headers() -> None:
    a, b = Says("a"), Says("b")
    a.on_request = HeadersStatus.STOP_ITERATION
    chain = harness_of(a, b).headers(get(), end_stream=True)
    a.callbacks.continue_decoding()
    assert b.heard == ["b.decode_headers end"]
    assert chain.upstream.steps == ["headers", "end"]


def test_data_verdict_continue_releases_what_the_headers_verdict_held() -> None:
    a = Says("a")
    a.on_request = HeadersStatus.STOP_ITERATION
    chain = harness_of(a).headers(post()).data(b"x", end_stream=True)
    assert chain.upstream.steps == ["headers", "data 1", "end"]


def test_trailers_verdict_continue_releases_everything_in_order() -> None:
    a = Says("a")
    a.on_request = HeadersStatus.STOP_ITERATION
    a.on_request_data = DataStatus.STOP_ITERATION_AND_BUFFER
    chain = harness_of(a).headers(post()).data(b"x").trailers((b"t", b"1"))
    assert chain.upstream.steps == ["headers", "data 1", "trailers", "end"]
    assert a.heard == ["a.decode_headers", "a.decode_data x", "a.decode_trailers"]


def test_continue_twice_is_continue_once() -> None:
    a = Says("a")
    a.on_request = HeadersStatus.STOP_ITERATION
    chain = harness_of(a).headers(get(), end_stream=True)
    a.callbacks.continue_decoding()
    a.callbacks.continue_decoding()
    assert chain.upstream.steps == ["headers", "end"]


def test_each_of_two_filters_that_stop_must_let_go() -> None:
    a, b = Says("a"), Says("b")
    a.on_request = b.on_request = HeadersStatus.STOP_ITERATION
    chain = harness_of(a, b).headers(get(), end_stream=True)
    assert b.heard == []
    a.callbacks.continue_decoding()
    assert b.heard == ["b.decode_headers end"]
    assert chain.upstream.steps == []
    b.callbacks.continue_decoding()
    assert chain.upstream.steps == ["headers", "end"]


def test_body_kept_by_one_filter_reaches_the_next_one_once() -> None:
    a, b = Says("a"), Says("b")
    a.on_request = HeadersStatus.STOP_ITERATION
    a.on_request_data = DataStatus.STOP_ITERATION_AND_BUFFER
    b.on_request_data = DataStatus.STOP_ITERATION_AND_BUFFER
    chain = harness_of(a, b).headers(post()).data(b"1").data(b"2", end_stream=True)
    a.callbacks.continue_decoding()
    assert b.heard == ["b.decode_headers", "b.decode_data 12 end"]
    b.callbacks.continue_decoding()
    assert chain.upstream.body == b"12"
    assert chain.upstream.is_complete


# --- STOP_ALL ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [HeadersStatus.STOP_ALL_AND_BUFFER, HeadersStatus.STOP_ALL_AND_WATERMARK])
def test_stop_all_lets_nothing_reach_the_filter_until_it_continues(status: HeadersStatus) -> None:
    a = Says("a")
    a.on_request = status
    chain = harness_of(a).headers(post()).data(b"1").trailers((b"t", b"1"))
    assert a.heard == ["a.decode_headers"]
    a.callbacks.continue_decoding()
    assert a.heard == ["a.decode_headers", "a.decode_data 1", "a.decode_trailers"]
    assert chain.upstream.steps == ["headers", "data 1", "trailers", "end"]


def test_stop_all_and_buffer_answers_413_past_the_limit() -> None:
    a = Says("a")
    a.on_request = HeadersStatus.STOP_ALL_AND_BUFFER
    chain = harness_of(a)
    chain.config.buffer_limit_bytes = 3
    chain.headers(post()).data(b"123")
    assert chain.local_reply is None
    chain.data(b"4")
    assert chain.local_reply == LocalReply(413, "request_payload_too_large", b"Payload Too Large")
    assert chain.upstream.steps == []
    assert chain.server.value("http.test.downstream_rq_too_large") == 1


def test_stop_all_and_watermark_slows_the_client_and_lets_it_go_on() -> None:
    a = Says("a")
    a.on_request = HeadersStatus.STOP_ALL_AND_WATERMARK
    chain = harness_of(a)
    chain.config.buffer_limit_bytes = 3
    chain.headers(post())
    assert chain.request_pauses == 0
    chain.data(b"12345")
    assert chain.local_reply is None
    assert chain.request_pauses == 1
    a.callbacks.continue_decoding()
    assert chain.request_pauses == 0
    assert chain.upstream.body == b"12345"


def test_response_held_whole_reaches_the_filter_when_it_continues() -> None:
    a = Says("a")
    a.on_response = HeadersStatus.STOP_ALL_AND_BUFFER
    chain = harness_of(a).headers(get(), True).respond(200).respond_data(b"1").respond_data(b"2", True)
    assert a.heard == ["a.decode_headers end", "a.encode_headers 200"]
    assert chain.client.steps == []
    a.callbacks.continue_encoding()
    assert a.heard[2:] == ["a.encode_data 12 end", "a.on_destroy"]
    assert chain.client.steps == ["headers", "data 2", "end"]


# --- data statuses ----------------------------------------------------------------------------------------------------


def test_stopping_at_data_lets_the_headers_go_and_keeps_the_body() -> None:
    a = Says("a")
    a.on_request_data = DataStatus.STOP_ITERATION_AND_BUFFER
    chain = harness_of(a).headers(post()).data(b"1").data(b"2", end_stream=True)
    assert chain.upstream.steps == ["headers"]
    kept = a.callbacks.decoding_buffer()
    assert kept is not None
    assert kept.peek() == b"12"
    a.callbacks.continue_decoding()
    assert chain.upstream.steps == ["headers", "data 2", "end"]


def test_kept_body_past_the_limit_is_413() -> None:
    a = Says("a")
    a.on_request_data = DataStatus.STOP_ITERATION_AND_BUFFER
    chain = harness_of(a)
    chain.config.buffer_limit_bytes = 4
    chain.headers(post()).data(b"1234").data(b"5")
    assert chain.upstream.steps == ["headers"]
    assert chain.local_reply == LocalReply(413, "request_payload_too_large")


def test_watermarked_body_past_the_limit_slows_the_client() -> None:
    a = Says("a")
    a.on_request_data = DataStatus.STOP_ITERATION_AND_WATERMARK
    chain = harness_of(a)
    chain.config.buffer_limit_bytes = 4
    chain.headers(post()).data(b"1234")
    assert chain.request_pauses == 0
    chain.data(b"5")
    assert chain.request_pauses == 1
    a.callbacks.continue_decoding()
    assert chain.request_pauses == 0
    assert chain.upstream.body == b"12345"


def test_client_is_let_go_when_the_stream_ends_while_it_is_slowed() -> None:
    a = Says("a")
    a.on_request = HeadersStatus.STOP_ALL_AND_WATERMARK
    chain = harness_of(a)
    chain.config.buffer_limit_bytes = 3
    chain.headers(post()).data(b"12345")
    assert chain.request_pauses == 1
    a.callbacks.send_local_reply(503, b"", "done_waiting")
    assert chain.request_pauses == 0


def test_no_buffer_means_the_filter_took_the_bytes() -> None:
    a = Says("a")
    a.on_request_data = DataStatus.STOP_ITERATION_NO_BUFFER
    chain = harness_of(a).headers(post()).data(b"1").data(b"2", end_stream=True)
    a.callbacks.continue_decoding()
    assert chain.upstream.body == b""


def test_response_kept_past_the_limit_is_500_even_if_the_filter_would_keep_that_too() -> None:
    a = Says("a")
    a.on_response = HeadersStatus.STOP_ITERATION
    a.on_response_data = DataStatus.STOP_ITERATION_AND_BUFFER
    chain = harness_of(a)
    chain.config.buffer_limit_bytes = 4
    chain.headers(get(), True).respond(200).respond_data(b"12345")
    assert chain.local_reply == LocalReply(500, "response_payload_too_large", b"Internal Server Error")
    assert chain.server.value("http.test.rs_too_large") == 1


@pytest.mark.parametrize("stops", ["at the headers", "at the data"])
def test_watermarked_response_past_the_limit_slows_the_upstream(stops: str) -> None:
    a = Says("a")
    if stops == "at the headers":
        a.on_response = HeadersStatus.STOP_ALL_AND_WATERMARK
    else:
        a.on_response_data = DataStatus.STOP_ITERATION_AND_WATERMARK
    chain = harness_of(a)
    chain.config.buffer_limit_bytes = 4
    chain.headers(get(), True).respond(200).respond_data(b"1234")
    assert chain.terminal.watermarks == []
    chain.respond_data(b"5")
    assert chain.terminal.watermarks == [True]
    a.on_response_data = DataStatus.CONTINUE
    a.callbacks.continue_encoding()
    assert chain.terminal.watermarks == [True, False]
    assert chain.client.body == b"12345"


def test_response_past_the_limit_after_its_head_went_out_resets_the_stream() -> None:
    a = Says("a")
    a.on_response_data = DataStatus.STOP_ITERATION_AND_BUFFER
    chain = harness_of(a)
    chain.config.buffer_limit_bytes = 4
    chain.headers(get(), True).respond(200).respond_data(b"12345")
    assert chain.client.steps == ["headers", "reset"]
    assert chain.info.response_code_details == "response_payload_too_large"


@pytest.mark.parametrize("stops", [TrailersStatus.STOP_ITERATION, TrailersStatus.CONTINUE])
def test_stopping_at_trailers_holds_the_end(stops: TrailersStatus) -> None:
    a = Says("a")
    a.on_request_trailers = a.on_response_trailers = stops
    chain = harness_of(a).headers(post()).data(b"x").trailers((b"t", b"1"))
    held = stops is TrailersStatus.STOP_ITERATION
    assert chain.upstream.is_complete is not held
    a.callbacks.continue_decoding()
    assert chain.upstream.steps == ["headers", "data 1", "trailers", "end"]
    chain.respond(200).respond_data(b"y").respond_trailers((b"u", b"2"))
    assert chain.client.is_complete is not held
    a.callbacks.continue_encoding()
    assert chain.client.steps == ["headers", "data 1", "trailers", "end"]


# --- the response's orders --------------------------------------------------------------------------------------------


def test_response_stopped_at_headers_goes_on_above_the_filter_only() -> None:
    heard: list[str] = []
    a, b = Says("a", heard), Says("b", heard)
    b.on_response = HeadersStatus.STOP_ITERATION
    b.on_response_data = DataStatus.STOP_ITERATION_AND_BUFFER
    chain = harness_of(a, b).headers(get(), True)
    heard.clear()
    chain.respond(200, b"y")
    assert heard == ["b.encode_headers 200", "b.encode_data y end"]
    b.callbacks.continue_encoding()
    assert heard[2:4] == ["a.encode_headers 200", "a.encode_data y end"]
    assert chain.client.body == b"y"


def test_encoding_data_verdict_continue_releases_the_held_headers() -> None:
    a = Says("a")
    a.on_response = HeadersStatus.STOP_ITERATION
    chain = harness_of(a).headers(get(), True).respond(200, b"y")
    assert chain.client.steps == ["headers", "data 1", "end"]


# --- local replies ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [0, 1, 2])
def test_local_reply_from_any_position_passes_every_encoder(at: int) -> None:
    heard: list[str] = []
    filters: list[Says | Answers] = [Says("a", heard), Says("b", heard)]
    filters.insert(at, Answers("decode_headers"))
    chain = harness_of(*filters).headers(get(), True)
    assert chain.local_reply == LocalReply(403, "told_to_answer", b"no")
    assert chain.upstream.steps == []
    assert [each for each in heard if "encode_headers" in each] == ["b.encode_headers 403", "a.encode_headers 403"]
    assert [each for each in heard if "decode" in each] == [f"{name}.decode_headers end" for name in "ab"[:at]]


@pytest.mark.parametrize("call", ["decode_headers", "decode_data", "decode_trailers"])
def test_local_reply_stops_the_request_where_it_is(call: str) -> None:
    behind = Says("behind")
    chain = harness_of(Answers(call), behind).headers(post()).data(b"x").trailers()
    assert chain.local_reply == LocalReply(403, "told_to_answer")
    assert f"behind.{call}" not in [each.split(" ")[0] for each in behind.heard]


def test_local_reply_replaces_a_response_that_is_on_its_way_through_the_filters() -> None:
    below = Says("below")
    chain = harness_of(Answers("encode_headers"), below).headers(get(), True).respond(200, b"theirs")
    assert chain.client.response is not None
    assert (chain.client.response.status, chain.client.body) == (403, b"no")
    assert chain.client.is_complete


def test_local_reply_after_the_head_went_out_resets() -> None:
    a = Says("a")
    chain = harness_of(a).headers(get(), True).respond(200)
    a.callbacks.send_local_reply(500, b"too late", "too_late")
    assert chain.client.steps == ["headers", "reset"]
    assert chain.info.response_code_details == "too_late"


def test_local_reply_without_a_body_ends_with_its_headers() -> None:
    chain = harness_of(Answers("decode_headers", 429, b"")).headers(get(), True)
    assert chain.client.steps == ["headers", "end"]


def test_local_reply_to_head_announces_the_length_and_sends_no_body() -> None:
    head = get()
    head.method = b"HEAD"
    chain = harness_of(Answers("decode_headers")).headers(head, True)
    assert chain.client.steps == ["headers", "end"]
    assert chain.client.response is not None
    assert chain.client.response.get(b"content-length") == b"2"


def test_local_reply_carries_its_own_headers_first() -> None:
    answers = Answers("decode_headers")
    answers.headers = [(b"x-reason", b"because")]
    chain = harness_of(answers).headers(get(), True)
    assert chain.client.response is not None
    names = [name for name, _ in chain.client.response.items()]
    assert names == [b"x-reason", b"content-length", b"content-type", b"date", b"server"]


@pytest.mark.parametrize(("at", "value"), [(0, b"0 told_to_answer because"), (1, None)])
def test_route_adds_its_headers_to_local_replies_but_the_terminal_filters(at: int, value: bytes | None) -> None:
    format_string = "%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESP(x-reason)%"
    table = routes(
        f"[{{match: {{prefix: /}}, route: {{cluster: c}}, response_headers_to_add: "
        f"[{{header: {{key: x-route, value: '{format_string}'}}}}]}}]"
    )
    answers = Answers("decode_headers")
    answers.headers = [(b"x-reason", b"because")]
    chain = FilterHarness(answers, routes=table)
    if at:
        chain.config.filters.pop()  # no filter behind it
    chain.headers(get(), True)
    assert chain.client.response is not None
    assert chain.client.response.get(b"x-route") == value


def test_reset_ends_the_stream_without_an_answer() -> None:
    a = Says("a")
    chain = harness_of(a).headers(get(), True)
    a.callbacks.reset_stream("had_enough")
    assert chain.client.steps == ["reset"]
    assert a.destroyed == 1
    assert chain.log.lines() == ["GET / 0 - had_enough"]


# --- exceptions -------------------------------------------------------------------------------------------------------

REQUEST_CALLS = ["decode_headers", "decode_data", "decode_trailers"]


@pytest.mark.parametrize("call", [*REQUEST_CALLS, "encode_headers"])
def test_exception_of_a_filter_is_a_500_for_its_stream_and_counted(call: str) -> None:
    a = Says("a")
    a.raises_in = call
    chain = harness_of(a, Says("b")).headers(post()).data(b"x").trailers()
    if call == "encode_headers":
        chain.respond(200, b"theirs")
    assert chain.local_reply == LocalReply(500, "filter_exception", b"Internal Server Error")
    assert chain.server.value("http.test.filter_exception") >= 1
    assert chain.log.lines() == ["POST / 500 - filter_exception"]
    assert a.destroyed == 1


@pytest.mark.parametrize("call", ["encode_data", "encode_trailers"])
def test_exception_after_the_response_started_resets(call: str) -> None:
    a = Says("a")
    a.raises_in = call
    chain = harness_of(a).headers(get(), True).respond(200).respond_data(b"x").respond_trailers()
    assert chain.client.is_reset
    assert not chain.client.is_complete
    assert chain.info.response_code_details == "filter_exception"


def test_filter_that_raises_at_its_own_500_does_not_see_it_twice() -> None:
    a = Says("a")
    a.raises_in = "encode_headers"
    chain = harness_of(a, Answers("decode_headers")).headers(get(), True)
    assert chain.local_reply == LocalReply(500, "filter_exception")
    assert a.heard.count("a.encode_headers 403") == 1
    assert "a.encode_headers 500" not in a.heard


def test_exception_in_on_destroy_leaves_the_other_filters_their_goodbye() -> None:
    a, b = Says("a"), Says("b")
    a.raises_in = "on_destroy"
    chain = harness_of(a, b).headers(get(), True).respond(200, b"fine")
    assert chain.client.steps == ["headers", "data 4", "end"]
    assert b.destroyed == 1
    assert chain.log.lines() == ["GET / 200 - via_upstream"]


def test_filter_reports_an_exception_of_its_own_callback() -> None:
    a = Says("a")
    chain = harness_of(a).headers(get(), True)
    a.callbacks.fail(RuntimeError("in a timer"))
    assert chain.local_reply == LocalReply(500, "filter_exception")
