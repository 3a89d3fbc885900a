from portico.formatter.compiler import compile_format
from portico.formatter.from_proto import FORMATTERS
from tests.formatter.entries import entry, server, stream
from tests.formatter.messages import context

TYPE = "envoy.extensions.formatter.metadata.v3.Metadata"


def test_prints_metadata_as_the_built_in_command_does() -> None:
    info = stream()
    info.route_metadata = {"ns": {"k": "v"}}
    asked_for = [FORMATTERS.lookup(TYPE).factory(None, context())]
    text = "%METADATA(ROUTE:ns:k)% %PROTOCOL%"
    printed = compile_format(text, server(), extensions=asked_for).format(entry(info=info))
    assert printed == compile_format(text, server()).format(entry(info=info)) == b"v HTTP/1.1"
