"""What a finished TLS handshake established, for logs, headers and policies."""

from __future__ import annotations


class TlsInfo:
    """One side's view. "" or an empty list = the certificate or the handshake had none.

    Defaults stand in the class body: a handshake without a client certificate sets six of them.
    """

    version: str = ""  # TLSv1.2, TLSv1.3
    cipher: str = ""  # OpenSSL's name
    group: str = ""  # key agreement, e.g. X25519
    session_id: str = ""  # hexadecimal
    server_name: str = ""  # SNI sent or received
    ja3_fingerprint: str = ""
    ja4_fingerprint: str = ""

    local_subject: str = ""  # RFC 2253, as Envoy prints it
    local_uri_sans: tuple[str, ...] = ()
    local_dns_sans: tuple[str, ...] = ()
    local_ip_sans: tuple[str, ...] = ()
    local_email_sans: tuple[str, ...] = ()
    local_other_name_sans: tuple[str, ...] = ()

    peer_subject: str = ""
    peer_issuer: str = ""
    peer_serial: str = ""  # hexadecimal, lower case
    peer_fingerprint_sha256: str = ""
    peer_fingerprint_sha1: str = ""
    peer_chain_fingerprints_sha256: tuple[str, ...] = ()
    peer_chain_fingerprints_sha1: tuple[str, ...] = ()
    peer_chain_serials: tuple[str, ...] = ()
    peer_issuer_fingerprint_sha256: str = ""
    peer_issuer_serial: str = ""
    peer_uri_sans: tuple[str, ...] = ()
    peer_dns_sans: tuple[str, ...] = ()
    peer_ip_sans: tuple[str, ...] = ()
    peer_email_sans: tuple[str, ...] = ()
    peer_other_name_sans: tuple[str, ...] = ()
    peer_certificate: str = ""  # PEM, percent-encoded
    peer_valid_from: float = 0.0  # seconds since the epoch; 0.0 = no certificate
    peer_valid_until: float = 0.0
    is_peer_validated: bool = False
