from typing import Any

import pytest

from portico.api.errors import ConfigError, ConfigErrors
from portico.api.registries import ACCESS_LOGGERS
from tests.formatter.entries import entry
from tests.formatter.log_files import RememberedFiles
from tests.formatter.messages import context, message

FILE_LOG = "envoy.extensions.access_loggers.file.v3.FileAccessLog"


def logged(**fields: Any) -> bytes:
    surroundings, files = context(), RememberedFiles()
    surroundings.server.log_files = files
    config = message(FILE_LOG, {"path": "/var/log/a.log", **fields})
    ACCESS_LOGGERS.lookup(FILE_LOG).factory(config, surroundings).log(entry())
    return b"".join(files.lines("/var/log/a.log"))


def test_the_default_line() -> None:
    expected = b'[2026-11-20T13:42:12.335Z] "GET /p/q?a=12&b=%20x HTTP/1.1" 200 - 0 278 1 - "-" "-" "-" "h.com" '
    assert logged() == expected + b'"127.0.0.1:21001"\n'
    assert logged(format="") == logged()


def test_log_format() -> None:
    assert logged(log_format={"text_format_source": {"inline_string": "%PROTOCOL%\n"}}) == b"HTTP/1.1\n"
    assert logged(log_format={"json_format": {"p": "%PROTOCOL%"}}) == b'{"p":"HTTP/1.1"}\n'


def test_the_formats_it_replaced() -> None:
    assert logged(format="%RESPONSE_CODE%\n") == b"200\n"
    assert logged(json_format={"c": "%RESPONSE_CODE%"}) == b'{"c":200}\n'
    assert logged(typed_json_format={"c": "%RESPONSE_CODE%", "n": {"x": "%REQ(x)%"}}) == b'{"c":200,"n":{"x":null}}\n'


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"format": "%NOPE%"}, "format: Not supported field in StreamInfo: NOPE"),
        ({"json_format": {"a": "%NOPE%"}}, "json_format: Not supported field in StreamInfo: NOPE"),
        ({"log_format": {"text_format": "%"}}, "log_format.text_format: Incorrect configuration: %. "),
    ],
)
def test_complaints_name_the_field(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises((ConfigError, ConfigErrors)) as caught:
        logged(**fields)
    assert str(caught.value).startswith(complaint)
