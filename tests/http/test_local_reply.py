from portico.access_log.filter import Comparison, LogFilter, StatusCodeFilter, Threshold
from portico.api.access_log import LogEntry
from portico.api.headers import RequestHeaders, ResponseHeaders
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
    mapper.headers = HeaderMutations([added, empty, kept], [], is_request=False)
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
