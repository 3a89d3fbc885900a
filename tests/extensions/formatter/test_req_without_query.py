from portico.formatter.compiler import compile_format
from portico.formatter.from_proto import FORMATTERS
from tests.formatter.entries import entry, server
from tests.formatter.messages import context

TYPE = "envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery"


def test_prints_a_header_up_to_its_question_mark() -> None:
    parser = FORMATTERS.lookup(TYPE).factory(None, context())
    formatter = compile_format("%REQ_WITHOUT_QUERY(X-A?:PATH):3% %PROTOCOL%", server(), extensions=[parser])
    assert formatter.format(entry()) == b"/p/ HTTP/1.1"
    assert formatter.format(entry((b"x-a", b"/z?y"))) == b"/z HTTP/1.1"
