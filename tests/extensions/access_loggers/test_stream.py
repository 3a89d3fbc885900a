from portico.api.registries import ACCESS_LOGGERS
from tests.formatter.entries import entry
from tests.formatter.log_files import RememberedFiles
from tests.formatter.messages import context, message

STREAMS = "envoy.extensions.access_loggers.stream.v3."


def test_each_writes_to_its_stream() -> None:
    surroundings, streams = context(), RememberedFiles()
    surroundings.server.log_files = streams
    text = {"log_format": {"text_format": "%PROTOCOL%\n"}}
    for name in ("StdoutAccessLog", "StderrAccessLog"):
        factory = ACCESS_LOGGERS.lookup(STREAMS + name).factory
        factory(message(STREAMS + name, text), surroundings).log(entry())
    assert streams.lines("/dev/stdout") == streams.lines("/dev/stderr") == [b"HTTP/1.1\n"]


def test_the_default_line() -> None:
    surroundings, streams = context(), RememberedFiles()
    surroundings.server.log_files = streams
    name = STREAMS + "StdoutAccessLog"
    ACCESS_LOGGERS.lookup(name).factory(message(name, {}), surroundings).log(entry())
    assert streams.lines("/dev/stdout")[0].endswith(b'"h.com" "127.0.0.1:21001"\n')
