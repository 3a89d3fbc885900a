"""Coverage-guided fuzzing of both HTTP/1 codecs, by hand: python -m tests.fuzz.atheris_http1 CORPUS_FOLDER

Needs `pip install atheris`. The properties are those of test_http1_server.py and test_http1_client.py; what it finds
becomes a case in tests/codec/http1.
"""

import sys

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["portico.codec"]):
    from portico.codec.http1.client import ClientCodec
    from portico.codec.http1.server import ServerCodec
    from portico.codec.http1.settings import DEFAULT_SETTINGS

from tests.codec.http1.conversation import asked, get


def one_input(data: bytes) -> None:
    """The first byte says where to cut the rest."""
    if len(data) < 2:
        return
    at, data = data[0], data[1:]
    pieces = [piece for piece in (data[:at], data[at:]) if piece]
    assert asked(pieces) == asked([data])
    assert ServerCodec(DEFAULT_SETTINGS).receive(data) is not None
    client = ClientCodec(DEFAULT_SETTINGS)
    client.encode_headers(get(), True)
    for piece in [*pieces, b""]:
        client.receive(piece)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
