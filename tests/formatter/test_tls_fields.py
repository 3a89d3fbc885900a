import pytest

from portico.api.tls_info import TlsInfo
from portico.formatter.tls_fields import DOWNSTREAM, UPSTREAM
from tests.formatter.entries import entry, stream, text


def handshake() -> TlsInfo:
    tls = TlsInfo()
    tls.version = "TLSv1.3"
    tls.server_name = "up.example"
    tls.peer_subject = "CN=cli,O=T,C=US"
    tls.peer_dns_sans = ("a.example", "b.example")
    tls.peer_valid_from = 1545097834.0
    return tls


def test_prints_what_the_client_showed() -> None:
    info = stream()
    info.connection.tls = handshake()
    formats = "%DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_PEER_SUBJECT% %DOWNSTREAM_PEER_DNS_SAN% %DOWNSTREAM_TLS_CIPHER%"
    assert text(formats, entry(info=info)) == b"TLSv1.3 CN=cli,O=T,C=US a.example,b.example -"
    assert text("%UPSTREAM_TLS_VERSION%", entry(info=info)) == b"-"


def test_prints_what_the_upstream_showed() -> None:
    info = stream()
    info.upstream_tls = handshake()
    assert text("%UPSTREAM_TLS_VERSION% %UPSTREAM_SERVER_NAME%", entry(info=info)) == b"TLSv1.3 up.example"
    assert text("%DOWNSTREAM_TLS_VERSION%", entry(info=info)) == b"-"


def test_prints_the_validity_of_the_peers_certificate() -> None:
    info = stream()
    info.connection.tls = handshake()
    info.upstream_tls = handshake()
    formats = "%DOWNSTREAM_PEER_CERT_V_START% %UPSTREAM_PEER_CERT_V_START(%Y)% %DOWNSTREAM_PEER_CERT_V_END%"
    assert text(formats, entry(info=info)) == b"2018-12-18T01:50:34.000Z 2018 -"


@pytest.mark.parametrize("name", [*DOWNSTREAM, *UPSTREAM, "UPSTREAM_PEER_CERT_V_END"])
def test_plaintext_has_none_and_an_empty_handshake_neither(name: str) -> None:
    info = stream()
    assert text(f"%{name}%", entry(info=info)) == b"-"
    info.connection.tls = info.upstream_tls = TlsInfo()
    assert text(f"%{name}%", entry(info=info)) == b"-"
