import pytest

from portico.api.connection import CloseType
from portico.api.errors import ConfigErrors
from portico.extensions.filters.network.direct_response import TYPE, DirectResponseFilter, direct_response
from tests.extensions.filters.network.surroundings import Wire, factory_context, message


def test_answers_and_closes() -> None:
    wire = Wire(DirectResponseFilter(b"hello"))
    assert wire.connection.sent == b"hello"
    assert wire.connection.closed is CloseType.FLUSH_WRITE
    assert wire.info.response_code_details == "direct_response"


def test_without_a_response_it_only_closes() -> None:
    wire = Wire(direct_response(message(TYPE, {}), factory_context())())
    assert (wire.connection.writes, wire.connection.closed) == (0, CloseType.FLUSH_WRITE)


def test_response_comes_from_a_data_source() -> None:
    config = message(TYPE, {"response": {"inline_bytes": "aGk="}})
    assert Wire(direct_response(config, factory_context())()).connection.sent == b"hi"


def test_unreadable_file_is_located() -> None:
    config = message(TYPE, {"response": {"filename": "/nonexistent"}})
    with pytest.raises(ConfigErrors, match=r"response\.filename: Invalid path: /nonexistent"):
        direct_response(config, factory_context())
