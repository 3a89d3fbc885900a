from portico.access_log.filter import Comparison, LogFilter, StatusCodeFilter, Threshold
from portico.api.access_log import LogEntry
from portico.api.headers import RequestHeaders, ResponseHeaders
from portico.api.inline_headers import RESPONSE
from portico.formatter.compiler import compile_format, compile_json
from portico.http.local_reply import BodyFormat, LocalReplies, LocalReply, ReplyMapper
from portico.router.mutation.header_mutation import AppendAction, HeaderAddition, HeaderMutations
from tests.formatter.entries import FixedRuntime, stream


def reply_entry() -> LogEntry:
    return LogEntry(stream(), RequestHeaders(b"GET", b"/none", b"h.com", []), ResponseHeaders(0, []))


def status_is(code: int) -> LogFilter:
    return StatusCodeFilter(Threshold(Comparison.EQUAL, code, "", FixedRuntime({})))


def test_without_rules_the_reply_is_plain_text() -> None:
    log_entry = reply_entry()
    assert LocalReplies().rewrite(log_entry, 503, b"no healthy upstream") == LocalReply(
        503, b"no healthy upstream", b"text/plain"
    )
    assert log_entry.info.response_code == 503
    assert log_entry.response_headers == ResponseHeaders(503, [])


def test_a_body_format_writes_every_body() -> None:
    body_format = BodyFormat(compile_json({"c": "%RESPONSE_CODE%", "b": "%LOCAL_REPLY_BODY%"}), b"application/json")
    reply = LocalReplies([], body_format).rewrite(reply_entry(), 404, b"")
    assert reply == LocalReply(404, b'{"b":"","c":404}\n', b"application/json")


def mapped() -> ReplyMapper:
    """Envoy 1.40 answered 599, `x-a: 503  ` and `{"b":"mapped","c":599}` with this rule."""
    mapper = ReplyMapper(status_is(503))
    mapper.status = 599
    mapper.body = b"mapped"
    value = compile_format("%RESPONSE_CODE% %LOCAL_REPLY_BODY% %REQ(nope)%", omit_empty=True)
    added = HeaderAddition(b"x-a", value, AppendAction.APPEND_IF_EXISTS_OR_ADD, False)
    empty = HeaderAddition(b"x-e", compile_format("%REQ(n)%", omit_empty=True), added.action, False)
    kept = HeaderAddition(b"x-ke", compile_format("%REQ(n)%", omit_empty=True), added.action, True)
    mapper.headers = HeaderMutations([added, empty, kept], [], RESPONSE)
    return mapper


def test_a_mapper_changes_status_body_and_headers_in_envoys_order() -> None:
    body_format = BodyFormat(compile_json({"c": "%RESPONSE_CODE%", "b": "%LOCAL_REPLY_BODY%"}), b"application/json")
    log_entry = reply_entry()
    reply = LocalReplies([mapped()], body_format).rewrite(log_entry, 503, b"no healthy upstream")
    assert reply == LocalReply(599, b'{"b":"mapped","c":599}\n', b"application/json")
    assert log_entry.response_headers == ResponseHeaders(599, [(b"x-a", b"503  "), (b"x-ke", b"")])
    assert log_entry.info.response_code == 599


def test_other_replies_stay_as_they_are() -> None:
    log_entry = reply_entry()
    assert LocalReplies([mapped()]).rewrite(log_entry, 404, b"x") == LocalReply(404, b"x", b"text/plain")
    assert log_entry.response_headers == ResponseHeaders(404, [])


def test_the_first_mapper_that_matches_is_the_only_one() -> None:
    first, second, third = ReplyMapper(status_is(503)), ReplyMapper(status_is(503)), ReplyMapper(status_is(500))
    first.body, second.body, third.body = b"m1", b"m2", b"m3"
    first.status = 500
    assert LocalReplies([first, second, third]).rewrite(reply_entry(), 503, b"").body == b"m1"


def test_a_mapper_has_its_own_body_format() -> None:
    mapper = ReplyMapper(status_is(404))
    mapper.body_format = BodyFormat(compile_format("<%LOCAL_REPLY_BODY%|%REQ(:path)%>"), b"text/html")
    replies = LocalReplies([mapper], BodyFormat(compile_format("t:%LOCAL_REPLY_BODY%")))
    assert replies.rewrite(reply_entry(), 404, b"gone") == LocalReply(404, b"<gone|/none>", b"text/html")
    assert replies.rewrite(reply_entry(), 503, b"down") == LocalReply(503, b"t:down", b"text/plain")


def test_logs_do_not_see_the_body() -> None:
    log_entry = reply_entry()
    LocalReplies([], BodyFormat(compile_format("%LOCAL_REPLY_BODY%"))).rewrite(log_entry, 503, b"x")
    assert log_entry.local_reply_body == b""


def grpc_entry(content_type: bytes = b"application/grpc") -> LogEntry:
    request = RequestHeaders(b"POST", b"/s/m", b"h.com", [(b"content-type", content_type)])
    return LogEntry(stream(), request, ResponseHeaders(0, []))


def completed(
    replies: LocalReplies, entry: LogEntry, status: int, body: bytes, grpc_status: int | None = None
) -> bytes:
    content = replies.complete(entry, status, body, grpc_status)
    assert entry.response_headers is not None
    return b"%d|%b|%b" % (entry.response_headers.status, entry.response_headers.wire(), content)


def test_a_body_has_length_and_type() -> None:
    told = completed(LocalReplies(), reply_entry(), 503, b"down")
    assert told == b"503|content-length: 4\r\ncontent-type: text/plain\r\n|down"


def test_no_body_has_neither() -> None:
    entry = reply_entry()
    assert entry.response_headers is not None
    entry.response_headers.set(b"content-type", b"text/x")
    entry.response_headers.set(b"content-length", b"7")
    assert completed(LocalReplies(), entry, 404, b"") == b"404||"


def test_a_reply_keeps_the_type_it_came_with() -> None:
    entry = reply_entry()
    assert entry.response_headers is not None
    entry.response_headers.set(b"content-type", b"text/own")
    assert completed(LocalReplies(), entry, 200, b"x") == b"200|content-type: text/own\r\ncontent-length: 1\r\n|x"


def test_a_body_that_was_rewritten_has_the_type_of_its_format() -> None:
    entry = reply_entry()
    assert entry.response_headers is not None
    entry.response_headers.set(b"content-type", b"text/own")
    replies = LocalReplies([], BodyFormat(compile_format("<%LOCAL_REPLY_BODY%>"), b"text/html"))
    assert completed(replies, entry, 200, b"x") == b"200|content-type: text/html\r\ncontent-length: 3\r\n|<x>"


def test_a_grpc_call_is_answered_in_headers() -> None:
    entry = grpc_entry()
    head = b"200|content-type: application/grpc\r\ngrpc-status: 14\r\ngrpc-message: no healthy upstream\r\n|"
    assert completed(LocalReplies(), entry, 503, b"no healthy upstream") == head
    assert entry.info.response_code == 200


def test_a_grpc_status_given_with_the_reply_counts() -> None:
    told = completed(LocalReplies(), grpc_entry(b"application/grpc+proto"), 504, b"", 4)
    assert told == b"200|content-type: application/grpc\r\ngrpc-status: 4\r\n|"


def test_a_grpc_status_follows_the_mapped_status() -> None:
    mapper = ReplyMapper(status_is(404))
    mapper.status = 403
    assert b"grpc-status: 7\r\n" in completed(LocalReplies([mapper]), grpc_entry(), 404, b"")


def test_a_grpc_message_is_percent_encoded() -> None:
    told = completed(LocalReplies(), grpc_entry(), 503, b"100%\n~ \xc3\xa9")
    assert b"grpc-message: 100%25%0A%7E %C3%A9\r\n" in told
