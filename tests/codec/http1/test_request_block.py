import pytest

from portico.codec.http1.request_block import BlockError, RequestBlock, is_upgrade, parse_request_block
from portico.codec.http1.settings import DEFAULT_SETTINGS, HeaderCasing, Http1Settings


def parsed(raw: bytes, settings: Http1Settings = DEFAULT_SETTINGS) -> RequestBlock:
    found = parse_request_block(raw, settings)
    assert isinstance(found, RequestBlock), found
    return found


def test_host_stands_apart_from_the_fields() -> None:
    block = parsed(b"A: 1\r\nHost: h:80\r\nB: 2\r\nContent-Length: 3")
    assert (block.host, block.length, block.is_upgrade) == (b"h:80", 3, False)
    assert block.block.fields == [(b"a", b"1"), (b"b", b"2"), (b"content-length", b"3")]
    assert block.block.first == {b"a": b"1", b"b": b"2", b"content-length": b"3"}


def test_no_fields_are_no_fields() -> None:
    assert (parsed(b"").block.fields, parsed(b"").host) == ([], b"")


@pytest.mark.parametrize(
    ("raw", "status", "details"),
    [
        (b"bad", 400, "http1.codec_error"),
        (b"Host: a\r\nHost: a", 400, "http1.codec_error"),
        (b"Host: a/b", 400, "http.invalid_authority"),
        (b"Transfer-Encoding: gzip", 501, "http1.invalid_transfer_encoding"),
        (b"A: 1\r\nB: 2\r\nC: 3", 431, "http1.too_many_headers"),
    ],
)
def test_refusals_carry_status_and_details(raw: bytes, status: int, details: str) -> None:
    found = parse_request_block(raw, Http1Settings(max_headers_count=2))
    assert isinstance(found, BlockError)
    assert (found.status, found.details) == (status, details)


def test_original_names_are_kept_on_demand() -> None:
    assert parsed(b"HOST: h").original_names is None
    kept = parsed(b"HOST: h\r\nhost-x: 1", Http1Settings(header_casing=HeaderCasing.PRESERVE))
    assert kept.original_names == {b"host": b"HOST", b"host-x": b"host-x"}


@pytest.mark.parametrize(
    ("connection", "wanted", "expected"),
    [
        (b"upgrade", b"websocket", True),
        (b"keep-alive, Upgrade", b"websocket", True),
        (b"keep-alive", b"websocket", False),
        (None, b"websocket", False),
        (b"upgrade", None, False),
        (b"upgrade", b"H2C", False),
    ],
)
def test_upgrade_needs_both_fields(connection: bytes | None, wanted: bytes | None, expected: bool) -> None:
    fields = {b"connection": connection, b"upgrade": wanted}
    assert is_upgrade({name: value for name, value in fields.items() if value is not None}) is expected
