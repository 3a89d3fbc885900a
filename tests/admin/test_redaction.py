from typing import Any

import pytest
from google.protobuf import json_format

from portico.admin.redaction import redact
from portico.config.proto_pool import message_class
from portico.config.protos import pack, unpack

SECRET = "envoy.extensions.transport_sockets.tls.v3.Secret"


def message(name: str, document: dict[str, Any]) -> Any:
    return json_format.ParseDict(document, message_class(name)())


def tls_secret() -> Any:
    return message(
        SECRET,
        {
            "name": "server",
            "tls_certificate": {
                "certificate_chain": {"inline_string": "PUBLIC"},
                "private_key": {"inline_string": "KEY"},
                "password": {"inline_bytes": "S0VZ"},
            },
        },
    )


def test_keys_and_passwords_are_replaced_and_names_are_not() -> None:
    secret = tls_secret()
    redact(secret)
    certificate = secret.tls_certificate
    assert secret.name == "server"
    assert certificate.certificate_chain.inline_string == "PUBLIC"
    assert certificate.private_key.inline_string == "[redacted]"
    assert certificate.password.inline_bytes == b"[redacted]"


def test_secrets_inside_an_any_are_found() -> None:
    socket = message("envoy.config.core.v3.TransportSocket", {"name": "tls"})
    context = message_class("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext")()
    context.common_tls_context.tls_certificates.add().CopyFrom(tls_secret().tls_certificate)
    socket.typed_config.CopyFrom(pack(context))
    redact(socket)
    inner = unpack(socket.typed_config)
    assert inner.common_tls_context.tls_certificates[0].private_key.inline_string == "[redacted]"


@pytest.mark.parametrize("name", ["udpa.type.v1.TypedStruct", "xds.type.v3.TypedStruct"])
@pytest.mark.parametrize("spelling", ["private_key", "privateKey"])
def test_secrets_inside_a_typed_struct_are_found(name: str, spelling: str) -> None:
    typed = message(name, {"type_url": f"type.googleapis.com/{SECRET}"})
    json_format.ParseDict(
        {"name": "n", "tls_certificate": {spelling: {"inline_string": "KEY"}, "unknown": {"x": "y"}}}, typed.value
    )
    redact(typed)
    shown = json_format.MessageToDict(typed.value)
    assert (
        shown
        == {
            "name": "n",
            "tls_certificate": {spelling: {"inline_string": "[redacted]"}, "unknown": {"x": "y"}},
        }
        or shown["tls_certificate"][spelling] == "[redacted]"
    )
    assert "KEY" not in str(typed)


def test_an_any_that_cannot_be_read_shows_nothing() -> None:
    for type_url in ("type.googleapis.com/no.such.Type", f"type.googleapis.com/{SECRET}"):
        packed = message_class("google.protobuf.Any")(type_url=type_url, value=b"\xff\xffKEY")
        redact(packed)
        assert (packed.type_url, packed.value) == (type_url, b"")


def test_maps_and_lists_keep_their_size() -> None:
    data = message(
        SECRET,
        {"name": "t", "session_ticket_keys": {"keys": [{"inline_string": "K1"}, {"inline_string": "K2"}]}},
    )
    redact(data)
    assert [key.inline_string for key in data.session_ticket_keys.keys] == ["[redacted]", "[redacted]"]
